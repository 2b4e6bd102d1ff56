// More than the server takes: what is refused is refused before it is read, what is late is dropped, and what was given up
// leaves nothing behind.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http'
import { after, test } from 'node:test'
import { enrol } from '../src/core/enrol.ts'
import type { Problem } from './answers.ts'
import { type FakeApp, type FakeAppOptions, openFakeApp } from './fake-app.ts'
import { countBlobs, fakePicture } from './fake-core.ts'
import { createGatedEngine, type GatedEngine } from './gated-engine.ts'
import { assertProblem, base64, createGallery } from './support.ts'

const FACES = '/v1/galleries/people/faces'
const closers: (() => Promise<void>)[] = []
after(async () => {
  for (const close of closers) await close()
})

/** One picture is worked on, `maxQueuedImages` wait, and none is done until the engine is opened. */
const open = async (limits: FakeAppOptions['limits'] = {}): Promise<{ app: FakeApp; engine: GatedEngine }> => {
  const maxQueuedImages = limits.maxQueuedImages ?? 1
  const engine = createGatedEngine(1, maxQueuedImages)
  const app = await openFakeApp({ limits: { ...limits, maxQueuedImages }, change: { engine } })
  closers.push(async () => {
    engine.open(true)
    await app.close()
  })
  await createGallery(app, 'people')
  return { app, engine }
}

const send = (app: FakeApp, person: string, headers?: Record<string, string>) =>
  app.call<Problem>('POST', FACES, { image: base64(fakePicture({ person })), subjectId: person }, headers)

/** A request whose head is sent, and whose body the test sends as it likes. */
const begin = (app: FakeApp, headers: Record<string, string | number>): ClientRequest => {
  const sent = httpRequest(`${app.url}${FACES}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${app.key}`, 'content-type': 'application/json', ...headers },
  })
  sent.on('error', () => {})
  sent.flushHeaders()
  return sent
}

const answerOf = async (sent: ClientRequest) => {
  const [response] = (await once(sent, 'response')) as [IncomingMessage]
  const parts: Buffer[] = []
  for await (const part of response) parts.push(part)
  const headers = new Headers(response.headers as Record<string, string>)
  return { status: response.statusCode ?? 0, headers, body: JSON.parse(Buffer.concat(parts).toString()) as Problem }
}

const countStored = async ({ core }: FakeApp) => {
  const { region } = core
  const [gallery] = await region.store.galleries.listAll()
  return { ...(await region.store.galleries.counts(gallery.uid)), blobs: await countBlobs(region) }
}

test('a full server refuses by the head of the request, answers about its health, and serves when there is room', async () => {
  const { app, engine } = await open()
  const taken = [send(app, 'ann'), send(app, 'ben')]
  await engine.reach(1, 1)
  const refused = begin(app, { 'content-length': 1000 })
  const answer = await answerOf(refused)
  assertProblem(answer, 503, 'busy')
  assert.match(answer.headers.get('retry-after') ?? '', /^[12]$/)
  refused.destroy()
  assert.equal((await app.call('GET', '/health/live')).status, 200)
  assert.equal((await app.call('GET', '/health/ready')).status, 200)
  assert.equal((await app.call('GET', '/v1/galleries')).status, 200)
  engine.open(true)
  assert.deepEqual(
    (await Promise.all(taken)).map(({ status }) => status),
    [201, 201],
  )
  assert.equal((await send(app, 'cat')).status, 201)
  assert.deepEqual(await countStored(app), { subjects: 3, faces: 3, blobs: 3 })
})

test('who sends a body slowly loses the place to others, and asks again when it has come', async () => {
  const { app, engine } = await open({ placeKeptMs: 20 })
  const slow = [begin(app, { 'content-length': 60 }), begin(app, { 'content-length': 60 })]
  const body = JSON.stringify({ image: base64(fakePicture({ person: 'a' })) }).padEnd(60)
  await new Promise(resolve => setTimeout(resolve, 200))
  const taken = [send(app, 'ann'), send(app, 'ben')]
  await engine.reach(1, 1)
  slow[0].end(body)
  assertProblem(await answerOf(slow[0]), 503, 'busy')
  engine.open(true)
  await Promise.all(taken)
  slow[1].end(body)
  assert.equal((await answerOf(slow[1])).status, 201)
})

test('bodies that are too much for the moment are refused: announced ones unread, others as they come', async () => {
  const { app } = await open({ maxInFlightBodyBytes: 3000, maxQueuedImages: 10 })
  const first = begin(app, { 'content-length': 2500 })
  const isRefused = async (sent: ClientRequest) => assertProblem(await answerOf(sent), 503, 'busy')
  const probe = async (): Promise<void> => {
    const announced = begin(app, { 'content-length': 600 })
    const { details } = await isRefused(announced)
    assert.equal(details?.maxInFlightBodyBytes, 3000)
    announced.destroy()
  }
  // The server has taken the first one on when it refuses the second.
  while (true) {
    const sent = begin(app, { 'content-length': 600 })
    const answer = await Promise.race([answerOf(sent), new Promise<null>(resolve => setTimeout(resolve, 50, null))])
    sent.destroy()
    if (answer) break
  }
  await probe()
  const chunked = begin(app, { 'transfer-encoding': 'chunked' })
  chunked.write(' '.repeat(300))
  chunked.write(' '.repeat(300))
  await isRefused(chunked)
  chunked.destroy()
  const form = begin(app, { 'transfer-encoding': 'chunked', 'content-type': 'multipart/form-data; boundary=b' })
  form.end(`--b\r\ncontent-disposition: form-data; name="image"; filename="i"\r\n\r\n${'x'.repeat(600)}\r\n--b--\r\n`)
  await isRefused(form)
  first.destroy()
  while (
    (await app.call('POST', '/v1/galleries', { id: 'g', name: 'x'.repeat(150), description: 'x'.repeat(1900) }))
      .status === 503
  );
  assert.equal((await app.call('GET', '/v1/galleries/g')).status, 200)
})

