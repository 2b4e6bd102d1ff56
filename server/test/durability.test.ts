// What the API acknowledged is on disk: the server is killed right after its answer and started again on the same folder.
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { after, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { otherPictureOf, pictureOf } from '../src/vision/pictures.fixture.ts'
import type { Gallery, Page, SearchAnswer, Subject } from './answers.ts'
import { assertProblem, base64, type Client, createClient, createGallery, enrol, PACKS_DIR } from './support.ts'

const COMMAND_LINE = fileURLToPath(import.meta.resolve('../src/cli/likeness.ts'))
const root = await mkdtemp(join(tmpdir(), 'likeness-test-'))
const running = new Set<ChildProcess>()
after(async () => {
  for (const child of running) await kill(child)
  await rm(root, { recursive: true, force: true })
})

interface Started extends Client {
  readonly child: ChildProcess
  /** The key that was printed, null when none was. */
  readonly key: string | null
  readonly printed: readonly string[]
}

/** A server in a process of its own; resolves when it says that it is ready. */
const start = async (dataDir: string, knownKey: string | null): Promise<Started> => {
  const child = spawn(process.execPath, [COMMAND_LINE, 'serve'], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      ...process.env,
      LIKENESS_DATA_DIR: dataDir,
      LIKENESS_PACKS_DIR: PACKS_DIR,
      LIKENESS_PORT: '0',
      LIKENESS_VISION_THREADS: '1',
      LIKENESS_MAX_QUEUED_IMAGES: '64',
    },
  })
  running.add(child)
  const printed: string[] = []
  let address = ''
  for await (const line of createInterface({ input: child.stdout! })) {
    printed.push(line)
    address ||= /ready at (http:\S+)/.exec(line)?.[1] ?? ''
    // What follows comes in the same breath; a server that has no key to show prints the reference last.
    if (address && /keys create/.test(line)) break
    if (address && knownKey !== null && /API reference/.test(line)) break
  }
  assert.ok(address, printed.join('\n'))
  child.stdout!.on('data', chunk => printed.push(String(chunk))).resume()
  const key = /(lk_\S+)/.exec(printed.join('\n'))?.[1] ?? null
  return { ...createClient(address, knownKey ?? key), child, key, printed }
}

const kill = async (child: ChildProcess, signal: NodeJS.Signals = 'SIGKILL'): Promise<void> => {
  running.delete(child)
  if (child.exitCode !== null || child.signalCode !== null) return
  const exit = once(child, 'exit')
  child.kill(signal)
  await exit
}

const find = async (server: Client, picture: Uint8Array): Promise<string[]> => {
  const { status, body } = await server.call<SearchAnswer>('POST', '/v1/galleries/people/search', {
    image: base64(picture),
    threshold: 85,
  })
  assert.equal(status, 200)
  return body.candidates.map(({ subjectId }) => subjectId)
}

const countPictures = async (dataDir: string): Promise<number> => {
  const folder = join(dataDir, 'regions', 'default', 'pictures')
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  return entries.filter(entry => entry.isFile()).length
}

