// What the tests of backup, restore and doctor share: enrolling over HTTP, looking into the data folder. No tests here.
import assert from 'node:assert/strict'
import { cp, mkdir, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { RegionTables } from '../store/schema.ts'
import { openSqlite } from '../store/sqlite.ts'
import { otherPictureOf, type Person, pictureOf } from '../vision/pictures.fixture.ts'
import { createFolder, type Ender, type Environment, PACKS_DIR, type Running, run } from './cli.fixture.ts'

/** Nobody listens there. */
export const NOWHERE = 'http://127.0.0.1:1'

export const call = async <T>(env: Running, method: string, path: string, body?: unknown): Promise<T> => {
  const response = await fetch(env.LIKENESS_URL + path, {
    method,
    headers: {
      authorization: `Bearer ${env.LIKENESS_KEY}`,
      ...(body !== undefined && { 'content-type': 'application/json' }),
    },
    body: body === undefined ? undefined : JSON.stringify(body),
  })
  const text = await response.text()
  assert.ok(response.ok, `${method} ${path}: ${response.status} ${text}`)
  return (text === '' ? null : JSON.parse(text)) as T
}

/** Answers the face's id. */
export const enrol = async (env: Running, person: Person, subjectId: string = person): Promise<string> => {
  const image = (await pictureOf(person)).toString('base64')
  const { face } = await call<{ face: { id: string } }>(env, 'POST', '/v1/galleries/staff/faces', { image, subjectId })
  return face.id
}

/** The subjects that another picture of the person finds. */
export const find = async (env: Running, person: Person): Promise<readonly string[]> => {
  const image = (await otherPictureOf(person)).toString('base64')
  const answer = await call<{ candidates: { subjectId: string }[] }>(env, 'POST', '/v1/galleries/staff/search', {
    image,
    threshold: 85,
  })
  return answer.candidates.map(({ subjectId }) => subjectId)
}

export interface Stored {
  readonly pictureKey: string
  /** Sealed. */
  readonly template: Buffer
}

/** What lies in the database of a face; null when nothing does. */
export const readStored = async (dataDir: string, faceId: string): Promise<Stored | null> => {
  const { db, close } = openRegion(dataDir)
  const row = await db
    .selectFrom('faces')
    .innerJoin('pictures', 'face_id', 'id')
    .select(['template', 'blob_key'])
    .where('id', '=', faceId)
    .executeTakeFirst()
  await close()
  return row ? { pictureKey: row.blob_key, template: Buffer.from(row.template) } : null
}

export const openRegion = (dataDir: string) =>
  openSqlite<RegionTables>(join(dataDir, 'regions', 'default', 'region.db'))

/** Every file below the folder, by its path. A folder that nobody works in: reading a database so would free its locks. */
export const readFiles = async (folder: string): Promise<Map<string, Buffer>> => {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const paths = entries.filter(entry => entry.isFile()).map(entry => join(entry.parentPath, entry.name))
  return new Map(await Promise.all(paths.map(async path => [path, await readFile(path)] as const)))
}

export interface BackupAnswer {
  readonly folder: string
  readonly manifest: {
    readonly masterKeyFingerprint: string
    readonly files: number
    readonly control: { readonly migrations: string[] }
    readonly regions: readonly {
      readonly faces: number
      readonly pictures: number
      readonly erasures: number
      readonly missingPictures: readonly { readonly faceId: string; readonly erased: boolean }[]
    }[]
  }
}

export const backUp = async (context: Ender, env: Environment): Promise<BackupAnswer> => {
  const result = await run(['backup', '--to', await createFolder(context), '--json'], env)
  assert.equal(result.code, 0, result.stderr)
  return JSON.parse(result.stdout)
}

/** A new data folder, with the master key of another one put there as by hand. */
export const prepareFolder = async (context: Ender, source: string): Promise<string> => {
  const dataDir = join(await createFolder(context), 'data')
  await mkdir(dataDir, { mode: 0o700 })
  await cp(join(source, 'master.key'), join(dataDir, 'master.key'))
  return dataDir
}

/** Settings of a folder that no server runs on. */
export const settingsOf = (dataDir: string): Environment => ({
  LIKENESS_DATA_DIR: dataDir,
  LIKENESS_PACKS_DIR: PACKS_DIR,
  LIKENESS_URL: NOWHERE,
})

export const restore = (dataDir: string, ...args: readonly string[]) => run(['restore', ...args], settingsOf(dataDir))
