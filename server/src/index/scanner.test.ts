// The scanning threads: queue, batching, refusal when full, replacement of a thread that dies.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createScanner, type ScanOrder } from './scanner.ts'

const DIMENSIONS = 4

/** Answers row 7, and dies of a scan as often as the first byte of the gallery's first segment says. */
const MORTAL_WORKER = new URL(
  `data:text/javascript,${encodeURIComponent(`
    import { parentPort } from 'node:worker_threads'
    const galleries = new Map()
    parentPort.on('message', ({ kind, gallery, segment, probes }) => {
      if (kind === 'attach') galleries.set(gallery, new Uint8Array(segment))
      if (kind !== 'scan') return
      const deaths = galleries.get(gallery)
      if (deaths[0]-- > 0) throw new Error('unlucky')
      deaths[0] = 0
      const count = probes.length / ${DIMENSIONS}
      parentPort.postMessage(Array(count).fill({ rows: Uint32Array.of(7), dots: Float32Array.of(1) }))
    })
  `)}`,
)

function orderOf(gallery: number, signal?: AbortSignal): ScanOrder {
  return { gallery, rows: 1, count: 1, probe: new Int8Array(DIMENSIONS), isContinued: false, signal }
}

const makeDeadly = (deaths: number): SharedArrayBuffer => {
  const segment = new SharedArrayBuffer(1)
  new Uint8Array(segment)[0] = deaths
  return segment
}

test('a worker that dies is replaced, and its scan answered by the next', async t => {
  const scanner = createScanner({ dimensions: DIMENSIONS, threads: 1, maxQueuedSearches: 8, workerFile: MORTAL_WORKER })
  t.after(() => scanner.close())
  scanner.attach(13, makeDeadly(1))
  assert.deepEqual([...(await scanner.scan(orderOf(13))).rows], [7])
  assert.deepEqual([...(await scanner.scan(orderOf(13))).rows], [7])
})

test('a scan that workers die of is an internal error in the end, and harms no other', async t => {
  const scanner = createScanner({ dimensions: DIMENSIONS, threads: 1, maxQueuedSearches: 8, workerFile: MORTAL_WORKER })
  t.after(() => scanner.close())
  scanner.attach(13, makeDeadly(2))
  scanner.attach(1, makeDeadly(0))
  const doomed = scanner.scan(orderOf(13))
  const waiting = scanner.scan(orderOf(1))
  await assert.rejects(doomed, { code: 'internal' })
  assert.deepEqual([...(await waiting).rows], [7])
  assert.deepEqual([...(await scanner.scan(orderOf(1))).rows], [7])
})

test('those scanned together with the one that a worker died of are scanned by themselves', async t => {
  const scanner = createScanner({ dimensions: DIMENSIONS, threads: 1, maxQueuedSearches: 8, workerFile: MORTAL_WORKER })
  t.after(() => scanner.close())
  scanner.attach(13, makeDeadly(2))
  const first = scanner.scan(orderOf(13))
  const together = Array.from({ length: 4 }, () => scanner.scan(orderOf(13)))
  await assert.rejects(first, { code: 'internal' })
  for (const scan of together) assert.deepEqual([...(await scan).rows], [7])
})

test('a gallery that is dropped while its worker dies has nothing to find', async t => {
  const scanner = createScanner({ dimensions: DIMENSIONS, threads: 1, maxQueuedSearches: 8, workerFile: MORTAL_WORKER })
  t.after(() => scanner.close())
  scanner.attach(13, makeDeadly(1))
  const scan = scanner.scan(orderOf(13))
  scanner.detach(13)
  assert.equal((await scan).rows.length, 0)
})

test('a scan that throws is an internal error and leaves the worker as it is', async t => {
  const scanner = createScanner({ dimensions: DIMENSIONS, threads: 1, maxQueuedSearches: 8 })
  t.after(() => scanner.close())
  await assert.rejects(scanner.scan(orderOf(1)), { code: 'internal' })
  const segment = new SharedArrayBuffer(128 * DIMENSIONS)
  new Int8Array(segment).fill(1, DIMENSIONS, 2 * DIMENSIONS)
  scanner.attach(2, segment)
  const found = await scanner.scan({ ...orderOf(2), rows: 3, count: 2, probe: Int8Array.of(5, 5, 5, 5) })
  assert.equal(found.rows[0], 1)
  assert.deepEqual([...found.dots], [20, 0])
})

test('scans of several threads and of one batch each get their own answer', async t => {
  const scanner = createScanner({ dimensions: DIMENSIONS, threads: 2, maxQueuedSearches: 100 })
  t.after(() => scanner.close())
  const segment = new SharedArrayBuffer(128 * DIMENSIONS)
  const rows = new Int8Array(segment)
  for (let row = 0; row < 4; row += 1) rows[row * DIMENSIONS + row] = 9
  scanner.attach(1, segment)
  const answers = await Promise.all(
    Array.from({ length: 40 }, (_, i) => {
      const probe = new Int8Array(DIMENSIONS)
      probe[i % 4] = 3
      return scanner.scan({ ...orderOf(1), rows: 4, count: 1 + (i % 3), probe })
    }),
  )
  answers.forEach((answer, i) => {
    assert.ok(answer.rows.length >= 1 + (i % 3))
    assert.equal(answer.rows[0], i % 4)
    assert.equal(answer.dots[0], 27)
  })
})

test('closing fails what waits and what comes after', async () => {
  const scanner = createScanner({ dimensions: DIMENSIONS, threads: 1, maxQueuedSearches: 8 })
  scanner.attach(1, new SharedArrayBuffer(128 * DIMENSIONS))
  const scans = Array.from({ length: 8 }, () => scanner.scan(orderOf(1)))
  const outcomes = Promise.allSettled(scans)
  await scanner.close()
  for (const outcome of await outcomes) assert.equal(outcome.status, 'rejected')
  await assert.rejects(scanner.scan(orderOf(1)), { code: 'internal' })
})
