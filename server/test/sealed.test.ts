// Sealed at rest: no file holds a template or a picture as it is, an erased one leaves nothing at all, and without the
// master key nothing starts.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { openFsBlobStore } from '../src/blobs/fs.ts'
import { type Config, loadConfig } from '../src/config.ts'
import { readPicture } from '../src/core/pictures.ts'
import { openControl, openVaultOf, startServer } from '../src/main.ts'
import { createMasterKeySource } from '../src/seal/master-key.ts'
import { rotateMasterKey } from '../src/seal/rotation.ts'
import { openRegionStore } from '../src/store/region-store.ts'
import type { RegionTables } from '../src/store/schema.ts'
import { openSqlite } from '../src/store/sqlite.ts'
import { ensurePack } from '../src/vision/packs/install.ts'
import { BASE_PACK } from '../src/vision/packs/recognition.ts'
import { otherPictureOf, type Person, pictureOf } from '../src/vision/pictures.fixture.ts'
import { createEngine } from '../src/vision/workers/pool.ts'
import type { SearchAnswer } from './answers.ts'
import { base64, type Client, createClient, createGallery, enrol, PACKS_DIR } from './support.ts'

const root = await mkdtemp(join(tmpdir(), 'likeness-test-'))
after(() => rm(root, { recursive: true, force: true }))

const configOf = (name: string): Config =>
  loadConfig({}, { dataDir: join(root, name), packsDir: PACKS_DIR, port: 0, visionThreads: 1, logLevel: 'silent' })
    .config

interface Running extends Client {
  readonly key: string
  close(): Promise<void>
}

const start = async (config: Config, knownKey?: string): Promise<Running> => {
  const server = await startServer(config, { onProgress: () => {} })
  await server.ready.catch(async error => {
    await server.close()
    throw error
  })
  const key = server.firstKey ?? knownKey!
  return { ...createClient(server.address, key), key, close: () => server.close() }
}

/** Every file below the folder. */
const readFiles = async (folder: string): Promise<Map<string, Buffer>> => {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const paths = entries.filter(entry => entry.isFile()).map(entry => join(entry.parentPath, entry.name))
  return new Map(await Promise.all(paths.map(async path => [path, await readFile(path)] as const)))
}

/** The files that hold 64 bytes from the beginning, the middle or the end. */
const findParts = (files: Map<string, Buffer>, whole: Uint8Array): string[] => {
  const parts = [0, (whole.length - 64) >> 1, whole.length - 64].map(at => Buffer.from(whole.subarray(at, at + 64)))
  return [...files].filter(([, bytes]) => parts.some(part => bytes.includes(part))).map(([path]) => path)
}

const templatesOf = async (config: Config, people: readonly Person[]): Promise<Map<Person, Float32Array>> => {
  const pack = await ensurePack({ id: BASE_PACK, packsDir: config.packsDir, onProgress: () => {} })
  const engine = await createEngine({ pack, threads: 1, limits: config.limits })
  const templates = new Map<Person, Float32Array>()
  for (const name of people) {
    const options = { templates: 'largest', onlyLargest: true } as const
    const { faces } = await engine.analyse(new Uint8Array(await pictureOf(name)), options)
    templates.set(name, faces[0]!.template!)
  }
  await engine.close()
  return templates
}

interface Stored {
  readonly faceId: string
  readonly sealedTemplate: Buffer
  readonly sealedPicture: Buffer
  readonly template: Float32Array
  readonly picture: Buffer
}

/** What is stored of a face, as it lies in the files and opened by the vault. */
const readStored = async (config: Config, faceId: string): Promise<Stored> => {
  const control = await openControl(config)
  const vault = await openVaultOf(config, control)
  const folder = join(config.dataDir, 'regions', 'default')
  const connection = openSqlite<RegionTables>(join(folder, 'region.db'))
  const store = await openRegionStore(connection, vault)
  const blobs = await openFsBlobStore(join(folder, 'pictures'))
  const row = await connection.db
    .selectFrom('faces')
    .innerJoin('pictures', 'pictures.face_id', 'faces.id')
    .select(['template', 'blob_key'])
    .where('id', '=', faceId)
    .executeTakeFirstOrThrow()
  const [entry] = await store.faces.templatesOf([faceId])
  const stored = {
    faceId,
    sealedTemplate: Buffer.from(row.template),
    sealedPicture: Buffer.from((await blobs.get(row.blob_key))!),
    template: entry!.template,
    picture: Buffer.from((await readPicture({ vault }, { blobs }, row.blob_key))!),
  }
  await store.close()
  await control.close()
  return stored
}

const find = async (server: Client, picture: Uint8Array): Promise<string[]> => {
  const body = { image: base64(picture), threshold: 85 }
  const answer = await server.call<SearchAnswer>('POST', '/v1/galleries/people/search', body)
  assert.equal(answer.status, 200, JSON.stringify(answer.body))
  return answer.body.candidates.map(({ subjectId }) => subjectId)
}

