// The heads that come with the server open, judge people who wear nothing of the kind, and are refused when they are not
// what their pack says. What is drawn on faces is judged in train/attributes.
import assert from 'node:assert/strict'
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, before, test } from 'node:test'
import { ATTRIBUTES, type FaceAttributes } from '../core/face-attributes.ts'
import { DEFAULT_LIMITS } from '../limits.ts'
import { type AttributeJudge, openAttributeJudge } from './attributes.ts'
import { decodeImage } from './decode.ts'
import { ensureJudgePacks, headPackOf } from './judge-packs.ts'
import type { MeshedFace } from './mesh.ts'
import { committedManifest, ensurePack, type InstalledPack, loadPack } from './packs/install.ts'
import { hash } from './packs/sources.ts'
import { PEOPLE_NAMES, pictureOf } from './pictures.fixture.ts'
import { type Look, openPipeline, PACKS_DIR } from './pipeline.fixture.ts'

let look: Look
let base: InstalledPack
let heads: readonly InstalledPack[]
let judge: AttributeJudge
let folder: string

before(async () => {
  look = await openPipeline()
  base = await ensurePack({ id: 'open', packsDir: PACKS_DIR })
  heads = (await ensureJudgePacks({ packsDir: PACKS_DIR }, { attributes: ATTRIBUTES, liveness: 'off' })).attributes
  judge = await openAttributeJudge(base, heads)
  folder = await mkdtemp(join(tmpdir(), 'likeness-heads-'))
})
after(() => rm(folder, { recursive: true, force: true }))

const judgeLargest = async (bytes: Uint8Array, by = judge): Promise<FaceAttributes> => {
  const { faces } = await look(bytes, { templates: 'none', points: true })
  const { raster } = await decodeImage(new Uint8Array(bytes), DEFAULT_LIMITS)
  return by.judge(raster, { mesh: { points: Float32Array.from(faces[0].points!.flat()) } } as MeshedFace)
}

/** A pack's folder to damage. */
const copyOf = async (name: (typeof ATTRIBUTES)[number]): Promise<string> => {
  const copy = await mkdtemp(join(folder, 'pack-'))
  await cp(dirname(committedManifest(headPackOf(name))), copy, { recursive: true })
  return copy
}

test('each head tells its own attribute, with a probability and the threshold of its pack', async () => {
  const answers = await judgeLargest(await pictureOf('ada'))
  assert.deepEqual(Object.keys(answers), [...ATTRIBUTES])
  for (const [index, name] of ATTRIBUTES.entries()) {
    const { probability, threshold, present } = answers[name]!
    assert.equal(threshold, heads[index].manifest.models[0].attribute!.threshold)
    assert.ok(probability >= 0 && probability <= 1)
    assert.equal(present, probability >= threshold)
  }
})

test('of people who wear nothing of the kind it says so', async () => {
  for (const person of PEOPLE_NAMES) {
    const answers = await judgeLargest(await pictureOf(person))
    for (const name of ['mask', 'sunglasses', 'veil'] as const)
      assert.equal(answers[name]!.present, false, `${person}: ${name} ${answers[name]!.probability}`)
  }
})

test('heads that are switched off are absent', async () => {
  const some = await openAttributeJudge(base, heads.slice(1, 3).toReversed())
  assert.deepEqual(Object.keys(await judgeLargest(await pictureOf('bea'), some)), ['sunglasses', 'eyeglasses'])
  assert.deepEqual(await judgeLargest(await pictureOf('bea'), await openAttributeJudge(base, [])), {})
})

test('the committed weights are those that pack.json names', async () => {
  for (const name of ATTRIBUTES) {
    const { directory, manifest } = await loadPack(dirname(committedManifest(headPackOf(name))))
    const [{ sha256, bytes, attribute }] = manifest.models
    const weights = await readFile(join(directory, 'head.onnx'))
    assert.deepEqual([hash(weights), weights.length, attribute!.name], [sha256, bytes, name])
    assert.ok((await readFile(join(directory, 'CARD.md'), 'utf8')).startsWith(`# Model card: ${name} `))
  }
})

test('damaged weights, a head of other features, and two heads of one attribute are refused', async () => {
  const damaged = await copyOf('mask')
  await writeFile(join(damaged, 'head.onnx'), 'no network')
  await assert.rejects(loadPack(damaged), { code: 'pack_invalid' })

  const { manifest, directory } = await loadPack(await copyOf('hat'))
  const [model] = manifest.models
  const changed = (models: readonly object[]) => ({ directory, manifest: { ...manifest, models } }) as InstalledPack
  const narrow = changed([{ ...model, input: { ...model.input, shape: ['n', 1024] } }])
  await assert.rejects(openAttributeJudge(base, [narrow]), { code: 'pack_invalid', message: /1024 features/ })
  const foreign = changed([{ ...model, family: 'iris' }])
  await assert.rejects(openAttributeJudge(base, [foreign]), { code: 'pack_invalid', message: /family iris/ })
  const silent = changed([{ ...model, attribute: undefined }])
  await assert.rejects(openAttributeJudge(base, [silent]), { code: 'pack_invalid', message: /attribute/ })
  await assert.rejects(openAttributeJudge(base, [heads[0], heads[0]]), {
    code: 'pack_invalid',
    message: /same attribute/,
  })
  await assert.rejects(openAttributeJudge(heads[0], []), { code: 'pack_invalid', message: /task features/ })
})

test('a file that is no network of these features is refused when it is opened', async () => {
  const { manifest, directory } = await loadPack(await copyOf('veil'))
  await writeFile(join(directory, 'head.onnx'), 'no network')
  await assert.rejects(openAttributeJudge(base, [{ manifest, directory }]), { code: 'pack_invalid' })
})
