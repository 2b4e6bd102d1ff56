// The optional packs made from their real files: liveness of the fixtures, faces and points on the annotated pictures,
// templates that tell people apart. The files lie beside the repository on a developer's machine only.
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import type { Box, Landmarks, Point } from '../core/types.ts'
import { DEFAULT_LIMITS } from '../limits.ts'
import { alignFive } from './align-five.ts'
import { reverseChannels } from './channels.ts'
import { decodeImage } from './decode.ts'
import { suppressOverlaps } from './families/blazeface.ts'
import { decodeFaces } from './families/yunet.ts'
import { squareToImage } from './geometry.ts'
import { openNetworks } from './networks.ts'
import { openLivenessJudge, openPointFinder } from './optional-networks.ts'
import { ensurePack, readCommitted } from './packs/install.ts'
import { modelFor } from './packs/manifest.ts'
import { assemble } from './packs/recognition.ts'
import { sharedPath } from './pictures.fixture.ts'
import { cosineOf, type Look, openPipeline, PACKS_DIR } from './pipeline.fixture.ts'
import { analyse } from './pipeline.ts'
import { sampleSquare } from './tensor.ts'
import { openSession } from './workers/session.ts'

const skip = existsSync(sharedPath('packs')) ? false : '../shared/packs is not there'
const packsDir = await mkdtemp(join(tmpdir(), 'likeness-optional-'))
after(() => rm(packsDir, { recursive: true, force: true }))

const install = (id: string) =>
  ensurePack({ id, packsDir, fetchSource: (_, { path }) => readFile(sharedPath(`packs/${id}/${path}`)) })
const rasterOf = async (path: string) =>
  (await decodeImage(await readFile(sharedPath(`data/fixtures/${path}`)), DEFAULT_LIMITS)).raster

/** The raster of a picture, and the faces on it in its pixels. */
const findFaces = async (look: Look, path: string) => {
  const picture = await readFile(sharedPath(`data/fixtures/${path}`))
  const { faces, image } = await look(picture, { templates: 'none' })
  const raster = await rasterOf(path)
  const scale = raster.width / image.width
  const scaled = ({ x, y }: Point): Point => ({ x: x * scale, y: y * scale })
  return {
    raster,
    faces: faces.map(({ box, landmarks }) => ({
      box: { ...scaled(box), width: box.width * scale, height: box.height * scale },
      landmarks: Object.fromEntries(
        Object.entries(landmarks).map(([name, point]) => [name, scaled(point)]),
      ) as unknown as Landmarks,
    })),
  }
}

describe('minifasnet gives the known values of the fixtures', { skip }, () => {
  // The boxes that YuNet finds on the whole pictures: like those of the detector that the networks were trained with, they
  // are higher than wide.
  const fixtures: readonly (readonly [name: string, box: Box, live: number])[] = [
    ['image_T1', { x: 119.1, y: 113.5, width: 169.6, height: 239.9 }, 0.9998],
    ['image_F1', { x: 187.6, y: 109.6, width: 195.6, height: 239.8 }, 0.22],
    ['image_F2', { x: 139.2, y: 216.6, width: 222.9, height: 298.3 }, 0.007],
  ]
  for (const [name, box, expected] of fixtures)
    test(name, async () => {
      const judge = await openLivenessJudge(await install('minifasnet'))
      const live = await judge.judge(await rasterOf(`silent-face/${name}.jpg`), box)
      assert.ok(Math.abs(live - expected) <= 0.01, `${live} where ${expected} was expected`)
    })
})

