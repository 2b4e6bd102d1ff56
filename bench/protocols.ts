// `npm run bench -- protocols`: what a protocol's call costs over the native call for the same work, in processor time. The
// whole server over SQLite, with an engine that reads made-up faces: what it would do with pictures is the same for both, and
// would hide the difference. Asserts nothing.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadConfig } from '../server/src/config.ts'
import { createCredential, type Pair } from '../server/src/core/credentials.ts'
import type { FaceEngine } from '../server/src/core/ports.ts'
import { signRequest } from '../server/src/http/protocols/advance/tokens.ts'
import { openControl, operatorContext, type Server, startServer } from '../server/src/main.ts'
import { pngThatPromises } from '../server/test/bad-pictures.ts'
import { createFakeEngine } from '../server/test/fake-core.ts'
import { createJudgingEngine, photoOf } from '../server/test/protocols/judging-engine.ts'
import { JPEG_HEAD, signForServer } from './alibaba-calls.ts'
import { describeMachine } from './machine.ts'
import { type ProtocolFigures, type ProtocolRow, printTable } from './protocols-table.ts'
import { openRawClient, type RawClient } from './raw-client.ts'
import { boundMedian, median } from './statistics.ts'

export interface ProtocolOptions {
  readonly rounds?: number
  readonly json?: boolean
}

const WANTED_MS = 1
const CALLS_PER_ROUND = 50
/** What a phone's camera sends, made small: kilobytes of a photo. */
const PHOTO_KB = 200

/** The same work by both APIs, as whole requests. */
interface Work {
  readonly protocol: string
  readonly name: string
  readonly native: Buffer
  /** A function where no two requests may be alike. */
  readonly foreign: Buffer | (() => Buffer)
}

export const benchProtocols = async ({ rounds = 30, json = false }: ProtocolOptions): Promise<ProtocolFigures> => {
  const dataDir = await mkdtemp(join(tmpdir(), 'likeness-bench-'))
  const { config } = loadConfig({}, { dataDir, port: 0, logLevel: 'silent', tls: 'off', alibabaRate: 10_000 })
  const engine = readBehindHead(createJudgingEngine(createFakeEngine()))
  const server = await startServer(config, { onProgress: () => {}, engine })
  const client = openRawClient(server.address)
  try {
    await server.ready
    const rows: ProtocolRow[] = []
    for (const prepare of [prepareVerihubs, prepareAdvance, prepareAlibaba])
      for (const work of await prepare(server, config, client)) rows.push(await measure(work, client, rounds))
    const figures: ProtocolFigures = {
      benchmark: 'protocols',
      machine: describeMachine(),
      photoKb: PHOTO_KB,
      calls: rounds * CALLS_PER_ROUND,
      rows,
      wantedMs: WANTED_MS,
      met: rows.every(({ overMs }) => overMs.most <= WANTED_MS),
    }
    if (!json) printTable(figures)
    return figures
  } finally {
    client.close()
    await server.close()
    await rm(dataDir, { recursive: true, force: true })
  }
}

/** Both in turn, so that what the machine does meanwhile falls on both; the client's own time is the same for both. */
const measure = async ({ protocol, name, native, foreign }: Work, client: RawClient, rounds: number) => {
  const figures: { native: number; foreign: number }[] = []
  const warmUp = Math.ceil(rounds / 5)
  for (let round = -warmUp; round < rounds; round++) {
    const order = round % 2 === 0 ? (['native', 'foreign'] as const) : (['foreign', 'native'] as const)
    const spent = { native: 0, foreign: 0 }
    for (const each of order) spent[each] = await spend(client, each === 'native' ? native : foreign)
    if (round >= 0) figures.push(spent)
  }
  const overs = figures.map(each => each.foreign - each.native)
  return {
    protocol,
    work: name,
    nativeMs: median(figures.map(each => each.native)),
    foreignMs: median(figures.map(each => each.foreign)),
    overMs: { median: median(overs), ...boundMedian(overs) },
  }
}

/** Processor time of one call, milliseconds: the mean of a round. */
const spend = async (client: RawClient, request: Work['foreign']): Promise<number> => {
  const before = process.cpuUsage()
  for (let call = 0; call < CALLS_PER_ROUND; call++)
    await sendOk(client, typeof request === 'function' ? request() : request)
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000 / CALLS_PER_ROUND
}

