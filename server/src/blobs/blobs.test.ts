// Runs the suite on both drivers, and tests what only files can get wrong.
import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { listKeys, testBlobStore } from './blobs.suite.ts'
import { openFsBlobStore } from './fs.ts'
import { createMemoryBlobStore } from './memory.ts'

let folder: string
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'likeness-blobs-'))
})
after(() => rm(folder, { recursive: true, force: true }))

testBlobStore('memory', async () => createMemoryBlobStore())
testBlobStore('files', () => openFsBlobStore(join(folder, 'suite')))

describe('blobs in files', () => {
  it('are there after reopening', async () => {
    const path = join(folder, 'reopened')
    await (await openFsBlobStore(path)).put('kept', Uint8Array.of(5))
    assert.deepEqual(await (await openFsBlobStore(path)).get('kept'), Uint8Array.of(5))
  })

  it('are readable for the owner only', { skip: process.platform === 'win32' }, async () => {
    const path = join(folder, 'modes')
    await (await openFsBlobStore(path)).put('secret', Uint8Array.of(5))
    assert.equal((await stat(path)).mode & 0o777, 0o700)
    for (const entry of await readdir(path, { recursive: true, withFileTypes: true })) {
      const { mode } = await stat(join(entry.parentPath, entry.name))
      assert.equal(mode & 0o777, entry.isFile() ? 0o600 : 0o700, entry.name)
    }
  })

  it('spread over folders though their keys begin alike', async () => {
    const path = join(folder, 'spread')
    const blobs = await openFsBlobStore(path)
    for (let index = 0; index < 30; index++) await blobs.put(`01890a5d-ac96-774b-${index}`, Uint8Array.of(1))
    assert.ok((await readdir(path)).length > 10)
  })

  it('leave nothing behind: drafts of dead writers go when the folder is opened, and are never listed', async () => {
    const path = join(folder, 'leftovers')
    const blobs = await openFsBlobStore(path)
    await blobs.put('whole', Uint8Array.of(1))
    assert.deepEqual(await readdir(join(path, 'unfinished')), [])
    // The first number is above every process id there can be, the second is this process's parent, which runs.
    const [dead, own, running] = [`${2 ** 30}-x`, `${process.pid}-x`, `${process.ppid}-x`]
    for (const name of [dead, own, running]) await writeFile(join(path, 'unfinished', name), 'half')
    await writeFile(join(path, 'stray.txt'), 'not ours')
    assert.deepEqual(await listKeys(blobs), ['whole'])
    const reopened = await openFsBlobStore(path)
    assert.deepEqual(await readdir(join(path, 'unfinished')), [running])
    assert.deepEqual(await listKeys(reopened), ['whole'])
  })

  it('remove their draft when the disk refuses the last step', async () => {
    const path = join(folder, 'refused')
    const blobs = await openFsBlobStore(path)
    await blobs.put('blob', Uint8Array.of(1))
    // A folder in the blob's place cannot be renamed over.
    const file = (await readdir(path, { recursive: true, withFileTypes: true })).find(entry => entry.name === 'blob')
    const place = join(file!.parentPath, 'blob')
    await rm(place)
    await mkdir(join(place, 'inner'), { recursive: true })
    await assert.rejects(blobs.put('blob', Uint8Array.of(2)))
    assert.deepEqual(await readdir(join(path, 'unfinished')), [])
    assert.deepEqual(await listKeys(blobs), [])
  })
})
