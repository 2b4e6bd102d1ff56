// `npm run bench -- alibaba`: what the gateway of the Alibaba Cloud API costs for a call with a picture, and whether it stands
// the load that its callers may send: listings at their usual rate, enrolments near the most that the machine does, and one
// call more than the rate allows. Asserts nothing.
import { randomUUID } from 'node:crypto'
import { PEOPLE_NAMES, pictureOf } from '../server/src/vision/pictures.fixture.ts'
import { createVendorClient, type Keys, type VendorClient } from '../server/test/protocols/alibaba-client.ts'
import { type RawCall, readCall, signRawCall } from './alibaba-calls.ts'
import { type AlibabaFigures, printTable } from './alibaba-table.ts'
import { type LoadFigures, type Outcome, runClients, runConstantRate } from './load.ts'
import { describeMachine } from './machine.ts'
import { type BenchServer, startBenchServer } from './server-process.ts'
import { boundMedian, median } from './statistics.ts'

export interface AlibabaOptions {
  readonly seconds?: number
  readonly json?: boolean
}

const PICTURE_BYTES = 100 * 1024
const ROUNDS = 40
const CALLS_PER_ROUND = 25
const WANTED_MS = 1
const QUERIES_PER_SECOND = 45
const SHARE_OF_MOST = 0.7
const CLIENTS = 8
const MOST_SECONDS = 15
/** No limit that a machine reaches. */
const NO_RATE = { LIKENESS_ALIBABA_RATE: '10000' }

export const benchAlibaba = async ({ seconds = 60, json = false }: AlibabaOptions): Promise<AlibabaFigures> => {
  const gateway = (['ACS3-HMAC-SHA256', 'HMAC-SHA1'] as const).map(measureGateway)
  const figures: AlibabaFigures = {
    benchmark: 'alibaba',
    machine: describeMachine(),
    pictureBytes: PICTURE_BYTES,
    calls: ROUNDS * CALLS_PER_ROUND,
    gateway,
    wantedMs: WANTED_MS,
    met: gateway.every(({ ms }) => ms.most <= WANTED_MS),
    ...(await measureQueries(seconds)),
    ...(await measureEnrolments(seconds)),
  }
  if (!json) printTable(figures)
  return figures
}

/** Everything between the arrival of a call and the picture that goes to the core, without the look-up of its key. */
const measureGateway = (scheme: 'ACS3-HMAC-SHA256' | 'HMAC-SHA1') => {
  const call: RawCall = signRawCall(scheme, PICTURE_BYTES)
  const times: number[] = []
  for (let round = -5; round < ROUNDS; round++) {
    const before = process.cpuUsage()
    for (let each = 0; each < CALLS_PER_ROUND; each++) readCall(call)
    const { user, system } = process.cpuUsage(before)
    if (round >= 0) times.push((user + system) / 1000 / CALLS_PER_ROUND)
  }
  return { scheme, ms: { median: median(times), ...boundMedian(times) } }
}

interface Opened {
  readonly server: BenchServer
  readonly client: VendorClient
  readonly code: string
}

const open = async (settings: Readonly<Record<string, string>> = {}): Promise<Opened> => {
  const server = await startBenchServer({ settings })
  const answer = await fetch(`${server.address}/v1/credentials`, {
    method: 'POST',
    headers: { authorization: `Bearer ${server.key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ protocol: 'alibaba' }),
  })
  const { id, publicId, secret } = (await answer.json()) as { id: string; publicId: string; secret: string }
  const keys: Keys = { id, accessKeyId: publicId, accessKeySecret: secret }
  const client = createVendorClient(server.address, keys)
  const made = await client.call('AddFaceGroup', { Name: 'bench' })
  return { server, client, code: made.body.Result.Code }
}

const add = async ({ client, code }: Opened, picture: string, user: string): Promise<Outcome> => {
  const fields = { ProductCode: 'FACE_ENROLL', FaceGroupCode: code, MerchantUserId: user, FacePicture: picture }
  const { body } = await client.call('AddFaceRecord', fields)
  if (body?.Code === 'ServiceUnavailable') return 'refused'
  return body?.Code === 'Success' && body.Result.Passed === 'Y' ? 'done' : 'failed'
}

const readPictures = (): Promise<readonly string[]> =>
  Promise.all(PEOPLE_NAMES.map(async person => (await pictureOf(person)).toString('base64')))

/** The listing is right when it has the one user that was asked for. */
const measureQueries = async (seconds: number): Promise<Pick<AlibabaFigures, 'queries' | 'over'>> => {
  const opened = await open()
  const { server, client, code } = opened
  try {
    const [picture] = await readPictures()
    for (let user = 0; user < 20; user++) await add(opened, picture, `u${user}`)
    const query = async (index: number): Promise<Outcome> => {
      const MerchantUserId = `u${index % 20}`
      const query = { FaceGroupCode: code, CurrentPage: 1, PageSize: 10, MerchantUserId }
      const { body } = await client.call('QueryFaceRecord', {}, { query })
      return body?.TotalCount === 1 && body.Items[0].MerchantUserId === MerchantUserId ? 'done' : 'failed'
    }
    const queries = toRow(QUERIES_PER_SECOND, await runConstantRate(query, QUERIES_PER_SECOND, seconds))
    const calls = Array.from({ length: 51 }, () => client.call('KeepaliveIntl', { n: randomUUID() }))
    const codes = (await Promise.all(calls)).map(({ body }) => body.Code)
    const refused = codes.filter(each => each === 'Throttling.Api').length
    return { queries, over: { calls: codes.length, refused } }
  } finally {
    await server.close()
  }
}

const measureEnrolments = async (seconds: number): Promise<Pick<AlibabaFigures, 'firstMs' | 'most' | 'enrolments'>> => {
  const opened = await open(NO_RATE)
  try {
    const pictures = await readPictures()
    const started = performance.now()
    await add(opened, pictures[0], 'first')
    const firstMs = performance.now() - started
    const send = (prefix: string) => (index: number) =>
      add(opened, pictures[index % pictures.length], `${prefix}${index}`)
    const most = await runClients(send('m'), CLIENTS, (_sent, elapsedMs) => elapsedMs > MOST_SECONDS * 1000)
    const rate = Math.max(1, (most.done / most.seconds) * SHARE_OF_MOST)
    const enrolments = await runConstantRate(send('e'), rate, seconds)
    return { firstMs, most: most.done / most.seconds, enrolments: toRow(rate, enrolments) }
  } finally {
    await opened.server.close()
  }
}

const toRow = (ratePerSecond: number, { done, refused, failed, latenciesMs }: LoadFigures) => ({
  ratePerSecond,
  done,
  refused,
  failed,
  medianMs: median(latenciesMs),
  mostMs: Math.max(...latenciesMs),
})
