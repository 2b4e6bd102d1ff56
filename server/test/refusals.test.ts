// What keeps the server from starting: one sentence that names what is wrong and the cure, an exit code, and nothing changed.
import assert from 'node:assert/strict'
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { access, cp, mkdtemp, open, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { after, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import Database from 'better-sqlite3'
import { EXIT } from '../src/cli/exit-codes.ts'
import { pictureOf } from '../src/vision/pictures.fixture.ts'
import { createClient, createGallery, enrol, PACKS_DIR } from './support.ts'

const COMMAND_LINE = fileURLToPath(import.meta.resolve('../src/cli/likeness.ts'))
const root = await mkdtemp(join(tmpdir(), 'likeness-refusals-'))
const running = new Set<ChildProcess>()
after(async () => {
  for (const child of running) child.kill('SIGKILL')
  await rm(root, { recursive: true, force: true })
})

const spawnServer = (dataDir: string, env: NodeJS.ProcessEnv, launcher: readonly string[] = []): ChildProcess => {
  const [command, ...parameters] = [...launcher, process.execPath, COMMAND_LINE, 'serve']
  const child = spawn(command, parameters, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      LIKENESS_DATA_DIR: dataDir,
      LIKENESS_PACKS_DIR: PACKS_DIR,
      LIKENESS_PORT: '0',
      LIKENESS_VISION_THREADS: '1',
      ...env,
    },
  })
  running.add(child)
  child.once('exit', () => running.delete(child))
  return child
}

interface Running {
  readonly child: ChildProcess
  readonly url: string
  readonly key: string | null
}

const start = async (dataDir: string): Promise<Running> => {
  const child = spawnServer(dataDir, {})
  let text = ''
  const greeted = Promise.withResolvers<void>()
  createInterface({ input: child.stdout! })
    .on('line', line => {
      text += `${line}\n`
      // The key, where there is one, follows in the same breath.
      if (line.startsWith('API reference')) setTimeout(greeted.resolve, 100)
    })
    .on('close', greeted.resolve)
  child.stderr!.pipe(process.stderr)
  await greeted.promise
  const url = /ready at (http:\S+)/.exec(text)?.[1]
  assert.ok(url, text)
  return { child, url, key: /(lk_[\w-]+)/.exec(text)?.[1] ?? null }
}

const end = async ({ child }: Running, signal: NodeJS.Signals): Promise<void> => {
  const exit = once(child, 'exit')
  child.kill(signal)
  await exit
}

interface Refusal {
  readonly exit: number | null
  readonly sentence: string
}

/** Starts it and waits for the end that it comes to by itself. */
const refusalOf = async (
  dataDir: string,
  env: NodeJS.ProcessEnv = {},
  launcher?: readonly string[],
): Promise<Refusal> => {
  const child = spawnServer(dataDir, env, launcher)
  let sentence = ''
  child.stderr!.on('data', chunk => {
    sentence += chunk
  })
  child.stdout!.resume()
  const [exit] = await once(child, 'close')
  return { exit, sentence: sentence.trim() }
}

