// What training draws on faces is what the shipped heads find there, and nothing else: on people whom they were not trained
// on, in the photographs that the npm packages carry.
import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { createRandom } from '../../bench/random.ts'
import { ATTRIBUTES, type AttributeName, type FaceAttributes } from '../../server/src/core/face-attributes.ts'
import { DEFAULT_LIMITS } from '../../server/src/limits.ts'
import { type AttributeJudge, openAttributeJudge } from '../../server/src/vision/attributes.ts'
import { decodeImage } from '../../server/src/vision/decode.ts'
import { ensureJudgePacks } from '../../server/src/vision/judge-packs.ts'
import type { MeshedFace } from '../../server/src/vision/mesh.ts'
import { ensurePack } from '../../server/src/vision/packs/install.ts'
import { PEOPLE_NAMES, pictureOf } from '../../server/src/vision/pictures.fixture.ts'
import { openPipeline, PACKS_DIR } from '../../server/src/vision/pipeline.fixture.ts'
import { type Canvas, cutCanvas, degrade, drawOn, spanOf } from './canvas.ts'
import { chooseDrawings, DRAWINGS, type Drawing, draw, labelsWith } from './drawings.ts'
import { NOTHING } from './labels.ts'
import { SPAN } from './outline.ts'

let judge: AttributeJudge
const canvases: Canvas[] = []

before(async () => {
  const { attributes } = await ensureJudgePacks({ packsDir: PACKS_DIR }, { attributes: ATTRIBUTES, liveness: 'off' })
  judge = await openAttributeJudge(await ensurePack({ id: 'open', packsDir: PACKS_DIR }), attributes)
  const look = await openPipeline()
  for (const person of PEOPLE_NAMES) {
    const bytes = await pictureOf(person)
    const { raster } = await decodeImage(new Uint8Array(bytes), DEFAULT_LIMITS)
    const { faces } = await look(bytes, { templates: 'none', points: true })
    canvases.push(
      cutCanvas(
        raster,
        faces[0].points!.map(([x, y]) => ({ x, y })),
        SPAN,
      ),
    )
  }
})

const judgeCanvas = ({ raster, points }: Canvas): Promise<FaceAttributes> =>
  judge.judge(raster, { mesh: { points: Float32Array.from(points.flatMap(({ x, y }) => [x, y, 0])) } } as MeshedFace)

/** How many of all people are said to have the attribute with this drawn on them. */
const countWith = async (thing: Drawing, name: AttributeName): Promise<number> => {
  let count = 0
  for (const [index, canvas] of canvases.entries()) {
    const drawn = await drawOn(canvas, draw(thing, canvas, createRandom(100 + index)))
    if ((await judgeCanvas(drawn))[name]!.present) count++
  }
  return count
}

test('masks, dark glasses and head scarves are found, and taken for nothing else', async () => {
  const all = canvases.length
  assert.ok((await countWith('mask', 'mask')) >= all - 1)
  assert.ok((await countWith('mask', 'sunglasses')) === 0)
  assert.ok((await countWith('sunglasses', 'sunglasses')) >= all - 1)
  assert.ok((await countWith('sunglasses', 'mask')) === 0)
  assert.ok((await countWith('veil', 'veil')) >= all - 2)
  assert.ok((await countWith('veil', 'mask')) === 0)
})

test('clear glasses are no sunglasses, and a hand, a scarf or a phone is most often no mask', async () => {
  assert.ok((await countWith('eyeglasses', 'sunglasses')) <= 2)
  assert.ok((await countWith('faceBlocker', 'mask')) <= 2)
})

test('a canvas is upright, as large as asked for, and knows where the picture ends', () => {
  for (const { points, side, raster } of canvases) {
    assert.deepEqual([side, raster.width, raster.height], [288, 288, 288])
    assert.ok(Math.abs(spanOf(points) - SPAN) < 0.01)
    assert.ok(Math.abs(points[33].y - points[263].y) < 0.25 * SPAN)
  }
})

test('the same seed draws and harms alike', async () => {
  const [canvas] = canvases
  for (const thing of DRAWINGS) assert.equal(draw(thing, canvas, createRandom(3)), draw(thing, canvas, createRandom(3)))
  const [one, other] = [await degrade(canvas, createRandom(8)), await degrade(canvas, createRandom(8))]
  assert.deepEqual(one, other)
})

test('nothing is drawn on what is worn already, and labels follow the drawing', () => {
  const [canvas] = canvases
  const random = createRandom(4)
  for (let count = 0; count < 200; count++) {
    const things = chooseDrawings(canvas, { ...NOTHING, mask: 1, sunglasses: 1, hat: 1 }, random)
    assert.equal(things, null)
    const others = chooseDrawings(canvas, { ...NOTHING, mask: 1 }, random)!
    assert.ok(!others.includes('mask') && !others.includes('faceBlocker') && !others.includes('faceVeil'))
  }
  assert.deepEqual(labelsWith(NOTHING, ['mask', 'hat']), { ...NOTHING, mask: 1, hat: 1 })
  assert.deepEqual(labelsWith(NOTHING, ['faceVeil']), { ...NOTHING, veil: 1, faceBlocker: 1 })
  const hidden = labelsWith({ ...NOTHING, sunglasses: 1 }, ['faceBlocker'])
  assert.deepEqual(hidden, { ...NOTHING, sunglasses: -1, faceBlocker: 1 })
})
