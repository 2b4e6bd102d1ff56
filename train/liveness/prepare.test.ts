// The samples that liveness is trained on: which pictures, in which groups, and that the same seed makes the same ones.
import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, test } from 'node:test'
import { PACKS_FOLDER } from '../../bench/templates.ts'
import { pictureOf } from '../../server/src/vision/pictures.fixture.ts'
import { featuresOf, judgeByBaseline } from './baseline.ts'
import { openFaceFinder } from './faces.ts'
import { CROPS, prepareSamples, type SampleFacts } from './prepare.ts'
import { listSources, type Source } from './sources.ts'

const folder = await mkdtemp(join(tmpdir(), 'likeness-train-'))
after(() => rm(folder, { recursive: true }))
const put = async (path: string, bytes: Buffer): Promise<void> => {
  await mkdir(dirname(join(folder, path)), { recursive: true })
  await writeFile(join(folder, path), bytes)
}
const [ada, bea] = [await pictureOf('ada'), await pictureOf('bea')]
for (const name of ['0001_00_00_01_105', '0001_00_00_01_7', '0002_00_00_01_3'])
  await put(`data/liveness/nuaa-train/live/${name}.jpg`, ada)
await put('data/liveness/nuaa-train/print/0001_00_00_01_9.jpg', bea)
await put('data/attributes/mask/with_mask/0_0_someone_0014.jpg', bea)
await put('data/attributes/mask/without_mask/0_0_someone_0029.jpg', bea)
await put('data/attributes/celeba/images/000004.jpg', bea)
await put('data/fixtures/human/person-vlado1.jpg', bea)
await put('data/fixtures/human/person-vlado5.jpg', bea)
await put('data/fixtures/human/cgi-model-1.jpg', bea)
await put('ordinary/Some_Body/Some_Body_0001.jpg', bea)
const data = join(folder, 'data')
const sources = await listSources(data, join(folder, 'ordinary'))

test('pictures of one person are of one group, and drawn people are none', () => {
  const groupsOf = (set: string) => sources.filter(source => source.set === set).map(({ group }) => group)
  assert.deepEqual(groupsOf('nuaa'), ['nuaa-0001', 'nuaa-0001', 'nuaa-0002', 'nuaa-0001'])
  assert.deepEqual([...groupsOf('with mask'), ...groupsOf('without mask')], ['mask-0_0_someone', 'mask-0_0_someone'])
  assert.deepEqual(groupsOf('photographs'), ['photographs-person-vlado', 'photographs-person-vlado'])
})

test('prints are attacks, and what is judged only is never drawn from', () => {
  const attacks = sources.filter(({ isLive }) => !isLive).map(({ path }) => path)
  assert.ok(attacks.every(path => /\/print\/|silent-face|rgb_fake/.test(path)))
  const ordinary = sources.filter(({ set }) => set === 'live')
  assert.deepEqual(
    ordinary.map(({ isOutside, make }) => [isOutside, make.captured + make.print + make.screen]),
    [[true, 0]],
  )
})

test('samples are cut out of the picture, of what a camera makes of it, and of attacks drawn from it; the same each time', async () => {
  const findFaces = await openFaceFinder(PACKS_FOLDER)
  const own: Source[] = [
    { ...sources[0], make: { plain: 1, captured: 1, print: 4, screen: 4 } },
    sources.find(({ isLive }) => !isLive)!,
  ]
  const asked: number[] = []
  const make = async (name: string) => {
    const out = join(folder, name)
    const judge = async () => ({ other: asked.push(1) })
    const count = await prepareSamples({ sources: own, folder: out, findFaces, judge, seed: 3, onProgress: () => {} })
    const lines = (await readFile(join(out, 'samples.jsonl'), 'utf8')).trim().split('\n')
    const crops = await Promise.all(CROPS.map(crop => readFile(join(out, `${crop.name}.raw`))))
    return { count, facts: lines.map((line): SampleFacts => JSON.parse(line)), crops }
  }
  const [one, other] = [await make('one'), await make('other')]
  // An attack whose face the detector does not find is no sample.
  const kinds = Map.groupBy(one.facts, ({ kind, isLive }) => `${kind} ${isLive}`)
  assert.deepEqual([...kinds.keys()].sort(), [
    'captured false',
    'captured true',
    'plain false',
    'plain true',
    'print false',
    'screen false',
  ])
  for (const [index, { size }] of CROPS.entries()) {
    assert.equal(one.crops[index].length, one.count * 3 * size * size)
    assert.deepEqual(one.crops[index], other.crops[index])
  }
  assert.equal(asked.length, 2 * one.count)
  const crops = one.crops.map((bytes, index) => bytes.subarray(0, 3 * CROPS[index].size ** 2))
  assert.ok(featuresOf({ facts: one.facts[0], crops }).every(Number.isFinite))
})

test('the baseline is judged on groups that it has not seen', () => {
  const samples = Array.from({ length: 200 }, (_, at) => ({
    features: [at % 2 === 0 ? 1 : -1, Math.sin(at)],
    isLive: at % 2 === 0,
    group: `${at % 20}`,
  }))
  const right = judgeByBaseline(samples).filter((score, at) => score > 0.5 === samples[at].isLive).length
  assert.equal(right, 200)
  // A feature that names the group is of no use for another one.
  const named = samples.map(({ group }) => ({
    features: [Number(group)],
    isLive: Number(group) % 2 === 0,
    group,
  }))
  const lucky = judgeByBaseline(named).filter((score, at) => score > 0.5 === named[at].isLive).length
  assert.ok(lucky < 170, `${lucky}`)
})
