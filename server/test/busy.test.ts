// More work than the server takes, and calls before it is ready: refused at once, with the advice to come back.
import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { pictureOf, readSample } from '../src/vision/pictures.fixture.ts'
import type { Gallery, SearchAnswer } from './answers.ts'
import {
  assertProblem,
  base64,
  countStored,
  createClient,
  createGallery,
  enrol,
  launch,
  launchReady,
} from './support.ts'

const folder = await mkdtemp(join(tmpdir(), 'likeness-test-'))
after(() => rm(folder, { recursive: true, force: true }))

test('a full queue answers busy at once; what was taken is done, what was not leaves nothing', async () => {
  const server = await launchReady({ maxQueuedImages: 2 })
  try {
    await createGallery(server, 'people')
    const image = base64(await readSample(5))
    const answers = await Promise.all(
      Array.from({ length: 16 }, (_, index) =>
        server.call('POST', '/v1/galleries/people/faces', { image, subjectId: `subject-${index}` }),
      ),
    )
    const taken = answers.filter(({ status }) => status === 201)
    const refused = answers.filter(({ status }) => status !== 201)
    assert.ok(taken.length >= 1 && refused.length >= 1, `${taken.length} taken`)
    for (const answer of refused) {
      assertProblem(answer, 503, 'busy')
      assert.match(answer.headers.get('retry-after') ?? '', /^[1-9]\d*$/)
    }
    const { body } = await server.call<Gallery>('GET', '/v1/galleries/people')
    assert.deepEqual([body.faceCount, body.subjectCount], [taken.length, taken.length])
    assert.equal((await countStored(server)).files, taken.length)

    assert.equal((await server.call('GET', '/health/ready')).status, 200)
    await enrol(server, 'people', await pictureOf('bea'), { subjectId: 'later' })
    const search = await server.call<SearchAnswer>('POST', '/v1/galleries/people/search', {
      image: base64(await pictureOf('bea')),
    })
    assert.equal(search.body.candidates[0].subjectId, 'later')
  } finally {
    await server.close()
  }
})

test('before it is ready the server lives, and refuses calls with the advice to come back', async () => {
  // The models are converted first, in a folder of their own.
  const server = await launch({ packsDir: join(folder, 'packs') })
  try {
    const { call } = createClient(server.url, null)
    assert.deepEqual((await call('GET', '/health/live')).body, { status: 'live' })
    const ready = await call<{ status: string; state: string }>('GET', '/health/ready')
    assert.equal(ready.status, 503)
    assert.equal(ready.body.status, 'starting')
    assert.equal(ready.body.state, 'loading the model pack')
    const image = base64(await pictureOf('ada'))
    for (const [method, path, body] of [
      ['GET', '/v1/galleries', undefined],
      ['POST', '/v1/galleries', { id: 'early' }],
      ['POST', '/v1/detect', { image }],
    ] as const) {
      const answer = await server.call(method, path, body)
      assertProblem(answer, 503, 'not_ready')
      assert.match(answer.headers.get('retry-after') ?? '', /^[1-9]\d*$/)
    }
    assertProblem(await call('GET', '/v1/galleries'), 401, 'key_missing')
    await server.ready
    assert.equal((await call('GET', '/health/ready')).status, 200)
    assert.equal((await server.call<{ items: [] }>('GET', '/v1/galleries')).body.items.length, 0)
  } finally {
    await server.close()
  }
})

test('a server that cannot prepare its models says so, stays unready and can be stopped', async () => {
  const notFolder = join(folder, 'file')
  await writeFile(notFolder, '')
  const server = await launch({ packsDir: join(notFolder, 'packs') })
  try {
    await assert.rejects(server.ready)
    const ready = await server.call<{ state: string }>('GET', '/health/ready')
    assert.deepEqual([ready.status, ready.body.state], [503, 'failed to load'])
    assertProblem(await server.call('GET', '/v1/galleries'), 503, 'not_ready')
    assert.equal((await server.call('GET', '/health/live')).status, 200)
  } finally {
    await server.close()
  }
})
