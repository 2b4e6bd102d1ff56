// The face engine: a pool of vision workers behind a bounded queue. The main thread never decodes and never infers.
import { Piscina } from 'piscina'
import type { EnginePack, FaceEngine, StageTimes } from '../../core/ports.ts'
import { AppError } from '../../errors.ts'
import type { Limits } from '../../limits.ts'
import type { InstalledPack } from '../packs/install.ts'
import { calibrationOf, distributionOf, modelFor, requireField } from '../packs/manifest.ts'
import { createGate } from './gate.ts'
import type { VisionReply, VisionTask, VisionWorkerData } from './messages.ts'

export interface EngineOptions {
  readonly pack: InstalledPack
  /** Worker threads; one core each. */
  readonly threads: number
  readonly limits: Limits
  /** Called with each analysed picture's times. */
  readonly onStages?: (times: StageTimes) => void
}

/** Starts the workers and waits until the first picture could be served. @throws AppError pack_invalid */
export const createEngine = async ({ pack, threads, limits, onStages }: EngineOptions): Promise<FaceEngine> => {
  const { manifest, directory } = pack
  const workerData: VisionWorkerData = { directory, manifest, limits }
  const pool = new Piscina<VisionTask, VisionReply>({
    filename: new URL(import.meta.resolve('./vision-worker.ts')).href,
    minThreads: threads,
    maxThreads: threads,
    concurrentTasksPerWorker: 1,
    idleTimeout: Number.POSITIVE_INFINITY,
    workerData,
    resourceLimits: { maxYoungGenerationSizeMb: 8, maxOldGenerationSizeMb: 128 },
  })
  const enginePack: EnginePack = {
    id: manifest.id,
    version: manifest.version,
    dimensions: requireField(modelFor(manifest, 'embed'), 'dimensions'),
    calibration: calibrationOf(manifest),
    distribution: distributionOf(manifest),
  }
  try {
    await Promise.all(Array.from({ length: threads }, () => run(pool, greySquare(), { templates: 'none' })))
  } catch (error) {
    await pool.close({ force: true })
    throw error
  }
  const gate = createGate(threads, limits.maxQueuedImages, { maxWaitMs: limits.maxQueueWaitMs })
  return {
    pack: enginePack,
    stats() {
      const { workMs: pictureMs, ...stats } = gate.stats()
      return { ...stats, pictureMs }
    },
    analyse: (image, { signal, ...options }) =>
      gate.enter(async () => {
        const { analysis, stages } = await run(pool, image, options, limits.imageDeadlineMs)
        onStages?.(stages)
        return analysis
      }, signal),
    close: () => pool.close({ force: true }),
  }
}

/** A PNG of 32x32 pixels without a face: looked at once by each worker, which opens its networks for it. */
const greySquare = (): Uint8Array =>
  new Uint8Array(
    Buffer.from(
      'iVBORw0KGgoAAAANSUhEUgAAACAAAAAgCAAAAABWESUoAAAACXBIWXMAAAPoAAAD6AG1e1JrAAAAFklEQVQ4y2MoJwAYRhWMKhhVMFIVAAD9m9wQjKT8pgAAAABJRU5ErkJggg==',
      'base64',
    ),
  )

/**
 * The waiting line is ours and not the pool's: tasks with a signal are not counted by its `maxQueue`, and an abort ends the
 * worker thread of a task that runs, which the pool then replaces. That is what becomes of a picture that takes too long.
 */
const run = async (
  pool: Piscina<VisionTask, VisionReply>,
  image: Uint8Array,
  options: VisionTask['options'],
  deadlineMs?: number,
): Promise<Extract<VisionReply, { analysis: unknown }>> => {
  // A view into a larger buffer cannot be handed over; its bytes are copied once.
  const owned =
    image.byteLength === image.buffer.byteLength && image.buffer instanceof ArrayBuffer ? image : new Uint8Array(image)
  const late = deadlineMs === undefined ? undefined : AbortSignal.timeout(deadlineMs)
  const transferList = [owned.buffer as ArrayBuffer]
  const reply = await pool.run({ image: owned, options }, { transferList, signal: late }).catch(cause => {
    if (!late?.aborted) throw cause
    throw new AppError('image_too_complex', `The picture could not be analysed within ${(deadlineMs ?? 0) / 1000} s.`, {
      cause,
    })
  })
  if ('analysis' in reply) return reply
  throw new AppError(reply.refusal.code, reply.refusal.message, { details: { ...reply.refusal.details } })
}
