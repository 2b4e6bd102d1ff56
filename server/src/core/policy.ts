// What an enrolment may do: the default policy, its check, and the refusals that follow from it. Stores nothing.
import { AppError } from '../errors.ts'
import type { Limits } from '../limits.ts'
import { ACCEPT_ALL, checkAcceptance } from './finding-profiles.ts'
import type { EnrolmentPolicy, Gallery } from './types.ts'

/** Of a gallery that says nothing else. */
export const DEFAULT_POLICY: EnrolmentPolicy = Object.freeze({
  maxFacesPerSubject: 5,
  whenFull: 'refuse',
  existingSubject: 'append',
  severalFaces: 'largest',
  duplicates: 'allow',
  duplicateThreshold: null,
  capture: 'optional',
  acceptance: ACCEPT_ALL,
  probeAcceptance: ACCEPT_ALL,
})

/** A face like the new one, of another subject. */
export interface Duplicate {
  readonly subjectId: string
  readonly faceId: string
  /** 0-100. */
  readonly similarity: number
}

/** @throws AppError request_invalid */
export const checkPolicy = (
  { maxFacesPerSubject, duplicateThreshold, acceptance, probeAcceptance }: Partial<EnrolmentPolicy>,
  limits: Limits,
): void => {
  const mostFaces = limits.maxFacesPerSubject
  if (maxFacesPerSubject !== undefined && !isWithin(maxFacesPerSubject, 1, mostFaces, Number.isInteger))
    throw refuse('maxFacesPerSubject', `a whole number from 1 to ${mostFaces}`, maxFacesPerSubject)
  if (duplicateThreshold !== undefined && duplicateThreshold !== null && !isWithin(duplicateThreshold, 0, 100))
    throw refuse('duplicateThreshold', 'a similarity from 0 to 100, or null', duplicateThreshold)
  if (acceptance) checkAcceptance('policy.acceptance', acceptance)
  if (probeAcceptance) checkAcceptance('policy.probeAcceptance', probeAcceptance)
}

const isWithin = (value: number, least: number, most: number, isGood: (value: number) => boolean = Number.isFinite) =>
  isGood(value) && value >= least && value <= most

const refuse = (name: string, expected: string, found: number): AppError =>
  new AppError('request_invalid', `"policy.${name}" must be ${expected}; it is ${found}.`, {
    details: { field: `policy.${name}` },
  })

export const captureRequired = (gallery: Gallery): AppError =>
  new AppError(
    'session_result_required',
    `Gallery "${gallery.id}" enrols faces of passed capture sessions only, and the call has no result of one.`,
    { details: { gallery: gallery.id } },
  )

export const subjectExists = (gallery: Gallery, subjectId: string): AppError =>
  new AppError('subject_exists', `Subject "${subjectId}" is in gallery "${gallery.id}" already.`, {
    details: { gallery: gallery.id, subject: subjectId },
  })

export const subjectFull = (gallery: Gallery, subjectId: string, faceCount: number, limit: number): AppError =>
  new AppError(
    'subject_full',
    `Subject "${subjectId}" of gallery "${gallery.id}" has ${faceCount} of at most ${limit} faces.`,
    { details: { gallery: gallery.id, subject: subjectId, faceCount, limit } },
  )

export const duplicateFace = (gallery: Gallery, candidates: readonly Duplicate[]): AppError =>
  new AppError(
    'duplicate_face',
    `The face is like one of subject "${candidates[0].subjectId}" of gallery "${gallery.id}" (similarity ${candidates[0].similarity}).`,
    { details: { gallery: gallery.id, candidates } },
  )