describe('templates and pictures', () => {
  const config = configOf('files')
  let server: Running
  let templates: Map<Person, Float32Array>
  const stored = new Map<Person, Stored>()
  before(async () => {
    templates = await templatesOf(config, ['ada', 'bea'])
    server = await start(config)
    await createGallery(server, 'people')
    for (const name of ['ada', 'bea'] as const) {
      const { face } = await enrol(server, 'people', await pictureOf(name), { subjectId: name })
      stored.set(name, await readStored(config, face.id))
    }
  })
  after(() => server.close())

  const refusePlain = async (moment: string): Promise<Map<string, Buffer>> => {
    const files = await readFiles(config.dataDir)
    assert.ok(files.size > 4, [...files.keys()].join())
    for (const name of ['ada', 'bea'] as const) {
      assert.deepEqual(findParts(files, new Uint8Array(templates.get(name)!.buffer)), [], `template, ${moment}`)
      assert.deepEqual(findParts(files, await pictureOf(name)), [], `picture, ${moment}`)
    }
    for (const [path, bytes] of files)
      assert.notEqual(bytes.toString('hex', 0, 3), 'ffd8ff', `${path} is a JPEG, ${moment}`)
    return files
  }

  test('are what the vault opens, bit for bit, and lie nowhere as they are', async () => {
    for (const name of ['ada', 'bea'] as const) {
      const { template, picture, sealedTemplate, sealedPicture } = stored.get(name)!
      assert.deepEqual(template, Float32Array.from(templates.get(name)!))
      assert.ok(picture.equals(await pictureOf(name)))
      const files = await refusePlain('enrolled')
      // The search for bytes finds what is there.
      assert.equal(findParts(files, sealedPicture).length, 1)
      assert.ok(findParts(files, sealedTemplate).length >= 1)
    }
  })

  test('say the size of the picture, not of its seal', async () => {
    const { faceId, picture } = stored.get('ada')!
    const { body } = await server.call<{ picture: { bytes: number } }>('GET', `/v1/galleries/people/faces/${faceId}`)
    assert.equal(body.picture.bytes, picture.length)
  })

  test('leave nothing, not even sealed, once they are erased', async () => {
    assert.equal((await server.call('DELETE', '/v1/galleries/people/subjects/ada')).status, 204)
    const check = async (moment: string) => {
      const files = await refusePlain(moment)
      const [ada, bea] = [stored.get('ada')!, stored.get('bea')!]
      assert.deepEqual(findParts(files, ada.sealedTemplate), [], moment)
      assert.deepEqual(findParts(files, ada.sealedPicture), [], moment)
      assert.ok(findParts(files, bea.sealedTemplate).length >= 1, moment)
      assert.equal(findParts(files, bea.sealedPicture).length, 1, moment)
    }
    await check('erased')
    await server.close()
    await check('closed')
    server = await start(config, server.key)
    await check('started again')
    assert.deepEqual(await find(server, await otherPictureOf('bea')), ['bea'])
  })
})

describe('the master key', () => {
  const config = configOf('key')
  let key: string
  before(async () => {
    const server = await start(config)
    key = server.key
    await createGallery(server, 'people')
    await enrol(server, 'people', await pictureOf('cleo'), { subjectId: 'cleo' })
    await server.close()
  })
  const findsCleo = async (settings: Partial<Config> = {}): Promise<void> => {
    const server = await start({ ...config, ...settings }, key)
    assert.deepEqual(await find(server, await otherPictureOf('cleo')), ['cleo'])
    await server.close()
  }
  const refuses = (settings: Partial<Config>, code: string): Promise<void> =>
    assert.rejects(start({ ...config, ...settings }, key), { code })

  test('that is missing, wrong or exposed stops the start, and the right one starts', async () => {
    const file = config.masterKeyFile
    const text = await readFile(file, 'utf8')
    await rm(file)
    await refuses({}, 'master_key_missing')
    await assert.rejects(readFile(file), { code: 'ENOENT' }, 'no new key is made')
    await writeFile(file, randomBytes(32).toString('base64'), { mode: 0o600 })
    await refuses({}, 'master_key_wrong')
    await refuses({ masterKey: randomBytes(32).toString('hex') }, 'master_key_wrong')
    await writeFile(file, text)
    if (process.platform !== 'win32') {
      await chmod(file, 0o644)
      await refuses({}, 'master_key_exposed')
      await chmod(file, 0o600)
    }
    await findsCleo()
    await findsCleo({ masterKey: text.trim(), masterKeyFile: join(root, 'none') })
  })

  test('is changed while the server runs, which goes on enrolling', async () => {
    const server = await start(config, key)
    const [before, control] = [await readFile(config.masterKeyFile, 'utf8'), await openControl(config)]
    const { tenantKeys } = await rotateMasterKey(control.tenantKeys, createMasterKeySource(config))
    await control.close()
    assert.equal(tenantKeys, 1)
    await enrol(server, 'people', await pictureOf('dora'), { subjectId: 'dora' })
    assert.deepEqual(await find(server, await otherPictureOf('cleo')), ['cleo'])
    await server.close()
    assert.notEqual(await readFile(config.masterKeyFile, 'utf8'), before)
    await refuses({ masterKey: before.trim() }, 'master_key_wrong')
    await findsCleo()
  })

  test('opens no row that was altered: the server is not ready and names the face', async () => {
    const connection = openSqlite<RegionTables>(join(config.dataDir, 'regions', 'default', 'region.db'))
    const { id, template } = await connection.db
      .selectFrom('faces')
      .select(['id', 'template'])
      .executeTakeFirstOrThrow()
    const altered = Buffer.from(template)
    altered[200]! ^= 1
    await connection.db.updateTable('faces').set({ template: altered }).where('id', '=', id).execute()
    await connection.close()
    await assert.rejects(start(config, key), (error: Error & { code?: string }) => {
      assert.equal(error.code, 'sealed_data_corrupt')
      assert.match(error.message, new RegExp(`face:${id}.*likeness doctor`))
      return true
    })
  })
})
