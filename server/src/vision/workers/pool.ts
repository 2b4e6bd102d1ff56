// The face engine: a pool of vision workers behind a bounded queue. The main thread never decodes and never infers.
import { Piscina } from 'piscina'
import type { EnginePack, FaceEngine, StageTimes } from '../../core/ports.ts'
import type { Analysis, Assessment } from '../../core/types.ts'
import { AppError } from '../../errors.ts'
import type { Limits } from '../../limits.ts'
import { type JudgePacks, NO_JUDGES } from '../judges.ts'
import type { InstalledPack } from '../packs/install.ts'
import { calibrationOf, distributionOf } from '../packs/manifest.ts'
import { alone, dimensionsOf, findRecognitionPack, type RecognitionPack } from '../packs/recognition-pack.ts'
import { createGate } from './gate.ts'
import type { VisionReply, VisionTask, VisionWorkerData } from './messages.ts'

export interface EngineOptions {
  /** The base pack: it finds the faces. */
  readonly pack: InstalledPack
  /** The packs that templates can be made with, the best first; the base pack unless given. */
  readonly packs?: readonly RecognitionPack[]
  /** The id of the one that new galleries take; the best unless given. */
  readonly newGalleryPack?: string
  /** Worker threads; one core each. */
  /** What else a face is judged by; quality alone unless given. */
  readonly judges?: JudgePacks
  readonly threads: number
  readonly limits: Limits
  /** Called with each analysed picture's times. */
  readonly onStages?: (times: StageTimes) => void
  /** What the workers run; tests put one here that dies. */
  readonly workerFile?: URL
}

/** Beside the sources lies the source, beside the build output the build output. */
const WORKER_FILE = new URL(import.meta.resolve('./vision-worker.ts'))

/**
 * Starts the workers and waits until the first picture could be served.
 * @throws AppError pack_invalid, pack_not_installed
 */
export const createEngine = async (options: EngineOptions): Promise<FaceEngine> => {
  const {
    pack,
    packs = [alone(pack)],
    judges = NO_JUDGES,
    threads,
    limits,
    onStages,
    workerFile = WORKER_FILE,
  } = options
  const { manifest, directory } = pack
  const enginePacks = packs.map(toEnginePack)
  const usual = findRecognitionPack(packs, options.newGalleryPack ?? packs[0].manifest.id)
  const workerData: VisionWorkerData = { directory, manifest, packs, pack: usual.manifest.id, judges, limits }
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
  try {
    await Promise.all(Array.from({ length: threads }, () => run(pool, greySquare(), { templates: 'none' })))
  } catch (error) {
    await pool.close({ force: true })
    throw error
  }
  const gate = createGate(threads, limits.maxQueuedImages, { maxWaitMs: limits.maxQueueWaitMs })
  const frames = createGate(framePlacesOf(threads), limits.maxQueuedFrames)
  return {
    assessments: assessmentsOf(judges),
    pack: enginePacks[packs.indexOf(usual)],
    packs: enginePacks,
    stats() {
      const { workMs: pictureMs, ...stats } = gate.stats()
      const { waiting: framesWaiting, places: framePlaces } = frames.stats()
      return { ...stats, pictureMs, framesWaiting, framePlaces }
    },
    analyse(image, { signal, lane, ...options }) {
      const work = async (): Promise<Analysis> => {
        const { analysis, stages } = await run(pool, image, options)
        onStages?.(stages)
        return analysis
      }
      if (lane === undefined) return gate.enter(work, signal)
      // A frame keeps its place among the frames until its worker is done, also where nobody waits for it any more: so
      // never more than their share are at work or in the line of the other pictures.
      return frames.enter(() => gate.enter(work), signal)
    },
    close: () => pool.close({ force: true }),
  }
}

/** Half of the workers, so that frames never make another picture wait behind more than that; of one worker that one. */
const framePlacesOf = (threads: number): number => Math.max(1, Math.floor(threads / 2))

const assessmentsOf = ({ attributes, liveness }: JudgePacks): readonly Assessment[] => [
  'quality',
  ...(attributes.length > 0 ? (['attributes'] as const) : []),
  ...(liveness ? (['liveness'] as const) : []),
]

const toEnginePack = (pack: RecognitionPack): EnginePack => ({
  id: pack.manifest.id,
  version: pack.manifest.version,
  dimensions: dimensionsOf(pack),
  calibration: calibrationOf(pack.manifest),
  distribution: distributionOf(pack.manifest),
})

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
