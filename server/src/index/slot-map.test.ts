// Face id ↔ row: adding, removing, growing, reuse.
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { createSlotMap } from './slot-map.ts'

const NO_SCAN = Infinity

test('gives each face a slot of its own, counting from 0', () => {
  const slots = createSlotMap()
  const ids = Array.from({ length: 1000 }, () => randomUUID())
  ids.forEach((id, i) => {
    assert.equal(slots.take(id, NO_SCAN), i)
  })
  ids.forEach((id, i) => {
    assert.equal(slots.find(id), i)
    assert.equal(slots.idAt(i), id)
  })
  assert.equal(slots.size(), 1000)
  assert.equal(slots.rows(), 1000)
})

test('does not find what was never there, nor what is no UUID', () => {
  const slots = createSlotMap()
  assert.equal(slots.find(randomUUID()), -1)
  slots.take(randomUUID(), NO_SCAN)
  assert.equal(slots.find(randomUUID()), -1)
  assert.equal(slots.find('face-1'), -1)
  assert.equal(slots.release(randomUUID(), 1), -1)
  assert.equal(slots.release('', 1), -1)
})

test('refuses an id that is no lower-case UUID', () => {
  const slots = createSlotMap()
  const wrong = ['', 'face-1', randomUUID().toUpperCase(), `${randomUUID()}0`, randomUUID().replaceAll('-', '0')]
  for (const id of wrong) assert.throws(() => slots.take(id, NO_SCAN), TypeError, id)
  assert.equal(slots.size(), 0)
})

test('takes the extreme ids', () => {
  const slots = createSlotMap()
  const ids = ['00000000-0000-0000-0000-000000000000', 'ffffffff-ffff-ffff-ffff-ffffffffffff']
  for (const id of ids) slots.take(id, NO_SCAN)
  assert.deepEqual(
    ids.map((_, slot) => slots.idAt(slot)),
    ids,
  )
})

test('hands a freed slot out again, first freed first', () => {
  const slots = createSlotMap()
  const ids = Array.from({ length: 5 }, () => randomUUID())
  for (const id of ids) slots.take(id, NO_SCAN)
  assert.equal(slots.release(ids[3]!, 1), 3)
  assert.equal(slots.release(ids[1]!, 1), 1)
  assert.equal(slots.idAt(3), null)
  assert.equal(slots.find(ids[3]!), -1)
  assert.deepEqual(
    [0, 0, 0].map(() => slots.take(randomUUID(), NO_SCAN)),
    [3, 1, 5],
  )
})

test('keeps a freed slot back while an older scan is under way', () => {
  const slots = createSlotMap()
  const id = randomUUID()
  slots.take(id, NO_SCAN)
  // Scan 7 is under way when the face goes, so the next one is 8.
  slots.release(id, 8)
  assert.equal(slots.take(randomUUID(), 7), 1)
  assert.equal(slots.take(randomUUID(), 8), 0)
})

test('keeps scan numbers apart beyond 32 bits', () => {
  const slots = createSlotMap()
  const id = randomUUID()
  slots.take(id, NO_SCAN)
  slots.release(id, 2 ** 33 + 5)
  assert.equal(slots.take(randomUUID(), 2 ** 33 + 4), 1)
  assert.equal(slots.take(randomUUID(), 2 ** 33 + 5), 0)
})

test('agrees with a Map over a long random history', () => {
  const slots = createSlotMap()
  const truth = new Map<string, number>()
  let state = 1
  const random = (below: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
  const known: string[] = []
  for (let step = 0; step < 60_000; step += 1) {
    if (known.length === 0 || random(100) < 55) {
      const id = randomUUID()
      truth.set(id, slots.take(id, NO_SCAN))
      known.push(id)
    } else {
      const [id] = known.splice(random(known.length), 1)
      assert.equal(slots.release(id!, step), truth.get(id!))
      truth.delete(id!)
    }
  }
  assert.equal(slots.size(), truth.size)
  assert.equal(new Set(truth.values()).size, truth.size)
  for (const [id, slot] of truth) {
    assert.equal(slots.find(id), slot)
    assert.equal(slots.idAt(slot), id)
  }
})

test('costs less than 29 bytes per face at half a million', () => {
  const slots = createSlotMap()
  for (let i = 0; i < 500_000; i += 1)
    slots.take(`${i.toString(16).padStart(8, '0')}-0000-7000-8000-000000000000`, NO_SCAN)
  assert.ok(slots.bytes() / slots.size() < 29, `${slots.bytes() / slots.size()} bytes per face`)
})
