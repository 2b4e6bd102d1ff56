// The log of erasures as a file: what is appended is read again, what was altered is refused, what was cut short is mended.
import assert from 'node:assert/strict'
import { appendFile, mkdtemp, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import type { ErasureRecord } from '../core/ports.ts'
import { openErasureFile, readErasureFile } from './erasure-file.ts'
import { makeId } from './samples.suite.ts'

let folder: string
let lastFile = 0
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'likeness-erasures-'))
})
after(() => rm(folder, { recursive: true, force: true }))

const newPath = (): string => join(folder, `${++lastFile}`, 'default.log')

const makeRecords = (count: number, first = 1): ErasureRecord[] =>
  Array.from({ length: count }, (_, index) => ({
    sequence: first + index,
    galleryUid: makeId(),
    subjectUid: index % 3 === 2 ? null : makeId(),
    faceId: index % 3 === 0 ? makeId() : null,
    revision: index,
    erasedAt: new Date(Date.UTC(2031, 1, 3, 4, 5, index % 60)),
  }))

const readAll = async (path: string): Promise<ErasureRecord[]> => (await collect(readErasureFile(path))).flat()

const collect = async <T>(values: AsyncIterable<T>): Promise<T[]> => {
  const all: T[] = []
  for await (const value of values) all.push(value)
  return all
}

const fill = async (path: string, records: readonly ErasureRecord[]): Promise<void> => {
  const log = await openErasureFile(path, 'default')
  await log.append(records)
  await log.close()
}

const refuses = (work: Promise<unknown>): Promise<void> => assert.rejects(work, { code: 'erasure_log_corrupt' })

describe('the log of erasures', () => {
  it('holds what was appended, in order, over several openings', async () => {
    const path = newPath()
    const records = makeRecords(2500)
    const log = await openErasureFile(path, 'default')
    assert.equal(log.last(), null)
    assert.deepEqual(await collect(log.read()), [])
    await log.append(records.slice(0, 1))
    await log.append(records.slice(1, 1200))
    await log.append([])
    assert.deepEqual(log.last(), records[1199])
    await log.close()
    const again = await openErasureFile(path, 'default')
    assert.deepEqual(again.last(), records[1199])
    await again.append(records.slice(1200))
    assert.deepEqual((await collect(again.read())).flat(), records)
    await again.close()
    assert.deepEqual(await readAll(path), records)
    if (process.platform !== 'win32') assert.equal((await stat(path)).mode & 0o777, 0o600)
  })

  it('is empty where there is none', async () => {
    assert.deepEqual(await readAll(newPath()), [])
  })

  it('names nobody and holds no more than was erased', async () => {
    const path = newPath()
    await fill(path, makeRecords(1))
    const [head, line] = (await readFile(path, 'utf8')).split('\n').map(text => text && JSON.parse(text))
    assert.deepEqual(Object.keys(head), ['likeness', 'format', 'region', 'hash'])
    assert.deepEqual(Object.keys(line), [
      'sequence',
      'galleryUid',
      'subjectUid',
      'faceId',
      'revision',
      'erasedAt',
      'hash',
    ])
  })

  it('notes that its sequences are those of another database from here on', async () => {
    const path = newPath()
    const [one, two, newest] = makeRecords(3)
    const log = await openErasureFile(path, 'default')
    await log.append([one!, two!])
    await log.rebase({ ...newest!, sequence: 1 }, new Date())
    assert.equal(log.last()?.sequence, 1)
    await log.close()
    const again = await openErasureFile(path, 'default')
    assert.deepEqual(again.last(), { ...newest!, sequence: 1 })
    await again.close()
    assert.deepEqual(await readAll(path), [one, two])
  })

  it('drops a last line that a crash cut short, and goes on', async () => {
    const path = newPath()
    const records = makeRecords(4)
    await fill(path, records.slice(0, 3))
    const whole = (await stat(path)).size
    await appendFile(path, '{"sequence":4,"gallery')
    assert.deepEqual(await readAll(path), records.slice(0, 3))
    await fill(path, records.slice(3))
    assert.deepEqual(await readAll(path), records)
    await truncate(path, whole - 1)
    const log = await openErasureFile(path, 'default')
    assert.deepEqual(log.last(), records[1])
    await log.close()
  })

  it('refuses lines that were altered, taken out or exchanged', async () => {
    const path = newPath()
    await fill(path, makeRecords(30))
    const lines = (await readFile(path, 'utf8')).split('\n').slice(0, -1)
    const write = (changed: readonly string[]) => writeFile(path, `${changed.join('\n')}\n`)
    const swapped = lines.with(5, lines[6]!).with(6, lines[5]!)
    for (const changed of [
      lines.with(7, lines[7]!.replace('"revision":', '"revision":1')),
      lines.toSpliced(9, 1),
      lines.toSpliced(0, 1),
      swapped,
      lines.with(4, 'nonsense'),
      lines.with(0, lines[0]!.replace('default', 'another')),
    ]) {
      await write(changed)
      await refuses(readAll(path))
    }
    for (const changed of [
      lines.with(-1, lines.at(-1)!.replace('"revision":', '"revision":1')),
      lines.toSpliced(-2, 1),
      [...lines, 'nonsense'],
    ]) {
      await write(changed)
      await refuses(readAll(path))
      await refuses(openErasureFile(path, 'default'))
    }
    await writeFile(path, 'x'.repeat(10_000))
    await refuses(openErasureFile(path, 'default'))
  })
})
