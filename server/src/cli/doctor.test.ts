// The doctor as an operator calls it: nothing wrong in a sound folder, beside a server too; every kind of damage is found.
import assert from 'node:assert/strict'
import { appendFile, chmod, cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { after, before, describe, type TestContext, test } from 'node:test'
import { placeOfBlob } from '../blobs/fs.ts'
import { loadConfig } from '../config.ts'
import {
  assertFailed,
  createFolder,
  type Environment,
  type Running,
  run,
  startLikeness,
  startStoppable,
} from './cli.fixture.ts'
import { examineDisk } from './doctor-installation.ts'
import { call, enrol, openRegion, readStored, settingsOf } from './maintenance.fixture.ts'

interface Finding {
  readonly check: string
  readonly ok: boolean
  readonly summary: string
  readonly problems: readonly string[]
  readonly repaired: readonly string[]
}

const examine = async (
  env: Environment,
  ...args: readonly string[]
): Promise<{ code: number | null; findings: Finding[] }> => {
  const { code, stdout, stderr } = await run(['doctor', '--json', ...args], env)
  assert.equal(stderr, '')
  const { ok, findings } = JSON.parse(stdout)
  assert.equal(ok, code === 0)
  return { code, findings }
}

/** Exactly these checks find something, and what they say. */
const assertFound = (
  { code, findings }: Awaited<ReturnType<typeof examine>>,
  expected: Record<string, RegExp>,
): void => {
  const wrong = findings.filter(({ ok }) => !ok)
  assert.deepEqual(wrong.map(({ check }) => check).toSorted(), Object.keys(expected).toSorted(), JSON.stringify(wrong))
  for (const { check, problems } of wrong) assert.match(problems.join('\n'), expected[check]!)
  assert.equal(code, Object.keys(expected).length > 0 ? 8 : 0)
}

describe('the doctor', () => {
  const ended: (() => unknown)[] = []
  const ender = { after: (undo: () => unknown) => void ended.unshift(undo) }
  let source: string
  let adaId: string
  before(async () => {
    const { env, stop } = await startStoppable(ender)
    source = env.LIKENESS_DATA_DIR
    await fill(env)
    adaId = (await call<{ faces: { id: string }[] }>(env, 'GET', '/v1/galleries/staff/subjects/ada')).faces[0]!.id
    await stop()
  })
  after(async () => {
    for (const undo of ended) await undo()
  })

  const fill = async (env: Running): Promise<void> => {
    await call(env, 'POST', '/v1/galleries', { id: 'staff' })
    for (const person of ['ada', 'bea', 'cleo'] as const) await enrol(env, person)
    await call(env, 'DELETE', '/v1/galleries/staff/subjects/cleo')
  }

  /** A copy of the folder to spoil. */
  const copy = async (context: TestContext): Promise<string> => {
    const dataDir = join(await createFolder(context), 'data')
    await cp(source, dataDir, { recursive: true })
    return dataDir
  }

  const pictureOf = async (dataDir: string): Promise<string> => {
    const { pictureKey } = (await readStored(dataDir, adaId))!
    return join(dataDir, 'regions', 'default', 'pictures', ...placeOfBlob(pictureKey))
  }

  test('finds nothing in a sound folder, and says what it looked at', async () => {
    const { code, stdout, stderr } = await run(['doctor'], settingsOf(source))
    assert.equal(stderr, '')
    assert.equal(code, 0, stdout)
    const lines = stdout.trimEnd().split('\n')
    assert.equal(lines.at(-1), 'All is well.')
    assert.match(stdout, /^database \(default\) +ok +it is whole; galleries: 1, subjects: 2, faces: 2$/m)
    assert.match(stdout, /^master key +ok +the one from the file \S+master\.key opens 1 tenant's key$/m)
    for (const check of [
      'files',
      'disk',
      'packs',
      'control',
      'counts',
      'pictures',
      'orphans',
      'templates',
      'erasures',
      'erasure log',
      'index',
      'server',
    ])
      assert.ok(
        lines.some(line => line.startsWith(check) && / ok /.test(line)),
        check,
      )
  })

  test('finds nothing beside a server that works', async context => {
    const env = await startLikeness(context)
    await fill(env)
    let isDone = false
    const work = async (): Promise<void> => {
      for (let round = 0; !isDone; round++) {
        await enrol(env, 'dora', `s${round}`)
        await call(env, 'DELETE', `/v1/galleries/staff/subjects/s${round}`)
      }
    }
    const working = work()
    const examined = await examine(env)
    isDone = true
    await working
    assertFound(examined, {})
  })

  test('finds pictures that are missing, short or altered', async context => {
    const missing = await copy(context)
    await rm(await pictureOf(missing))
    assertFound(await examine(settingsOf(missing)), { pictures: new RegExp(`of face ${adaId} is missing`) })
    const long = await copy(context)
    await appendFile(await pictureOf(long), 'x')
    assertFound(await examine(settingsOf(long)), { pictures: /has \d+ bytes, not \d+/ })
    const altered = await copy(context)
    const path = await pictureOf(altered)
    const bytes = await readFile(path)
    bytes[bytes.length >> 1]! ^= 1
    await writeFile(path, bytes)
    assertFound(await examine(settingsOf(altered)), { pictures: /cannot be opened/ })
  })

  test('finds pictures without a face and wrong counts, and repairs both', async context => {
    const dataDir = await copy(context)
    const orphan = '01900000-0000-7000-8000-000000000000'
    const place = join(dataDir, 'regions', 'default', 'pictures', ...placeOfBlob(orphan))
    await mkdir(dirname(place), { recursive: true, mode: 0o700 })
    await writeFile(place, 'sealed', { mode: 0o600 })
    const region = openRegion(dataDir)
    await region.db.updateTable('galleries').set({ face_count: 9 }).execute()
    await region.close()
    const env = settingsOf(dataDir)
    assertFound(await examine(env), { orphans: new RegExp(orphan), counts: /is 9, and there are 2/ })
    const { code, findings } = await examine(env, '--repair')
    assert.equal(code, 0)
    assert.deepEqual(
      findings.flatMap(({ repaired }) => repaired),
      ['counts that were put right: 1', 'pictures without a face that were deleted: 1'],
    )
    assertFound(await examine(env), {})
  })

  test('finds templates that were altered or exchanged', async context => {
    const dataDir = await copy(context)
    const region = openRegion(dataDir)
    const [one, two] = await region.db.selectFrom('faces').select(['id', 'template']).orderBy('id').execute()
    await region.db.updateTable('faces').set({ template: two!.template }).where('id', '=', one!.id).execute()
    await region.close()
    assertFound(await examine(settingsOf(dataDir)), {
      templates: new RegExp(`face ${one!.id} in gallery "staff" cannot be opened`),
      index: new RegExp(`face:${one!.id}`),
    })
  })

  test('finds erasures that did not take, and a log that does not fit', async context => {
    const dataDir = await copy(context)
    const region = openRegion(dataDir)
    const face = await region.db
      .selectFrom('faces')
      .select(['gallery_uid', 'subject_uid'])
      .where('id', '=', adaId)
      .executeTakeFirstOrThrow()
    await region.db
      .insertInto('tombstones')
      .values({ ...face, face_id: adaId, revision: 9, erased_at: 0 })
      .execute()
    await region.close()
    assertFound(await examine(settingsOf(dataDir)), {
      erasures: new RegExp(`face ${adaId} was erased .* and is still there`),
      'erasure log': new RegExp(`face ${adaId} was erased, and the log does not say so`),
    })
    const forgetful = await copy(context)
    const other = openRegion(forgetful)
    await other.db.deleteFrom('tombstones').execute()
    await other.close()
    assertFound(await examine(settingsOf(forgetful)), {
      'erasure log': /logged as erased, and the database does not know/,
    })
    const broken = await copy(context)
    await writeFile(join(broken, 'erasures', 'default.log'), 'nonsense\n')
    assertFound(await examine(settingsOf(broken)), { 'erasure log': /is damaged/ })
  })

  test('finds a wrong master key, open files and broken databases', async context => {
    const locked = await copy(context)
    await writeFile(join(locked, 'master.key'), Buffer.alloc(32, 1).toString('base64'))
    assertFound(await examine(settingsOf(locked)), { 'master key': /is not the one that the data is sealed with/ })
    if (process.platform !== 'win32') {
      const open = await copy(context)
      await chmod(join(open, 'regions', 'default', 'region.db'), 0o644)
      assertFound(await examine(settingsOf(open)), { files: /region\.db \(mode 644\): run "chmod go= / })
    }
    const broken = await copy(context)
    await writeFile(join(broken, 'regions', 'default', 'region.db'), 'x'.repeat(8192))
    assertFound(await examine(settingsOf(broken)), { database: /not a database|damaged/ })
    const control = await copy(context)
    await writeFile(join(control, 'control', 'control.db'), 'x'.repeat(8192))
    assertFound(await examine(settingsOf(control)), { control: /not a database|damaged/ })
  })

  test('finds a disk that is almost full', async () => {
    const { config } = loadConfig({ LIKENESS_DATA_DIR: source })
    const limits = { ...config.limits, minFreeDiskBytes: Number.MAX_SAFE_INTEGER }
    const { ok, problems } = await examineDisk({ ...config, limits })
    assert.deepEqual([ok, problems.length], [false, 1])
    assert.match(problems[0]!, /are free where \S+ is: make room/)
    assert.ok((await examineDisk({ ...config, limits: { ...limits, minFreeDiskBytes: 1 } })).ok)
  })

  test('needs data, and lists problems for people', async context => {
    const empty = await createFolder(context)
    assertFailed(await run(['doctor'], settingsOf(empty)), 2, /There is no data in/)
    const dataDir = await copy(context)
    await rm(await pictureOf(dataDir))
    const { code, stdout } = await run(['doctor'], settingsOf(dataDir))
    assert.equal(code, 8)
    assert.match(stdout, /^pictures \(default\) +PROBLEM .*\n {2}the picture \S+ of face \S+ is missing$/m)
    assert.match(stdout, /1 problem\.\n$/)
  })
})
