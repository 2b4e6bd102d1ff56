// The APIs of ADVANCE.AI as their callers meet them: a pair made at the command line, the vendor's own curl
// examples with host, key and picture put in, and what the native API sees of it. Speaks HTTP only.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { promisify } from 'node:util'
import sharp from 'sharp'
import { adaElsewhere, pictureOf } from './pictures.ts'
import { call, ROOT, runCommand, startServer } from './support.ts'

interface Envelope<T = unknown> {
  readonly code: string
  readonly message: string
  readonly data: T
  readonly extra: null
  readonly transactionId: string
  readonly pricingStrategy: string
}

interface FaceReference {
  readonly id: string
  readonly deletedAt: string | null
  readonly faceImageId: string
  readonly faceImageUrl: string | null
  readonly name: string | null
  readonly country: string | null
  readonly similarity?: number
}

const folder = await mkdtemp(join(tmpdir(), 'likeness-acceptance-'))
const dataDir = join(folder, 'data')
const regionsFile = join(folder, 'regions.json')
await writeFile(regionsFile, JSON.stringify({ regions: { default: { hosts: ['sg-api'] } } }))
const server = await startServer(dataDir, { LIKENESS_REGIONS_FILE: regionsFile })
after(async () => {
  await server.stop()
  await rm(folder, { recursive: true, force: true })
})

const credentials = async (command: string) =>
  JSON.parse(
    await runCommand(`npx likeness credentials ${command} --data-dir ${dataDir} --json`, { url: server.url, key: '' }),
  )
const pair: { accessKey: string; secretKey: string; id: string } = await credentials('create --protocol advance')

const askToken = async ({ accessKey, secretKey }: typeof pair) => {
  const timestamp = Date.now()
  const signature = createHash('sha256')
    .update(accessKey + secretKey + timestamp)
    .digest('hex')
  const path = '/advance/openapi/auth/ticket/v1/generate-token'
  const { body } = await call<Envelope<{ token: string }>>(server.url, null, 'POST', path, {
    accessKey,
    timestamp,
    signature,
  })
  return body
}

const files = Object.fromEntries(
  await Promise.all(
    Object.entries({ ada: await pictureOf('ada'), elsewhere: await adaElsewhere(), bea: await pictureOf('bea') }).map(
      async ([name, bytes]) => {
        const path = join(folder, `${name}.jpg`)
        await writeFile(path, bytes)
        return [name, path] as const
      },
    ),
  ),
)

/** Every line of the script of the docs, by its step. */
const runScript = async (
  base: string,
  settings: Record<string, string> = {},
): Promise<Map<string, Envelope<never>>> => {
  const { accessKey, secretKey } = pair
  const { stdout } = await promisify(execFile)(
    'bash',
    [join(ROOT, 'docs/protocols/advance.sh'), files.ada, files.elsewhere, files.bea],
    { env: { ...process.env, BASE: base, ACCESS_KEY: accessKey, SECRET_KEY: secretKey, ...settings } },
  )
  return new Map(
    stdout
      .trim()
      .split('\n')
      .map(line => {
        const [, step, json] = /^(\S+) (\{.*\})$/.exec(line) ?? assert.fail(line)
        return [step, JSON.parse(json)]
      }),
  )
}

test('the vendor’s own requests get the documented answers, with nothing changed but host, key and picture', async () => {
  const { port } = new URL(server.url)
  const answers = await runScript(`http://sg-api.localhost:${port}`, { KEEP: 'yes' })
  const of = <T>(step: string): Envelope<T> => answers.get(step) ?? assert.fail(`no answer to ${step}`)
  for (const [step, { code, message, extra, transactionId, pricingStrategy }] of answers) {
    assert.deepEqual([step, code, message, extra], [step, 'SUCCESS', 'OK', null])
    assert.match(transactionId, /^[0-9a-f]{16}$/)
    assert.equal(pricingStrategy, step === 'search' ? 'PAY' : 'FREE')
  }
  assert.equal(of('enroll').data, null)
  assert.equal(of('create-faceset').data, '1')
  assert.equal(of('add-face').data, '1')
  assert.equal(of('add-other-face').data, '2')
  const { imageUrlList } = of<{ imageUrlList: string[] }>('get-enroll').data
  const link = new URL(imageUrlList[0])
  const picture = await fetch(server.url + link.pathname)
  assert.equal((await sharp(Buffer.from(await picture.arrayBuffer())).metadata()).format, 'jpeg')
  const face = of<FaceReference>('get-face').data
  assert.deepEqual([face.id, face.name, face.country, face.deletedAt], ['1', 'Mrs. Justine', 'MG', null])
  const list = of<{ total: number; faceReferences: FaceReference[] }>('list-faces').data
  assert.deepEqual([list.total, ...list.faceReferences.map(({ id }) => id)], [2, '1', '2'])
  const found = of<{ topK: number; threshold: number; total: number; faceReferences: FaceReference[] }>('search').data
  assert.deepEqual([found.topK, found.threshold, found.total], [20, 50, 1])
  assert.equal(found.faceReferences[0].id, '1')
  assert.ok(Number(found.faceReferences[0].similarity) > 50)
  assert.ok(of<FaceReference>('get-deleted-face').data.deletedAt)
  const { signatureId, url } = of<{ signatureId: string; url: string }>('generate-url').data
  assert.match(signatureId, /^[0-9a-f]{16}$/)
  assert.match(url, new RegExp(`^http://sg-api\\.localhost:${port}/capture/[A-Za-z0-9_-]{43}$`))
  const result = of<{ overallResult: string; errorCode: null; countryCodeIso3: string }>('get-result').data
  assert.deepEqual([result.overallResult, result.errorCode, result.countryCodeIso3], ['INCOMPLETE', null, 'PHL'])
})

