// Whether a server that was killed and started again has what was acknowledged and nothing half done: through the API, and
// by looking into its folder. Every finding is one sentence.
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import Database from 'better-sqlite3'
import { type Client, createClient } from '../server/test/support.ts'
import { type Caller, pictureOf } from './crash-caller.ts'
import type { LedgerFace, LedgerGallery, LedgerSubject, Sent } from './crash-ledger.ts'

export interface CrashFindings {
  readonly violations: readonly string[]
  /** Faces, subjects, galleries and erasures that were looked at. */
  readonly checked: number
  /** Unanswered calls that had taken place, and that had not. */
  readonly unanswered: { readonly there: number; readonly absent: number }
}

interface SeenFace {
  readonly id: string
  readonly subjectId: string
  readonly picture: { readonly bytes: number } | null
}

interface SeenSubject {
  readonly metadata: Record<string, number>
  readonly faces: readonly SeenFace[]
}

type SeenGallery = ReadonlyMap<string, SeenSubject>

/** How long the background may take to remove what the kill left behind. */
const PATIENCE_MS = 20_000
const FACES_AT_ONCE = 8

export const checkCrash = async (
  address: string,
  key: string,
  dataDir: string,
  callers: readonly Caller[],
): Promise<CrashFindings> => {
  const client = createClient(address, key)
  const violations: string[] = []
  const unanswered = { there: 0, absent: 0 }
  let checked = 0
  const seen = new Map<string, SeenGallery>()
  for (const id of new Set(callers.flatMap(({ ledger, ownGallery }) => [...ledger.galleries(), ownGallery]))) {
    const gallery = await readGallery(client, id, violations)
    if (gallery) seen.set(id, gallery)
  }
  for (const { ledger } of callers) {
    const sent = ledger.takeUnanswered()
    if (!sent) continue
    const state = stateOf(seen, sent)
    const isThere = isSame(state, sent.after) && makesNew(sent) === (idOfNew(state, sent) !== null)
    if (!isThere && !isSame(state, sent.before))
      violations.push(`${describe(sent)}: half there: ${JSON.stringify(show(state))}`)
    unanswered[isThere ? 'there' : 'absent'] += 1
    ledger.settle(sent, isThere, idOfNew(state, sent))
    if (sent.kind === 'subject' && sent.again) {
      const faceId = await sent.again(address).catch((error: Error) => {
        violations.push(error.message)
        return null
      })
      const known = idOfNew(state, sent)
      if (isThere && faceId !== known)
        violations.push(`${describe(sent)}: sent again with its key, it was carried out twice`)
      if (!isThere && faceId) ledger.settle(sent, true, faceId)
      const fresh = await readGallery(client, sent.gallery, violations)
      if (fresh) seen.set(sent.gallery, fresh)
    }
  }
  checked += compareAll(seen, callers, violations)
  checked += await checkFaces(client, callers, violations)
  checked += await checkGone(client, callers, violations)
  await checkFolder(dataDir, violations)
  return { violations, checked, unanswered }
}

const readGallery = async (client: Client, id: string, violations: string[]): Promise<SeenGallery | null> => {
  const gallery = await client.call<{ faceCount: number; subjectCount: number }>('GET', `/v1/galleries/${id}`)
  if (gallery.status === 404) return null
  const subjects = await readAll<{ id: string; metadata: Record<string, number>; faceCount: number }>(
    client,
    `/v1/galleries/${id}/subjects`,
  )
  const faces = await readAll<SeenFace>(client, `/v1/galleries/${id}/faces`)
  const { subjectCount, faceCount } = gallery.body
  if (subjectCount !== subjects.length || faceCount !== faces.length)
    violations.push(
      `gallery ${id} counts ${subjectCount} subjects and ${faceCount} faces, and has ${subjects.length} and ${faces.length}`,
    )
  const bySubject = Map.groupBy(faces, face => face.subjectId)
  for (const { id: subject, faceCount: counted } of subjects)
    if (counted !== (bySubject.get(subject)?.length ?? 0)) violations.push(`subject ${subject} counts ${counted} faces`)
  return new Map(
    subjects.map(({ id: subject, metadata }) => [subject, { metadata, faces: bySubject.get(subject) ?? [] }]),
  )
}

