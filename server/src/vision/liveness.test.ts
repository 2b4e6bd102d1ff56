// Liveness on the photographs that the npm packages carry and on attacks drawn from them; packs that are not what they
// should be. With the evaluation pictures on the disk, also the upstream's own three.
import assert from 'node:assert/strict'
import { copyFile, cp, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { DEFAULT_LIMITS } from '../limits.ts'
import { decodeImage } from './decode.ts'
import { detectFaces } from './detect.ts'
import { areaOf } from './geometry.ts'
import { ensureJudgePacks } from './judge-packs.ts'
import { type LivenessStage, openLiveness } from './liveness.ts'
import { locateMeshes, type MeshedFace } from './mesh.ts'
import { openNetworks } from './networks.ts'
import { committedManifest, ensurePack, loadPack } from './packs/install.ts'
import { PEOPLE_NAMES, pictureOf, sharedPath } from './pictures.fixture.ts'
import { drawAttack, type Species } from './presentation-attack.fixture.ts'
import { printOf } from './printed.fixture.ts'
import type { Raster } from './tensor.ts'
import { frameView } from './views.ts'

const CACHE = new URL('../../../.cache/packs', import.meta.url).pathname
const folder = await mkdtemp(join(tmpdir(), 'likeness-liveness-'))
after(() => rm(folder, { recursive: true }))

const open = await ensurePack({ id: 'open', packsDir: CACHE })
const { detector, mesher, iouThreshold } = await openNetworks(open.directory, open.manifest)
const own = await ensurePack({ id: 'liveness', packsDir: folder })
const stage = await openLiveness(own)

const findFace = async (raster: Raster): Promise<MeshedFace | undefined> => {
  const views = [frameView(raster, detector.size)]
  const faces = await locateMeshes(mesher, raster, await detectFaces(detector, raster, views, iouThreshold))
  const [largest] = faces.sort((one, other) => areaOf(other.box) - areaOf(one.box))
  return largest
}
const judge = async (raster: Raster, by: LivenessStage = stage) => by.judge(raster, (await findFace(raster))!)
const people = await Promise.all(
  PEOPLE_NAMES.map(async name => (await decodeImage(await pictureOf(name), DEFAULT_LIMITS)).raster),
)

/** A fixed sequence from 0 up to 1. */
const numbers = (seed: number) => {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}
/** The first drawing that the detector finds the face of; some are too dim or too bent. */
const attack = async (picture: Raster, species: Species): Promise<readonly [Raster, MeshedFace]> => {
  const face = (await findFace(picture))!.meshBox
  const index = people.indexOf(picture)
  const background = people[(index + 1) % people.length]
  const corner = { ...background, height: Math.floor(background.height / 5) }
  const scene = { picture, face, background: corner, species, width: 480, height: 480, faceWidth: 150 }
  for (let seed = index + 1; ; seed += people.length) {
    const raster = drawAttack(scene, numbers(seed))
    const found = await findFace(raster)
    if (found) return [raster, found]
  }
}

test('people on ordinary photographs are live, and the answer names its model, threshold and rate', async () => {
  const { threshold, bpcer } = own.manifest.decision!
  for (const raster of people) {
    const { score, ...answer } = await judge(raster)
    assert.ok(score >= threshold && score <= 1, `${score} is below ${threshold}`)
    assert.deepEqual(answer, { threshold, bpcer, live: true, model: `liveness@${own.manifest.version}` })
  }
})

for (const species of ['print', 'screen'] as const)
  test(`a ${species} of them is not`, async () => {
    const answers = []
    for (const person of people) answers.push(await stage.judge(...(await attack(person, species))))
    const refused = answers.filter(({ live }) => !live)
    // Some drawings are hardly to be told from the photograph: one may pass.
    assert.ok(refused.length >= answers.length - 1, `${answers.map(({ score }) => score.toFixed(2))}`)
    assert.ok(refused.every(({ score, threshold }) => score < threshold))
  })

test('every clear print is refused', async () => {
  for (const name of PEOPLE_NAMES) {
    const { raster } = await decodeImage(await printOf(name), DEFAULT_LIMITS)
    const { live, score } = await judge(raster)
    assert.ok(!live, `${name}: ${score}`)
  }
})

test('the answer does not depend on how the picture is turned', async () => {
  const { width, height, data } = people[0]
  const turned = { width: height, height: width, data: new Uint8Array(data.length) }
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      turned.data.set(data.subarray((y * width + x) * 3, (y * width + x) * 3 + 3), (x * height + (height - 1 - y)) * 3)
  const face = (await findFace(people[0]))!
  const turn = <T extends { x: number; y: number }>(point: T): T => ({ ...point, x: height - point.y, y: point.x })
  const points = face.mesh.points.slice()
  for (let at = 0; at < points.length; at += 3) [points[at], points[at + 1]] = [height - points[at + 1], points[at]]
  const { x, y, width: wide, height: high } = face.meshBox
  const lying = {
    ...face,
    mesh: { ...face.mesh, points },
    meshBox: { ...turn({ x, y: y + high }), y: x, width: high, height: wide },
  }
  const [upright, found] = [await stage.judge(people[0], face), await stage.judge(turned, lying)]
  assert.ok(Math.abs(upright.score - found.score) < 0.01, `${upright.score} and ${found.score}`)
})

test('a damaged network, one of another family and a pack without a threshold are refused', async () => {
  const copy = join(folder, 'copy')
  await cp(own.directory, copy, { recursive: true })
  const manifest = join(copy, 'pack.json')
  const text = await readFile(manifest, 'utf8')
  const refuses = async (changed: object, pattern: RegExp) => {
    await writeFile(manifest, JSON.stringify({ ...JSON.parse(text), ...changed }))
    await assert.rejects(async () => openLiveness(await loadPack(copy)), { code: 'pack_invalid', message: pattern })
  }
  const [first, second] = JSON.parse(text).models
  await refuses({ decision: undefined }, /does not say from which score on a face is live/)
  await refuses(
    { models: [first, { ...second, family: 'minifasnet' }] },
    /family minifasnet, where liveness-net was expected/,
  )
  await refuses({ models: [{ ...first, cropScale: undefined }, second] }, /has no field cropScale/)
  await refuses({ decision: { ...own.manifest.decision, threshold: 2 } }, /decision\.threshold/)
  await copyFile(join(copy, first.file), join(copy, second.file))
  await refuses({}, /is damaged/)
  await rm(join(copy, second.file))
  await refuses({}, /is missing/)
  await assert.rejects(openLiveness(open), { code: 'pack_invalid', message: /does not say from which score/ })
})

test('the networks take less than a megabyte', async () => {
  const sizes = await Promise.all(own.manifest.models.map(({ file }) => stat(join(own.directory, file))))
  assert.ok(sizes.reduce((sum, { size }) => sum + size, 0) <= 1_000_000)
  assert.deepEqual(
    sizes.map(({ size }) => size),
    own.manifest.models.map(({ bytes }) => bytes),
  )
})

test('a committed file that is not there, or not the one, is refused by its name', async () => {
  const place = join(folder, 'committed')
  await cp(join(committedManifest('liveness'), '..'), place, { recursive: true })
  const options = { id: 'liveness', packsDir: join(folder, 'elsewhere'), manifestPath: join(place, 'pack.json') }
  const file = join(place, own.manifest.models[0].file)
  await writeFile(file, 'something else')
  await assert.rejects(ensurePack(options), {
    code: 'pack_source_corrupt',
    message: /liveness-face\.onnx is damaged/,
  })
  await rm(file)
  await assert.rejects(ensurePack(options), { code: 'pack_source_missing', message: /liveness-face\.onnx is missing/ })
})

const upstream = sharedPath('packs/minifasnet')
const hasUpstream = await stat(upstream).then(
  () => true,
  () => false,
)

test('minifasnet scores its own three pictures as upstream does', {
  skip: hasUpstream ? false : `there is no ${upstream}`,
}, async () => {
  const pack = await ensurePack({
    id: 'minifasnet',
    packsDir: folder,
    fetchSource: (_, { path }) => readFile(join(upstream, path)),
  })
  const other = await openLiveness(pack)
  const expected = { image_T1: 0.9998, image_F1: 0.22, image_F2: 0.007 }
  for (const [name, score] of Object.entries(expected)) {
    const bytes = await readFile(sharedPath(`data/fixtures/silent-face/${name}.jpg`))
    const { raster } = await decodeImage(bytes, DEFAULT_LIMITS)
    const answer = await judge(raster, other)
    assert.ok(Math.abs(answer.score - score) <= 0.01, `${name}: ${answer.score}`)
    assert.equal(answer.model, 'minifasnet@1.0.0')
    assert.equal(answer.live, name === 'image_T1')
  }
  for (const name of PEOPLE_NAMES) {
    const { raster } = await decodeImage(await printOf(name), DEFAULT_LIMITS)
    assert.ok(!(await judge(raster, other)).live, `a print of ${name}`)
  }
})

test('what was installed on request and is damaged is not judged past, and said to be damaged', async () => {
  const packsDir = await mkdtemp(join(folder, 'damaged-'))
  const ensure = (liveness: 'auto' | 'minifasnet') => ensureJudgePacks({ packsDir }, { attributes: [], liveness })
  await assert.rejects(ensure('minifasnet'), { code: 'pack_not_installed' })
  assert.equal((await ensure('auto')).liveness?.manifest.id, 'liveness')
  await mkdir(join(packsDir, 'minifasnet'))
  for (const setting of ['auto', 'minifasnet'] as const)
    await assert.rejects(ensure(setting), { code: 'pack_invalid', message: /minifasnet is damaged.*packs remove/ })
})
