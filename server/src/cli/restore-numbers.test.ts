// A face that was erased over ADVANCE.AI's Face Search stays erased in a restored copy from before, and its id says so.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { test } from 'node:test'
import { otherPictureOf, type Person, pictureOf } from '../vision/pictures.fixture.ts'
import { type Running, startStoppable } from './cli.fixture.ts'
import { backUp, call, prepareFolder, restore } from './maintenance.fixture.ts'

interface Envelope {
  readonly code: string
  readonly data: never
}

const openFaceSearch = async (env: Running, pair: { readonly publicId: string; readonly secret: string }) => {
  const timestamp = Date.now()
  const signature = createHash('sha256').update(`${pair.publicId}${pair.secret}${timestamp}`).digest('hex')
  const body = { accessKey: pair.publicId, timestamp, signature }
  const path = '/advance/openapi/auth/ticket/v1/generate-token'
  const { data } = await call<{ data: { token: string } }>(env, 'POST', path, body)
  return async <T>(method: string, call: string, form?: FormData): Promise<T> => {
    const url = `${env.LIKENESS_URL}/advance/intl/openapi/face-search/${call}`
    const response = await fetch(url, { method, headers: { 'x-access-token': data.token }, body: form })
    const envelope = (await response.json()) as Envelope
    assert.equal(envelope.code, 'SUCCESS', JSON.stringify(envelope))
    return envelope.data
  }
}

const formOf = (picture: Buffer): FormData => {
  const form = new FormData()
  form.set('faceSetId', '1')
  form.set('name', 'Somebody')
  form.set('faceImage', new File([new Uint8Array(picture)], 'face.jpg'))
  return form
}

test('an erased face stays erased after a restore, and no id comes to mean another face', async context => {
  const { env, stop } = await startStoppable(context)
  const pair = await call<{ publicId: string; secret: string }>(env, 'POST', '/v1/credentials', { protocol: 'advance' })
  const ask = await openFaceSearch(env, pair)
  await ask('POST', 'facesets')
  for (const person of ['ada', 'bea'] as const) await ask('POST', 'facereferences', formOf(await pictureOf(person)))
  const { folder } = await backUp(context, env)
  await ask('DELETE', 'facereferences?id=1')
  assert.equal(await ask('POST', 'facereferences', formOf(await pictureOf('dora'))), '3')
  const { deletedAt } = await ask<{ deletedAt: string }>('GET', 'facereferences?id=1')
  await stop()

  const dataDir = await prepareFolder(context, env.LIKENESS_DATA_DIR)
  const erasures = join(env.LIKENESS_DATA_DIR, 'erasures')
  const restored = await restore(dataDir, '--from', folder, '--erasures', erasures)
  assert.equal(restored.code, 0, restored.stderr)
  const { env: later } = await startStoppable(context, { LIKENESS_DATA_DIR: dataDir }, env.LIKENESS_KEY)
  const askLater = await openFaceSearch(later, pair)
  const erased = await askLater<Record<string, unknown>>('GET', 'facereferences?id=1')
  assert.deepEqual(
    [erased.id, erased.deletedAt, erased.faceImageUrl, erased.name],
    ['1', deletedAt, null, null],
    'what the copy knew of the face went with it',
  )
  const find = async (person: Person): Promise<string[]> => {
    const { faceReferences } = await askLater<{ faceReferences: { id: string }[] }>(
      'POST',
      'search',
      formOf(await otherPictureOf(person)),
    )
    return faceReferences.map(({ id }) => id)
  }
  assert.deepEqual(await find('ada'), [])
  assert.deepEqual(await find('bea'), ['2'])
  const added = await askLater('POST', 'facereferences', formOf(await pictureOf('cleo')))
  assert.equal(added, '1000003', 'somebody may still know id 3 as Dora’s')
})
