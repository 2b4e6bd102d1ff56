// A person's export, the picture of a face, and erasures with a receipt.
import assert from 'node:assert/strict'
import { createPublicKey, verify } from 'node:crypto'
import { after, describe, test } from 'node:test'
import { commitTo, type ReceiptJwk, verifyReceipt } from '../src/core/receipts.ts'
import { adaElsewhere, pictureOf } from '../src/vision/pictures.fixture.ts'
import type { DetectAnswer, Face, Gallery, Page, SearchAnswer, Subject } from './answers.ts'
import { openFakeApp } from './fake-app.ts'
import { fakePicture } from './fake-core.ts'
import { assertProblem, base64, countStored, createGallery, enrol, launchReady } from './support.ts'

interface Export {
  subject: Omit<Subject, 'faces'>
  exportedAt: string
  transactionId: string
  faces: (Omit<Face, 'picture'> & {
    picture: { mediaType: string; bytes: number; base64?: string } | null
    template?: number[]
  })[]
  audit: { action: string; faceId: string | null }[]
}

interface Receipt {
  receipt: Record<string, string | number | null>
  signature: { algorithm: string; keyId: string; value: string }
  subjectSalt: string | null
}

const server = await launchReady()
after(() => server.close())
const { call } = server
await createGallery(server, 'people')
const PEOPLE = '/v1/galleries/people'
const ada = await pictureOf('ada')
const elsewhere = await adaElsewhere()
const keysOf = async (): Promise<ReceiptJwk[]> =>
  (await call<{ keys: ReceiptJwk[] }>('GET', '/v1/receipts/keys')).body.keys

describe('an export', () => {
  test('holds everything: subject, faces, pictures, what was done, and templates when asked for', async () => {
    const metadata = { name: 'Ada', floor: 3 }
    const first = await enrol(server, 'people', ada, { subjectId: 'ada', metadata })
    const second = await enrol(server, 'people', elsewhere, { subjectId: 'ada' })
    await enrol(server, 'people', await pictureOf('bea'), { subjectId: 'bea' })
    const answer = await call<Export>('GET', `${PEOPLE}/subjects/ada/export`)
    assert.equal(answer.status, 200)
    assert.match(answer.headers.get('content-disposition') ?? '', /^attachment; filename="subject\.json"$/)
    assert.match(answer.headers.get('content-type') ?? '', /^application\/json/)
    const { subject, faces, exportedAt, transactionId, audit } = answer.body
    const { faces: _, ...known } = (await call<Subject>('GET', `${PEOPLE}/subjects/ada`)).body
    assert.deepEqual(subject, known)
    assert.ok(Math.abs(Date.parse(exportedAt) - Date.now()) < 60_000)
    assert.equal(transactionId, answer.headers.get('x-request-id'))
    assert.deepEqual(
      faces.map(({ id }) => id),
      [first.face.id, second.face.id],
    )
    for (const [index, picture] of [ada, elsewhere].entries()) {
      assert.deepEqual(faces[index]?.picture, {
        mediaType: 'image/jpeg',
        bytes: picture.length,
        base64: base64(picture),
      })
      assert.equal(faces[index]?.template, undefined)
    }
    assert.deepEqual(
      audit.map(({ action, faceId }) => [action, faceId]),
      [
        ['subject.export', null],
        ['face.enrol', second.face.id],
        ['face.enrol', first.face.id],
      ],
    )
  })

  test('leaves out the pictures and puts in the templates that the engine made', async () => {
    const { body } = await call<Export>('GET', `${PEOPLE}/subjects/ada/export?pictures=false&templates=true`)
    assert.deepEqual(body.faces[0]?.picture, { mediaType: 'image/jpeg', bytes: ada.length })
    const detected = await call<DetectAnswer>('POST', '/v1/detect', { image: base64(ada), template: true })
    const template = detected.body.faces[0]?.template ?? []
    assert.equal(body.faces[0]?.template?.length, template.length)
    const cosine = template.reduce((sum, value, at) => sum + value * (body.faces[0]?.template?.[at] ?? 0), 0)
    assert.ok(cosine > 0.999, `${cosine}`)
  })

  test('of a person with more faces than one step reads', async () => {
    const app = await openFakeApp()
    try {
      await createGallery(app, 'people')
      await app.call('PATCH', PEOPLE, { policy: { maxFacesPerSubject: 100 } })
      const image = base64(fakePicture({ person: 'ann' }))
      for (let face = 0; face < 45; face++) await app.call('POST', `${PEOPLE}/faces`, { image, subjectId: 'ann' })
      const { body } = await app.call<Export>('GET', `${PEOPLE}/subjects/ann/export?templates=true`)
      assert.equal(new Set(body.faces.map(({ id }) => id)).size, 45)
      for (const { picture, template } of body.faces) {
        assert.equal(picture?.base64, image)
        assert.equal(template?.length, 128)
      }
    } finally {
      await app.close()
    }
  })

  test('is refused for nobody, and for wrong switches', async () => {
    assertProblem(await call('GET', `${PEOPLE}/subjects/nobody/export`), 404, 'subject_not_found')
    assertProblem(await call('GET', '/v1/galleries/none/subjects/ada/export'), 404, 'gallery_not_found')
    assertProblem(await call('GET', `${PEOPLE}/subjects/ada/export?pictures=maybe`), 400, 'request_invalid')
  })
})

