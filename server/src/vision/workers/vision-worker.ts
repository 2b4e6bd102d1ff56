// One vision worker: opens the networks once, then analyses one picture a call. Runs in a worker thread of the pool.
import { workerData } from 'node:worker_threads'
import { AppError } from '../../errors.ts'
import type { Limits } from '../../limits.ts'
import { openNetworks } from '../networks.ts'
import type { PackManifest } from '../packs/manifest.ts'
import { analyse } from '../pipeline.ts'
import { timeStages } from '../stage-times.ts'
import type { VisionReply, VisionTask, VisionWorkerData } from './messages.ts'

const { directory, manifest, limits } = workerData as VisionWorkerData
const clock = openNetworks(directory, manifest as PackManifest).then(timeStages)

/** Errors of the catalogue travel as values: a thrown one would lose its code on the way. */
const serve = async (task: VisionTask): Promise<VisionReply> => {
  try {
    const { networks, start, read } = await clock
    start()
    return { analysis: await analyse(networks, limits as Limits, task.image, task.options), stages: read() }
  } catch (error) {
    if (error instanceof AppError)
      return { refusal: { code: error.code, message: error.message, details: error.details } }
    throw error
  }
}

export default serve
