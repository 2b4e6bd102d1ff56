// Use case: many enrolments in one call, each with an outcome of its own. Waits where a single call would be told "busy".
import { AppError } from '../errors.ts'
import { type Context, findGallery, packOf, regionOf } from './context.ts'
import type { Enrolment } from './enrol.ts'
import { type CapturedInput, enrolCaptured } from './enrol-captured.ts'
import { pause } from './pause.ts'
import type { Principal } from './types.ts'

/** One line of a batch as its reader found it. */
export interface BatchLine {
  /** Counting from 1. */
  readonly number: number
  /** The caller's own name for the line. */
  readonly ref: string | null
  /** Asked for each try, as the engine takes the picture's bytes over. @throws what is wrong with the line */
  readonly read: (
    signal: AbortSignal,
  ) => Promise<Pick<CapturedInput, 'image' | 'captureResult' | 'subjectId' | 'metadata' | 'assess' | 'faceId'>>
}

export interface BatchOutcome {
  readonly number: number
  readonly ref: string | null
  readonly enrolment: Enrolment | null
  /** Set where the enrolment is null. */
  readonly error: unknown
}

/** How long a line waits before it is tried again while the server is busy, milliseconds; doubles up to the second. */
const FIRST_WAIT_MS = 20
const LONGEST_WAIT_MS = 1000

/** Refuses what no line of the batch could do. @throws AppError gallery_not_found, pack_mismatch */
export const checkBatch = async (context: Context, principal: Principal, galleryId: string): Promise<void> =>
  void packOf(context, await findGallery(regionOf(context, principal), principal, galleryId))

/**
 * Enrols the lines as they come, up to `concurrency` at a time, and gives each outcome when it is there. Takes a line only
 * while its outcomes are taken. When the reader of the outcomes stops, the lines under way are given up where they can be.
 */
export async function* enrolBatch(
  context: Context,
  principal: Principal,
  galleryId: string,
  lines: AsyncIterable<BatchLine>,
  { concurrency, signal }: { readonly concurrency: number; readonly signal: AbortSignal },
): AsyncGenerator<BatchOutcome> {
  const stopped = new AbortController()
  const either = AbortSignal.any([signal, stopped.signal])
  const work = async (line: BatchLine): Promise<BatchOutcome> => {
    const { number, ref } = line
    try {
      return { number, ref, enrolment: await enrolLine(context, principal, galleryId, line, either), error: null }
    } catch (error) {
      return { number, ref, enrolment: null, error }
    }
  }
  try {
    yield* mapAsDone(lines, concurrency, work)
  } finally {
    stopped.abort(new AppError('internal', 'Nobody takes the outcomes of the batch any more.'))
  }
}

const enrolLine = async (
  context: Context,
  principal: Principal,
  galleryId: string,
  line: BatchLine,
  signal: AbortSignal,
): Promise<Enrolment> => {
  for (let waitMs = FIRST_WAIT_MS; ; waitMs = Math.min(2 * waitMs, LONGEST_WAIT_MS)) {
    signal.throwIfAborted()
    try {
      return await enrolCaptured(context, principal, { ...(await line.read(signal)), galleryId, signal })
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'busy') throw error
      await pause(waitMs, signal)
    }
  }
}

/** Works on up to `concurrency` items at once and gives the results as they are done. `work` must not reject. */
export async function* mapAsDone<In, Out>(
  source: AsyncIterable<In>,
  concurrency: number,
  work: (item: In) => Promise<Out>,
): AsyncGenerator<Out> {
  const items = source[Symbol.asyncIterator]()
  const running = new Map<number, Promise<{ key: number; result: Out }>>()
  let next: Promise<{ item: IteratorResult<In> }> | null = null
  let isOver = false
  let key = 0
  try {
    while (true) {
      if (!isOver && !next && running.size < concurrency) next = items.next().then(item => ({ item }))
      if (!next && running.size === 0) return
      const event: { item: IteratorResult<In> } | { key: number; result: Out } = await Promise.race([
        ...running.values(),
        ...(next ? [next] : []),
      ])
      if ('item' in event) {
        next = null
        isOver = event.item.done === true
        if (event.item.done) continue
        const started = key++
        running.set(
          started,
          work(event.item.value).then(result => ({ key: started, result })),
        )
      } else {
        running.delete(event.key)
        yield event.result
      }
    }
  } finally {
    // A reader that still waits for the next item would make `return` wait as well.
    next?.catch(() => {})
    items.return?.()?.catch(() => {})
  }
}