const sendOk = async (client: RawClient, request: Buffer): Promise<void> => {
  const status = await client.send(request)
  if (status !== 200 && status !== 201) throw new Error(`The server answered ${status}.`)
}

type Config = ReturnType<typeof loadConfig>['config']

/** Both work in the application's gallery, on a person who is there. */
const prepareVerihubs = async (server: Server, config: Config, client: RawClient): Promise<readonly Work[]> => {
  const control = await openControl(config)
  const input = { protocol: 'verihubs', tenantId: 'default', regionId: 'default' } as const
  const { credential, pair } = await createCredential(operatorContext(config, control), input)
  await control.close()
  const image = Buffer.concat([photoOf({ person: 'ada' }), Buffer.alloc(PHOTO_KB * 1000, ' ')]).toString('base64')
  const native = createWriter(server.address, { authorization: `Bearer ${server.firstKey}` })
  const write = createWriter(server.address, { 'app-id': pair.publicId, 'api-key': pair.secret })
  const foreign = (path: string, body: object) => write('POST', `/verihubs/v1/face/${path}`, body)
  const gallery = `/v1/galleries/${credential.galleryId}`
  const enroll = foreign('enroll', { image, subject_id: 'ada' })
  await sendOk(client, enroll)
  await sendOk(client, native('PATCH', gallery, { policy: { existingSubject: 'replace' } }))
  const all = [
    ['enrol', native('POST', `${gallery}/faces`, { image, subjectId: 'ada' }), enroll],
    [
      'verify',
      native('POST', `${gallery}/subjects/ada/verify`, { image }),
      foreign('verify', { image, subject_id: 'ada' }),
    ],
    ['search', native('POST', `${gallery}/search`, { image, limit: 1, threshold: 82 }), foreign('search', { image })],
    [
      'compare',
      native('POST', '/v1/compare', { image1: image, image2: image }),
      foreign('compare', { image_1: image, image_2: image }),
    ],
    ['judge', native('POST', '/v1/detect', { image }), foreign('liveness', { image })],
  ] as const
  return all.map(([name, one, other]) => ({ protocol: 'verihubs', name, native: one, foreign: other }))
}

/** A picture that says how large it is, in front of one that the engine reads. */
const HEAD = pngThatPromises(300, 300)
const HEADS = [HEAD, JPEG_HEAD]
const readBehindHead = (engine: FaceEngine): FaceEngine => ({
  ...engine,
  analyse: (image, options) =>
    engine.analyse(
      image.subarray(HEADS.find(head => head.equals(image.subarray(0, head.length)))?.length ?? 0),
      options,
    ),
})

/** Native calls in the galleries of the protocol's own, on pictures that came the same way: base64 here, forms there. */
const prepareAdvance = async (server: Server, config: Config, client: RawClient): Promise<readonly Work[]> => {
  const control = await openControl(config)
  const input = { protocol: 'advance', tenantId: 'default', regionId: 'default' } as const
  const { pair } = await createCredential(operatorContext(config, control), input)
  await control.close()
  const photo = Buffer.concat([HEAD, photoOf({ person: 'ada' }), Buffer.alloc(PHOTO_KB * 1000, ' ')])
  const image = photo.toString('base64')
  const token = await askToken(server, pair)
  const native = { authorization: `Bearer ${server.firstKey}` }
  const foreign = { 'x-access-token': token }
  const write = createWriter(server.address, native)
  const base = '/advance/intl/openapi'
  const authentication = `${base}/identity-risk/idvs-h5/ekyc/v1/face-authentication`
  const enroll = createWriter(server.address, foreign)('POST', `${authentication}/enroll`, {
    userId: 'ada',
    region: 'PHL',
    faceImage: image,
  })
  // Minds nothing of a face, as the native gallery of the other row does.
  const policy = { whenFull: 'replace_oldest' }
  await sendOk(client, write('POST', '/v1/galleries', { id: 'advance-face-authentication', policy }))
  await sendOk(client, createWriter(server.address, foreign)('POST', `${base}/face-search/facesets`, {}))
  await sendOk(client, enroll)
  const form = (path: string, headers: object, fields: Record<string, string | Buffer>) =>
    writeForm(server.address, path, headers, fields)
  const search = `${base}/face-search/search`
  const faces = `${base}/face-search/facereferences`
  const ofSet = { faceSetId: '1', faceImage: photo }
  const all = [
    ['enrol', write('POST', '/v1/galleries/advance-face-authentication/faces', { image, subjectId: 'ada' }), enroll],
    [
      'add face (form)',
      await form('/v1/galleries/advance-faceset-1/faces', native, { image: photo }),
      await form(faces, foreign, ofSet),
    ],
    [
      'search (form)',
      await form('/v1/galleries/advance-faceset-1/search', native, { limit: '1', threshold: '80', image: photo }),
      await form(search, foreign, { ...ofSet, topK: '1' }),
    ],
  ] as const
  return all.map(([name, one, other]) => ({ protocol: 'advance', name, native: one, foreign: other }))
}