test('the native API finds both products’ faces in their galleries, and the calls by their ids', async () => {
  const read = async <T>(path: string) => (await call<T>(server.url, server.key, 'GET', path)).body
  const enrolled = await read<{ metadata: object }>(
    '/v1/galleries/advance-face-authentication/subjects/8e44f0089b076e18a718eb9ca3d94674',
  )
  assert.deepEqual(enrolled.metadata, { region: 'PHL' })
  const { items } = await read<{ items: { metadata: { name?: string } }[] }>('/v1/galleries/advance-faceset-1/subjects')
  assert.deepEqual(
    items.map(({ metadata }) => metadata.name),
    ['Mrs. Justine'],
  )
  const form = new FormData()
  form.set('image', new File([new Uint8Array(await adaElsewhere())], 'ada.jpg'))
  form.set('threshold', '50')
  for (const gallery of ['advance-face-authentication', 'advance-faceset-1']) {
    const { body } = await call<{ candidates: object[] }>(
      server.url,
      server.key,
      'POST',
      `/v1/galleries/${gallery}/search`,
      form,
    )
    assert.equal(body.candidates.length, 1, gallery)
  }
  const { transactionId } = await askToken(pair)
  const transaction = await read<{ protocol: string; operation: string }>(`/v1/transactions/${transactionId}`)
  assert.deepEqual([transaction.protocol, transaction.operation], ['advance', 'advanceGenerateToken'])
  const usage = await read<{ items: { outcome: string; pricing: string; count: number }[] }>(
    '/v1/usage?operation=advanceSearch',
  )
  assert.deepEqual(
    usage.items.map(({ outcome, pricing, count }) => [outcome, pricing, count]),
    [['ok', 'PAY', 1]],
  )
})

test('the same calls under the prefix on any host; their pair can be revoked', async () => {
  const body = { userId: '8e44f0089b076e18a718eb9ca3d94674' }
  const { data } = await askToken(pair)
  const path = '/advance/intl/openapi/identity-risk/idvs-h5/ekyc/v1/face-authentication/delete-enroll'
  const ask = async (token: string) => {
    const headers = { 'content-type': 'application/json', 'x-access-token': token }
    const response = await fetch(server.url + path, { method: 'POST', headers, body: JSON.stringify(body) })
    assert.equal(response.status, 200)
    const { code, message } = (await response.json()) as Envelope
    return `${code}: ${message}`
  }
  assert.equal(await ask(data.token), 'SUCCESS: OK')
  assert.equal(await ask(data.token), 'PARAMETER_ERROR: UserId is invalid')
  assert.equal(await ask('x'), 'IAM_FAILED: Token not found or expired')
  const bare = await fetch(`${server.url}/intl/openapi/face-search/facesets`, {
    headers: { 'x-access-token': data.token },
  })
  assert.equal(((await bare.json()) as Envelope).code, 'SUCCESS', 'and without it')
  await credentials(`revoke ${pair.id}`)
  assert.equal(await ask(data.token), 'IAM_FAILED: Access Key not found or expired')
  assert.equal((await askToken(pair)).code, 'ACCOUNT_DISABLED')
})

test('the surface has a document of its own', async () => {
  const { body } = await call<{ paths: object }>(server.url, null, 'GET', '/openapi/advance.json')
  assert.ok('/advance/intl/openapi/face-search/facereferences' in body.paths)
})
