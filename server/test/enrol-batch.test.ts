// Bulk enrolment: lines in, outcomes out, each line on its own.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type ClientRequest, type IncomingMessage, request } from 'node:http'
import { createInterface } from 'node:readline'
import { Readable } from 'node:stream'
import { after, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { FaceEngine } from '../src/core/ports.ts'
import { AppError } from '../src/errors.ts'
import { pictureOf, pictureOfNobody } from '../src/vision/pictures.fixture.ts'
import type { EnrolAnswer, Face, Gallery, Problem } from './answers.ts'
import { type FakeApp, openFakeApp } from './fake-app.ts'
import { createFakeEngine, fakePicture } from './fake-core.ts'
import { assertProblem, base64, type Client, createGallery, launchReady } from './support.ts'

const collect = <T>(items: AsyncIterable<T>): Promise<T[]> => Readable.from(items).toArray()

interface Outcome extends Partial<EnrolAnswer> {
  line: number
  ref: string | null
  status: number
  problem?: Problem
  summary?: { lines: number; enrolled: number; refused: number; failed: number }
}

const PATH = '/v1/galleries/people/faces:batch'
const NDJSON = { 'content-type': 'application/x-ndjson' }
const open = new Set<FakeApp>()
after(async () => {
  for (const app of open) await app.close()
})

const openApp = async (options?: Parameters<typeof openFakeApp>[0]): Promise<FakeApp> => {
  const app = await openFakeApp(options)
  open.add(app)
  await createGallery(app, 'people')
  return app
}

const lineOf = (person: string, rest: object = {}): string =>
  JSON.stringify({ image: base64(fakePicture({ person })), subjectId: person, ...rest })

/** The outcomes by line, and the last line's summary. */
const sendBatch = async (client: Client, lines: string, headers: Record<string, string> = {}) => {
  const answer = await client.call<string>('POST', PATH, lines, { ...NDJSON, ...headers })
  const { status, headers: answered, body } = answer
  const outcomes = body
    .trim()
    .split('\n')
    .map(line => JSON.parse(line) as Outcome)
  const summary = outcomes.pop()?.summary
  return { status, headers: answered, outcomes, summary, byLine: new Map(outcomes.map(each => [each.line, each])) }
}

const facesOf = async (client: Client): Promise<string[]> => {
  const { body } = await client.call<{ items: Face[] }>('GET', '/v1/galleries/people/faces?limit=1000')
  return body.items.map(({ subjectId }) => subjectId).sort()
}

describe('a batch', () => {
  test('of 200 lines, good, bad, malformed, huge and blank: each its own outcome, counted at the end', async () => {
    const app = await openApp({ limits: { maxBodyBytes: 4000, maxImageBytes: 1000 } })
    const good = Array.from({ length: 190 }, (_, index) => lineOf(`person-${index}`, { ref: `row ${index}` }))
    const bad: [line: string, status: number, code: string][] = [
      ['{"image": ', 400, 'body_malformed'],
      ['[1]', 400, 'request_invalid'],
      ['null', 400, 'request_invalid'],
      ['{"subjectId":"nobody","ref":"no picture"}', 400, 'image_missing'],
      ['{"image":"%%%","ref":"no base64"}', 400, 'image_not_base64'],
      ['{"image":"","ref":"empty"}', 400, 'image_empty'],
      [lineOf('odd', { extra: 1 }), 400, 'request_invalid'],
      [lineOf('odd', { ref: 'x'.repeat(201) }), 400, 'request_invalid'],
      [lineOf('x'.repeat(257)), 400, 'request_invalid'],
      [lineOf('odd', { metadata: { deep: {} } }), 400, 'request_invalid'],
      [JSON.stringify({ image: base64(new Uint8Array(1001)), ref: 'large' }), 413, 'image_too_large'],
      [`${lineOf('odd').slice(0, -1)},"ref":"${'y'.repeat(5000)}"}`, 413, 'body_too_large'],
    ]
    const blank = ['', '   ', '\r']
    const lines = [...good.slice(0, 95), ...bad.map(([line]) => line), ...blank, ...good.slice(95)]
    const { status, headers, outcomes, summary, byLine } = await sendBatch(app, lines.join('\n'))
    assert.equal(status, 200)
    assert.match(headers.get('content-type') ?? '', /^application\/x-ndjson/)
    assert.deepEqual(summary, { lines: 202, enrolled: 190, refused: bad.length, failed: 0 })
    assert.equal(outcomes.length, 202)
    assert.equal(byLine.size, 202, 'each line once')
    for (const [index, [, expected, code]] of bad.entries()) {
      const outcome = byLine.get(96 + index)
      assert.deepEqual([outcome?.status, outcome?.problem?.code], [expected, code], bad[index]?.[0].slice(0, 60))
      assert.equal(outcome?.problem?.type, `urn:likeness:error:${code}`)
    }
    assert.equal(byLine.get(99)?.ref, 'no picture')
    assert.equal(byLine.get(103)?.ref, null, 'one that is too long is not echoed')
    const last = byLine.get(lines.length)
    assert.deepEqual([last?.status, last?.ref, last?.subject?.id], [201, 'row 189', 'person-189'])
    assert.deepEqual(last?.duplicates, [])
    assert.equal(last?.face?.galleryId, 'people')
    assert.deepEqual(await facesOf(app), good.map((_, index) => `person-${index}`).sort())
  })

  test('with the real engine: a person, nobody, no picture', async () => {
    const server = await launchReady()
    try {
      await createGallery(server, 'people')
      const lines = [
        { image: base64(await pictureOf('ada')), subjectId: 'ada', metadata: { floor: 3 }, ref: 'a' },
        { image: `data:image/jpeg;base64,${base64(await pictureOfNobody())}`, ref: 'b' },
        { image: base64(new Uint8Array(100)), ref: 'c' },
        { image: base64(await pictureOf('bea')), ref: 'd' },
      ]
      const { byLine, summary } = await sendBatch(server, lines.map(line => JSON.stringify(line)).join('\n'), {
        'content-type': 'application/jsonl',
      })
      assert.deepEqual(summary, { lines: 4, enrolled: 2, refused: 2, failed: 0 })
      assert.deepEqual(byLine.get(1)?.subject, { id: 'ada', faceCount: 1, metadata: { floor: 3 } })
      assert.equal(byLine.get(2)?.problem?.code, 'face_not_detected')
      assert.equal(byLine.get(3)?.problem?.code, 'image_format_unsupported')
      assert.equal(byLine.get(4)?.ref, 'd')
    } finally {
      await server.close()
    }
  })

  test('is refused as a whole for a gallery that is not there, another media type, and no key', async () => {
    const app = await openApp()
    const nowhere = '/v1/galleries/nowhere/faces:batch'
    assertProblem(await app.call('POST', nowhere, lineOf('a'), NDJSON), 404, 'gallery_not_found')
    const asJson = { 'content-type': 'application/json' }
    assertProblem(await app.call('POST', PATH, lineOf('a'), asJson), 415, 'media_type_unsupported')
    assertProblem(await app.call('POST', PATH, new FormData()), 415, 'media_type_unsupported')
    assertProblem(await app.call('POST', '/v1/galleries/people/faces', '{}', NDJSON), 415, 'media_type_unsupported')
    assertProblem(await app.call('POST', PATH, '{}', { ...NDJSON, authorization: '' }), 401, 'key_missing')
    const { summary, outcomes } = await sendBatch(app, '\n \n')
    assert.deepEqual([summary, outcomes], [{ lines: 0, enrolled: 0, refused: 0, failed: 0 }, []])
  })

  test('takes so many lines and says which was one too many', async () => {
    const app = await openApp({ limits: { maxBatchLines: 10 } })
    const lines = Array.from({ length: 500 }, (_, index) => lineOf(`person-${index}`))
    const { byLine, summary } = await sendBatch(app, lines.join('\n'))
    assert.deepEqual(summary, { lines: 11, enrolled: 10, refused: 1, failed: 0 })
    const { status, problem } = byLine.get(11) as Outcome
    assert.deepEqual([status, problem?.code, problem?.details], [413, 'batch_too_long', { line: 11, maxLines: 10 }])
    assert.equal((await facesOf(app)).length, 10)
  })

  test('waits for a busy engine in place of refusing its lines', async () => {
    const fake = createFakeEngine()
    let refusals = 0
    const engine: FaceEngine = {
      ...fake,
      analyse(image, options) {
        if (Math.random() < 0.5) {
          refusals++
          throw new AppError('busy')
        }
        return fake.analyse(image, options)
      },
    }
    const app = await openApp({ change: { engine } })
    const lines = Array.from({ length: 30 }, (_, index) => lineOf(`person-${index}`))
    const { summary } = await sendBatch(app, lines.join('\n'))
    assert.deepEqual(summary, { lines: 30, enrolled: 30, refused: 0, failed: 0 })
    assert.ok(refusals > 0)
  })

  test('goes on after a line that failed inside the server', async () => {
    const fake = createFakeEngine()
    const engine: FaceEngine = {
      ...fake,
      analyse: (image, options) =>
        Buffer.from(image).includes('person-3') ? Promise.reject(new Error('boom')) : fake.analyse(image, options),
    }
    const app = await openApp({ change: { engine } })
    const { byLine, summary } = await sendBatch(
      app,
      ['person-1', 'person-3', 'person-2'].map(each => lineOf(each)).join('\n'),
    )
    assert.deepEqual(summary, { lines: 3, enrolled: 2, refused: 0, failed: 1 })
    assert.deepEqual([byLine.get(2)?.status, byLine.get(2)?.problem?.code], [500, 'internal'])
    assert.doesNotMatch(JSON.stringify(byLine.get(2)), /boom/)
  })
})

/** A batch that is sent and read piece by piece. */
const openBatch = (app: FakeApp, headers: Record<string, string> = {}): ClientRequest =>
  request(`${app.url}${PATH}`, {
    method: 'POST',
    headers: { ...NDJSON, authorization: `Bearer ${app.key}`, ...headers },
  })

const answerTo = async (batch: ClientRequest): Promise<IncomingMessage> => (await once(batch, 'response'))[0]

const countFaces = async (app: FakeApp): Promise<number> =>
  (await app.call<Gallery>('GET', '/v1/galleries/people')).body.faceCount

/** Waits until the number has not changed for a while. */
const settled = async (read: () => Promise<number>): Promise<number> => {
  for (let before = await read(); ; ) {
    await sleep(150)
    const now = await read()
    if (now === before) return now
    before = now
  }
}

describe('a stream', () => {
  test('gives the outcome of a line while the caller still thinks about the next', async () => {
    const app = await openApp()
    const batch = openBatch(app)
    batch.write(`${lineOf('first')}\n`)
    const outcomes = createInterface({ input: await answerTo(batch) })[Symbol.asyncIterator]()
    assert.equal(JSON.parse((await outcomes.next()).value ?? '').subject.id, 'first')
    batch.write(`${lineOf('second')}\n`)
    assert.equal(JSON.parse((await outcomes.next()).value ?? '').subject.id, 'second')
    batch.end()
    assert.equal(JSON.parse((await outcomes.next()).value ?? '').summary.enrolled, 2)
    assert.equal((await outcomes.next()).done, true)
  })

  test('stops reading while its outcomes are not read, and goes on when they are', async () => {
    // Outcomes that are large, so that the connection's buffers are full after few.
    const app = await openApp({ limits: { maxMetadataBytes: 200_000 } })
    const lines = 300
    const note = 'n'.repeat(100_000)
    const batch = openBatch(app)
    const sending = (async () => {
      for (let index = 0; index < lines; index++)
        if (!batch.write(`${lineOf(`person-${index}`, { metadata: { note } })}\n`)) await once(batch, 'drain')
      batch.end()
    })()
    const answer = await answerTo(batch)
    answer.pause()
    const stuck = await settled(() => countFaces(app))
    assert.ok(stuck > 0 && stuck < lines, `${stuck} of ${lines} were enrolled while nobody read`)
    const outcomes: string[] = []
    for await (const line of createInterface({ input: answer })) outcomes.push(line.slice(0, 200))
    await sending
    assert.equal(outcomes.length, lines + 1)
    assert.equal(await countFaces(app), lines)
  })

  test('ends with its caller: what was in hand may be done, the rest is not read', async () => {
    const app = await openApp({ batchConcurrency: 2 })
    const batch = openBatch(app)
    batch.on('error', () => {})
    for (let index = 0; index < 5; index++) batch.write(`${lineOf(`person-${index}`)}\n`)
    const outcomes = createInterface({ input: await answerTo(batch) })[Symbol.asyncIterator]()
    for (let index = 0; index < 5; index++) await outcomes.next()
    batch.write(lineOf('cut off').slice(0, 20))
    batch.destroy()
    assert.equal(await settled(() => countFaces(app)), 5)
    const { summary } = await sendBatch(app, lineOf('after'))
    assert.equal(summary?.enrolled, 1)
  })

  test('may last longer than other requests, but not be silent as long', async () => {
    const app = await openApp({ limits: { requestTimeoutMs: 300, headerTimeoutMs: 200 } })
    const slow = openBatch(app)
    const answering = answerTo(slow)
    for (let index = 0; index < 8; index++) {
      slow.write(`${lineOf(`person-${index}`)}\n`)
      await sleep(100)
    }
    slow.end()
    const text = await collect(createInterface({ input: await answering }))
    assert.equal(JSON.parse(text.at(-1) ?? '').summary?.enrolled, 8)

    const silent = openBatch(app)
    silent.on('error', () => {})
    silent.write(`${lineOf('before the silence')}\n`)
    const answer = await answerTo(silent)
    await assert.rejects(collect(answer), { code: 'ECONNRESET' })
  })
})

describe('an idempotency key', () => {
  test('lets a batch that broke off be sent again: what was enrolled is found, the rest is enrolled', async () => {
    const app = await openApp()
    const key = { 'idempotency-key': 'batch' }
    const lines = Array.from({ length: 20 }, (_, index) => lineOf(`person-${index}`))
    const batch = openBatch(app, key)
    batch.on('error', () => {})
    batch.write(`${lines.slice(0, 8).join('\n')}\n`)
    const outcomes = createInterface({ input: await answerTo(batch) })[Symbol.asyncIterator]()
    const first = new Map<number, string | undefined>()
    for (let index = 0; index < 8; index++) {
      const { line, face } = JSON.parse((await outcomes.next()).value ?? '') as Outcome
      first.set(line, face?.id)
    }
    assertProblem(await app.call('POST', PATH, lines.join('\n'), { ...NDJSON, ...key }), 409, 'idempotency_in_progress')
    batch.destroy()
    await settled(() => countFaces(app))

    const again = await sendBatch(app, lines.join('\n'), key)
    assert.deepEqual(again.summary, { lines: 20, enrolled: 20, refused: 0, failed: 0 })
    for (const [line, id] of first) assert.equal(again.byLine.get(line)?.face?.id, id)
    assert.equal(await countFaces(app), 20)
    const third = await sendBatch(app, lines.join('\n'), key)
    assert.deepEqual(
      third.outcomes.map(({ face }) => face?.id).sort(),
      again.outcomes.map(({ face }) => face?.id).sort(),
    )
    assert.equal(await countFaces(app), 20)
    await sendBatch(app, lines.join('\n'))
    assert.equal(await countFaces(app), 40, 'without a key they are new enrolments')
  })
})
