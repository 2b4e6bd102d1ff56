// A caller that enrols one picture after the other, in a thread of its own, so that what else its process does is in none of
// its times. Its parent says when.
import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import type { LoadFigures } from './load.ts'

export interface EnrolmentCaller {
  begin(): void
  /** What came of it since it began; what is under way is waited for. */
  end(): Promise<LoadFigures>
  close(): Promise<unknown>
}

/** What the thread is given. */
export interface CallerData {
  readonly server: { readonly address: string; readonly key: string }
  readonly pictures: readonly Uint8Array[]
}

/** Makes the gallery. */
export const openEnrolmentCaller = async (
  { address, key }: CallerData['server'],
  pictures: CallerData['pictures'],
): Promise<EnrolmentCaller> => {
  const data: CallerData = { server: { address, key }, pictures }
  const worker = new Worker(new URL('./enrolment-caller-entry.ts', import.meta.url), { workerData: data })
  /** Rejects where the thread fails meanwhile. */
  const hear = async (): Promise<unknown> => (await once(worker, 'message'))[0]
  await hear()
  return {
    begin: () => worker.postMessage('begin'),
    async end() {
      worker.postMessage('end')
      return (await hear()) as LoadFigures
    },
    close: () => worker.terminate(),
  }
}