describe('killed right after the answer', () => {
  const dataDir = join(root, 'killed')
  let key: string | null = null

  test('an enrolled face is there after the next start', async () => {
    const server = await start(dataDir, null)
    key = server.key
    assert.match(key ?? '', /^lk_[\w-]{43}$/)
    await createGallery(server, 'people')
    for (const name of ['bea', 'cleo'] as const)
      await enrol(server, 'people', await pictureOf(name), { subjectId: name })
    await enrol(server, 'people', await pictureOf('ada'), { subjectId: 'ada', metadata: { floor: 3 } })
    await kill(server.child)

    const again = await start(dataDir, key)
    assert.equal(again.key, null, 'a key is printed on the very first start only')
    assert.doesNotMatch(again.printed.join('\n'), /lk_/)
    assert.match(again.printed.join('\n'), /3 faces/)
    assert.deepEqual(await find(again, await otherPictureOf('ada')), ['ada'])
    const { body } = await again.call<Subject>('GET', '/v1/galleries/people/subjects/ada')
    assert.deepEqual([body.faceCount, body.metadata], [1, { floor: 3 }])
    await kill(again.child)
  })

  test('a deleted one is gone after the next start, its picture too', async () => {
    const server = await start(dataDir, key)
    assert.equal((await server.call('DELETE', '/v1/galleries/people/subjects/ada')).status, 204)
    await kill(server.child)

    const again = await start(dataDir, key)
    assert.deepEqual(await find(again, await otherPictureOf('ada')), [])
    assert.deepEqual(await find(again, await otherPictureOf('bea')), ['bea'])
    assertProblem(await again.call('GET', '/v1/galleries/people/subjects/ada'), 404, 'subject_not_found')
    assert.equal(await countPictures(dataDir), 2)
    await kill(again.child)
  })

  test('a deleted gallery is gone, and stays so under the same id', async () => {
    const server = await start(dataDir, key)
    assert.equal((await server.call('DELETE', '/v1/galleries/people')).status, 204)
    await createGallery(server, 'people')
    await kill(server.child)

    const again = await start(dataDir, key)
    const { body } = await again.call<Gallery>('GET', '/v1/galleries/people')
    assert.deepEqual([body.faceCount, body.subjectCount], [0, 0])
    assert.deepEqual(await find(again, await pictureOf('bea')), [])
    assert.equal(await countPictures(dataDir), 0)
    await kill(again.child)
  })
})

test('killed in the middle of many enrolments: what was acknowledged is whole, and nothing is half there', async () => {
  const dataDir = join(root, 'middle')
  const server = await start(dataDir, null)
  await createGallery(server, 'people')
  const image = base64(await pictureOf('dora'))
  const acknowledged: string[] = []
  const enrolments = Array.from({ length: 24 }, async (_, index) => {
    const subjectId = `dora-${index}`
    const enrol = () => server.call('POST', '/v1/galleries/people/faces', { image, subjectId })
    let { status } = await enrol()
    // On a slow machine the last in line wait too long and are told to come again.
    while (status === 503) status = (await enrol()).status
    assert.equal(status, 201)
    acknowledged.push(subjectId)
    if (acknowledged.length === 8) await kill(server.child)
  })
  await Promise.allSettled(enrolments)
  assert.ok(acknowledged.length >= 8 && acknowledged.length < 24, `${acknowledged.length} were acknowledged`)

  const again = await start(dataDir, server.key)
  const { body } = await again.call<Page<Subject>>('GET', '/v1/galleries/people/subjects?limit=100')
  const ids = body.items.map(subject => subject.id)
  assert.deepEqual(
    acknowledged.filter(id => !ids.includes(id)),
    [],
  )
  for (const subject of body.items) {
    assert.equal(subject.faceCount, 1)
    const { faces } = (await again.call<Subject>('GET', `/v1/galleries/people/subjects/${subject.id}`)).body
    assert.equal(faces.length, 1)
  }
  assert.ok((await countPictures(dataDir)) >= ids.length, 'every face has its picture')
  const search = await again.call<SearchAnswer>('POST', '/v1/galleries/people/search', { image, limit: 100 })
  assert.deepEqual(search.body.candidates.map(({ subjectId }) => subjectId).sort(), ids.sort())
  await kill(again.child)
})

test('asked to stop, the server finishes what is in flight and ends cleanly', async () => {
  const dataDir = join(root, 'stopped')
  const server = await start(dataDir, null)
  await createGallery(server, 'people')
  const answer = enrol(server, 'people', await pictureOf('eve'), { subjectId: 'eve' })
  // The request has to reach the server before the signal does.
  await new Promise(resolve => setTimeout(resolve, 20))
  const exit = once(server.child, 'exit')
  server.child.kill('SIGTERM')
  assert.equal((await answer).subject.id, 'eve')
  assert.deepEqual(await exit, [0, null])
  running.delete(server.child)

  const again = await start(dataDir, server.key)
  assert.deepEqual(await find(again, await otherPictureOf('eve')), ['eve'])
  await kill(again.child)
})
