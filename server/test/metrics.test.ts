// /metrics of a whole server: what a picture's way leaves there, and who may read it.
import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { pictureOf } from '../src/vision/pictures.fixture.ts'
import { assertProblem, base64, createClient, createGallery, enrol, launch, launchReady } from './support.ts'

const server = await launchReady()
after(() => server.close())
await createGallery(server, 'people')
await enrol(server, 'people', await pictureOf('ada'), { subjectId: 'ada' })
const stranger = createClient(server.url, null)
const PROXIED = { 'x-forwarded-for': '192.0.2.1' }

test('an enrolment and a search show in every metric that they touch', async () => {
  await server.call('POST', '/v1/galleries/people/search', { image: base64(await pictureOf('ada')) })
  await server.call('POST', '/v1/galleries/people/search', { image: 'x' })
  const { status, body, headers } = await stranger.call<string>('GET', '/metrics')
  assert.equal(status, 200)
  assert.match(headers.get('content-type') ?? '', /^text\/plain; version=0\.0\.4/)
  for (const line of [
    'likeness_http_requests_total{operation="enrolFace",status="2xx"} 1',
    'likeness_outcomes_total{operation="searchGallery",code="ok"} 1',
    'likeness_outcomes_total{operation="searchGallery",code="image_not_base64"} 1',
    'likeness_http_request_seconds_count{operation="searchGallery"} 2',
    'likeness_index_faces{region="default"} 1',
    'likeness_pictures_waiting 0',
    'likeness_pictures_working 0',
    'likeness_searches_waiting 0',
    'likeness_ready 1',
  ])
    assert.ok(body.includes(`\n${line}\n`), `${line} is missing in\n${body}`)
  for (const stage of ['decode', 'detect', 'mesh', 'align', 'embed'])
    assert.match(body, new RegExp(`likeness_stage_seconds_count{stage="${stage}"} 2\\n`))
  assert.doesNotMatch(body, /people|ada/)
})

describe('who may read them', () => {
  test('callers on this machine; through a proxy only the operator', async () => {
    assert.equal((await stranger.call('GET', '/metrics')).status, 200)
    assertProblem(await stranger.call('GET', '/metrics', undefined, PROXIED), 404, 'route_not_found')
    assertProblem(
      await createClient(server.url, 'lk_unknown').call('GET', '/metrics', undefined, PROXIED),
      404,
      'route_not_found',
    )
    assert.equal((await server.call('GET', '/metrics', undefined, PROXIED)).status, 200)
  })

  test('everybody, or nobody, where the operator says so', async () => {
    const open = await launch({ metrics: 'open' })
    const off = await launch({ metrics: 'off' })
    assert.equal((await createClient(open.url, null).call('GET', '/metrics', undefined, PROXIED)).status, 200)
    assertProblem(await createClient(off.url, null).call('GET', '/metrics'), 404, 'route_not_found')
    await Promise.all([open.ready, off.ready])
    await open.close()
    await off.close()
  })
})
