// Galleries of several packs in one core: each enrols, searches and verifies with the templates and the calibration of its
// own pack, before and after a better one is there; what cannot be compared is refused.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { compare } from '../src/core/compare.ts'
import type { Context } from '../src/core/context.ts'
import { enrol } from '../src/core/enrol.ts'
import { createGallery } from '../src/core/galleries.ts'
import { countUnsearchable, loadIndex } from '../src/core/load.ts'
import type { EnginePack, FaceEngine } from '../src/core/ports.ts'
import { search } from '../src/core/search.ts'
import { verify } from '../src/core/verify.ts'
import { createFakeEngine, FAKE_PACK, fakePicture, openFakeCore } from './fake-core.ts'

/** Of twice the length, and so strict that one template passes at a similarity of 50 and no more. */
const WIDE_PACK: EnginePack = {
  ...FAKE_PACK,
  id: 'wide',
  version: '2',
  dimensions: 256,
  calibration: {
    comparison: {
      points: [
        [0, 0],
        [1, -1],
      ],
      supportedLog10Fmr: -1,
    },
    best: [],
    fused: [],
  },
}

/** The wide pack's template is the other one's twice, made shorter. */
const createWideEngine = (packs: readonly EnginePack[]): FaceEngine => {
  const fake = createFakeEngine()
  return {
    ...fake,
    pack: packs[0],
    packs,
    async analyse(image, options) {
      const { pack = packs[0].id } = options
      const analysis = await fake.analyse(image, options)
      if (pack !== WIDE_PACK.id) return analysis
      const widen = (template: Float32Array) =>
        Float32Array.from([...template, ...template], value => value * Math.SQRT1_2)
      return { ...analysis, faces: analysis.faces.map(face => ({ ...face, template: widen(face.template!) })) }
    },
  }
}

const core = await openFakeCore({}, ports => ({ ...ports, engine: createWideEngine([WIDE_PACK, FAKE_PACK]) }))
after(() => core.close())
const { context, region, principal } = core
const put = (galleryId: string, person: string, within: Context = context) =>
  enrol(within, principal, { galleryId, image: fakePicture({ person }), subjectId: person })
const look = (galleryIds: readonly string[], person: string, within: Context = context) =>
  search(within, principal, { galleryIds, image: fakePicture({ person }), limit: 10, threshold: 40 })

test('a new gallery takes the best pack, or the one that is named', async () => {
  const { gallery } = await createGallery(context, principal, { id: 'best' })
  assert.equal(gallery.pack, 'wide@2')
  const { gallery: named } = await createGallery(context, principal, { id: 'named', pack: 'fake' })
  assert.equal(named.pack, 'fake@1')
  await assert.rejects(createGallery(context, principal, { id: 'none', pack: 'retail-0095' }), {
    code: 'request_invalid',
    message: /^"pack" must be a recognition pack that the server has, wide or fake; it is "retail-0095"/,
    details: { field: 'pack', packs: ['wide', 'fake'] },
  })
  assert.equal(await region.store.galleries.find(principal.tenantId, 'none'), null)
})

test("each gallery enrols and finds with its own pack's templates, on its calibration", async () => {
  for (const [id, length, similarity] of [
    ['best', 256, 50],
    ['named', 128, 100],
  ] as const) {
    const { face } = await put(id, 'ann')
    await put(id, 'bob')
    const [stored] = await region.store.faces.templatesOf([face.id])
    assert.equal(stored.template.length, length)
    const { candidates } = await look([id], 'ann')
    assert.deepEqual(
      candidates.map(({ subjectId, score }) => [subjectId, Math.round(score.similarity)]),
      [['ann', similarity]],
    )
    const verified = await verify(context, principal, {
      galleryId: id,
      subjectId: 'ann',
      image: fakePicture({ person: 'ann' }),
      threshold: 40,
    })
    assert.deepEqual([verified.match, Math.round(verified.score.similarity)], [true, similarity])
  }
  assert.equal(region.index.stats().faces, 4)
})

test('pictures are compared with the pack that new galleries take', async () => {
  const [image1, image2] = [fakePicture({ person: 'ann' }), fakePicture({ person: 'ann' })]
  const { score } = await compare(context, { image1, image2, threshold: 40 })
  assert.equal(Math.round(score.similarity), 50)
})

test('galleries of different packs are not searched together', async () => {
  await assert.rejects(look(['best', 'named'], 'ann'), {
    code: 'pack_mismatch',
    message: 'The galleries hold templates of different packs: "best" of wide@2, "named" of fake@1.',
  })
})

test("duplicates are looked for with the gallery's own pack", async () => {
  const again = enrol(context, principal, {
    galleryId: 'best',
    image: fakePicture({ person: 'ann' }),
    subjectId: 'double',
    policy: { duplicates: 'refuse', duplicateThreshold: 40 },
  })
  await assert.rejects(again, { code: 'duplicate_face', message: /"ann".*similarity (50|49\.99)/ })
})

test('galleries of an old pack stay as they are when a better one comes, and are loaded again', async () => {
  for (const uid of (await region.store.galleries.listAll()).map(gallery => gallery.uid)) region.index.drop(uid)
  assert.equal(await loadIndex(context), 4)
  for (const id of ['best', 'named']) {
    const { candidates } = await look([id], 'bob')
    assert.deepEqual(
      candidates.map(({ subjectId }) => subjectId),
      ['bob'],
    )
  }
  assert.equal((await countUnsearchable(context)).size, 0)
})

test('without its pack a gallery is refused, with what to install; the others go on', async () => {
  const poorer: Context = { ...context, engine: createWideEngine([FAKE_PACK]) }
  const missing = {
    code: 'pack_mismatch',
    message:
      'Gallery "best" holds templates of pack wide@2; the server has fake@1: install it with "npx likeness packs install wide" and start the server again.',
    details: { gallery: 'best', galleryPack: 'wide@2', serverPacks: ['fake@1'] },
  }
  await assert.rejects(put('best', 'cleo', poorer), missing)
  await assert.rejects(look(['best'], 'ann', poorer), missing)
  await assert.rejects(look(['named', 'best'], 'ann', poorer), missing)
  assert.equal((await look(['named'], 'ann', poorer)).candidates.length, 1)
  assert.deepEqual([...(await countUnsearchable(poorer))], [['wide@2', 1]])
  assert.equal(await loadIndex(poorer), 2)
})

test('another version of the pack is not the same pack', async () => {
  const newer: Context = { ...context, engine: createWideEngine([{ ...WIDE_PACK, version: '3' }, FAKE_PACK]) }
  await assert.rejects(look(['best'], 'ann', newer), {
    code: 'pack_mismatch',
    message: /templates of pack wide@2; the server has wide@3, fake@1: templates of different versions cannot/,
  })
})