describe('the picture of a face', () => {
  test('comes byte for byte, to be saved and not to be shown', async () => {
    const { body } = await call<Subject>('GET', `${PEOPLE}/subjects/ada`)
    const response = await fetch(`${server.url}${PEOPLE}/faces/${body.faces[0]?.id}/picture`, {
      headers: { authorization: `Bearer ${server.key}` },
    })
    assert.equal(response.status, 200)
    assert.equal(response.headers.get('content-type'), 'image/jpeg')
    assert.equal(response.headers.get('x-content-type-options'), 'nosniff')
    assert.equal(response.headers.get('content-disposition'), 'attachment')
    assert.deepEqual(Buffer.from(await response.arrayBuffer()), Buffer.from(ada))
  })

  test('is not there when it was not kept, and for faces that are not there', async () => {
    assertProblem(await call('GET', `${PEOPLE}/faces/${crypto.randomUUID()}/picture`), 404, 'face_not_found')
    const keepsNone = await launchReady({ keepPictures: false })
    try {
      await createGallery(keepsNone, 'people')
      const { face } = await enrol(keepsNone, 'people', ada, { subjectId: 'ada' })
      const answer = await keepsNone.call('GET', `${PEOPLE}/faces/${face.id}/picture`)
      assertProblem(answer, 404, 'picture_not_kept')
      const { body } = await keepsNone.call<Export>('GET', `${PEOPLE}/subjects/ada/export`)
      assert.equal(body.faces[0]?.picture, null)
      const erased = await keepsNone.call<Receipt>('DELETE', `${PEOPLE}/subjects/ada?receipt=true`)
      assert.deepEqual([erased.body.receipt.faces, erased.body.receipt.pictures], [1, 0])
    } finally {
      await keepsNone.close()
    }
  })
})

const assertSigned = async ({ receipt, signature }: Receipt): Promise<void> => {
  const keys = await keysOf()
  assert.equal(verifyReceipt({ receipt, signature }, keys), 'valid')
  // As a reader without our code does it.
  const sorted = Object.fromEntries(Object.entries(receipt).sort(([one], [other]) => (one < other ? -1 : 1)))
  const jwk = keys.find(({ kid }) => kid === signature.keyId)
  assert.ok(jwk)
  const key = createPublicKey({ key: { ...jwk }, format: 'jwk' })
  assert.ok(verify(null, Buffer.from(JSON.stringify(sorted)), key, Buffer.from(signature.value, 'base64url')))
}

