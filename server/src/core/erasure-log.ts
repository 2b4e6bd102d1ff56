// Keeps the log of erasures and the tombstones of the database in step, both ways: what was erased is logged before it is
// acknowledged, and a database that is older than its log is brought to forget again. Writes no file and no SQL itself.
import { createGroupCommit } from './group-commit.ts'
import { forgetAnswers } from './idempotency.ts'
import type { BlobStore, Clock, ControlStore, ErasureLog, ErasureRecord, Replayed, Store, Vault } from './ports.ts'
import { forgetSessions } from './session-retention.ts'

/** What erasing again needs of a region, and of the control data whose kept answers may speak of the erased. */
export interface ReplayParts {
  readonly regionId: string
  readonly store: Store
  readonly blobs: BlobStore
  readonly log: ErasureLog
  readonly control: ControlStore
  readonly vault: Vault
  readonly clock: Clock
}

export type ReplayCounts = Pick<Replayed, 'galleries' | 'subjects' | 'faces'> & { readonly pictures: number }

export interface ErasureRecorder {
  /**
   * Resolves when every erasure that was committed before the call is in the log, on disk. No erasure is acknowledged
   * before that; one that comes to nothing here is logged with the next, or on the next start.
   */
  record(): Promise<void>
  close(): Promise<void>
}

const BATCH = 1000
/** Faces erased in one step of a gallery. */
const ERASE_BATCH = 500
export const NOTHING_REPLAYED: ReplayCounts = { galleries: 0, subjects: 0, faces: 0, pictures: 0 }

/** One writer a log: what comes together is read and flushed together. */
export const createErasureRecorder = (store: Pick<Store, 'erasures'>, log: ErasureLog): ErasureRecorder => {
  const commits = createGroupCommit<null>(() => logNew(store, log))
  return { record: () => commits.append(null), close: () => log.close() }
}

/** Appends the tombstones that the log does not have yet. Their sequences are in the order of their commits. */
const logNew = async ({ erasures }: Pick<Store, 'erasures'>, log: ErasureLog): Promise<void> => {
  for (let isMore = true; isMore; ) {
    const records = await erasures.list(log.last()?.sequence ?? 0, BATCH)
    if (records.length > 0) await log.append(records)
    isMore = records.length === BATCH
  }
}

/**
 * On every start, before anything else uses the region. A database that has the log's last entry is the one that the log
 * was written for: what it has beyond that is logged. Any other is a copy from before, and forgets what the log says.
 * @throws AppError erasure_log_corrupt
 */
export const reconcileErasures = async (parts: ReplayParts): Promise<ReplayCounts> => {
  const { store, log, clock } = parts
  const last = log.last()
  if (last === null || (await isOf(store, last))) {
    await logNew(store, log)
    return NOTHING_REPLAYED
  }
  const logged = new Set<string>()
  const counts = await replayErasures(parts, collectKeys(log.read(), logged))
  await forgetSessions(parts)
  for await (const records of listTombstones(store)) await log.append(records.filter(each => !logged.has(keyOf(each))))
  const newest = await store.erasures.last()
  if (newest) await log.rebase(newest, clock.now())
  return counts
}

const isOf = async ({ erasures }: Pick<Store, 'erasures'>, logged: ErasureRecord): Promise<boolean> => {
  const [found] = await erasures.list(logged.sequence - 1, 1)
  return found?.sequence === logged.sequence && keyOf(found) === keyOf(logged)
}

/**
 * Erases what is still there of these, for good: rows, pictures, kept answers. What the database knows as erased is passed
 * over. Can be cut short and repeated, but for pictures whose rows are gone, which are orphans then.
 */
export const replayErasures = async (
  parts: ReplayParts,
  logged: AsyncIterable<readonly ErasureRecord[]>,
): Promise<ReplayCounts> => {
  const { store, blobs } = parts
  const known = new Set<string>()
  for await (const records of listTombstones(store)) for (const record of records) known.add(keyOf(record))
  let counts = NOTHING_REPLAYED
  for await (const records of logged) {
    const unknown = records.filter(record => !known.has(keyOf(record)) && !known.has(galleryKeyOf(record)))
    if (unknown.length === 0) continue
    const replayed = await store.erasures.replay(unknown)
    for (const record of unknown) known.add(keyOf(record))
    await blobs.delete([...replayed.blobKeys, ...replayed.frameKeys])
    await forgetPeople(parts, replayed)
    counts = add(counts, { ...replayed, pictures: replayed.blobKeys.length })
  }
  return add(counts, await finishGalleries(parts))
}

const forgetPeople = async ({ control, vault, regionId }: ReplayParts, { people }: Replayed): Promise<void> => {
  for (const { tenantId, galleryId, erased } of people)
    await forgetAnswers({ control, vault }, { tenantId, regionId }, galleryId, erased)
}

/** Galleries that were hidden just now, and those that a crash before the copy left hidden. */
const finishGalleries = async ({ store, blobs, clock }: ReplayParts): Promise<ReplayCounts> => {
  const before = await store.inspection.counts()
  let pictures = 0
  for (const uid of await store.galleries.listErased())
    for (let done = false; !done; ) {
      const batch = await store.galleries.eraseBatch(uid, ERASE_BATCH, clock.now())
      await blobs.delete([...batch.blobKeys, ...batch.frameKeys])
      pictures += batch.blobKeys.length
      done = batch.done
    }
  const after = await store.inspection.counts()
  return {
    galleries: 0,
    subjects: before.subjects - after.subjects,
    faces: before.faces - after.faces,
    pictures,
  }
}

const add = (one: ReplayCounts, other: ReplayCounts): ReplayCounts => ({
  galleries: one.galleries + other.galleries,
  subjects: one.subjects + other.subjects,
  faces: one.faces + other.faces,
  pictures: one.pictures + other.pictures,
})

/** All of them, in batches. */
export async function* listTombstones({ erasures }: Pick<Store, 'erasures'>): AsyncGenerator<readonly ErasureRecord[]> {
  for (let after = 0; ; ) {
    const records = await erasures.list(after, BATCH)
    if (records.length > 0) yield records
    if (records.length < BATCH) return
    after = records.at(-1)!.sequence
  }
}

async function* collectKeys(
  batches: AsyncIterable<readonly ErasureRecord[]>,
  keys: Set<string>,
): AsyncGenerator<readonly ErasureRecord[]> {
  for await (const records of batches) {
    for (const record of records) keys.add(keyOf(record))
    yield records
  }
}

/** What was erased; the same for a tombstone and its line in the log, whatever their sequences. */
export const keyOf = ({ galleryUid, subjectUid, faceId }: ErasureRecord): string =>
  faceId ?? subjectUid ?? galleryKeyOf({ galleryUid })

/** The key of the record that stands for all that was in the gallery. */
export const galleryKeyOf = ({ galleryUid }: Pick<ErasureRecord, 'galleryUid'>): string => `gallery ${galleryUid}`
