// The log of erasures as a file of lines, each with a hash over itself and the line before. One process writes it; reading
// it needs no writer. Knows no database.
import { createHash } from 'node:crypto'
import { type FileHandle, mkdir, open } from 'node:fs/promises'
import { dirname } from 'node:path'
import { z } from 'zod'
import type { ErasureLog, ErasureRecord } from '../core/ports.ts'
import { AppError } from '../errors.ts'

const FILE_MODE = 0o600
const FOLDER_MODE = 0o700
const FORMAT = 1
const READ_BATCH = 1000
/** A line has about 300 bytes; the last two complete ones lie in the last of these. */
const TAIL_BYTES = 4096
const IS_POSIX = process.platform !== 'win32'

const Head = z.strictObject({ likeness: z.literal('erasures'), format: z.literal(FORMAT), region: z.string() })
const Line = z.strictObject({
  sequence: z.int().min(1),
  galleryUid: z.string(),
  subjectUid: z.string().nullable(),
  faceId: z.string().nullable(),
  revision: z.int().min(0),
  erasedAt: z.iso.datetime(),
  /** Not an erasure of its own: from here on the sequences are those of a database that was restored. */
  rebasedAt: z.iso.datetime().optional(),
})
type Line = z.infer<typeof Line>

/**
 * Opens (or makes) the log for writing. A last line that a crash cut short is removed: it was never acknowledged.
 * @throws AppError erasure_log_corrupt
 */
export async function openErasureFile(path: string, region: string): Promise<ErasureLog> {
  await mkdir(dirname(path), { recursive: true, mode: FOLDER_MODE })
  const file = await open(path, 'a+', FILE_MODE)
  try {
    const tail = await readTail(file, path)
    let hash = tail.hash
    let last = tail.last

    const write = async (entries: readonly object[]): Promise<void> => {
      let text = ''
      let next = hash
      for (const entry of entries) {
        next = chain(next, JSON.stringify(entry))
        text += `${JSON.stringify({ ...entry, hash: next })}\n`
      }
      await appendWhole(file, text)
      hash = next
    }
    if (tail.isEmpty) {
      await write([{ likeness: 'erasures', format: FORMAT, region }])
      await flushFolder(dirname(path))
    }
    return {
      last: () => last,
      async append(records) {
        if (records.length === 0) return
        await write(records.map(toLine))
        last = records.at(-1)!
      },
      async rebase(record, at) {
        await write([{ ...toLine(record), rebasedAt: at.toISOString() }])
        last = record
      },
      read: () => readErasureFile(path),
      close: () => file.close(),
    }
  } catch (error) {
    await file.close()
    throw error
  }
}

/**
 * Every erasure of the file, oldest first; none when there is no file. A last line without its end is left out: it is
 * being written, or was never finished. @throws AppError erasure_log_corrupt
 */
export async function* readErasureFile(path: string): AsyncGenerator<readonly ErasureRecord[]> {
  let hash = ''
  let number = 0
  let batch: ErasureRecord[] = []
  for await (const text of readWholeLines(path)) {
    number++
    const { hash: stated, ...entry } = parseLine(text, path, number)
    hash = chain(hash, JSON.stringify(entry))
    if (hash !== stated) throw corrupt(path, `line ${number} does not follow from the line before it`)
    if (number === 1) {
      if (!Head.safeParse(entry).success) throw corrupt(path, 'its first line is not that of a log of erasures')
      continue
    }
    const line = readLine(entry, path, number)
    if (line.rebasedAt !== undefined) continue
    batch.push(toRecord(line))
    if (batch.length === READ_BATCH) {
      yield batch
      batch = []
    }
  }
  if (batch.length > 0) yield batch
}

/** All of it or nothing: what a full disk cut short is taken back, so that the next line starts a line. */
async function appendWhole(file: FileHandle, text: string): Promise<void> {
  const { size } = await file.stat()
  try {
    await file.appendFile(text)
    await file.sync()
  } catch (error) {
    await file.truncate(size).catch(() => {})
    throw error
  }
}

async function readTail(
  file: FileHandle,
  path: string,
): Promise<{ isEmpty: boolean; hash: string; last: ErasureRecord | null }> {
  const { size } = await file.stat()
  const start = Math.max(0, size - TAIL_BYTES)
  const bytes = Buffer.alloc(size - start)
  await file.read(bytes, 0, bytes.length, start)
  const end = bytes.lastIndexOf('\n') + 1
  if (start > 0 && end === 0) throw corrupt(path, 'its end is not made of lines')
  if (start + end < size) await file.truncate(start + end)
  const lines = bytes.toString('utf8', 0, end).split('\n').slice(0, -1)
  if (lines.length === 0) return { isEmpty: true, hash: '', last: null }
  const { hash, ...entry } = parseLine(lines.at(-1)!, path, 'its last line')
  const isHead = start === 0 && lines.length === 1
  const before = isHead ? '' : parseLine(lines.at(-2) ?? '', path, 'its last line but one').hash
  if (chain(before, JSON.stringify(entry)) !== hash)
    throw corrupt(path, 'its last line does not follow from the others')
  if (!isHead) return { isEmpty: false, hash, last: toRecord(readLine(entry, path, 'its last line')) }
  if (!Head.safeParse(entry).success) throw corrupt(path, 'its first line is not that of a log of erasures')
  return { isEmpty: false, hash, last: null }
}

async function* readWholeLines(path: string): AsyncGenerator<string> {
  const file = await open(path, 'r').catch(ignoreMissing)
  if (!file) return
  let rest = ''
  for await (const chunk of file.createReadStream({ encoding: 'utf8' })) {
    const lines = (rest + chunk).split('\n')
    rest = lines.pop()!
    yield* lines
  }
}

const chain = (before: string, text: string): string => createHash('sha256').update(before).update(text).digest('hex')

function parseLine(text: string, path: string, where: number | string): { hash: string } & Record<string, unknown> {
  try {
    return z.looseObject({ hash: z.string().regex(/^[0-9a-f]{64}$/) }).parse(JSON.parse(text))
  } catch (cause) {
    throw corrupt(path, `${describePlace(where)} cannot be read`, cause)
  }
}

function readLine(entry: unknown, path: string, where: number | string): Line {
  const { data, error } = Line.safeParse(entry)
  if (data) return data
  throw corrupt(path, `${describePlace(where)} is not an erasure`, error)
}

const describePlace = (where: number | string): string => (typeof where === 'number' ? `line ${where}` : where)

function toLine({ sequence, galleryUid, subjectUid, faceId, revision, erasedAt }: ErasureRecord): Line {
  return { sequence, galleryUid, subjectUid, faceId, revision, erasedAt: erasedAt.toISOString() }
}

function toRecord({ sequence, galleryUid, subjectUid, faceId, revision, erasedAt }: Line): ErasureRecord {
  return { sequence, galleryUid, subjectUid, faceId, revision, erasedAt: new Date(erasedAt) }
}

function corrupt(path: string, what: string, cause?: unknown): AppError {
  return new AppError(
    'erasure_log_corrupt',
    `The log of erasures ${path} is damaged: ${what}. Put the copy from the last backup in its place, or move it away: the server then writes a new one from its database.`,
    { details: { path }, cause },
  )
}

async function flushFolder(path: string): Promise<void> {
  if (!IS_POSIX) return
  await using folder = await open(path, 'r')
  await folder.sync()
}

function ignoreMissing(error: unknown): null {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null
  throw error
}
