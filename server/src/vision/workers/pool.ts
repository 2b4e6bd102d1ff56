// The face engine: a pool of vision workers behind a bounded queue. The main thread never decodes and never infers.
import { Piscina } from 'piscina'
import type { AnalyseOptions, EnginePack, FaceEngine } from '../../core/ports.ts'
import { AppError } from '../../errors.ts'
import type { Limits } from '../../limits.ts'
import type { InstalledPack } from '../packs/install.ts'
import { calibrationOf, modelFor, requireField } from '../packs/manifest.ts'
import type { VisionReply, VisionTask, VisionWorkerData } from './messages.ts'

export interface EngineOptions {
  readonly pack: InstalledPack
  /** Worker threads; one core each. */
  readonly threads: number
  readonly limits: Limits
}

/** Starts the workers and waits until the first picture could be served. @throws AppError pack_invalid */
export const createEngine = async ({ pack, threads, limits }: EngineOptions): Promise<FaceEngine> => {
  const { manifest, directory } = pack
  const workerData: VisionWorkerData = { directory, manifest, limits }
  const pool = new Piscina<VisionTask, VisionReply>({
    filename: new URL(import.meta.resolve('./vision-worker.ts')).href,
    minThreads: threads,
    maxThreads: threads,
    maxQueue: limits.maxQueuedImages,
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
  }
  return {
    pack: enginePack,
    analyse: (image, options) => submit(pool, image, options),
    close: () => pool.close({ force: true }),
  }
}

const submit = async (
  pool: Piscina<VisionTask, VisionReply>,
  image: Uint8Array,
  { signal, ...options }: AnalyseOptions,
) => {
  // A view into a larger buffer cannot be handed over; its bytes are copied once.
  const owned =
    image.byteLength === image.buffer.byteLength && image.buffer instanceof ArrayBuffer ? image : new Uint8Array(image)
  try {
    const reply = await pool.run({ image: owned, options }, { signal, transferList: [owned.buffer as ArrayBuffer] })
    if ('analysis' in reply) return reply.analysis
    throw new AppError(reply.refusal.code, reply.refusal.message, { details: { ...reply.refusal.details } })
  } catch (error) {
    if (error instanceof Error && error.message === QUEUE_FULL)
      throw new AppError('busy', 'More pictures wait than the server takes; try again in a moment.', { cause: error })
    throw error
  }
}

/** Piscina has no error class or code for this, only the sentence. */
const QUEUE_FULL = 'Task queue is at limit'