const readAll = async <T>(client: Client, path: string): Promise<readonly T[]> => {
  const items: T[] = []
  for (let cursor: string | null = ''; cursor !== null; ) {
    const next: string = cursor && `&cursor=${encodeURIComponent(cursor)}`
    const { body } = await client.call<{ items: T[]; nextCursor: string | null }>('GET', `${path}?limit=1000${next}`)
    items.push(...body.items)
    cursor = body.nextCursor
  }
  return items
}

type SeenState = SeenGallery | SeenSubject | null
type KnownState = LedgerGallery | LedgerSubject | null

const stateOf = (seen: ReadonlyMap<string, SeenGallery>, sent: Sent): SeenState => {
  const gallery = seen.get(sent.gallery) ?? null
  return sent.kind === 'gallery' ? gallery : (gallery?.get(sent.subject) ?? null)
}

const isSame = (seen: SeenState, known: KnownState): boolean => {
  if (!seen || !known) return !seen && !known
  if (seen instanceof Map && known instanceof Map)
    return seen.size === known.size && [...known].every(([id, subject]) => isSame(seen.get(id) ?? null, subject))
  const [its, should] = [seen as SeenSubject, known as LedgerSubject]
  if (its.faces.length !== should.faces.length) return false
  if (JSON.stringify(its.metadata) !== JSON.stringify(should.metadata)) return false
  const named = should.faces.filter(({ id }) => id !== null)
  return named.every(({ id }) => its.faces.some(face => face.id === id))
}

/** Whether the call makes a face, which then has an id that the caller does not know yet. */
const makesNew = (sent: Sent): boolean =>
  sent.kind === 'subject' && (sent.after?.faces.some(({ id }) => id === null) ?? false)

/** The face that the unanswered call made; null when it made none. */
const idOfNew = (state: SeenState, sent: Sent): string | null => {
  if (!state || sent.kind === 'gallery') return null
  const known = new Set([...(sent.before?.faces ?? [])].map(({ id }) => id))
  return (state as SeenSubject).faces.find(({ id }) => !known.has(id))?.id ?? null
}

const describe = (sent: Sent): string =>
  sent.kind === 'gallery' ? `gallery ${sent.gallery}` : `subject ${sent.subject} of ${sent.gallery}`

const show = (state: SeenState): unknown => (state instanceof Map ? [...state.keys()] : state)

/** Every acknowledged subject is there as it was acknowledged, and nobody else is. Returns how many were looked at. */
const compareAll = (
  seen: ReadonlyMap<string, SeenGallery>,
  callers: readonly Caller[],
  violations: string[],
): number => {
  let checked = 0
  const known = new Map<string, Set<string>>()
  for (const { ledger, ownGallery } of callers) {
    if (!ledger.galleryOf(ownGallery) && seen.has(ownGallery))
      violations.push(`gallery ${ownGallery} was deleted, and is there`)
    for (const gallery of ledger.galleries()) {
      checked += 1
      if (!seen.has(gallery)) violations.push(`gallery ${gallery} is missing`)
      for (const [id, subject] of ledger.galleryOf(gallery)!) {
        checked += 1
        known.set(gallery, (known.get(gallery) ?? new Set()).add(id))
        const its = seen.get(gallery)?.get(id) ?? null
        if (!isSame(its, subject))
          violations.push(
            `subject ${id} of ${gallery} is ${JSON.stringify(its)} and should be ${JSON.stringify(subject)}`,
          )
      }
    }
  }
  for (const [gallery, subjects] of seen)
    for (const id of subjects.keys())
      if (!known.get(gallery)?.has(id))
        violations.push(`subject ${id} of ${gallery} was deleted or never enrolled, and is there`)
  return checked
}

interface KnownFace extends LedgerFace {
  readonly gallery: string
  readonly subject: string
}

