// Two at once, pauses obeyed, nothing lost, and the first failure is everybody's.
import assert from 'node:assert/strict'
import { it } from 'node:test'
import { createUploadQueue } from './upload-queue.ts'

/** Sends that end when told. */
const createLine = () => {
  const flying: { frame: number; end: (pauseMs: number) => void; fail: (error: Error) => void }[] = []
  const send = (frame: number): Promise<number> =>
    new Promise((end, fail) => {
      flying.push({ frame, end, fail })
    })
  return { flying, send }
}
const turn = (): Promise<void> => new Promise(resolve => setImmediate(resolve))

it('sends two at once and the rest in their order', async () => {
  const { flying, send } = createLine()
  const queue = createUploadQueue({ send, now: () => 0 })
  for (const frame of [1, 2, 3, 4]) queue.offer(frame)
  assert.deepEqual(
    flying.map(({ frame }) => frame),
    [1, 2],
  )
  const drained = queue.drained()
  for (let index = 0; index < 4; index++) {
    flying[index]?.end(0)
    await turn()
  }
  await drained
  assert.deepEqual(
    flying.map(({ frame }) => frame),
    [1, 2, 3, 4],
  )
  assert.deepEqual(queue.counts(), { offered: 4, sent: 4 })
})

it('is closed while the server asks for a pause, and while too many wait', async () => {
  const { flying, send } = createLine()
  let nowMs = 0
  const queue = createUploadQueue({ send, now: () => nowMs, maxWaiting: 2 })
  for (const frame of [1, 2, 3]) queue.offer(frame)
  assert.equal(queue.isOpen(), true)
  queue.offer(4)
  assert.equal(queue.isOpen(), false)
  for (let index = 0; index < 4; index++) {
    flying[index]?.end(index === 3 ? 800 : 0)
    await turn()
  }
  assert.equal(queue.isOpen(), false)
  nowMs = 801
  assert.equal(queue.isOpen(), true)
})

it('counts a pause from the sending, so that a slow line does not make it longer', async () => {
  const { flying, send } = createLine()
  let nowMs = 0
  const queue = createUploadQueue({ send, now: () => nowMs })
  queue.offer(1)
  nowMs = 150
  flying[0]?.end(200)
  await queue.drained()
  assert.equal(queue.isOpen(), false)
  nowMs = 200
  assert.equal(queue.isOpen(), true)
})

it('ends with what a frame could not be sent for', async () => {
  const { flying, send } = createLine()
  const queue = createUploadQueue({ send, now: () => 0 })
  for (const frame of [1, 2, 3]) queue.offer(frame)
  const drained = assert.rejects(queue.drained(), /no more/)
  flying[0]?.fail(new Error('no more'))
  await drained
  assert.equal(flying.length, 2)
  assert.equal(queue.isOpen(), true)
  assert.throws(() => queue.offer(4), /no more/)
})

it('is drained at once when there is nothing', async () => {
  await createUploadQueue({ send: async () => 0, now: () => 0 }).drained()
})
