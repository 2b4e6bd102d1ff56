// The stream of a try's frames: order, both clocks, repeats, gaps; each bound from both sides.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkStream } from './frame-clock.ts'
import type { FrameObservation } from './movement-types.ts'
import { type DrawnFrame, FIRST_REVEAL_MS, observe, PORTRAIT, play, stepsOf } from './observations.fixture.ts'

const STEPS = stepsOf(['turn_left', 'smile'])
const FRAMES: readonly DrawnFrame[] = [...PORTRAIT, ...play(1, { yaw: 28 }), ...play(2, { smile: 1 })]

const check = (
  frames: readonly DrawnFrame[] = FRAMES,
  change: (frames: FrameObservation[]) => FrameObservation[] = it => it,
) => checkStream(change(observe(frames, STEPS)), STEPS).map(({ name, value, threshold }) => [name, value, threshold])

/** One frame changed. */
const withFrame = (index: number, change: Partial<FrameObservation>) => (frames: FrameObservation[]) =>
  frames.map((frame, at) => (at === index ? { ...frame, ...change } : frame))

test('a stream as the page sends it passes, on a slow line and with a clock that began late too', () => {
  assert.deepEqual(check(), [])
  assert.deepEqual(check(FRAMES.map((frame, index) => ({ ...frame, delayMs: 100 + 2000 * (index % 5) }))), [])
  // The answer to "start" took three seconds: the page's clock is so much behind.
  assert.deepEqual(
    check(FRAMES, frames => frames.map(frame => ({ ...frame, receivedAtMs: frame.receivedAtMs + 3000 }))),
    [],
  )
})

test('frames out of the order of their times or steps, or of no step, are replayed ones', () => {
  const name = [['frames_replayed', undefined, undefined]]
  assert.deepEqual(check(FRAMES, withFrame(5, { atMs: 100 })), name)
  assert.deepEqual(check(FRAMES, withFrame(5, { stepId: STEPS[2].id })), name)
  assert.deepEqual(check(FRAMES, withFrame(5, { stepId: 'elsewhere' })), name)
})

test('no frame is made after it arrived, nor arrives half a minute after it was made', () => {
  assert.deepEqual(check(FRAMES, withFrame(5, { receivedAtMs: 900 })), [['frames_replayed', -700, -500]])
  assert.deepEqual(check(FRAMES, withFrame(5, { receivedAtMs: 1400 })), [])
  const late = (delayMs: number) => FRAMES.map((frame, index) => (index === 8 ? { ...frame, delayMs } : frame))
  assert.deepEqual(check(late(31_000)), [['frames_replayed', 30_940, 30_000]])
  assert.deepEqual(check(late(29_000)), [])
})

test('no frame is made before its step was told', () => {
  const before = (ms: number) =>
    FRAMES.map((frame, index) => (index === 2 ? { ...frame, atMs: FIRST_REVEAL_MS - 60 - ms } : frame))
  const frames = (ms: number) => before(ms).map((frame, index) => (index < 2 ? { ...frame, atMs: 100 + index } : frame))
  assert.deepEqual(check(frames(700)), [['challenge_too_fast', 700, 500]])
  assert.deepEqual(check(frames(400)), [])
})

test('a frame that comes again is a repeated one, by its bytes or by its points', () => {
  assert.deepEqual(
    check(FRAMES.map((frame, index) => (index === 4 || index === 12 ? { ...frame, sha256: 'same' } : frame))),
    [['frames_repeated', 1, 0]],
  )
  // Encoded anew, but nobody moved by a thousandth of an eye distance.
  const frozen = FRAMES.map((frame, index) =>
    index === 2 || index === 4 ? { ...frame, x: 250 + index * 0.01 } : frame,
  )
  assert.deepEqual(check(frozen), [['frames_repeated', 1, 0]])
  const trembling = FRAMES.map((frame, index) =>
    index === 2 || index === 4 ? { ...frame, x: 250 + index * 0.1 } : frame,
  )
  assert.deepEqual(check(trembling), [])
})

test('a camera may falter three times, and no more', () => {
  const falter = (count: number) =>
    FRAMES.map((frame, index) => (index >= 3 && index <= 3 + count ? { ...frame, sha256: 'stuck', x: 310 } : frame))
  const still = (count: number) => falter(count).map((frame, index) => ({ ...frame, yaw: index < 8 ? 0 : frame.yaw }))
  assert.deepEqual(check(still(3)), [])
  assert.deepEqual(check(still(4)), [['frames_repeated', 4, 3]])
})

test('frames of a movement take their time', () => {
  const hurried = (ms: number) =>
    FRAMES.map((frame, index) => (frame.step === 1 ? { ...frame, atMs: 3000 + index * ms } : frame))
  assert.deepEqual(check(hurried(59)), [['challenge_too_fast', 59, 60]])
  assert.deepEqual(check(hurried(0)), [['challenge_too_fast', 0, 60]])
  assert.deepEqual(check(hurried(61)), [])
})

test('a step without its frames, or with a gap between them, lacks some', () => {
  const few = FRAMES.filter(({ step }, index) => step !== 2 || index < 15)
  assert.deepEqual(check(few), [['frames_missing', 2, 3]])
  assert.deepEqual(check(FRAMES.filter(({ step }) => step !== 0)), [['frames_missing', 0, 1]])
  const gap = (ms: number) => FRAMES.map((frame, index) => (index > 18 ? { ...frame, atMs: frame.atMs + ms } : frame))
  assert.deepEqual(check(gap(6000)), [['frames_missing', 6200, 6000]])
  assert.deepEqual(check(gap(5700)), [])
  assert.equal(check([]).length, 3)
})
