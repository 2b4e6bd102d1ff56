// One fault at a time, in an order that a person can follow; ready only after a while of stillness.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { LOOK, NOBODY, seeing } from './face.fixture.ts'
import type { FaceMeasures } from './face-measures.ts'
import { createGuide, findFault, type Hint } from './guidance.ts'
import { fitWidth, OVAL_OF_STAGE, ovalInPicture } from './oval.ts'

const OVAL = ovalInPicture({ width: 640, height: 480 }, { width: 3, height: 4 })

const CLOSED = { ...LOOK, eyeHeight: 0.2 }

describe('the oval', () => {
  it('covers the same part of the picture whatever its shape', () => {
    const near = (value: number, wanted: number): void => assert.ok(Math.abs(value - wanted) < 1e-9, `${value}`)
    // A wide picture loses its sides: of 640 pixels, 360 are on the stage.
    near(OVAL.width, (OVAL_OF_STAGE.width * 360) / 640)
    near(OVAL.height, OVAL_OF_STAGE.height)
    near(OVAL.y, OVAL_OF_STAGE.y)
    const tall = ovalInPicture({ width: 720, height: 1280 }, { width: 300, height: 400 })
    near(tall.width, OVAL_OF_STAGE.width)
    near(tall.height, (OVAL_OF_STAGE.height * 960) / 1280)
    near(tall.y, 0.5 + ((OVAL_OF_STAGE.y - 0.5) * 960) / 1280)
  })

  it('makes pictures smaller, never larger', () => {
    assert.deepEqual(fitWidth({ width: 1920, height: 1080 }, 480), { width: 480, height: 270 })
    assert.deepEqual(fitWidth({ width: 320, height: 240 }, 480), { width: 320, height: 240 })
  })
})

describe('the fault', () => {
  const cases: readonly (readonly [Hint | null, Partial<FaceMeasures>])[] = [
    [null, {}],
    ['closer', { height: 0.3 }],
    ['back', { height: 0.8 }],
    ['centre', { x: 0.6 }],
    ['centre', { y: 0.65 }],
    ['more_light', { look: { ...LOOK, brightness: 20 } }],
    ['less_light', { look: { ...LOOK, brightness: 250 } }],
    ['straight', { yaw: -30 }],
    ['straight', { pitch: 15 }],
    ['upright', { roll: 25 }],
    ['take_off_mask', { look: { ...LOOK, lowerDistance: 0.3 } }],
    ['take_off_sunglasses', { look: { ...LOOK, eyeLight: 0.5 } }],
    ['eyes_open', { eyeOpenness: 0.22, look: CLOSED }],
    [null, { eyeOpenness: 0.2, look: { ...LOOK, eyeHeight: 0.26 } }],
    ['closer', { height: 0.3, x: 0.9, look: { ...LOOK, brightness: 10 }, yaw: 40 }],
    [null, { look: null }],
  ]
  for (const [fault, change] of cases) {
    it(`of ${JSON.stringify(change)} is ${fault}`, () => assert.equal(findFault(seeing(change), OVAL), fault))
  }

  it('of nobody, and of several people', () => {
    assert.equal(findFault(NOBODY, OVAL), 'no_face')
    assert.equal(findFault(seeing({}, 2), OVAL), 'several_faces')
  })
})

describe('the guide', () => {
  it('is ready after a while without fault, and not again after one', () => {
    const guide = createGuide()
    assert.equal(guide.update(seeing(), OVAL, 0).isReady, false)
    assert.deepEqual(guide.update(seeing(), OVAL, 100), { hint: 'hold_still', isReady: false })
    assert.equal(guide.update(seeing(), OVAL, 900).isReady, true)
    assert.equal(guide.update(NOBODY, OVAL, 1000).isReady, false)
    assert.equal(guide.update(seeing(), OVAL, 1100).isReady, false)
  })

  it('is not ready while the face moves', () => {
    const guide = createGuide()
    for (let step = 0; step < 20; step++) {
      assert.equal(guide.update(seeing({ x: step % 2 ? 0.48 : 0.52 }), OVAL, step * 100).isReady, false)
    }
  })

  it('leaves a sentence for as long as it takes to read', () => {
    const guide = createGuide()
    assert.equal(guide.update(NOBODY, OVAL, 0).hint, 'no_face')
    assert.equal(guide.update(seeing(), OVAL, 300).hint, 'no_face')
    assert.equal(guide.update(seeing(), OVAL, 1000).hint, 'hold_still')
  })

  it('does not insist on advice that is not followed, but on what matters', () => {
    const guide = createGuide()
    const far = createGuide()
    let isReady = false
    for (let nowMs = 0; nowMs < 12_000; nowMs += 100) {
      isReady = guide.update(seeing({ look: { ...LOOK, brightness: 20 } }), OVAL, nowMs).isReady
      assert.equal(far.update(seeing({ height: 0.2 }), OVAL, nowMs).isReady, false)
    }
    assert.equal(isReady, true)
  })

  it('bears with a face that trembles about the edge of what is asked for', () => {
    const guide = createGuide()
    let isReady = false
    for (let nowMs = 0; nowMs < 2000; nowMs += 100)
      isReady = guide.update(seeing({ yaw: nowMs % 500 === 0 ? 18 : 23 }), OVAL, nowMs).isReady
    assert.equal(isReady, true)
    assert.equal(createGuide().update(seeing({ yaw: 23 }), OVAL, 0).hint, 'straight')
  })

  it('does not insist on advice that comes and goes, which would never be ready', () => {
    const guide = createGuide()
    const isReadyAt = (nowMs: number): boolean =>
      guide.update(seeing({ yaw: nowMs % 500 === 0 ? 27 : 14 }), OVAL, nowMs).isReady
    const ready: number[] = []
    for (let nowMs = 0; nowMs < 12_000; nowMs += 100) if (isReadyAt(nowMs)) ready.push(nowMs)
    assert.ok((ready[0] ?? Number.POSITIVE_INFINITY) > 8000, 'it is insisted on for a while')
    assert.ok(ready.length > 0, 'and then no longer')
  })
  it('knows the person by the eyes that were open before', () => {
    const closing = { eyeOpenness: 0.25, look: { ...LOOK, eyeHeight: 0.25 } }
    assert.equal(createGuide().update(seeing(closing), OVAL, 0).hint, 'hold_still')
    const guide = createGuide()
    for (let nowMs = 0; nowMs <= 1000; nowMs += 100) guide.update(seeing(), OVAL, nowMs)
    assert.deepEqual(guide.update(seeing(closing), OVAL, 1100), { hint: 'eyes_open', isReady: false })
  })

  it('does not insist that something be taken off', () => {
    const guide = createGuide()
    let isReady = false
    for (let nowMs = 0; nowMs < 12_000; nowMs += 100)
      isReady = guide.update(seeing({ look: { ...LOOK, lowerDistance: 0.3 } }), OVAL, nowMs).isReady
    assert.equal(isReady, true)
  })
})
