// Enrols many pictures, several at a time, and keeps count of what was refused and why. Prints nothing.
import type { ErrorCode } from '../errors.ts'
import type { DuplicateAnswer, EnrolAnswer } from './answers.ts'
import type { Client } from './client.ts'
import { readPicture } from './client.ts'
import { createFailure, isFailure, kindOf } from './failure.ts'
import { formatCount } from './output.ts'
import type { PictureFile } from './pictures.ts'

export interface RefusedPicture {
  readonly path: string
  /** A code of the error reference, or file_unreadable. */
  readonly code: string
  readonly detail: string
}

/** A picture that was enrolled though others have its face. */
export interface DuplicatePicture {
  readonly path: string
  readonly duplicates: readonly DuplicateAnswer[]
}

export interface EnrolSummary {
  readonly enrolled: number
  /** Only of a gallery whose policy warns of duplicates. */
  readonly duplicates: readonly DuplicatePicture[]
  readonly refused: readonly RefusedPicture[]
  /** People of whom at least one picture was enrolled. */
  readonly subjects: number
  readonly seconds: number
}

export interface EnrolJob {
  readonly client: Client
  readonly gallery: string
  readonly pictures: readonly PictureFile[]
  readonly concurrency: number
  readonly onProgress: (done: number, refused: number) => void
}

/** A batch is worth waiting for: other callers may keep the server busy for a while. */
const PATIENCE_MS = 600_000

/**
 * A picture that is refused is counted and the next one follows; what would refuse every other picture too (no server, no
 * key, no gallery) ends the batch once the requests on their way have been answered. @throws Failure
 */
export const enrolPictures = async (job: EnrolJob): Promise<EnrolSummary> => {
  const started = performance.now()
  const waiting = job.pictures.values()
  const refused: RefusedPicture[] = []
  const warned: DuplicatePicture[] = []
  const subjects = new Set<string>()
  let enrolled = 0
  let stopped: Error | null = null

  const enrolWaiting = async (): Promise<void> => {
    for (const picture of waiting) {
      try {
        const { duplicates } = await enrolOne(job, picture)
        if (duplicates.length > 0) warned.push({ path: picture.path, duplicates })
        enrolled++
        subjects.add(picture.subjectId)
      } catch (error) {
        const refusal = toRefused(picture, error)
        if (refusal) refused.push(refusal)
        else stopped ??= error as Error
      }
      if (stopped) return
      job.onProgress(enrolled + refused.length, refused.length)
    }
  }
  await Promise.all(Array.from({ length: job.concurrency }, enrolWaiting))
  if (stopped) throw describeStop(stopped, enrolled, job.pictures.length)
  const order = new Map(job.pictures.map(({ path }, at) => [path, at]))
  const byOrder = (one: { path: string }, other: { path: string }): number =>
    order.get(one.path)! - order.get(other.path)!
  const seconds = Math.round(performance.now() - started) / 1000
  return {
    enrolled,
    duplicates: warned.sort(byOrder),
    refused: refused.sort(byOrder),
    subjects: subjects.size,
    seconds,
  }
}

const enrolOne = async ({ client, gallery }: EnrolJob, { path, subjectId }: PictureFile): Promise<EnrolAnswer> => {
  const image = await readPicture(path)
  const { body } = await client.send<EnrolAnswer>({
    method: 'POST',
    path: ['galleries', gallery, 'faces'],
    form: { subjectId, image },
    patienceMs: PATIENCE_MS,
  })
  return body
}

/** What the gallery's policy says of one picture or person; the next may be fine. */
const POLICY_REFUSALS: ReadonlySet<string> = new Set<ErrorCode>(['subject_exists', 'subject_full', 'duplicate_face'])

/** Null when the fault is not the picture's. */
const toRefused = ({ path }: PictureFile, error: unknown): RefusedPicture | null => {
  if (!isFailure(error) || error.code === null) return null
  const kind = kindOf(error.code)
  const isItsFault =
    error.code === 'file_unreadable' || kind === 'input' || kind === 'internal' || POLICY_REFUSALS.has(error.code)
  return isItsFault ? { path, code: error.code, detail: error.message.replace(` (${error.code})`, '') } : null
}

const describeStop = (error: Error, enrolled: number, total: number): Error => {
  if (!isFailure(error)) return error
  const sentence = error.message.replace(/\.?$/, '')
  const before = `${formatCount(enrolled)} of ${formatCount(total)} pictures had been enrolled`
  return createFailure(error.exit, `${sentence}; ${before}.`, error.code)
}
