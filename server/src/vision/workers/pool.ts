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
  /** What the workers run; tests put one here that dies. */
  readonly workerFile?: URL
}

/** Beside the sources lies the source, beside the build output the build output. */
const WORKER_FILE = new URL(import.meta.resolve('./vision-worker.ts'))

/** Starts the workers and waits until the first picture could be served. @throws AppError pack_invalid */
export const createEngine = async (options: EngineOptions): Promise<FaceEngine> => {
  const { pack, threads, limits, onStages, workerFile = WORKER_FILE } = options
  const { manifest, directory } = pack
  const workerData: VisionWorkerData = { directory, manifest, limits }
  const pool = new Piscina<VisionTask, VisionReply>({
    filename: workerFile.href,
    minThreads: threads,
    maxThreads: threads,
    concurrentTasksPerWorker: 1,
    idleTimeout: Number.POSITIVE_INFINITY,
    workerData,
    resourceLimits: { maxYoungGenerationSizeMb: 8, maxOldGenerationSizeMb: 128 },
  })
  // The death of a worker without a task is an event, and one that nobody hears ends the process. A new worker takes its
  // place by itself.
  pool.on('error', () => {})
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
        const { analysis, stages } = await run(pool, image, options)
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
 * The waiting line is ours and not the pool's: tasks with a signal are not counted by its `maxQueue`, and an abort would
 * end the worker thread of a task that runs. A thread that is ended inside of onnxruntime takes the whole process along.
 */
const run = async (
  pool: Piscina<VisionTask, VisionReply>,
  image: Uint8Array,
  options: VisionTask['options'],
): Promise<Extract<VisionReply, { analysis: unknown }>> => {
  const reply = await runTwice(pool, { image, options })
  if ('analysis' in reply) return reply
  if ('refusal' in reply)
    throw new AppError(reply.refusal.code, reply.refusal.message, { details: { ...reply.refusal.details } })
  throw new AppError('internal', undefined, { cause: new Error(reply.failure) })
}

/**
 * A worker may die of something else than its picture (memory), so another one gets the picture once more; if that dies
 * too, it is the picture. The bytes are copied to the worker and not handed over, as they would be gone with it.
 */
const runTwice = async (pool: Piscina<VisionTask, VisionReply>, task: VisionTask): Promise<VisionReply> => {
  try {
    return await pool.run(task)
  } catch {
    return await pool.run(task).catch(cause => {
      throw new AppError('internal', undefined, { cause })
    })
  }
}