const assertRefusal = ({ exit, sentence }: Refusal, code: string, ...parts: readonly (string | RegExp)[]): void => {
  assert.equal(exit, EXIT.failed, sentence)
  assert.match(sentence, new RegExp(`^likeness: .* \\(${code}\\)$`), sentence)
  assert.doesNotMatch(sentence, /\n|\bat \w+ \(/, 'one sentence, and no stack')
  for (const part of parts)
    assert.ok(typeof part === 'string' ? sentence.includes(part) : part.test(sentence), `${part} in: ${sentence}`)
}

const whole = join(root, 'whole')
const first = await start(whole)
const client = createClient(first.url, first.key)
await createGallery(client, 'people')
await enrol(client, 'people', await pictureOf('ada'), { subjectId: 'ada' })
await end(first, 'SIGTERM')

let copies = 0
/** A data folder with a gallery and a face, of a server that was stopped. */
const copyWhole = async (): Promise<string> => {
  const folder = join(root, `copy-${++copies}`)
  await cp(whole, folder, { recursive: true })
  return folder
}
const controlOf = (folder: string): string => join(folder, 'control', 'control.db')
const regionOf = (folder: string): string => join(folder, 'regions', 'default', 'region.db')

const overwrite = async (path: string, offset: number, bytes: number): Promise<void> => {
  await using file = await open(path, 'r+')
  await file.write(randomBytes(bytes), 0, bytes, offset)
}

describe('a database', () => {
  for (const [name, pathOf] of Object.entries({ control: controlOf, region: regionOf })) {
    test(`of garbage (${name})`, async () => {
      const folder = await copyWhole()
      const path = pathOf(folder)
      await writeFile(path, 'garbage '.repeat(2000))
      assertRefusal(await refusalOf(folder), 'store_damaged', path, 'npx likeness restore')
      assert.equal(await readFile(path, 'utf8'), 'garbage '.repeat(2000))
    })

    test(`cut short (${name})`, async () => {
      const folder = await copyWhole()
      await truncate(pathOf(folder), 5 * 4096)
      assertRefusal(await refusalOf(folder), 'store_damaged', pathOf(folder))
    })

    test(`with a page overwritten (${name})`, async () => {
      const folder = await copyWhole()
      const { size } = await stat(pathOf(folder))
      await overwrite(pathOf(folder), Math.floor(size / 4096 / 2) * 4096, 4096)
      assertRefusal(await refusalOf(folder), 'store_damaged', pathOf(folder))
    })

    test(`of a newer version (${name})`, async () => {
      const folder = await copyWhole()
      const database = new Database(pathOf(folder))
      const migration = { name: '9999-later', timestamp: new Date().toISOString() }
      database.prepare(`insert into ${name}_migrations (name, timestamp) values (:name, :timestamp)`).run(migration)
      database.close()
      assertRefusal(await refusalOf(folder), 'store_newer', pathOf(folder), '9999-later', 'run that version')
    })
  }
})

describe('the data folder', () => {
  test('of a server that runs, until that one is killed', async () => {
    const folder = await copyWhole()
    const holder = await start(folder)
    const refusal = await refusalOf(folder)
    assertRefusal(refusal, 'data_folder_in_use', folder, `process ${holder.child.pid}`, '--data-dir')
    // Commands work beside it.
    await promisify(execFile)(process.execPath, [COMMAND_LINE, 'keys', 'list', '--data-dir', folder])
    await end(holder, 'SIGKILL')
    const next = await start(folder)
    await end(next, 'SIGTERM')
  })

  test('that cannot be made', async () => {
    const file = join(root, 'file')
    await writeFile(file, '')
    const folder = join(file, 'data')
    assertRefusal(await refusalOf(folder), 'data_folder_unusable', folder, 'ENOTDIR', '--data-dir')
  })

  const isRoot = process.getuid?.() === 0
  test('that this user may not write to', { skip: isRoot && 'root may write everywhere' }, async () => {
    const folder = await mkdtemp(join(root, 'closed-'))
    await promisify(execFile)('chmod', ['500', folder])
    assertRefusal(await refusalOf(folder), 'data_folder_unusable', folder, 'EACCES', '--data-dir')
  })

  test('on a disk that is full', async context => {
    const folder = await mkdtemp(join(root, 'disk-'))
    // A file system of its own, of 64 KiB, in a namespace of its own; not every system lets a test make one.
    const mount = `mount -t tmpfs -o size=64k tmpfs ${folder} && exec "$@"`
    const launcher = ['unshare', '--map-root-user', '--mount', 'sh', '-c', mount, 'sh']
    const [probe, ...parameters] = [...launcher, 'true']
    const isPossible = await promisify(execFile)(probe, parameters).then(
      () => true,
      () => false,
    )
    if (!isPossible) return context.skip('no file system can be mounted here')
    assertRefusal(await refusalOf(folder, {}, launcher), 'storage_full', folder, 'no space left')
  })
})

describe('the rest', () => {
  test('a master key that is not the one', async () => {
    const folder = await copyWhole()
    const env = { LIKENESS_MASTER_KEY: randomBytes(32).toString('base64') }
    assertRefusal(await refusalOf(folder, env), 'master_key_wrong', 'LIKENESS_MASTER_KEY')
    const next = await start(folder)
    await end(next, 'SIGTERM')
  })

  test('a master key that is gone', async () => {
    const folder = await copyWhole()
    await rm(join(folder, 'master.key'))
    assertRefusal(await refusalOf(folder), 'master_key_missing', 'LIKENESS_MASTER_KEY')
    await assert.rejects(access(join(folder, 'master.key')), 'no other is made')
  })

  test('a port that is taken, and the folder is free again', async () => {
    const folder = await copyWhole()
    const other = createServer().listen(0, '127.0.0.1')
    await once(other, 'listening')
    const { port } = other.address() as { port: number }
    const { exit, sentence } = await refusalOf(folder, { LIKENESS_PORT: String(port) })
    assert.equal(exit, EXIT.failed)
    assert.match(
      sentence,
      new RegExp(`^likeness: Port ${port} of 127.0.0.1 is taken by another program; .*--port.*\\.$`),
    )
    other.close()
    const next = await start(folder)
    await end(next, 'SIGTERM')
    await assert.rejects(access(join(folder, 'server.holder')), 'a stop in good order leaves no holder')
  })
})
