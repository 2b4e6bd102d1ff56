// The engine as capture sessions use it: in the frames' own lane, waiting where it is busy. Judges nothing.
import { AppError } from '../errors.ts'
import { pause } from './pause.ts'
import type { AnalyseOptions, FaceEngine } from './ports.ts'
import type { Analysis } from './types.ts'

/** Before a frame is tried again while the engine is busy, milliseconds; doubles up to the second. */
const FIRST_WAIT_MS = 20
const LONGEST_WAIT_MS = 1000

export type LookOptions = Pick<AnalyseOptions, 'pack' | 'assess'>

/** Everybody in the frame, and of the largest face the template and the mesh. @throws AppError busy, image_*, internal */
export const lookAt = (
  engine: FaceEngine,
  image: Uint8Array,
  options: LookOptions,
  signal: AbortSignal,
): Promise<Analysis> =>
  engine.analyse(image, { ...options, templates: 'largest', points: true, lane: 'frames', signal })

/** As `lookAt`, but waits for its turn; the engine takes the bytes over, so they are copied for each try. */
export const lookPatiently = async (
  engine: FaceEngine,
  image: Uint8Array,
  options: LookOptions,
  signal: AbortSignal,
): Promise<Analysis> => {
  for (let waitMs = FIRST_WAIT_MS; ; waitMs = Math.min(2 * waitMs, LONGEST_WAIT_MS)) {
    signal.throwIfAborted()
    try {
      return await lookAt(engine, new Uint8Array(image), options, signal)
    } catch (error) {
      if (!(error instanceof AppError) || error.code !== 'busy') throw error
      await pause(waitMs, signal)
    }
  }
}

/** What is wrong with the picture itself, and not with the server. */
export const isUnreadable = (error: unknown): error is AppError =>
  error instanceof AppError && error.code.startsWith('image_')

/** Whether a frame may be looked at before it has to be: never so many that a verdict finds the line full. */
export const hasRoom = (engine: FaceEngine, { maxQueuedFrames }: { readonly maxQueuedFrames: number }): boolean =>
  engine.stats().framesWaiting < maxQueuedFrames / 2
