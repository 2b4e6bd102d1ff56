// Versions of galleries and subjects: which one a caller has seen, and the refusal of a change to another one.
import { AppError } from '../errors.ts'

interface Versioned {
  readonly uid: string
  readonly revision: number
}

/** Names one state of one gallery or subject, and never another: not even of a later one under the same id. */
export const versionOf = ({ uid, revision }: Versioned): string => `${uid}.${revision}`

/** The versions that a change may be made to; undefined: whichever it finds. */
export type Precondition = readonly string[] | undefined

/**
 * The revision that the store must still find, undefined when any will do.
 * @throws AppError precondition_failed
 */
export const requireVersion = (found: Versioned, precondition: Precondition): number | undefined => {
  if (!precondition) return undefined
  if (!precondition.includes(versionOf(found))) throw preconditionFailed()
  return found.revision
}

export const preconditionFailed = (): AppError =>
  new AppError('precondition_failed', 'It was changed since the version that the request names; read it again.')
