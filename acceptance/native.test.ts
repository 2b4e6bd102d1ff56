// A first user's journey over the native API, from the first start to the second, with nothing but fetch.
import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import {
  adaElsewhere,
  otherPictureOf,
  PEOPLE_NAMES,
  type Person,
  pictureOf,
  samplePath,
  stranger,
  writePeople,
} from './pictures.ts'
import { call, startServer } from './support.ts'

interface Problem {
  code: string
  status: number
  detail: string
}

interface Search {
  candidates: { subjectId: string; similarity: number; falseMatchRate: number; metadata: { team?: string } }[]
  threshold: number
  gallerySize: number
}

interface Verification {
  match: boolean
  similarity: number
  thresholds: Record<string, number>
}

const folder = await mkdtemp(join(tmpdir(), 'likeness-acceptance-'))
const dataDir = join(folder, 'data')
let server = await startServer(dataDir)
after(async () => {
  await server.stop()
  await rm(folder, { recursive: true, force: true })
})
const key = server.key ?? ''

const ask = <T>(method: string, path: string, body?: object | FormData) => call<T>(server.url, key, method, path, body)

/** A form as `curl -F` sends it. */
const formOf = (bytes: Uint8Array, fields: Record<string, string> = {}): FormData => {
  const form = new FormData()
  form.set('image', new Blob([new Uint8Array(bytes)]), 'picture.jpg')
  for (const [name, value] of Object.entries(fields)) form.set(name, value)
  return form
}

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64')

const search = async (bytes: Uint8Array, fields?: Record<string, string>): Promise<Search> => {
  const { status, body } = await ask<Search>('POST', '/v1/galleries/team/search', formOf(bytes, fields))
  assert.equal(status, 200)
  return body
}

test('the first start prepares the models, and shows the address, the reference and one key', async () => {
  assert.match(server.printed, /Preparing the model pack "open": .+ \(1 of 5\)/)
  assert.match(server.printed, /Likeness is ready at http:\/\/127\.0\.0\.1:\d+/)
  assert.match(server.printed, /API reference: http:\/\/127\.0\.0\.1:\d+\/docs/)
  assert.match(key, /^lk_[\w-]{40,}$/)
  assert.equal((await fetch(`${server.url}/health/live`)).status, 200)
  assert.equal((await fetch(`${server.url}/docs`)).status, 200)
  assert.equal((await fetch(`${server.url}/openapi.json`)).status, 200)
})

test('nothing goes without the key', async () => {
  const { status, body } = await call<Problem>(server.url, null, 'GET', '/v1/galleries')
  assert.deepEqual([status, body.code, body.status], [401, 'key_missing', 401])
})

test('a gallery is made, and a folder of people enrolled', async () => {
  assert.equal((await ask('POST', '/v1/galleries', { id: 'team', name: 'The team' })).status, 201)
  for (const [person, files] of await writePeople(join(folder, 'people')))
    for (const [index, file] of files.entries()) {
      const form = formOf(await readFile(file), { subjectId: person, metadata: '{"team":"blue"}' })
      const { status, body } = await ask<{ subject: { faceCount: number } }>('POST', '/v1/galleries/team/faces', form)
      assert.deepEqual([status, body.subject.faceCount], [201, index + 1])
    }
  const { body } = await ask<{ subjectCount: number; faceCount: number }>('GET', '/v1/galleries/team')
  assert.deepEqual([body.subjectCount, body.faceCount], [5, 6])
  const list = await ask<{ items: { id: string }[] }>('GET', '/v1/galleries/team/subjects')
  assert.deepEqual(
    list.body.items.map(({ id }) => id),
    [...PEOPLE_NAMES].sort(),
  )
})

test('everybody is found by another picture', async () => {
  const probes: [Person, Buffer][] = [['ada', await adaElsewhere()]]
  for (const person of PEOPLE_NAMES) probes.push([person, await otherPictureOf(person)])
  for (const [person, probe] of probes) {
    const { candidates, gallerySize } = await search(probe)
    assert.equal(gallerySize, 6)
    assert.equal(candidates[0].subjectId, person)
    assert.deepEqual(candidates[0].metadata, { team: 'blue' })
    assert.ok(candidates[0].similarity >= 80 && candidates[0].falseMatchRate <= 1e-4)
  }
})

test('a stranger is nobody', async () => {
  assert.deepEqual((await search(await stranger(), { threshold: '85' })).candidates, [])
})

test('a person is verified, somebody else is not', async () => {
  const verify = async (person: Person, probe: Buffer): Promise<Verification> => {
    const path = `/v1/galleries/team/subjects/${person}/verify`
    const { status, body } = await ask<Verification>('POST', path, { image: base64(probe) })
    assert.equal(status, 200)
    assert.deepEqual(body.thresholds, { '1e-3': 70, '1e-4': 80, '1e-5': 85 })
    return body
  }
  assert.equal((await verify('ada', await adaElsewhere())).match, true)
  assert.equal((await verify('dora', await otherPictureOf('dora'))).match, true)
  assert.equal((await verify('bea', await adaElsewhere())).match, false)
})

test('two pictures are compared', async () => {
  const compare = async (one: Buffer, other: Buffer): Promise<boolean> =>
    (await ask<Verification>('POST', '/v1/compare', { image1: base64(one), image2: base64(other) })).body.match
  assert.equal(await compare(await pictureOf('ada'), await adaElsewhere()), true)
  assert.equal(await compare(await pictureOf('ada'), await pictureOf('bea')), false)
})

test('the faces of a group are listed', async () => {
  const { body } = await ask<{ faces: object[] }>('POST', '/v1/detect', formOf(await readFile(samplePath(5))))
  assert.equal(body.faces.length, 5)
})

test('what is no picture is refused with a reason, and nothing is stored', async () => {
  const { status, body } = await ask<Problem>('POST', '/v1/galleries/team/faces', formOf(Buffer.from('no picture')))
  assert.deepEqual([status, body.code], [422, 'image_format_unsupported'])
  assert.match(body.detail, /JPEG/)
  assert.equal((await ask<{ faceCount: number }>('GET', '/v1/galleries/team')).body.faceCount, 6)
})

test('who is deleted is not found any more', async () => {
  assert.equal((await ask('DELETE', '/v1/galleries/team/subjects/bea')).status, 204)
  const { candidates, gallerySize } = await search(await pictureOf('bea'), { threshold: '85' })
  assert.deepEqual([candidates, gallerySize], [[], 5])
})

test('it stops when asked; the second start prepares nothing, shows no key and knows everybody', async () => {
  assert.equal(await server.stop(), 0)
  server = await startServer(dataDir)
  assert.doesNotMatch(server.printed, /Preparing/)
  assert.equal(server.key, null)
  assert.match(server.printed, /5 faces/)
  assert.equal((await search(await adaElsewhere())).candidates[0].subjectId, 'ada')
  assert.deepEqual((await search(await pictureOf('bea'), { threshold: '85' })).candidates, [])
})