test('chunked bodies that fit are taken, as JSON and as a form', async () => {
  const { app, engine } = await open()
  engine.open(true)
  const json = begin(app, { 'transfer-encoding': 'chunked' })
  json.end(JSON.stringify({ image: base64(fakePicture({ person: 'ann' })) }))
  assert.equal((await answerOf(json)).status, 201)
  const form = begin(app, { 'transfer-encoding': 'chunked', 'content-type': 'multipart/form-data; boundary=b' })
  const picture = Buffer.from(fakePicture({ person: 'ben' })).toString()
  form.end(`--b\r\ncontent-disposition: form-data; name="image"; filename="i"\r\n\r\n${picture}\r\n--b--\r\n`)
  assert.equal((await answerOf(form)).status, 201)
})

test('so many bulk enrolments are worked on at once', async () => {
  const { app, engine } = await open({ maxStreamedBodies: 1 })
  engine.open(true)
  const batch = (): ClientRequest => {
    const sent = httpRequest(`${app.url}${FACES}:batch`, {
      method: 'POST',
      headers: { authorization: `Bearer ${app.key}`, 'content-type': 'application/x-ndjson' },
    })
    sent.on('error', () => {})
    sent.write(`${JSON.stringify({ image: base64(fakePicture({ person: 'ann' })) })}\n`)
    return sent
  }
  const first = batch()
  const [response] = (await once(first, 'response')) as [IncomingMessage]
  assert.equal(response.statusCode, 200)
  const second = batch()
  assertProblem(await answerOf(second), 503, 'busy')
  second.destroy()
  first.end()
  response.resume()
  await once(response, 'end')
  const third = batch()
  third.end()
  const [answer] = (await once(third, 'response')) as [IncomingMessage]
  answer.resume()
  assert.equal(answer.statusCode, 200)
})

test('what is not done in time is given up at once, whether it waits or is worked on, and leaves nothing', async () => {
  const { app, engine } = await open({ callTimeoutMs: 60_000, maxQueuedImages: 2 })
  const late = await Promise.all([
    send(app, 'ann', { 'request-timeout': '0.05' }),
    send(app, 'ben', { 'request-timeout': '0.05' }),
  ])
  for (const answer of late) {
    const { details } = assertProblem(answer, 504, 'deadline_exceeded')
    assert.deepEqual(details, { timeoutSeconds: 0.05 })
    assert.match(answer.headers.get('retry-after') ?? '', /^\d+$/)
  }
  await engine.reach(1, 0)
  engine.open(true)
  await engine.reach(0, 0)
  assert.equal((await send(app, 'cat', { 'request-timeout': '9999' })).status, 201)
  assert.deepEqual(await countStored(app), { subjects: 1, faces: 1, blobs: 1 })
})

test("a call has at most the server's time, and the header must be a time", async () => {
  const { app } = await open({ callTimeoutMs: 50 })
  const { details } = assertProblem(await send(app, 'ann', { 'request-timeout': '60' }), 504, 'deadline_exceeded')
  assert.deepEqual(details, { timeoutSeconds: 0.05 })
  for (const wrong of ['0', '-1', 'soon', '1e3', '5s', ''])
    assertProblem(await send(app, 'ben', { 'request-timeout': wrong }), 400, 'request_invalid')
})

test('a call whose time cannot be kept is refused at once', async () => {
  const { app, engine } = await open({ maxQueuedImages: 5 })
  const taken = [send(app, 'ann'), send(app, 'ben'), send(app, 'cat')]
  await engine.reach(1, 2)
  // Two wait before it, at 10 ms each.
  assertProblem(await send(app, 'dan', { 'request-timeout': '0.005' }), 503, 'busy')
  engine.open(true)
  await Promise.all(taken)
})

test('a caller who hangs up is not enrolled, whether the picture waited or was worked on', async () => {
  const { app, engine } = await open()
  const hanging = ['ann', 'ben'].map(person => {
    const sent = begin(app, {})
    sent.end(JSON.stringify({ image: base64(fakePicture({ person })), subjectId: person }))
    return sent
  })
  await engine.reach(1, 1)
  for (const sent of hanging) sent.destroy()
  await engine.reach(1, 0)
  engine.open(true)
  await engine.reach(0, 0)
  assert.equal((await send(app, 'cat')).status, 201)
  assert.deepEqual(await countStored(app), { subjects: 1, faces: 1, blobs: 1 })
})

test('what was stored before the time was over is acknowledged', async () => {
  const { app, engine } = await open()
  engine.open(true)
  const { context, region, principal } = app.core
  const caller = new AbortController()
  const faces = {
    ...region.store.faces,
    async insert(...args: Parameters<typeof region.store.faces.insert>) {
      const inserted = await region.store.faces.insert(...args)
      caller.abort(new Error('too late'))
      return inserted
    },
  }
  const late = { ...region, store: { ...region.store, faces } }
  const { face } = await enrol({ ...context, regions: new Map([['default', late]]) }, principal, {
    galleryId: 'people',
    image: fakePicture({ person: 'ann' }),
    signal: caller.signal,
  })
  assert.equal((await app.call('GET', `${FACES}/${face.id}`)).status, 200)
})
