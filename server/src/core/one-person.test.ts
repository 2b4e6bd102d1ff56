// One face and one person: each bound from both sides, on templates whose similarity is known.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CALIBRATION, type DrawnFrame, observe, PORTRAIT, play, stepsOf } from './observations.fixture.ts'
import { checkPerson } from './one-person.ts'

const STEPS = stepsOf(['turn_left', 'smile'])
const FRAMES: readonly DrawnFrame[] = [...PORTRAIT, ...play(1, { yaw: 28 }), ...play(2, { smile: 1 })]

const check = (change: (frame: DrawnFrame, index: number) => Partial<DrawnFrame> = () => ({})) => {
  const observed = observe(
    FRAMES.map((frame, index) => ({ ...frame, ...change(frame, index) })),
    STEPS,
  )
  return checkPerson(observed, observe(PORTRAIT, STEPS)[0], CALIBRATION)
}
const namesOf = (reasons: readonly { name: string }[]): string[] => reasons.map(({ name }) => name)

test('one person throughout passes', () => {
  assert.deepEqual(check(), [])
})

test('somebody beside the face in one frame in ten is let pass, in more not', () => {
  assert.deepEqual(
    check((_, index) => (index < 2 ? { people: 2 } : {})),
    [],
  )
  const [reason] = check((_, index) => (index < 3 ? { people: 2 } : {}))
  assert.deepEqual([reason.name, reason.value, reason.threshold], ['several_faces', 3 / 24, 0.1])
})

test('four frames without a face are let pass, five in a row or a third of all are not', () => {
  const without = (is: (index: number) => boolean) =>
    namesOf(check((_, index) => (is(index) ? { hasNoFace: true } : {})))
  assert.deepEqual(
    without(index => index >= 14 && index < 18),
    [],
  )
  assert.deepEqual(
    without(index => index >= 14 && index < 19),
    ['no_face'],
  )
  assert.deepEqual(
    without(index => index > 1 && index % 3 === 0),
    [],
  )
  assert.deepEqual(
    without(index => index > 1 && index % 2 === 0),
    ['no_face'],
  )
})

// Of the fixture's curve: 85 is a cosine of 0.625, 75 is 0.4375, 70 is 0.375, 60 is 0.25.
test('frontal frames must be like the portrait by their median in each step', () => {
  const smile = (cosine: number) => check(({ step }) => (step === 2 ? { cosine } : {}))
  assert.deepEqual(smile(0.64), [])
  const [reason] = smile(0.61)
  assert.deepEqual([reason.name, reason.threshold], ['different_person', 85])
  assert.ok(reason.value! < 85)
})

test('turned frames may be less like it', () => {
  const turned = (cosine: number) => check(({ yaw }) => (yaw ? { cosine } : {}))
  assert.deepEqual(turned(0.38), [])
  assert.deepEqual(turned(0.36)[0].threshold, 70)
})

test('one blurred frame is let pass, two in a row are not', () => {
  const blurred = (count: number) => check((_, index) => (index >= 14 && index < 14 + count ? { cosine: 0.42 } : {}))
  assert.deepEqual(blurred(1), [])
  assert.deepEqual([blurred(2)[0].name, blurred(2)[0].threshold], ['different_person', 75])
})

test('a person who comes in the middle, or at the very end, is found', () => {
  for (const from of [8, 13, 22])
    assert.deepEqual(namesOf(check((_, index) => (index >= from ? { cosine: 0.1 } : {}))), ['different_person'])
})
