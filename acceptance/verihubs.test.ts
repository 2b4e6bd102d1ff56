// The Verihubs face API as its callers meet it: a pair made at the command line, the script of the docs with curl, and the codes
// that a client's own code depends on. Speaks HTTP only.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { promisify } from 'node:util'
import { adaElsewhere, pictureOf } from './pictures.ts'
import { call, ROOT, runCommand, startServer } from './support.ts'

interface Body {
  readonly message: string
  readonly error_code?: string
  readonly status_code?: string
  readonly subject_id?: string
  readonly similarity_status?: boolean
  readonly matches?: { subject_id: string; image?: string }[]
  readonly nface?: number
  readonly image_quality?: Record<string, boolean>
  readonly liveness?: { status: boolean; probability: number }
}

interface Application {
  readonly appId: string
  readonly apiKey: string
  readonly id: string
  readonly gallery: string
}

const folder = await mkdtemp(join(tmpdir(), 'likeness-acceptance-'))
const dataDir = join(folder, 'data')
const server = await startServer(dataDir)
after(async () => {
  await server.stop()
  await rm(folder, { recursive: true, force: true })
})

const credentials = async (command: string): Promise<string> =>
  runCommand(`npx likeness credentials ${command} --data-dir ${dataDir} --json`, { url: server.url, key: '' })
const createApplication = async (options = ''): Promise<Application> =>
  JSON.parse(await credentials(`create --protocol verihubs ${options}`))

