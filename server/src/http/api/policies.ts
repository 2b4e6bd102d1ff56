// Wire schemas of a gallery's enrolment policy.
import { z } from 'zod'
import { DEFAULT_LIMITS } from '../../limits.ts'
import { Acceptance, AcceptanceChange } from './assessments.ts'

const fields = {
  maxFacesPerSubject: z.int().min(1).max(DEFAULT_LIMITS.maxFacesPerSubject),
  whenFull: z.enum(['refuse', 'replace_oldest']).meta({
    description: 'When a subject has that many faces: answer subject_full, or erase its oldest ones.',
  }),
  existingSubject: z.enum(['append', 'replace', 'refuse']).meta({
    description: 'When the subject is there already: add the face, erase its other faces, or answer subject_exists.',
  }),
  severalFaces: z.enum(['largest', 'refuse']).meta({
    description: 'When the picture shows several people: take the largest face, or answer several_faces.',
  }),
  duplicates: z.enum(['allow', 'warn', 'refuse']).meta({
    description: 'When another subject has the face: enrol it, enrol it and name them, or answer duplicate_face.',
  }),
  capture: z.enum(['optional', 'required']).meta({
    description: 'Whether faces of passed capture sessions alone are enrolled; others are session_result_required.',
  }),
  duplicateThreshold: z.number().min(0).max(100).nullable().meta({
    description: "Least similarity of a duplicate; null: the default threshold of a search, by the gallery's size.",
  }),
}

const ENROLLED = 'What is minded of a face that is enrolled.'
const PROBES = 'What is minded of a face that the gallery is searched with, or that a person of it is verified by.'

export const Policy = z
  .object({
    ...fields,
    acceptance: Acceptance.meta({ description: ENROLLED }),
    probeAcceptance: Acceptance.meta({ description: PROBES }),
  })
  .meta({ id: 'Policy', description: 'What an enrolment into the gallery does, and what is minded of faces.' })
export const PolicyChange = z
  .strictObject({
    ...fields,
    acceptance: AcceptanceChange.meta({ description: ENROLLED }),
    probeAcceptance: AcceptanceChange.meta({ description: PROBES }),
  })
  .partial()
  .meta({ id: 'PolicyChange', description: 'What is not given stays as it is; in a new gallery it is the default.' })
