// Metrics: what is counted, under which labels, and who may read them.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import type { Context } from '../core/context.ts'
import { createTelemetry } from './telemetry.ts'
import { call, head, startTransport } from './transport.fixture.ts'

const context = {
  engine: {
    pack: { id: 'open', version: '1' },
    packs: [{ id: 'open', version: '1' }],
    stats: () => ({ waiting: 3, working: 2, framesWaiting: 5 }),
  },
  regions: new Map([['default', { id: 'default', index: { stats: () => ({ faces: 7, bytes: 900, waiting: 4 }) } }]]),
} as unknown as Context

const telemetry = createTelemetry({ version: '1.2.3', context: () => context })
const server = await startTransport({ headerTimeoutMs: 200 }, { telemetry })
after(async () => {
  await server.close()
  telemetry.close()
})
const get = async (path: string): Promise<void> => {
  await (await fetch(`http://127.0.0.1:${server.port}${path}`)).text()
}
const readValue = async (series: string): Promise<number | undefined> => {
  const line = (await telemetry.render()).split('\n').find(text => text.startsWith(`${series} `))
  return line === undefined ? undefined : Number(line.split(' ').at(-1))
}

test('requests and outcomes are counted by operation, never by address', async () => {
  for (const path of ['/hello', '/hello', '/people/ana7', '/people/ben7', '/nowhere/1', '/nowhere/2', '/fail'])
    await get(path)
  assert.equal(await readValue('likeness_http_requests_total{operation="/hello",status="2xx"}'), 2)
  assert.equal(await readValue('likeness_http_requests_total{operation="/people/:person",status="2xx"}'), 2)
  assert.equal(await readValue('likeness_http_requests_total{operation="unmatched",status="4xx"}'), 2)
  assert.equal(await readValue('likeness_outcomes_total{operation="/fail",code="internal"}'), 1)
  assert.equal(await readValue('likeness_outcomes_total{operation="/hello",code="ok"}'), 2)
  assert.equal(await readValue('likeness_http_request_seconds_count{operation="/hello"}'), 2)
  assert.doesNotMatch(await telemetry.render(), /ana7|ben7|nowhere/)
})

test('callers who hang up and requests that never become one are counted', async () => {
  const leaver = await call(server.port)
  leaver.send(head('/wait'))
  while (server.waiting() < 1) await new Promise(setImmediate)
  leaver.socket.destroy()
  await leaver.ended()
  const late = await call(server.port)
  late.send('GET')
  await late.ended()
  assert.equal(await readValue('likeness_http_refused_total{code="request_timeout"}'), 1)
  assert.equal(await readValue('likeness_http_requests_total{operation="/wait",status="aborted"}'), 1)
  server.release()
  await get('/hello')
  assert.equal(await readValue('likeness_outcomes_total{operation="/wait",code="ok"}'), undefined, 'counted once')
})

test('stages are timed, and the state of the server is told', async () => {
  telemetry.observeStages({ decode: 3, detect: 8 })
  telemetry.observeStages({ decode: 5 })
  assert.equal(await readValue('likeness_stage_seconds_count{stage="decode"}'), 2)
  assert.equal(await readValue('likeness_stage_seconds_sum{stage="decode"}'), 0.008)
  assert.equal(await readValue('likeness_stage_seconds_bucket{le="0.005",stage="decode"}'), 2)
  for (const [series, value] of [
    ['likeness_ready', 1],
    ['likeness_pictures_waiting', 3],
    ['likeness_frames_waiting', 5],
    ['likeness_pictures_working', 2],
    ['likeness_searches_waiting', 4],
    ['likeness_index_faces{region="default"}', 7],
    ['likeness_index_bytes{region="default"}', 900],
    ['likeness_build_info{version="1.2.3",pack="open",pack_version="1"}', 1],
    ['likeness_recognition_pack{pack="open",pack_version="1"}', 1],
  ] as const)
    assert.equal(await readValue(series), value, series)
  for (const series of ['process_resident_memory_bytes', 'process_cpu_seconds_total', 'process_start_time_seconds'])
    assert.ok(Number(await readValue(series)) > 0, series)
  assert.ok(Number(await readValue('nodejs_eventloop_lag_p99_seconds')) >= 0)
})

test('verdicts of capture sessions are counted by purpose and first reason', async () => {
  const reasons = [{ name: 'not_live', message: '' }]
  telemetry.countVerdict({ purpose: 'enrol', state: 'passed', reasons: [] })
  telemetry.countVerdict({ purpose: 'enrol', state: 'failed', reasons })
  telemetry.countVerdict({ purpose: 'enrol', state: 'failed', reasons })
  assert.equal(await readValue('likeness_capture_verdicts_total{purpose="enrol",outcome="passed"}'), 1)
  assert.equal(await readValue('likeness_capture_verdicts_total{purpose="enrol",outcome="not_live"}'), 2)
})

test('two applications count apart', async () => {
  const other = createTelemetry({ version: '1', context: () => null })
  assert.doesNotMatch(await other.render(), /operation=/)
  assert.match(await other.render(), /^likeness_ready 0$/m)
  other.close()
})
