// The stage in the pipeline: which faces are judged, what an answer holds, and that it comes through the workers.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import sharp from 'sharp'
import { type FaceQuality, QUALITY_COMPONENTS } from '../core/face-quality.ts'
import type { AnalyseOptions } from '../core/ports.ts'
import { DEFAULT_LIMITS } from '../limits.ts'
import type { Networks } from './networks.ts'
import { ensurePack } from './packs/install.ts'
import { cutPerson, pictureOf, readSample } from './pictures.fixture.ts'
import { openTestNetworks, PACKS_DIR, presentIn } from './pipeline.fixture.ts'
import { analyse } from './pipeline.ts'
import { UNIFIED_FEATURES } from './quality/unified.ts'
import { createEngine } from './workers/pool.ts'

const networks = await openTestNetworks()
const look = (bytes: Uint8Array, options: AnalyseOptions, others: Partial<Networks> = {}) =>
  analyse({ ...networks, ...others }, DEFAULT_LIMITS, new Uint8Array(bytes), options)
const qualityOf = async (picture: Uint8Array): Promise<FaceQuality> =>
  (await look(picture, { templates: 'largest', assess: ['quality'] })).faces[0].quality!

test('every component has its measure, its unit and a score of 0 to 100', async () => {
  const { components, unified, findings, features } = await qualityOf(await pictureOf('dora'))
  assert.deepEqual(Object.keys(components), [...QUALITY_COMPONENTS])
  for (const [name, { value, unit, score }] of Object.entries(components)) {
    assert.ok(Number.isFinite(value) && unit.length > 0, name)
    assert.ok(score! >= 0 && score! <= 100, name)
  }
  assert.ok(unified!.score > 0 && unified!.score < 100)
  assert.ok(unified!.expectedFnmr > 0 && unified!.expectedFnmr < 1)
  assert.deepEqual(presentIn(findings), { blur: false, dark: false, grayscale: false })
  assert.deepEqual(Object.keys(features!).sort(), [...UNIFIED_FEATURES].sort())
})

test('nothing is judged unasked; asked, the faces with templates are, or all where none is wanted', async () => {
  const group = await readSample(4)
  const judged = async (options: AnalyseOptions) => {
    const { faces } = await look(group, options)
    return [faces.filter(face => face.quality).length, faces.filter(face => face.template).length]
  }
  assert.deepEqual(await judged({ templates: 'all' }), [0, 4])
  assert.deepEqual(await judged({ templates: 'all', assess: ['liveness'] }), [0, 4])
  assert.deepEqual(await judged({ templates: 'largest', assess: ['quality'] }), [1, 1])
  assert.deepEqual(await judged({ templates: 'all', assess: ['quality'] }), [4, 4])
  assert.deepEqual(await judged({ templates: 'none', assess: ['quality'] }), [4, 0])
})

test('a second face is counted, also where the search for it was saved', async () => {
  const alone = await qualityOf(await pictureOf('ada'))
  assert.equal(alone.components.singleFace.score, 100)
  const pair = await sharp({ create: { width: 900, height: 480, channels: 3, background: '#556' } })
    .composite([
      { input: await cutPerson('ada').resize(460).png().toBuffer(), left: 0, top: 10 },
      { input: await cutPerson('eve').resize(380).png().toBuffer(), left: 500, top: 50 },
    ])
    .png()
    .toBuffer()
  for (const onlyLargest of [false, true]) {
    const { faces } = await look(pair, { templates: 'largest', onlyLargest, assess: ['quality'] })
    assert.equal(faces.length, onlyLargest ? 1 : 2)
    const { value } = faces[0].quality!.components.singleFace
    assert.ok(value! > 0.3 && value! <= 1, `${value}`)
  }
})

test('dark, grey and blurred pictures are found to be so, each for its own reason', async () => {
  const picture = () => cutPerson('gia')
  const findingsOf = async (changed: Promise<Buffer>) => presentIn((await qualityOf(await changed)).findings)
  const none = { blur: false, dark: false, grayscale: false }
  assert.deepEqual(await findingsOf(picture().png().toBuffer()), none)
  assert.deepEqual(await findingsOf(picture().linear(0.3, 0).png().toBuffer()), { ...none, dark: true })
  assert.deepEqual(await findingsOf(picture().grayscale().jpeg().toBuffer()), { ...none, grayscale: true })
  assert.deepEqual(await findingsOf(picture().blur(6).png().toBuffer()), { ...none, blur: true })
})

test('a pack without figures for quality still measures the components', async () => {
  const options: AnalyseOptions = { templates: 'largest', assess: ['quality'] }
  const { faces } = await look(await pictureOf('fay'), options, {
    quality: { ...networks.quality, thresholds: undefined, unified: undefined, centre: undefined },
  })
  const { components, unified, findings, features } = faces[0].quality!
  assert.ok(components.sharpness.score! > 0)
  assert.deepEqual([unified, findings, features], [null, null, undefined])
})

test('a picture that was made smaller for the search keeps its own pixels as the unit, and shows no blocks', async () => {
  const large = await cutPerson('gia').resize(3000).jpeg({ quality: 60 }).toBuffer()
  const [small, reduced] = [await qualityOf(await pictureOf('gia')), await qualityOf(large)]
  const growth = 3000 / 463
  const [one, other] = [small, reduced].map(({ components }) => components.interEyeDistance.value!)
  assert.ok(Math.abs(other / one / growth - 1) < 0.03)
  assert.equal(reduced.components.compression.value, null)
})

test('quality comes through the workers as it was measured', async context => {
  const pack = await ensurePack({ id: 'open', packsDir: PACKS_DIR })
  const engine = await createEngine({ pack, threads: 1, limits: DEFAULT_LIMITS })
  context.after(() => engine.close())
  const picture = await pictureOf('ida')
  const { faces } = await engine.analyse(new Uint8Array(picture), { templates: 'largest', assess: ['quality'] })
  assert.deepEqual(faces[0].quality, await qualityOf(picture))
})
