// One worker thread that scans, one request at a time. Keeps the process alive only while a scan is under way. Knows no
// queue; what dies is not revived here.
import { Worker } from 'node:worker_threads'
import { AppError } from '../errors.ts'
import type { ScanReply, ScanRequest, ScanResult, ScanWorkerData } from './scan-worker.ts'

/** A result per probe, why the scan failed, or the death of the worker, which may have nothing to do with the scan. */
export type ScanOutcome = readonly ScanResult[] | AppError | { readonly died: AppError }

export interface ScanThread {
  isIdle(): boolean
  /** Tells the worker of a segment or of a gallery's end; requests are handled in the order in which they were sent. */
  tell(request: Exclude<ScanRequest, { kind: 'scan' }>): void
  /** Only on an idle thread. `done` is called once, with an `internal` error when the scan fails. */
  run(request: Extract<ScanRequest, { kind: 'scan' }>, done: (outcome: ScanOutcome) => void): void
  stop(): Promise<void>
}

export interface ScanThreadOptions {
  readonly dimensions: number
  /** What the worker runs; tests put one here that dies. */
  readonly workerFile?: URL
  /** Called when the worker has ended, before its scan is failed. */
  readonly onExit: (thread: ScanThread) => void
}

/** Beside the sources lies the source, beside the build output the build output. */
const WORKER_FILE = new URL(`./scan-worker.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`, import.meta.url)

export function startScanThread({ dimensions, workerFile = WORKER_FILE, onExit }: ScanThreadOptions): ScanThread {
  const workerData: ScanWorkerData = { dimensions }
  const worker = new Worker(workerFile, { workerData })
  let pending: ((outcome: ScanOutcome) => void) | null = null
  let failure: unknown

  const finish = (outcome: ScanOutcome): void => {
    const done = pending
    pending = null
    worker.unref()
    done?.(outcome)
  }

  worker.unref()
  worker.on('message', (reply: ScanReply) => {
    finish('error' in reply ? new AppError('internal', `The scan failed: ${reply.error}`) : reply)
  })
  worker.on('error', error => {
    failure = error
  })
  worker.on('exit', () => {
    onExit(thread)
    finish({ died: new AppError('internal', 'The search worker stopped.', { cause: failure }) })
  })

  const thread: ScanThread = {
    isIdle: () => pending === null,
    tell: request => worker.postMessage(request),
    run(request, done) {
      pending = done
      worker.ref()
      worker.postMessage(request)
    },
    async stop() {
      await worker.terminate()
    },
  }
  return thread
}
