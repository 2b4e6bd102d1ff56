// Backup and restore as an operator runs them: beside the running server, into a new folder, with what was erased since.
import assert from 'node:assert/strict'
import { appendFile, chmod, cp, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { KNOWN_MIGRATIONS } from '../store/migrate.ts'
import { PEOPLE_NAMES, type Person } from '../vision/pictures.fixture.ts'
import { assertFailed, createFolder, run, startLikeness, startStoppable } from './cli.fixture.ts'
import {
  type BackupAnswer,
  backUp,
  call,
  enrol,
  find,
  openRegion,
  prepareFolder,
  readFiles,
  readStored,
  restore,
  settingsOf,
} from './maintenance.fixture.ts'

const withBytes = (files: Map<string, Buffer>, bytes: Buffer): string[] =>
  [...files].filter(([, content]) => content.includes(bytes)).map(([path]) => path)

test('a restore brings back who was enrolled before, and never who was erased since', async context => {
  const env = await startLikeness(context)
  const { LIKENESS_DATA_DIR: before } = env
  await call(env, 'POST', '/v1/galleries', { id: 'staff' })
  for (const person of ['ada', 'cleo'] as const) await enrol(env, person)
  const beaId = await enrol(env, 'bea')
  const bea = (await readStored(before, beaId))!
  const { folder, manifest } = await backUp(context, env)
  assert.deepEqual(manifest.regions, [
    {
      id: 'default',
      migrations: [...KNOWN_MIGRATIONS.region],
      galleries: 1,
      subjects: 3,
      faces: 3,
      pictures: 3,
      erasures: 0,
      missingPictures: [],
    },
  ])
  assert.equal(withBytes(await readFiles(folder), bea.template.subarray(40, 104)).length, 1, 'she is in the backup')
  await call(env, 'DELETE', '/v1/galleries/staff/subjects/bea')
  const doraId = await enrol(env, 'dora')

  const dataDir = await prepareFolder(context, before)
  const restored = await restore(dataDir, '--from', folder, '--erasures', join(before, 'erasures'), '--json')
  assert.equal(restored.code, 0, restored.stderr)
  assert.deepEqual(JSON.parse(restored.stdout).regions, [
    {
      id: 'default',
      galleries: 1,
      subjects: 2,
      faces: 2,
      erasedAgain: { galleries: 0, subjects: 1, faces: 1, pictures: 1 },
      logs: ['backup', 'given'],
    },
  ])
  const files = await readFiles(dataDir)
  assert.deepEqual(withBytes(files, bea.template.subarray(40, 104)), [], 'no byte of her template')
  assert.ok(![...files.keys()].some(path => path.endsWith(bea.pictureKey)), 'no picture of her')
  assert.ok(![...files.keys()].some(path => /restoring|replaced/.test(path)))
  for (const id of [beaId, doraId]) assert.equal(await readStored(dataDir, id), null)

  const { env: again } = await startStoppable(context, { LIKENESS_DATA_DIR: dataDir }, env.LIKENESS_KEY)
  for (const [person, found] of [
    ['ada', ['ada']],
    ['cleo', ['cleo']],
    ['bea', []],
    ['dora', []],
  ] as const)
    assert.deepEqual(await find(again, person), found)
  const gallery = await call<{ subjectCount: number; faceCount: number }>(again, 'GET', '/v1/galleries/staff')
  assert.deepEqual([gallery.subjectCount, gallery.faceCount], [2, 2])
  const doctor = await run(['doctor'], { ...settingsOf(dataDir), LIKENESS_URL: again.LIKENESS_URL })
  assert.equal(doctor.code, 0, doctor.stdout)
  assert.match(doctor.stdout, /index of the server at \S+ holds what is stored/)
})

test('a backup taken while others enrol and erase has a picture for each of its faces, or says which are erased', async context => {
  const env = await startLikeness(context)
  await call(env, 'POST', '/v1/galleries', { id: 'staff' })
  await enrol(env, 'ada', 'stays')
  let isDone = false
  const work = async (worker: number): Promise<void> => {
    for (let round = 0; !isDone; round++) {
      const id = `${worker}-${round}`
      await enrol(env, PEOPLE_NAMES[round % PEOPLE_NAMES.length] as Person, id)
      if (round % 2 === 0) await call(env, 'DELETE', `/v1/galleries/staff/subjects/${id}`)
    }
  }
  const workers = [0, 1, 2].map(work)
  const backups: BackupAnswer[] = []
  for (let count = 0; count < 2; count++) backups.push(await backUp(context, env))
  isDone = true
  await Promise.all(workers)

  for (const { folder, manifest } of backups) {
    const [{ faces, pictures, missingPictures }] = manifest.regions as [BackupAnswer['manifest']['regions'][0]]
    assert.equal(faces, pictures + missingPictures.length)
    assert.ok(missingPictures.every(({ erased }) => erased))
    assert.equal(manifest.files, (await readFiles(folder)).size - 2)
    const dataDir = await prepareFolder(context, env.LIKENESS_DATA_DIR)
    const restored = await restore(dataDir, '--from', folder, '--erasures', join(env.LIKENESS_DATA_DIR, 'erasures'))
    assert.equal(restored.code, 0, restored.stderr)
    const doctor = await run(['doctor', '--json'], settingsOf(dataDir))
    assert.equal(doctor.code, 0, doctor.stdout)
  }
})

describe('a restore', () => {
  const ended: (() => unknown)[] = []
  const ender = { after: (undo: () => unknown) => void ended.unshift(undo) }
  let source: string
  let backup: BackupAnswer
  before(async () => {
    const { env, stop } = await startStoppable(ender)
    source = env.LIKENESS_DATA_DIR
    await call(env, 'POST', '/v1/galleries', { id: 'staff' })
    for (const person of ['ada', 'bea'] as const) await enrol(env, person)
    backup = await backUp(ender, env)
    await call(env, 'DELETE', '/v1/galleries/staff/subjects/bea')
    await stop()
  })
  after(async () => {
    for (const undo of ended) await undo()
  })

  test('without a younger log says so, and brings the erased back', async context => {
    const dataDir = await prepareFolder(context, source)
    const { stdout, code } = await restore(dataDir, '--from', backup.folder)
    assert.equal(code, 0)
    assert.match(stdout, /No log of erasures younger than the backup was found: whoever was erased since is back/)
    assert.match(stdout, /1 gallery, 2 subjects, 2 faces/)
    assert.match(stdout, /revoke again the keys/)
  })

  test('with --replace moves the data aside, takes its log over and keeps the key', async context => {
    const dataDir = join(await createFolder(context), 'data')
    await cp(source, dataDir, { recursive: true })
    assertFailed(await restore(dataDir, '--from', backup.folder), 2, /There is data in .*--replace/)
    const { stdout, code } = await restore(dataDir, '--from', backup.folder, '--replace')
    assert.equal(code, 0)
    assert.match(stdout, /erased again 0 galleries, 1 subject, 1 face, 1 picture/)
    const aside = /The data of before is in (\S+):/.exec(stdout)![1]!
    assert.deepEqual((await readdir(aside)).toSorted(), ['control', 'regions'])
    const doctor = await run(['doctor'], settingsOf(dataDir))
    assert.equal(doctor.code, 0, doctor.stdout)
  })

  test('by hand is set right by the next start', async context => {
    const dataDir = await prepareFolder(context, source)
    for (const part of ['control', 'regions'])
      await cp(join(backup.folder, part), join(dataDir, part), { recursive: true })
    await cp(join(source, 'erasures'), join(dataDir, 'erasures'), { recursive: true })
    const { env, stop } = await startStoppable(context, { LIKENESS_DATA_DIR: dataDir }, 'unknown')
    await stop()
    assert.ok(env)
    const region = openRegion(dataDir)
    const subjects = await region.db.selectFrom('subjects').select('id').execute()
    await region.close()
    assert.deepEqual(subjects, [{ id: 'ada' }])
  })

  test('needs the master key of the backup, and says which', async context => {
    const dataDir = join(await createFolder(context), 'data')
    assertFailed(await restore(dataDir, '--from', backup.folder), 6, /master_key_missing/)
    await writeFile(join(dataDir, 'master.key'), Buffer.alloc(32, 7).toString('base64'), { mode: 0o600 })
    assertFailed(await restore(dataDir, '--from', backup.folder), 6, /master_key_wrong/)
    assert.deepEqual(
      (await readdir(dataDir)).filter(name => !/lock/.test(name)),
      ['master.key'],
    )
  })

  test('refuses what is no backup, is damaged or is newer, and leaves nothing behind', async context => {
    const dataDir = await prepareFolder(context, source)
    assertFailed(await restore(dataDir, '--from', source), 6, /no manifest\.json.*backup_invalid/)
    const copy = async (): Promise<string> => {
      const folder = join(await createFolder(context), 'backup')
      await cp(backup.folder, folder, { recursive: true })
      return folder
    }
    const damaged = await copy()
    const region = join(damaged, 'regions', 'default', 'region.db')
    await appendFile(region, 'x')
    assertFailed(await restore(dataDir, '--from', damaged), 6, /region\.db is missing or was altered.*backup_invalid/)
    const incomplete = await copy()
    const [picture] = [...(await readFiles(incomplete)).keys()].filter(path => path.includes('pictures'))
    await rm(picture!)
    assertFailed(await restore(dataDir, '--from', incomplete), 6, /pictures\S+ is missing or was altered/)
    const forged = await copy()
    await writeFile(join(forged, 'checksums.sha256'), `${'0'.repeat(64)}  ../../elsewhere\n`)
    assertFailed(await restore(dataDir, '--from', forged), 6, /checksums\.sha256 is missing or was altered/)
    const newer = await copy()
    const manifest = JSON.parse(await readFile(join(newer, 'manifest.json'), 'utf8'))
    manifest.regions[0].migrations.push('0999-later')
    await writeFile(join(newer, 'manifest.json'), JSON.stringify(manifest))
    assertFailed(await restore(dataDir, '--from', newer), 6, /0999-later.*store_newer/)
    assert.deepEqual(
      (await readdir(dataDir)).filter(name => !/lock|erasures/.test(name)),
      ['master.key'],
    )
  })

  test('refuses to begin while a server runs on the folder', async context => {
    const env = await startLikeness(context)
    assertFailed(
      await restore(env.LIKENESS_DATA_DIR, '--from', backup.folder, '--replace'),
      6,
      /uses the data folder.*data_folder_in_use/,
    )
  })

  test('is refused without a log where one was promised', async context => {
    const dataDir = await prepareFolder(context, source)
    assertFailed(
      await restore(dataDir, '--from', backup.folder, '--erasures', join(dataDir, 'none')),
      2,
      /There is no folder/,
    )
  })
})

describe('a backup', () => {
  test('is private, holds no master key and tells its fingerprint', async context => {
    const env = await startLikeness(context)
    await call(env, 'POST', '/v1/galleries', { id: 'staff' })
    await enrol(env, 'ada')
    const { folder, manifest } = await backUp(context, env)
    assert.match(manifest.masterKeyFingerprint, /^[0-9a-f]{32}$/)
    const key = (await readFile(join(env.LIKENESS_DATA_DIR, 'master.key'), 'utf8')).trim()
    const files = await readFiles(folder)
    for (const needle of [Buffer.from(key), Buffer.from(key, 'base64')]) assert.deepEqual(withBytes(files, needle), [])
    if (process.platform !== 'win32')
      for (const path of files.keys()) assert.equal((await stat(path)).mode & 0o077, 0, path)
    const { stdout } = await run(['backup', '--to', await createFolder(context)], env)
    assert.match(stdout, /Backup written to \S+likeness-backup-\d{8}T\d{6}Z/)
    assert.match(stdout, /master key is NOT in the backup.*Fingerprint/)
  })

  test('of no data, or to where nothing can be written, is refused and leaves nothing behind', async context => {
    const empty = await createFolder(context)
    assertFailed(await run(['backup', '--to', empty], settingsOf(empty)), 2, /There is no data in/)
    assert.deepEqual(await readdir(empty), [])
    assertFailed(
      await run(['backup', '--to', join(process.execPath, 'below')], settingsOf(await fillFolder(context))),
      6,
      /ENOTDIR|EEXIST/,
    )
    assertFailed(await run(['backup'], settingsOf(empty)), 2, /--to/)
  })

  test('of a damaged database is refused', async context => {
    const dataDir = await fillFolder(context)
    await writeFile(join(dataDir, 'control', 'control.db'), 'x'.repeat(8192))
    const to = await createFolder(context)
    const { code } = await run(['backup', '--to', to], settingsOf(dataDir))
    assert.equal(code, 6)
    assert.deepEqual(await readdir(to), [])
  })
})

/** A data folder that no server ever ran on. */
const fillFolder = async (context: Parameters<typeof createFolder>[0]): Promise<string> => {
  const dataDir = join(await createFolder(context), 'data')
  await mkdir(dataDir, { mode: 0o700 })
  await chmod(dataDir, 0o700)
  assert.equal((await run(['keys', 'create'], settingsOf(dataDir))).code, 0)
  return dataDir
}