describe('an erasure', () => {
  test('answers nothing, or a signed receipt to those who ask for one', async () => {
    await createGallery(server, 'leaving')
    for (const subjectId of ['ada', 'silent']) {
      await enrol(server, 'leaving', ada, { subjectId, metadata: { name: 'Ada' } })
      await enrol(server, 'leaving', elsewhere, { subjectId })
    }
    const path = '/v1/galleries/leaving/subjects'
    const silent = await call('DELETE', `${path}/silent?receipt=false`)
    assert.deepEqual([silent.status, silent.body], [204, ''])
    const { files } = await countStored(server)
    const answer = await call<Receipt>('DELETE', `${path}/ada?receipt=true`)
    assert.equal(answer.status, 200)
    const { id, erasedAt, subject, ...rest } = answer.body.receipt
    assert.deepEqual(rest, {
      kind: 'subject',
      region: 'default',
      gallery: 'leaving',
      face: null,
      faces: 2,
      pictures: 2,
      transactionId: answer.headers.get('x-request-id'),
    })
    assert.ok(id && Math.abs(Date.parse(String(erasedAt)) - Date.now()) < 60_000)
    assert.equal(subject, commitTo('ada', Buffer.from(answer.body.subjectSalt ?? '', 'base64url')))
    await assertSigned(answer.body)
    assert.equal((await countStored(server)).files, files - 2)
  })

  test('leaves nothing of the person that any call finds', async () => {
    const path = '/v1/galleries/leaving'
    for (const gone of ['', '/export', '/faces'])
      assertProblem(await call('GET', `${path}/subjects/ada${gone}`), 404, 'subject_not_found')
    assertProblem(await call('DELETE', `${path}/subjects/ada?receipt=true`), 404, 'subject_not_found')
    assertProblem(await call('PATCH', `${path}/subjects/ada`, { metadata: {} }), 404, 'subject_not_found')
    const verified = await call('POST', `${path}/subjects/ada/verify`, { image: base64(ada) })
    assertProblem(verified, 404, 'subject_not_found')
    const search = await call<SearchAnswer>('POST', `${path}/search`, { image: base64(ada), threshold: 0 })
    assert.deepEqual([search.body.candidates, search.body.gallerySize], [[], 0])
    for (const list of ['subjects', 'faces'])
      assert.deepEqual((await call<Page<unknown>>('GET', `${path}/${list}`)).body.items, [])
    const { body } = await call<Gallery>('GET', path)
    assert.deepEqual([body.subjectCount, body.faceCount], [0, 0])
  })

  test('of one face names the face, and the person by commitment; the header "Prefer" asks as well', async () => {
    const { face } = await enrol(server, 'leaving', ada, { subjectId: 'one' })
    await enrol(server, 'leaving', elsewhere, { subjectId: 'one' })
    const answer = await call<Receipt>('DELETE', `/v1/galleries/leaving/faces/${face.id}`, undefined, {
      prefer: 'respond-async, return=representation',
    })
    assert.equal(answer.status, 200)
    assert.equal(answer.headers.get('preference-applied'), 'return=representation')
    const { kind, face: erased, faces, pictures, subject } = answer.body.receipt
    assert.deepEqual([kind, erased, faces, pictures], ['face', face.id, 1, 1])
    assert.equal(subject, commitTo('one', Buffer.from(answer.body.subjectSalt ?? '', 'base64url')))
    await assertSigned(answer.body)
  })

  test('of a gallery counts everyone in it', async () => {
    await enrol(server, 'leaving', ada, { subjectId: 'two' })
    const answer = await call<Receipt>('DELETE', '/v1/galleries/leaving?receipt=true')
    const { kind, gallery, subject, faces, pictures } = answer.body.receipt
    assert.deepEqual([kind, gallery, subject, faces, pictures], ['gallery', 'leaving', null, 2, 2])
    assert.equal(answer.body.subjectSalt, null)
    await assertSigned(answer.body)
    assertProblem(await call('GET', '/v1/galleries/leaving'), 404, 'gallery_not_found')
  })

  test('gives the same receipt again under the same idempotency key', async () => {
    await enrol(server, 'people', ada, { subjectId: 'keyed' })
    const key = { 'idempotency-key': 'erase' }
    const first = await call<Receipt>('DELETE', `${PEOPLE}/subjects/keyed?receipt=true`, undefined, key)
    const again = await call<Receipt>('DELETE', `${PEOPLE}/subjects/keyed?receipt=true`, undefined, key)
    assert.equal(first.status, 200)
    assert.deepEqual(again.body, first.body)
  })

  test('erases nobody when the receipt could not be signed', async () => {
    const app = await openFakeApp()
    try {
      await createGallery(app, 'people')
      const image = base64(fakePicture({ person: 'ann' }))
      await app.call('POST', `${PEOPLE}/faces`, { image, subjectId: 'ann' })
      const { receiptKeys } = app.core.context.control
      const { list } = receiptKeys
      Object.assign(receiptKeys, { list: () => Promise.reject(new Error('disk')) })
      assertProblem(await app.call('DELETE', `${PEOPLE}/subjects/ann?receipt=true`), 500, 'internal')
      assert.equal((await app.call('GET', `${PEOPLE}/subjects/ann`)).status, 200)
      Object.assign(receiptKeys, { list })
      assert.equal((await app.call('DELETE', `${PEOPLE}/subjects/ann?receipt=true`)).status, 200)
    } finally {
      await app.close()
    }
  })

  test('with a wrong switch erases nobody', async () => {
    assertProblem(await call('DELETE', `${PEOPLE}/subjects/bea?receipt=perhaps`), 400, 'request_invalid')
    assert.equal((await call('GET', `${PEOPLE}/subjects/bea`)).status, 200)
  })
})

test('the keys are a JWK set of public halves', async () => {
  const [key, ...others] = await keysOf()
  assert.deepEqual(others, [])
  assert.deepEqual(Object.keys(key ?? {}).sort(), ['alg', 'crv', 'kid', 'kty', 'use', 'x'])
})
