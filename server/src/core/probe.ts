// From a picture to the one face a use case is about. Shared by enrolment, verification, search and comparison.
import { AppError } from '../errors.ts'
import { assessmentOf, keepAsked } from './assessment.ts'
import { type Acceptance, rulesOf } from './finding-profiles.ts'
import { type Finding, findFindings, severalFacesFinding, wantedOf } from './findings.ts'
import type { FaceEngine } from './ports.ts'
import type { Analysis, Assessment, DetectedFace } from './types.ts'

export interface ProbeRequest {
  readonly image: Uint8Array
  /** The caller's word for the picture, "image" unless given. */
  readonly name?: string
  /** The id of the pack whose template is computed; the engine's own when it is left out. */
  readonly pack?: string
  /** What the caller wants to know of the face. */
  readonly assess?: readonly Assessment[]
  /** What is minded of the face; of several, the strictest counts. */
  readonly acceptances?: readonly Acceptance[]
  /** Whether other people in the picture are minded. */
  readonly severalFaces?: 'largest' | 'refuse'
  /** Whether every face is looked for, also where the largest would do. */
  readonly everyFace?: boolean
  /** Judges in the place of both, and sees every face. */
  readonly accept?: Accept
  readonly signal?: AbortSignal
}

export interface Probe {
  readonly analysis: Analysis
  readonly face: DetectedFace
  readonly template: Float32Array
  /** What the face was not refused for, but may be wrong with it. */
  readonly warnings: readonly Finding[]
}

/** A protocol's own judgement: throws what the call is refused with, and nothing is stored then. */
export type Accept = (probe: Probe) => void

/**
 * A face counts as another person in the picture when it is at least this much of the largest one's width: who is four
 * times as far from the camera only passes by.
 */
const PERSON_WIDTH_SHARE = 0.25

/**
 * The largest face of the picture with its template.
 * @throws AppError face_not_detected, several_faces, face_refused, assessment_unavailable, image_*, busy
 */
export const probeOf = async (engine: FaceEngine, request: ProbeRequest): Promise<Probe> => {
  const { image, name = 'image', pack, assess = [], accept, everyFace = accept !== undefined, signal } = request
  const { acceptances = [], severalFaces = 'largest' } = accept ? {} : request
  const rules = acceptances.map(rulesOf)
  const options = {
    templates: 'largest' as const,
    pack,
    onlyLargest: severalFaces === 'largest' && !everyFace,
    assess: wantedOf(engine, assess, rules),
    signal,
  }
  const analysis = await engine.analyse(image, options).catch(nameImage(name))
  const face = analysis.faces[0]
  if (!face?.template) throw faceNotDetected(analysis, name)
  const findings = strictest(rules.flatMap(each => findFindings(face, each)))
  const reasons = findings.filter(({ action }) => action === 'refuse')
  const people = severalFaces === 'refuse' ? countPeople(analysis.faces) : 1
  if (people > 1 && reasons.length === 0) throw severalPeople(name, people)
  if (people > 1) reasons.push(severalFacesFinding(people))
  const warnings = findings.filter(({ action }) => action === 'warn')
  if (reasons.length > 0) throw faceRefused(name, reasons, warnings, assess.length > 0 ? keepAsked(face, assess) : null)
  const probe = { analysis, face: keepAsked(face, assess), template: face.template, warnings }
  accept?.(probe)
  return probe
}

/** The engine does not know which of two pictures it is given. */
const nameImage =
  (name: string) =>
  (error: unknown): never => {
    if (!(error instanceof AppError) || !error.code.startsWith('image_')) throw error
    const { code, message, details, cause } = error
    throw new AppError(code, message, { cause, details: { image: name, ...details } })
  }

/** One finding a name; a refusal goes before a warning. */
const strictest = (findings: readonly Finding[]): readonly Finding[] => {
  const byName = new Map<string, Finding>()
  for (const finding of findings) if (byName.get(finding.name)?.action !== 'refuse') byName.set(finding.name, finding)
  return [...byName.values()]
}

/** Faces that count as people; largest first. */
export const countPeople = (faces: readonly DetectedFace[]): number =>
  faces.filter(({ box }) => box.width >= faces[0].box.width * PERSON_WIDTH_SHARE).length

const faceNotDetected = ({ image: { width, height } }: Analysis, name: string): AppError =>
  new AppError('face_not_detected', `No face was found in "${name}" (${width}x${height} pixels).`, {
    details: { image: name },
  })

const severalPeople = (name: string, faces: number): AppError =>
  new AppError('several_faces', `"${name}" shows ${faces} people; one is expected.`, {
    details: { image: name, faces },
  })

const faceRefused = (
  name: string,
  reasons: readonly Finding[],
  warnings: readonly Finding[],
  assessed: DetectedFace | null,
): AppError =>
  new AppError(
    'face_refused',
    `The face in "${name}" is refused for ${reasons.map(reason => reason.name).join(', ')}: ${reasons.map(({ message }) => message).join(' ')}`,
    {
      details: {
        image: name,
        reasons,
        ...(warnings.length > 0 && { warnings }),
        ...(assessed && { assessment: assessmentOf(assessed) }),
      },
    },
  )
