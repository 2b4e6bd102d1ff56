// One engine with several recognition packs: each template is of the pack that was asked for, networks open when they are
// needed, and the unified score comes with the templates that it was fitted to.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { DEFAULT_LIMITS } from '../../limits.ts'
import { ensurePack } from '../packs/install.ts'
import { alone } from '../packs/recognition-pack.ts'
import { twinPacks } from '../packs/twin-packs.fixture.ts'
import { pictureOf } from '../pictures.fixture.ts'
import { cosineOf, PACKS_DIR } from '../pipeline.fixture.ts'
import { createEngine } from './pool.ts'

const open = await ensurePack({ id: 'open', packsDir: PACKS_DIR })
const { twin, packs } = twinPacks(open)
const absent = { directory: `${open.directory}-absent`, manifest: { ...open.manifest, id: 'absent' } }
const engine = await createEngine({ pack: open, packs: [...packs, alone(absent)], threads: 1, limits: DEFAULT_LIMITS })
after(() => engine.close())
const picture = await pictureOf('ada')
const look = async (options: Partial<Parameters<typeof engine.analyse>[1]> = {}) =>
  (await engine.analyse(new Uint8Array(picture), { templates: 'largest', ...options })).faces[0]
const close = (one: ArrayLike<number>, other: ArrayLike<number>) => assert.ok(cosineOf(one, other) > 0.99999)

test('the best pack is the one that new galleries take, unless another is named', async () => {
  assert.equal(engine.pack.id, 'open+twin')
  assert.deepEqual(
    engine.packs.map(({ id, dimensions }) => [id, dimensions]),
    [
      ['open+twin', 256],
      ['twin', 128],
      ['open', 128],
      ['absent', 128],
    ],
  )
  const told = await createEngine({ pack: open, packs, newGalleryPack: 'twin', threads: 1, limits: DEFAULT_LIMITS })
  assert.equal(told.pack, told.packs[1])
  await told.close()
})

test('a template is of the pack that was asked for', async () => {
  const [both, second, first] = [await look(), await look({ pack: 'twin' }), await look({ pack: 'open' })].map(
    face => face.template!,
  )
  assert.deepEqual([both.length, second.length, first.length], [256, 128, 128])
  assert.ok(cosineOf(first, second) < 0.999)
  close(both.subarray(0, 128), first)
  close(both.subarray(128), second)
  assert.ok(Math.abs(Math.hypot(...both.subarray(0, 128)) - 0.6) < 1e-4)
})

test('a pack that the engine does not have, and a network that is gone, are told when they are asked for', async () => {
  await assert.rejects(look({ pack: 'none' }), { code: 'pack_not_installed', message: /packs install none/ })
  for (let time = 0; time < 2; time++) await assert.rejects(look({ pack: 'absent' }), { code: 'pack_invalid' })
  assert.equal((await look({ pack: 'open' })).template?.length, 128)
})

test('the usual pack is opened at the start', async () => {
  const broken = { pack: open, packs: [alone(absent)], threads: 1, limits: DEFAULT_LIMITS }
  await assert.rejects(createEngine(broken), { code: 'pack_invalid', message: /dlib-resnet\.onnx/ })
  await assert.rejects(createEngine({ ...broken, newGalleryPack: 'none' }), { code: 'pack_not_installed' })
})

test("the unified score comes with the base pack's network, and without it there is none", async () => {
  const assess = ['quality'] as const
  const unifiedOf = async (options: Parameters<typeof look>[0]) => (await look({ assess, ...options })).quality?.unified
  const expected = await unifiedOf({ pack: 'open' })
  assert.ok(expected && expected.score > 0)
  assert.deepEqual(await unifiedOf({ pack: 'open+twin' }), expected)
  assert.equal(await unifiedOf({ pack: twin.manifest.id }), null)
  assert.deepEqual(await unifiedOf({ pack: twin.manifest.id, templates: 'none' }), expected)
})