/** Of a photo that its signature was promised to be cheap for: it costs by the byte. */
const SIGNED_PHOTO_KB = 100

/** Its calls are signed anew each time, which is the client's time and counts here as the server's. */
const prepareAlibaba = async (server: Server, config: Config, client: RawClient): Promise<readonly Work[]> => {
  const control = await openControl(config)
  const input = { protocol: 'alibaba', tenantId: 'default', regionId: 'default' } as const
  const { pair } = await createCredential(operatorContext(config, control), input)
  await control.close()
  const photo = Buffer.concat([JPEG_HEAD, photoOf({ person: 'ada' }), Buffer.alloc(SIGNED_PHOTO_KB * 1000, ' ')])
  const image = photo.toString('base64')
  const write = createWriter(server.address, { authorization: `Bearer ${server.firstKey}` })
  const policy = { existingSubject: 'replace' }
  await sendOk(client, write('POST', '/v1/galleries', { id: 'alibaba', policy }))
  const gallery = await fetch(`${server.address}/v1/galleries/alibaba`, {
    headers: { authorization: `Bearer ${server.firstKey}` },
  })
  const { code } = (await gallery.json()) as { code: string }
  const sign = (action: string, fields: Record<string, string>) => signForServer(server.address, pair, action, fields)
  const add = { ProductCode: 'FACE_ENROLL', FaceGroupCode: code, MerchantUserId: 'ada', FacePicture: image }
  const check = {
    ProductCode: 'FACE_IDU_MIN',
    MerchantBizId: 'b1',
    MerchantUserId: 'visitor',
    VerifyModel: '0',
    FaceGroupCodes: code,
    SourceFacePicture: image,
  }
  const all = [
    [
      'enrol, 100 kB',
      write('POST', '/v1/galleries/alibaba/faces', { image, subjectId: 'ada' }),
      sign('AddFaceRecord', add),
    ],
    [
      'search, 100 kB',
      write('POST', '/v1/galleries/alibaba/search', { image, limit: 1, threshold: 80 }),
      sign('FaceDuplicationCheckIntl', check),
    ],
  ] as const
  return all.map(([name, one, other]) => ({ protocol: 'alibaba', name, native: one, foreign: other }))
}

const askToken = async (server: Server, { publicId: accessKey, secret }: Pair): Promise<string> => {
  const timestamp = Date.now()
  const signature = signRequest(accessKey, secret, String(timestamp))
  const response = await fetch(`${server.address}/advance/openapi/auth/ticket/v1/generate-token`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ accessKey, timestamp, signature, periodSecond: 86_400 }),
  })
  return ((await response.json()) as { data: { token: string } }).data.token
}

const writeForm = async (
  address: string,
  path: string,
  headers: object,
  fields: Readonly<Record<string, string | Buffer>>,
): Promise<Buffer> => {
  const form = new FormData()
  for (const [name, value] of Object.entries(fields))
    form.set(name, typeof value === 'string' ? value : new File([Buffer.from(value)], 'photo.png'))
  const encoded = new Response(form)
  const bytes = Buffer.from(await encoded.arrayBuffer())
  const head = [
    `POST ${path} HTTP/1.1`,
    `host: ${new URL(address).host}`,
    `content-type: ${encoded.headers.get('content-type')}`,
    `content-length: ${bytes.length}`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
  ]
  return Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`), bytes])
}

/** Whole requests, made beforehand. */
const createWriter =
  (address: string, headers: Readonly<Record<string, string>>) =>
  (method: string, path: string, body: object): Buffer => {
    const bytes = Buffer.from(JSON.stringify(body))
    const head = [
      `${method} ${path} HTTP/1.1`,
      `host: ${new URL(address).host}`,
      'content-type: application/json',
      `content-length: ${bytes.length}`,
      ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    ]
    return Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`), bytes])
  }