describe('yunet finds the annotated faces, and the points where the mesh has them', { skip }, async () => {
  const names = skip ? [] : await readdir(sharedPath('data/fixtures/compreface'))
  const annotated = names.filter(name => /^\d{3}_.\.jpg$/.test(name))

  test('the number of faces on the whole picture', async () => {
    const { manifest, directory } = await install('yunet')
    const model = modelFor(manifest, 'landmarks')
    const session = reverseChannels(await openSession(join(directory, model.file), model.input.name))
    const size = 640
    const wrong: string[] = []
    for (const name of annotated) {
      const raster = await rasterOf(`compreface/${name}`)
      const side = Math.max(raster.width, raster.height)
      const input = new Float32Array(3 * size * size)
      const view = squareToImage({ x: raster.width / 2, y: raster.height / 2 }, side, 0, size)
      sampleSquare(raster, view, size, { mean: [0, 0, 0], scale: 1 }, input)
      const found = suppressOverlaps(decodeFaces(await session.run(input, [1, 3, size, size]), size, 0.7), 0.3)
      if (found.length !== Number(/_(\d)\.jpg$/.exec(name)?.[1] ?? 1)) wrong.push(`${name}: ${found.length}`)
    }
    assert.ok(annotated.length === 18 && wrong.length <= 1, wrong.join())
  })

  test('the points of each face', async () => {
    const finder = await openPointFinder(await install('yunet'))
    const look = await openPipeline()
    const shares: number[] = []
    for (const name of annotated) {
      const { raster, faces } = await findFaces(look, `compreface/${name}`)
      for (const { box, landmarks } of faces) {
        const points = await finder.locate(raster, box)
        assert.ok(points, `${name} has a face that yunet does not see`)
        for (const point of Object.keys(landmarks) as (keyof Landmarks)[]) {
          const [one, other] = [points[point], landmarks[point]]
          shares.push(Math.hypot(one.x - other.x, one.y - other.y) / box.width)
        }
      }
    }
    const mean = shares.reduce((sum, share) => sum + share, 0) / shares.length
    assert.ok(mean < 0.1 && Math.max(...shares) < 0.4, `${mean} and ${Math.max(...shares)} of a face's width`)
  })
})

describe('retail-0095 and open+retail tell people apart', { skip }, async () => {
  const open = skip ? null : await ensurePack({ id: 'open', packsDir: PACKS_DIR })
  const networksOf = async (id: string) => {
    const installed = new Map([
      ['open', open!],
      ['retail-0095', await install('retail-0095')],
    ])
    const pack = assemble(await readCommitted(id), installed)!
    return openNetworks(open!.directory, open!.manifest, { packs: [pack], pack: id })
  }
  const names = ['001_A.jpg', '002_A.jpg', '003_A.jpg', '004_A.jpg', '007_B.jpg', '008_B.jpg', '009_C.jpg']
  const assertApart = (templates: readonly { person: string; template: Float32Array }[], line: number): void => {
    const pairs = templates.flatMap((one, at) =>
      templates.slice(at + 1).map(other => ({
        isSame: one.person === other.person,
        cosine: cosineOf(one.template, other.template),
      })),
    )
    const least = Math.min(...pairs.filter(({ isSame }) => isSame).map(({ cosine }) => cosine))
    const most = Math.max(...pairs.filter(({ isSame }) => !isSame).map(({ cosine }) => cosine))
    assert.ok(least > line && most < line, `the same person from ${least}, others up to ${most}`)
  }

  // Between the cosines of the calibration for false match rates of 1e-3 and 1e-4.
  for (const [id, dimensions, line] of [
    ['retail-0095', 256, 0.35],
    ['open+retail', 384, 0.7],
  ] as const)
    test(`${id}: the same person is nearer than any other`, async () => {
      const networks = await networksOf(id)
      const templates = []
      for (const name of names) {
        const picture = await readFile(sharedPath(`data/fixtures/compreface/${name}`))
        const { faces } = await analyse(networks, DEFAULT_LIMITS, new Uint8Array(picture), { templates: 'largest' })
        templates.push({ person: name[4], template: faces[0].template! })
      }
      assert.equal(templates[0].template.length, dimensions)
      for (const { template } of templates) assert.ok(Math.abs(Math.hypot(...template) - 1) < 1e-5)
      assertApart(templates, line)
    })

  test('retail-0095 by the points of yunet: the same', async () => {
    const [{ recogniser }] = await (await networksOf('retail-0095')).embedders()
    const finder = await openPointFinder(await install('yunet'))
    const look = await openPipeline()
    const templates = []
    for (const name of names) {
      const { raster, faces } = await findFaces(look, `compreface/${name}`)
      const found = await finder.locate(raster, faces[0].box)
      const [{ template }] = await recogniser.embed(raster, [alignFive(found!, 128)])
      templates.push({ person: name[4], template })
    }
    assertApart(templates, 0.35)
  })
})
