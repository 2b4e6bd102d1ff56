// Rate limits and quotas of a credential: refused before the body is read, told in the headers, kept over a restart.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import type { Allowance } from '../src/core/types.ts'
import { type FakeApp, type FakeAppOptions, openFakeApp } from './fake-app.ts'
import { fakePicture } from './fake-core.ts'
import { openOperator } from './operator.ts'
import { assertProblem, base64, createGallery, launchReady } from './support.ts'

const NO_LIMITS: Allowance = { requestsPerSecond: null, burst: null, perDay: null, perMonth: null, operations: null }

const opened = new Set<FakeApp>()
after(() => Promise.all([...opened].map(app => app.close())))

/** The clock stands still, so that no bucket fills and no day ends; batches are worked on line by line. */
const open = async (allowance: Partial<Allowance>, change: FakeAppOptions['change'] = {}): Promise<FakeApp> => {
  const clock = { now: () => new Date('2031-02-03T04:05:06Z') }
  const app = await openFakeApp({
    allowance: { ...NO_LIMITS, ...allowance },
    batchConcurrency: 1,
    change: { clock, ...change },
  })
  opened.add(app)
  return app
}

test('a credential that calls too fast is told so before its body is read, and when to come back', async () => {
  const app = await open({ requestsPerSecond: 2, burst: 3 })
  const first = await app.call('GET', '/v1/galleries')
  assert.equal(first.headers.get('ratelimit-policy'), '"rate";q=3;w=2')
  assert.equal(first.headers.get('ratelimit'), '"rate";r=2;t=1')
  await app.call('GET', '/v1/galleries')
  assert.equal((await app.call('POST', '/v1/galleries', '{', { 'content-type': 'application/json' })).status, 400)
  const refused = await app.call('POST', '/v1/galleries', '{', { 'content-type': 'application/json' })
  const { details } = assertProblem(refused, 429, 'rate_limited')
  assert.deepEqual(details, { requestsPerSecond: 2, burst: 3, retryAfterSeconds: 1 })
  assert.equal(refused.headers.get('retry-after'), '1')
  assert.equal(refused.headers.get('ratelimit'), '"rate";r=0;t=2')
  assert.equal((await app.call('GET', '/health/live')).status, 200)
})

test('without limits there are no headers about them', async () => {
  const app = await open({})
  assert.equal((await app.call('GET', '/v1/galleries')).headers.get('ratelimit'), null)
})

test('a quota counts what is accepted and nothing else, and is told by name when it is used up', async () => {
  const app = await open({ perDay: 2, perMonth: 100 })
  await createGallery(app, 'people')
  for (let call = 0; call < 5; call++)
    assertProblem(await app.call('GET', '/v1/galleries/none'), 404, 'gallery_not_found')
  const last = await app.call('GET', '/v1/galleries')
  assert.equal(last.headers.get('ratelimit-policy'), '"perDay";q=2;w=86400, "perMonth";q=100;w=2678400')
  assert.match(last.headers.get('ratelimit') ?? '', /^"perDay";r=0;t=\d+, "perMonth";r=98;t=\d+$/)
  const { details } = assertProblem(await app.call('POST', '/v1/galleries', '{'), 403, 'quota_exceeded')
  assert.deepEqual(details, { quota: 'perDay', limit: 2, resetsAt: '2031-02-04T00:00:00.000Z' })
})

test('a quota survives a restart', async () => {
  const app = await open({ perMonth: 3 })
  await createGallery(app, 'people')
  await app.call('GET', '/v1/galleries')
  opened.delete(app)
  const next = await app.restart()
  opened.add(next)
  assert.equal((await next.call('GET', '/v1/galleries')).status, 200)
  const { details } = assertProblem(await next.call('GET', '/v1/galleries'), 403, 'quota_exceeded')
  assert.equal(details?.quota, 'perMonth')
})

test('a quota of one operation leaves the others alone', async () => {
  const app = await open({ perDay: 1, operations: ['enrolFace'] })
  await createGallery(app, 'people')
  const image = base64(fakePicture({ person: 'ann' }))
  assert.equal((await app.call('POST', '/v1/galleries/people/faces', { image })).status, 201)
  assertProblem(await app.call('POST', '/v1/galleries/people/faces', { image }), 403, 'quota_exceeded')
  assert.equal((await app.call('GET', '/v1/galleries')).status, 200)
})

test('each line of a bulk enrolment counts as an enrolment', async () => {
  const app = await open({ perDay: 3, operations: ['enrolFace'] })
  await createGallery(app, 'people')
  const bad = JSON.stringify({ image: base64(fakePicture()), ref: 'nobody' })
  const lines = [
    bad,
    ...['ann', 'ben', 'cat', 'dan', 'eve'].map(person => JSON.stringify({ image: base64(fakePicture({ person })) })),
  ]
  const type = { 'content-type': 'application/x-ndjson' }
  const { body } = await app.call<string>('POST', '/v1/galleries/people/faces:batch', lines.join('\n'), type)
  const outcomes = body
    .trim()
    .split('\n')
    .map(line => JSON.parse(line))
  assert.deepEqual(outcomes.at(-1).summary, { lines: 6, enrolled: 3, refused: 3, failed: 0 })
  const codes = outcomes.slice(0, -1).flatMap(({ problem }) => (problem ? [problem.code] : []))
  assert.deepEqual(codes.sort(), ['face_not_detected', 'quota_exceeded', 'quota_exceeded'])
  const image = base64(fakePicture({ person: 'fay' }))
  assertProblem(await app.call('POST', '/v1/galleries/people/faces', { image }), 403, 'quota_exceeded')

  opened.delete(app)
  const next = await app.restart()
  opened.add(next)
  assertProblem(await next.call('POST', '/v1/galleries/people/faces', { image }), 403, 'quota_exceeded')
})

test("the server's settings limit credentials that have no limits of their own", async () => {
  const server = await launchReady({ rateLimit: 1, rateBurst: 2, quotaPerDay: 1000 })
  const operator = await openOperator(server)
  try {
    const statuses: number[] = []
    for (let call = 0; call < 8; call++) statuses.push((await server.call('GET', '/v1/galleries')).status)
    assert.ok(statuses.includes(429) && statuses[0] === 200, String(statuses))
    const free = await operator.newClient({ allowance: { ...NO_LIMITS, requestsPerSecond: 'none', perDay: 'none' } })
    for (let call = 0; call < 8; call++) {
      const { status, headers } = await free.call('GET', '/v1/galleries')
      assert.deepEqual([status, headers.get('ratelimit')], [200, null])
    }
  } finally {
    await operator.close()
    await server.close()
  }
})
