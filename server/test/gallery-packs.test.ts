// Galleries and recognition packs over HTTP and from the command line, with a real server. With the real files of a second
// pack, which only a developer's machine has, its whole life: installed beside an old gallery, taken by new ones, removed.
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { run } from '../src/cli/cli.fixture.ts'
import { loadConfig } from '../src/config.ts'
import { startServer } from '../src/main.ts'
import { RECOGNITION_PACKS } from '../src/vision/packs/recognition.ts'
import { cutPerson, pictureOf, sharedPath } from '../src/vision/pictures.fixture.ts'
import type { Gallery, Problem, SearchAnswer } from './answers.ts'
import { assertProblem, base64, createClient, launch, launchReady } from './support.ts'

describe('a server with the base pack alone', async () => {
  const server = await launchReady()
  after(() => server.close())
  const { call } = server
  const env = { LIKENESS_URL: server.url, LIKENESS_KEY: server.key }

  test('binds a new gallery to it, named or not', async () => {
    for (const pack of ['open', undefined]) {
      const { status, body } = await call<Gallery>('POST', '/v1/galleries', { pack })
      assert.deepEqual([status, body.pack], [201, 'open@1.0.0'])
    }
    const made = await run(['galleries', 'create', 'named', '--pack', 'open', '--json'], env)
    assert.equal(JSON.parse(made.stdout).pack, 'open@1.0.0')
  })

  test('refuses a pack that it does not have, with those that it has', async () => {
    for (const pack of ['retail-0095', 'open@1.0.0', '', 'x'.repeat(256)]) {
      const answer = await call<Problem>('POST', '/v1/galleries', { id: 'other', pack })
      assertProblem(answer, 400, 'request_invalid')
      assert.match(answer.body.detail, /"pack" must be a recognition pack that the server has, open; it is /)
    }
    assertProblem(await call('POST', '/v1/galleries', { pack: 'x'.repeat(257) }), 400, 'request_invalid')
    assertProblem(await call('PATCH', '/v1/galleries/named', { pack: 'open' }), 400, 'request_invalid')
    const made = await run(['galleries', 'create', 'other', '--pack', 'retail-0095'], env)
    assert.equal(made.code, 3)
    assert.match(made.stderr, /server has, open; it is "retail-0095"/)
  })
})

test('the setting knows the recognition packs that there are', () => {
  for (const pack of ['auto', ...RECOGNITION_PACKS]) assert.equal(loadConfig({ LIKENESS_PACK: pack }).config.pack, pack)
})

test('a pack that the settings name and that is not installed stops the start', async () => {
  const server = await launch({ pack: 'open+retail' })
  await assert.rejects(server.ready, { code: 'pack_not_installed', message: /packs install open\+retail/ })
  await server.close()
})

describe('with retail-0095 installed beside', {
  skip: existsSync(sharedPath('packs')) ? false : '../shared/packs is not there',
}, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'likeness-packs-'))
  after(() => rm(folder, { recursive: true, force: true }))
  const packsDir = join(folder, 'packs')
  const dataDir = join(folder, 'data')
  const env = { LIKENESS_PACKS_DIR: packsDir, LIKENESS_DATA_DIR: dataDir }
  const [ada, adaAgain, bea] = await Promise.all([
    pictureOf('ada'),
    cutPerson('ada').resize(300).jpeg({ quality: 80 }).toBuffer(),
    pictureOf('bea'),
  ])

  const withServer = async (
    work: (call: ReturnType<typeof createClient>['call'], said: readonly string[]) => Promise<void>,
    key?: string,
  ): Promise<string> => {
    const said: string[] = []
    const settings = { dataDir, packsDir, port: 0, visionThreads: 1, logLevel: 'silent' } as const
    const server = await startServer(loadConfig({}, settings).config, { onProgress: text => said.push(text) })
    try {
      await server.ready
      const own = key ?? server.firstKey!
      await work(createClient(server.address, own).call, said)
      return own
    } finally {
      await server.close()
    }
  }
  const find = async (call: ReturnType<typeof createClient>['call'], gallery: string) => {
    const { body } = await call<SearchAnswer>('POST', '/v1/search', {
      galleries: [gallery],
      image: base64(adaAgain),
      threshold: 70,
    })
    return body.candidates.map(({ subjectId }) => subjectId)
  }
  const fill = async (call: ReturnType<typeof createClient>['call'], id: string) => {
    const { body } = await call<Gallery>('POST', '/v1/galleries', { id })
    for (const [subjectId, image] of Object.entries({ ada, bea }))
      assert.equal((await call('POST', `/v1/galleries/${id}/faces`, { subjectId, image: base64(image) })).status, 201)
    return body.pack
  }

  test('old galleries stay, new ones take the best, and without it they say what is missing', async () => {
    await run(['packs', 'prepare'], env).then(({ code }) => assert.equal(code, 0))
    const key = await withServer(async call => {
      assert.equal(await fill(call, 'old'), 'open@1.0.0')
      assert.deepEqual(await find(call, 'old'), ['ada'])
    })
    const installed = await run(['packs', 'install', 'open+retail', '--from', sharedPath('packs'), '--json'], env)
    assert.deepEqual(JSON.parse(installed.stdout), {
      id: 'open+retail',
      version: '1.0.0',
      directory: packsDir,
      wasThere: false,
    })
    await withServer(async call => {
      assert.equal(await fill(call, 'new'), 'open+retail@1.0.0')
      const { body } = await call<Gallery>('POST', '/v1/galleries', { id: 'retail', pack: 'retail-0095' })
      assert.equal(body.pack, 'retail-0095@1.0.0')
      for (const id of ['old', 'new']) assert.deepEqual(await find(call, id), ['ada'])
      const both = { galleries: ['old', 'new'], image: base64(ada) }
      assertProblem(await call('POST', '/v1/search', both), 409, 'pack_mismatch')
    }, key)
    // A start loads both.
    await withServer(async call => {
      for (const id of ['old', 'new']) assert.deepEqual(await find(call, id), ['ada'])
    }, key)
    const doctor = await run(['doctor'], env)
    assert.equal(doctor.code, 0, doctor.stdout)
    assert.match(doctor.stdout, /looked up by their own templates: 4/)
    assert.equal((await run(['packs', 'remove', 'retail-0095'], env)).code, 0)
    await withServer(async (call, said) => {
      assert.deepEqual(await find(call, 'old'), ['ada'])
      const answer = await call<Problem>('POST', '/v1/search', { galleries: ['new'], image: base64(ada) })
      assertProblem(answer, 409, 'pack_mismatch')
      assert.match(answer.body.detail, /install it with "npx likeness packs install open\+retail"/)
      assert.ok(said.some(text => text.includes('open+retail@1.0.0, which is not installed')))
    }, key)
  })
})
