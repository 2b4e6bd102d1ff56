// One server a data folder: refused while held, free after a release, a kill and in any order of starts.
import assert from 'node:assert/strict'
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { lockDataFolder } from './data-lock.ts'

const root = await mkdtemp(join(tmpdir(), 'likeness-lock-'))
const children = new Set<ChildProcess>()
after(async () => {
  for (const child of children) child.kill('SIGKILL')
  await rm(root, { recursive: true, force: true })
})
const makeFolder = () => mkdtemp(join(root, 'data-'))

const HOLDER = `
  import { lockDataFolder } from ${JSON.stringify(import.meta.resolve('./data-lock.ts'))}
  try {
    const lock = lockDataFolder(process.argv.at(-1))
    process.send({ wasReleased: lock.wasReleased })
    process.on('message', () => { lock.release(); process.exit(0) })
  } catch (error) {
    process.send({ code: error.code, message: error.message })
    process.exit(0)
  }`

interface Outcome {
  readonly wasReleased?: boolean
  readonly code?: string
  readonly message?: string
}

/** Another process that holds the folder, or says why it cannot. */
const hold = async (folder: string): Promise<{ child: ChildProcess; outcome: Outcome }> => {
  // A file name that fork accepts; the code is given on the command line.
  const child = fork('-', [folder], {
    execArgv: ['--input-type=module-typescript', '--eval', HOLDER],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  children.add(child)
  const [outcome] = await once(child, 'message')
  return { child, outcome: outcome as Outcome }
}

const end = async (child: ChildProcess, how: () => unknown): Promise<void> => {
  const exit = once(child, 'exit')
  how()
  await exit
  children.delete(child)
}

test('a second lock is refused with the name of the holder, in this process and in another', async () => {
  const folder = await makeFolder()
  const lock = lockDataFolder(folder)
  assert.equal(lock.wasReleased, true)
  assert.equal((await stat(join(folder, 'server.lock'))).mode & 0o077, 0)
  const expected = new RegExp(`process ${process.pid}, since \\d{4}-.*${folder}`)
  assert.throws(() => lockDataFolder(folder), { code: 'data_folder_in_use', message: expected })
  const { outcome } = await hold(folder)
  assert.equal(outcome.code, 'data_folder_in_use')
  assert.match(outcome.message!, expected)
  lock.release()
  lock.release()
  assert.equal((await hold(folder)).outcome.wasReleased, true)
})

test('a killed holder leaves no lock, and the next one is told', async () => {
  const folder = await makeFolder()
  const first = await hold(folder)
  assert.throws(() => lockDataFolder(folder), { code: 'data_folder_in_use', message: RegExp(`${first.child.pid}`) })
  await end(first.child, () => first.child.kill('SIGKILL'))
  const lock = lockDataFolder(folder)
  assert.equal(lock.wasReleased, false)
  lock.release()
  const third = await hold(folder)
  assert.equal(third.outcome.wasReleased, true)
  await end(third.child, () => third.child.send('release'))
  const fourth = lockDataFolder(folder)
  assert.equal(fourth.wasReleased, true)
  fourth.release(false)
  const last = lockDataFolder(folder)
  assert.equal(last.wasReleased, false)
  last.release()
})

test('of many that start at once, exactly one gets the folder', async () => {
  const folder = await makeFolder()
  const outcomes = await Promise.all(Array.from({ length: 6 }, () => hold(folder)))
  const codes = outcomes.map(({ outcome }) => outcome.code ?? 'held').sort()
  assert.deepEqual(codes, [...Array(5).fill('data_folder_in_use'), 'held'])
})

test('a lock file that is no database is refused with its name', async () => {
  const folder = await makeFolder()
  await writeFile(join(folder, 'server.lock'), 'x'.repeat(5000))
  assert.throws(() => lockDataFolder(folder), { code: 'data_folder_unusable', message: /server\.lock is no lock/ })
})