/** Every face has its picture, byte for byte, and is found by a search. */
const checkFaces = async (client: Client, callers: readonly Caller[], violations: string[]): Promise<number> => {
  const faces: KnownFace[] = callers.flatMap(({ ledger }) =>
    ledger
      .galleries()
      .flatMap(gallery =>
        [...ledger.galleryOf(gallery)!].flatMap(([subject, { faces: its }]) =>
          its.map(face => ({ ...face, gallery, subject })),
        ),
      ),
  )
  await forEach(faces, async ({ id, person, gallery, subject }) => {
    const picture = await client.call<unknown>('GET', `/v1/galleries/${gallery}/faces/${id}/picture`)
    const expected = pictureOf(person).toString()
    if (picture.status !== 200 || String(picture.body) !== expected)
      violations.push(`the picture of face ${id} (${person}) is not what was enrolled: ${picture.status}`)
    const found = await search(client, gallery, person)
    if (!found.some(({ faceId, subjectId }) => faceId === id && subjectId === subject))
      violations.push(`face ${id} (${person}) of ${gallery} is not found`)
  })
  return faces.length
}

/** Nothing of those whose erasure was acknowledged is found by any call. */
const checkGone = async (client: Client, callers: readonly Caller[], violations: string[]): Promise<number> => {
  const gone = callers.flatMap(({ ledger }) => ledger.takeGone())
  await forEach(gone, async ({ id, person, gallery }) => {
    const face = await client.call('GET', `/v1/galleries/${gallery}/faces/${id}`)
    if (id !== null && face.status !== 404)
      violations.push(`face ${id} (${person}) was erased, and is there: ${face.status}`)
    if ((await search(client, gallery, person)).some(({ faceId }) => faceId === id))
      violations.push(`face ${id} (${person}) was erased, and is found`)
  })
  return gone.length
}

const search = async (
  client: Client,
  gallery: string,
  person: string,
): Promise<readonly { faceId: string; subjectId: string }[]> => {
  const image = pictureOf(person).toString('base64')
  const { status, body } = await client.call<{ candidates: { faceId: string; subjectId: string }[] }>(
    'POST',
    `/v1/galleries/${gallery}/search`,
    { image, limit: 10 },
  )
  return status === 200 ? body.candidates : []
}

const forEach = async <T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> => {
  const queue = [...items]
  const take = async (): Promise<void> => {
    for (let item = queue.pop(); item !== undefined; item = queue.pop()) await work(item)
  }
  await Promise.all(Array.from({ length: FACES_AT_ONCE }, take))
}

/** Rows, pictures and counts of the database agree, once the server has removed what the kill left behind. */
const checkFolder = async (dataDir: string, violations: string[]): Promise<void> => {
  const home = join(dataDir, 'regions', 'default')
  const database = new Database(join(home, 'region.db'), { readonly: true, timeout: 5000 })
  try {
    const rowsOf = <T>(text: string): T[] => database.prepare(text).all() as T[]
    let difference = { missing: [] as string[], orphans: [] as string[] }
    for (const since = performance.now(); performance.now() - since < PATIENCE_MS; await sleep(100)) {
      const rows = rowsOf<{ blob_key: string }>('select blob_key from pictures').map(row => row.blob_key)
      const files = await listPictures(join(home, 'pictures'))
      const [rowSet, fileSet] = [new Set(rows), new Set(files)]
      difference = { missing: rows.filter(key => !fileSet.has(key)), orphans: files.filter(key => !rowSet.has(key)) }
      const erasing = rowsOf('select uid from galleries where erased_at is not null')
      if (difference.missing.length + difference.orphans.length + erasing.length === 0) break
    }
    for (const key of difference.missing) violations.push(`picture ${key} has a row and no file`)
    for (const key of difference.orphans) violations.push(`picture ${key} has a file and no row`)
    for (const { uid } of rowsOf<{ uid: string }>('select uid from galleries where erased_at is not null'))
      violations.push(`gallery ${uid} is marked as erased, and not gone`)
    const faceless = rowsOf('select id from faces where id not in (select face_id from pictures)')
    if (faceless.length > 0) violations.push(`${faceless.length} faces have no picture`)
    for (const line of rowsOf<{ quick_check: string }>('pragma quick_check'))
      if (line.quick_check !== 'ok') violations.push(`the database is damaged: ${line.quick_check}`)
    if (rowsOf('pragma foreign_key_check').length > 0) violations.push('rows refer to rows that are not there')
  } finally {
    database.close()
  }
}

/** The names of all files in the folder and the folders in it; drafts that nobody finished are among them. */
const listPictures = async (folder: string): Promise<string[]> => {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  return entries.filter(entry => entry.isFile()).map(entry => entry.name)
}