const ask = async (
  { appId, apiKey }: Pick<Application, 'appId' | 'apiKey'>,
  path: string,
  body: object,
  method = 'POST',
): Promise<{ status: number; body: Body }> => {
  const response = await fetch(`${server.url}/verihubs/v1/face${path}`, {
    method,
    headers: { 'App-ID': appId, 'API-Key': apiKey, 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  })
  return { status: response.status, body: (await response.json()) as Body }
}

const codeOf = ({ status, body }: { status: number; body: Body }): string => `${status} ${body.error_code}`

const application = await createApplication()
const [ada, elsewhere, bea] = await Promise.all([pictureOf('ada'), adaElsewhere(), pictureOf('bea')])
const image = ada.toString('base64')

test('the script of the docs goes through every call', async () => {
  const photos = { ada, elsewhere, bea }
  for (const [name, bytes] of Object.entries(photos)) await writeFile(join(folder, `${name}.jpg`), bytes)
  const files = Object.keys(photos).map(name => join(folder, `${name}.jpg`))
  const { stdout } = await promisify(execFile)('bash', [join(ROOT, 'docs/protocols/verihubs.sh'), ...files], {
    env: {
      ...process.env,
      BASE: `${server.url}/verihubs`,
      APP_ID: application.appId,
      API_KEY: application.apiKey,
    },
  })
  const answers = new Map<string, { status: number; body: Body }>()
  for (const line of stdout.trim().split('\n')) {
    const [, step, json, status] = /^(\S+) (\{.*\}) (\d{3})$/.exec(line) ?? assert.fail(line)
    answers.set(step, { status: Number(status), body: JSON.parse(json) as Body })
  }
  const bodyOf = (step: string): Body => answers.get(step)?.body ?? assert.fail(`no answer to ${step}`)
  for (const step of ['enroll', 'enroll-other', 'update', 'search', 'verify', 'compare', 'delete'])
    assert.deepEqual([answers.get(step)?.status, bodyOf(step).status_code], [200, '200'], step)
  for (const step of ['enroll', 'enroll-other', 'update', 'search', 'verify', 'compare'])
    assert.equal(bodyOf(step).message, 'Request Success')
  assert.deepEqual([bodyOf('enroll').subject_id, bodyOf('enroll').nface], ['ada', 1])
  assert.deepEqual(
    bodyOf('search').matches?.map(({ subject_id }) => subject_id),
    ['ada'],
  )
  assert.equal(bodyOf('verify').similarity_status, true)
  assert.deepEqual([bodyOf('verify-other').error_code, bodyOf('verify-other').similarity_status], ['FAIL_ON_16', false])
  assert.equal(bodyOf('compare').similarity_status, true)
  assert.deepEqual([answers.get('liveness')?.status, typeof bodyOf('liveness').liveness?.status], [200, 'boolean'])
  assert.equal(bodyOf('delete').message, 'Subject id ada successfully deleted')
  assert.deepEqual(answers.get('delete-again'), {
    status: 400,
    body: { message: 'Subject id is not found', error_code: 'INVALID_PAYLOAD_SUBJECT_ID' },
  })
})

test('whoever shows no pair is refused', async () => {
  const { appId, apiKey } = application
  for (const wrong of [
    { appId, apiKey: 'wrong' },
    { appId: apiKey, apiKey: appId },
  ])
    assert.deepEqual(await ask(wrong, '/liveness', { image }), { status: 401, body: { message: 'Unauthorized' } })
})

test('the codes of bad payloads', async () => {
  const enroll = async (body: object) => codeOf(await ask(application, '/enroll', body))
  assert.equal(await enroll({}), '400 INVALID_PAYLOAD')
  assert.equal(await enroll({ image: '', subject_id: '' }), '400 INVALID_PAYLOAD')
  assert.equal(await enroll({ subject_id: 'x' }), '400 MISSING_PAYLOAD_IMAGE')
  assert.equal(await enroll({ image: '' }), '400 INVALID_PAYLOAD_IMAGE_MISSING')
  assert.equal(await enroll({ image, subject_id: '' }), '400 INVALID_PAYLOAD_SUBJECT_ID_MISSING')
  assert.equal(
    await enroll({ image: Buffer.from('no picture').toString('base64') }),
    '400 INVALID_PAYLOAD_IMAGE_FORMAT',
  )
  const large = Buffer.alloc(5 * 1024 * 1024 + 1, 0xff).toString('base64')
  assert.equal(await enroll({ image: large }), '400 INVALID_PAYLOAD_IMAGE_SIZE')
  assert.equal(
    await enroll({ image, is_quality: false, validate_quality: true }),
    '400 INVALID_PAYLOAD_QUALITY_VALIDATION_DEPENDENCY',
  )
})

test('an application in testing mode ends with its quota, and goes on when it is counted anew', async () => {
  const testing = await createApplication('--mode testing --testing-quota 1')
  const enroll = () => ask(testing, '/enroll', { image, subject_id: 'ada' })
  assert.equal((await enroll()).status, 200)
  assert.equal(codeOf(await enroll()), '403 INSUFFICIENT_QUOTA_ENROLL')
  assert.deepEqual(JSON.parse(await credentials(`testing ${testing.id} --reset`)).used, {})
  assert.equal((await enroll()).status, 200)
})

test('the sandbox answers by the names of scenarios', async () => {
  const sandbox = await createApplication('--mode sandbox')
  assert.equal(codeOf(await ask(sandbox, '/enroll', { image: 'NO_FACE_PHOTO' })), '400 FACE_NOT_DETECTED')
  const { body } = await ask(sandbox, '/enroll', { image: 'LIVE_PERSON_BLUR_A_1', validate_quality: true })
  assert.equal(body.error_code, 'FAIL_ON_4')
})

test('the native API sees the same faces, in the gallery of the application', async () => {
  assert.equal((await ask(application, '/enroll', { image, subject_id: 'ada' })).status, 200)
  const found = await call<{ candidates: { subjectId: string }[] }>(
    server.url,
    server.key,
    'POST',
    `/v1/galleries/${application.gallery}/search`,
    { image: elsewhere.toString('base64') },
  )
  assert.equal(found.body.candidates[0]?.subjectId, 'ada')
})

test('an application that was revoked is refused with its next call', async () => {
  const { id, ...pair } = await createApplication()
  assert.equal((await ask(pair, '/enroll', { image })).status, 200)
  await credentials(`revoke ${id}`)
  assert.equal((await ask(pair, '/enroll', { image })).status, 401)
})

test('the surface is described by a document of its own', async () => {
  const { paths } = (await (await fetch(`${server.url}/openapi/verihubs.json`)).json()) as { paths: object }
  const names = ['enroll', 'verify', 'search', 'compare', 'liveness'].map(name => `/verihubs/v1/face/${name}`)
  assert.deepEqual(Object.keys(paths).sort(), names.sort())
})
