import assert from 'node:assert/strict'
import { test } from 'node:test'
import { NEUTRAL } from '../server/src/vision/face-sequences.fixture.ts'
import { frameAt } from './capture-camera.ts'

const FILM = [0, 100, 200].map(atMs => ({ atMs, state: NEUTRAL, jpeg: Buffer.from(`${atMs}`) }))
const at = (elapsedMs: number): number | null => frameAt(FILM, elapsedMs)?.atMs ?? null

test('A film shows each frame until the next is due, and nothing before it begins or when it is over', () => {
  assert.deepEqual([-1, 0, 99, 100, 250, 299, 300, 5000].map(at), [null, 0, 0, 100, 200, 200, null, null])
  assert.equal(frameAt([], 0), null)
})
