// After an erasure no file says who it was: not the rows and their log, not the records of calls and changes, not the answers
// that are kept for idempotency keys, not the log of erasures.
import assert from 'node:assert/strict'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { after, test } from 'node:test'
import { type Config, loadConfig } from '../src/config.ts'
import { startServer } from '../src/main.ts'
import { pictureOf } from '../src/vision/pictures.fixture.ts'
import type { EnrolAnswer } from './answers.ts'
import { base64, type Client, createClient, createGallery, enrol, PACKS_DIR } from './support.ts'

const PERSON = 'zx-person-7341@example.org'
const OTHER = 'zx-person-7342@example.org'
const METADATA = 'zx-metadata-7343'
const WORDS = [PERSON, 'zx-person-7341', METADATA]

const dataDir = await mkdtemp(join(tmpdir(), 'likeness-test-'))
after(() => rm(dataDir, { recursive: true, force: true }))
const { config } = loadConfig({}, { dataDir, packsDir: PACKS_DIR, port: 0, visionThreads: 1, logLevel: 'silent' })

interface Running extends Client {
  readonly key: string
  readonly url: string
  close(): Promise<void>
}

const start = async (settings: Config, knownKey?: string): Promise<Running> => {
  const server = await startServer(settings, { onProgress: () => {} })
  await server.ready
  const key = server.firstKey ?? knownKey!
  return { ...createClient(server.address, key), key, url: server.address, close: () => server.close() }
}

/** The files of the data folder that have the word in them, in one spelling or another. */
const findFiles = async (word: string): Promise<string[]> => {
  const spellings = [word, encodeURIComponent(word), base64(Buffer.from(word)).slice(0, -4)]
  const found: string[] = []
  for (const entry of await readdir(dataDir, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue
    const path = join(entry.parentPath, entry.name)
    const bytes = await readFile(path)
    if (spellings.some(spelling => bytes.includes(spelling))) found.push(relative(dataDir, path))
  }
  return found
}

const ada = base64(await pictureOf('ada'))
const people = '/v1/galleries/people'
const path = `${people}/subjects/${encodeURIComponent(PERSON)}`

/** Everything that names a person to the server, refused calls as well. */
const useAll = async ({ call, key, url }: Running): Promise<void> => {
  const body = { image: ada, subjectId: PERSON, metadata: { word: METADATA } }
  const keyed = { 'idempotency-key': `enrol-${PERSON}` }
  const first = await call<EnrolAnswer>('POST', `${people}/faces`, body, keyed)
  const again = await call<EnrolAnswer>('POST', `${people}/faces`, body, keyed)
  assert.deepEqual([first.status, again.status, again.body.face.id], [201, 201, first.body.face.id])
  const form = new FormData()
  form.set('image', new Blob([new Uint8Array(await pictureOf('ada'))]), `${PERSON}.jpg`)
  form.set('subjectId', PERSON)
  assert.equal((await call('POST', `${people}/faces`, form)).status, 201)
  const batch = await fetch(`${url}${people}/faces:batch`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/x-ndjson' },
    body: `${JSON.stringify({ ref: PERSON, image: ada, subjectId: PERSON })}\n`,
  })
  assert.match(await batch.text(), new RegExp(PERSON))
  const statuses = [
    await call('GET', path),
    await call('POST', `${path}/verify`, { image: ada }),
    await call('POST', `${people}/search`, { image: ada }),
    await call('PATCH', path, { metadata: { word: METADATA, floor: 1 } }, { 'idempotency-key': PERSON }),
    await call('GET', `${path}/export?pictures=false`),
    await call('GET', `/v1/audit?gallery=people&subject=${PERSON}`),
    await call('GET', `/v1/transactions?gallery=people&subject=${PERSON}`),
    await call('POST', `${people}/faces`, { ...body, image: 'no base64!' }),
    await call('POST', `${people}/faces`, { ...body, colour: PERSON }),
    await call('GET', `/v1/galleries/nowhere/subjects/${PERSON}`),
    await call('GET', `/v1/transactions/${PERSON}`),
    await call('GET', `/v1/audit?cursor=${PERSON}`),
  ].map(({ status }) => status)
  assert.deepEqual(statuses, [200, 200, 200, 200, 200, 200, 200, 400, 400, 404, 404, 400])
}

test('after an erasure no file names the person, then, stopped and started again', async () => {
  let server = await start(config)
  await createGallery(server, 'people')
  await enrol(server, 'people', await pictureOf('bea'), { subjectId: OTHER })
  await useAll(server)
  const before = await findFiles(PERSON)
  assert.ok(before.length > 0, 'what is there is found')
  assert.deepEqual(
    before.filter(name => !name.startsWith(join('regions', 'default', 'region.db'))),
    [],
    'a person is named by the rows of the region only',
  )

  const erased = await server.call('DELETE', `${path}?receipt=true`, undefined, {
    'idempotency-key': `erase-${PERSON}`,
  })
  assert.equal(erased.status, 200, JSON.stringify(erased.body))
  const assertForgotten = async (moment: string): Promise<void> => {
    for (const word of WORDS) assert.deepEqual(await findFiles(word), [], `${word}, ${moment}`)
    assert.notDeepEqual(await findFiles(OTHER), [], moment)
  }
  await assertForgotten('erased')

  // Whoever asks for the erased is recorded too.
  assert.equal((await server.call('GET', path)).status, 404)
  assert.equal((await server.call('DELETE', path)).status, 404)
  const about = `gallery=people&subject=${encodeURIComponent(PERSON)}`
  const { body } = await server.call<{ items: { operation: string }[] }>('GET', `/v1/transactions?${about}`)
  assert.deepEqual(
    body.items.slice(0, 3).map(({ operation }) => operation),
    ['deleteSubject', 'readSubject', 'deleteSubject'],
  )
  await assertForgotten('asked for')

  await server.close()
  await assertForgotten('stopped')
  server = await start(config, server.key)
  await assertForgotten('started again')
  await server.close()
})
