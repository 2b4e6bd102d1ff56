// One vision worker: opens the networks once, then analyses one picture a call. Runs in a worker thread of the pool.
import { workerData } from 'node:worker_threads'
import { AppError } from '../../errors.ts'
import type { Limits } from '../../limits.ts'
import { addDeadline } from '../deadline.ts'
import { openNetworks } from '../networks.ts'
import { openJudges } from '../open-judges.ts'
import type { PackManifest } from '../packs/manifest.ts'
import { analyse } from '../pipeline.ts'
import { timeStages } from '../stage-times.ts'
import type { VisionReply, VisionTask, VisionWorkerData } from './messages.ts'

const { directory, manifest, packs, pack, judges, limits } = workerData as VisionWorkerData
const opened = openNetworks(
  directory,
  manifest as PackManifest,
  { packs, pack },
  openJudges({ directory, manifest }, judges),
).then(networks => {
  const deadline = addDeadline(networks, limits.imageDeadlineMs)
  return { deadline, clock: timeStages(deadline.networks) }
})

/** Errors travel as values: a thrown one would lose its code on the way, and look like the death of the worker. */
const serve = async (task: VisionTask): Promise<VisionReply> => {
  try {
    const { deadline, clock } = await opened
    deadline.start()
    clock.start()
    const analysis = await analyse(clock.networks, limits as Limits, task.image, task.options)
    return { analysis, stages: clock.read() }
  } catch (error) {
    if (error instanceof AppError)
      return { refusal: { code: error.code, message: error.message, details: error.details } }
    return { failure: error instanceof Error ? (error.stack ?? error.message) : String(error) }
  }
}

export default serve
