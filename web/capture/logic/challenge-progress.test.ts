// Every movement is followed out and back, and none is taken for another.
import assert from 'node:assert/strict'
import { it } from 'node:test'
import { CHALLENGES, type Challenge } from '../words.ts'
import { followChallenge } from './challenge-progress.ts'
import { STRAIGHT } from './face.fixture.ts'
import type { FaceMeasures } from './face-measures.ts'

const PEAKS: Readonly<Record<Challenge, Partial<FaceMeasures>>> = {
  turn_left: { yaw: 28 },
  turn_right: { yaw: -28 },
  nod: { pitch: -28 },
  blink: { eyeOpenness: 0.25 },
  smile: { mouthWidth: 0.68 },
}

for (const challenge of CHALLENGES) {
  it(`follows ${challenge}`, () => {
    const progress = followChallenge(challenge, STRAIGHT)
    assert.deepEqual(progress.update(STRAIGHT), { phase: 'waiting', amount: 0 })
    assert.equal(progress.update({ ...STRAIGHT, ...PEAKS[challenge] }).phase, 'moved')
    // A face that is lost for a moment loses nothing.
    assert.deepEqual(progress.update(null), { phase: 'moved', amount: 1 })
    assert.equal(progress.update(STRAIGHT).phase, 'done')
  })

  it(`takes nothing else for ${challenge}`, () => {
    for (const other of CHALLENGES.filter(each => each !== challenge)) {
      const progress = followChallenge(challenge, STRAIGHT)
      assert.equal(progress.update({ ...STRAIGHT, ...PEAKS[other] }).phase, 'waiting', other)
    }
  })
}
