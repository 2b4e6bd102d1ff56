// The queue of scans and the threads that work it off. Hands out rows and int8 dots; knows no faces and no templates.
import { AppError } from '../errors.ts'
import { type ScanThread, startScanThread } from './scan-thread.ts'
import type { ScanResult } from './scan-worker.ts'

export interface ScanOrder {
  readonly gallery: number
  readonly rows: number
  /** At most `rows`. */
  readonly count: number
  readonly probe: Int8Array
  /** A search that has had a scan already goes to the head of the queue and is never refused. */
  readonly isContinued: boolean
  readonly signal: AbortSignal | undefined
}

export interface Scanner {
  /** Tells the workers of the gallery's next segment, once; scans ordered later may cover it. */
  attach(gallery: number, segment: SharedArrayBuffer): void
  /** Lets go of the gallery; its waiting scans find nothing. */
  detach(gallery: number): void
  /**
   * A scan whose worker dies is tried once more, on another and by itself. Throws `busy` when `maxQueuedSearches` scans
   * wait, `internal` when the worker dies of it again, the signal's reason when it fires.
   */
  scan(order: ScanOrder): Promise<ScanResult>
  /** Scans that wait for a thread. */
  waiting(): number
  close(): Promise<void>
}

export interface ScannerOptions {
  readonly dimensions: number
  readonly threads: number
  readonly maxQueuedSearches: number
  readonly workerFile?: URL
}

interface Job extends ScanOrder {
  /** Its worker died; whether of this scan or of another of the same batch is not known. */
  isRetried?: boolean
  readonly settle: (outcome: ScanResult | AppError) => void
}

/** Waiting probes scanned together: four cost 6.1 ms each at a million 128-d rows, alone 10.1; eight gain nothing more. */
const MAX_PROBES_PER_SCAN = 4

const NOTHING: ScanResult = Object.freeze({ rows: new Uint32Array(0), dots: new Float32Array(0) })

export function createScanner({ dimensions, threads: wanted, maxQueuedSearches, workerFile }: ScannerOptions): Scanner {
  const segments = new Map<number, SharedArrayBuffer[]>()
  const threads = new Set<ScanThread>()
  const queue: Job[] = []
  let isClosed = false

  const start = (): ScanThread => {
    const thread = startScanThread({ dimensions, workerFile, onExit: ended => threads.delete(ended) })
    for (const [gallery, list] of segments) {
      for (const segment of list) thread.tell({ kind: 'attach', gallery, segment })
    }
    threads.add(thread)
    return thread
  }

  const findIdle = (): ScanThread | null => {
    for (const thread of threads) if (thread.isIdle()) return thread
    return threads.size < wanted ? start() : null
  }

  const dispatch = (): void => {
    while (queue.length > 0 && !isClosed) {
      const thread = findIdle()
      if (!thread) return
      const jobs = takeBatch(queue)
      thread.run(joinProbes(jobs, dimensions), outcome => {
        if ('died' in outcome) return retry(jobs, outcome.died)
        // The next scan starts before the answers are handed out: the worker need not wait for what callers do with them.
        dispatch()
        jobs.forEach((job, i) => {
          job.settle(outcome instanceof AppError ? outcome : outcome[i]!)
        })
      })
    }
  }

  const retry = (jobs: readonly Job[], death: AppError): void => {
    const again = jobs.filter(job => !job.isRetried && !job.signal?.aborted && !isClosed)
    for (const job of jobs) if (!again.includes(job)) job.settle(death)
    for (const job of again) job.isRetried = true
    queue.unshift(...again.filter(job => segments.has(job.gallery)))
    for (const job of again) if (!segments.has(job.gallery)) job.settle(NOTHING)
    dispatch()
  }

  return {
    attach(gallery, segment) {
      const list = segments.get(gallery)
      if (list) list.push(segment)
      else segments.set(gallery, [segment])
      for (const thread of threads) thread.tell({ kind: 'attach', gallery, segment })
      // The first face starts the first worker, so that the first search finds it warm.
      if (threads.size === 0 && !isClosed) start()
    },

    detach(gallery) {
      if (!segments.delete(gallery)) return
      for (const thread of threads) thread.tell({ kind: 'detach', gallery })
      for (const job of takeWhere(queue, other => other.gallery === gallery)) job.settle(NOTHING)
    },

    async scan(order) {
      if (isClosed) throw makeClosedError()
      order.signal?.throwIfAborted()
      if (!order.isContinued && queue.length >= maxQueuedSearches && !findIdle()) {
        throw new AppError('busy', `Expected at most ${maxQueuedSearches} waiting searches.`)
      }
      const result = enqueue(queue, order)
      dispatch()
      return await result
    },

    waiting: () => queue.length,

    async close() {
      isClosed = true
      for (const job of queue.splice(0)) job.settle(makeClosedError())
      await Promise.all([...threads].map(thread => thread.stop()))
    },
  }
}

/** The job leaves the queue, and fails with the signal's reason, as soon as its signal fires. */
async function enqueue(queue: Job[], order: ScanOrder): Promise<ScanResult> {
  const { signal } = order
  const { promise, resolve, reject } = Promise.withResolvers<ScanResult>()
  const job: Job = { ...order, settle: outcome => (outcome instanceof AppError ? reject(outcome) : resolve(outcome)) }
  const abandon = (): void => {
    takeWhere(queue, other => other === job)
    reject(signal?.reason)
  }
  signal?.addEventListener('abort', abandon, { once: true })
  if (order.isContinued) queue.unshift(job)
  else queue.push(job)
  try {
    return await promise
  } finally {
    signal?.removeEventListener('abort', abandon)
  }
}

function makeClosedError(): AppError {
  return new AppError('internal', 'The search index is closed.')
}

/** The first job and the next ones that cover the same rows. */
function takeBatch(queue: Job[]): Job[] {
  const first = queue[0]!
  const { gallery, rows } = first
  if (first.isRetried) return queue.splice(0, 1)
  let taken = 0
  return takeWhere(queue, job => {
    if (job.gallery !== gallery || job.rows !== rows || job.isRetried || taken === MAX_PROBES_PER_SCAN) return false
    taken += 1
    return true
  })
}

/** Removes the jobs that pass the test and returns them. */
function takeWhere(queue: Job[], test: (job: Job) => boolean): Job[] {
  const taken: Job[] = []
  const kept: Job[] = []
  for (const job of queue) (test(job) ? taken : kept).push(job)
  queue.splice(0, queue.length, ...kept)
  return taken
}

/** One request for all: the widest, of which the others' answers are the beginning. */
function joinProbes(jobs: readonly Job[], dimensions: number) {
  const probes = new Int8Array(jobs.length * dimensions)
  jobs.forEach((job, i) => {
    probes.set(job.probe, i * dimensions)
  })
  const { gallery, rows } = jobs[0]!
  return { kind: 'scan', gallery, rows, count: Math.max(...jobs.map(job => job.count)), probes } as const
}
