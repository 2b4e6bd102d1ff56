// A face of a few coloured areas: what covers it is told from bare skin, in shade too; and closed eyes from open ones.
import assert from 'node:assert/strict'
import { it } from 'node:test'
import { meshWith } from './face.fixture.ts'
import { CUT_SIDE, type FaceLook, measureLook, placeCut } from './face-look.ts'

const MESH = meshWith({
  10: [80, 8, 0],
  152: [80, 152, 0],
  33: [40, 60, 0],
  133: [64, 60, 0],
  362: [96, 60, 0],
  263: [120, 60, 0],
  151: [80, 25, 0],
  9: [80, 45, 0],
  107: [70, 42, 0],
  336: [90, 42, 0],
  168: [80, 55, 0],
  205: [50, 90, 0],
  425: [110, 90, 0],
  164: [80, 108, 0],
  13: [80, 118, 0],
  17: [80, 124, 0],
  199: [80, 140, 0],
  192: [50, 115, 0],
  416: [110, 115, 0],
  214: [54, 110, 0],
  434: [106, 110, 0],
})
const SKIN = [200, 150, 120]
const LIPS = [190, 90, 90]
const DARK = [30, 25, 25]
const SHADE = 0.3

type Paint = (x: number, y: number) => readonly number[]

/** Lids that are `opening` pixels apart, lips, and skin. */
const bare = (opening: number): Paint => {
  return (x, y) => {
    const isEye = [52, 108].some(eye => Math.abs(x - eye) < 8) && Math.abs(y - 60) <= opening / 2
    if (isEye) return DARK
    return Math.abs(x - 80) < 20 && Math.abs(y - 120) < 8 ? LIPS : SKIN
  }
}

const look = (paint: Paint, light = 1): FaceLook => {
  const data = new Uint8ClampedArray(CUT_SIDE * CUT_SIDE * 4)
  for (let at = 0; at < CUT_SIDE * CUT_SIDE; at++)
    data.set(
      paint(at % CUT_SIDE, Math.floor(at / CUT_SIDE)).map(value => value * light),
      at * 4,
    )
  return measureLook({ side: CUT_SIDE, data }, placeCut(MESH), MESH)
}

it('sees nothing on a bare face, in shade neither', () => {
  for (const light of [1, SHADE]) {
    const { eyeLight, lowerDistance } = look(bare(8), light)
    assert.ok(eyeLight > 1, `${eyeLight}`)
    assert.ok(lowerDistance < 0.1, `${lowerDistance}`)
  }
})

it('sees masks', () => {
  for (const colour of [
    [160, 190, 210],
    [25, 25, 25],
  ])
    assert.ok(look((x, y) => (y > 80 ? colour : bare(8)(x, y))).lowerDistance > 0.16)
})

it('sees dark lenses', () => {
  const { eyeLight } = look((x, y) => (Math.abs(y - 62) < 16 ? DARK : bare(8)(x, y)))
  assert.ok(eyeLight < 0.8, `${eyeLight}`)
})

it('sees eyes close', () => {
  assert.ok(look(bare(9)).eyeHeight > 0.33)
  assert.ok(look(bare(3)).eyeHeight < 0.2)
})

it('cuts a tilted face out upright', () => {
  const place = placeCut(MESH.map(([x, y, z]) => [100 - y, x, z] as const))
  const at = (x: number, y: number) => [place.a * x + place.c * y + place.e, place.b * x + place.d * y + place.f]
  const [chin, top] = [at(100 - 152, 80), at(100 - 8, 80)]
  assert.ok(Math.abs((chin[0] ?? 0) - (top[0] ?? 0)) < 1e-6 && (chin[1] ?? 0) > (top[1] ?? 0))
})
