// The ports of keeping data sound: what was erased, recorded inside and outside the database, and what the doctor looks
// at. Nothing here carries biometric data or an id that a caller chose.

/** One erasure. No face: the whole subject; no subject either: the whole gallery. */
export interface ErasureRecord {
  /** Of the tombstone in the database; counts up. */
  readonly sequence: number
  readonly galleryUid: string
  readonly subjectUid: string | null
  readonly faceId: string | null
  /** The gallery's revision that the erasure made. */
  readonly revision: number
  readonly erasedAt: Date
}

/** What an erasure that is carried out again took away. */
export interface Replayed {
  readonly galleries: number
  readonly subjects: number
  readonly faces: number
  readonly blobKeys: readonly string[]
  readonly frameKeys: readonly string[]
  /** By gallery, for what else may speak of them: a kept answer. */
  readonly people: readonly ErasedPeople[]
}

export interface ErasedPeople {
  readonly tenantId: string
  readonly galleryId: string
  /** Everybody in the gallery, or these. */
  readonly erased: 'gallery' | { readonly subjectIds: readonly string[]; readonly faceIds: readonly string[] }
}

/** The tombstones of the database. */
export interface ErasureStore {
  /** In the order of their making, after this sequence. */
  list(after: number, limit: number): Promise<readonly ErasureRecord[]>
  last(): Promise<ErasureRecord | null>
  /**
   * Erases what is still there of these, and leaves tombstones of its own for all of them, in one transaction. The content
   * of galleries is left to `GalleryStore.eraseBatch`.
   */
  replay(records: readonly ErasureRecord[]): Promise<Replayed>
}

/** A file outside the database that knows every erasure, so that an older database cannot bring anybody back. */
export interface ErasureLog {
  /** What its last line stands for; null when nothing was erased yet. */
  last(): ErasureRecord | null
  /** On disk when the promise resolves, in this order. */
  append(records: readonly ErasureRecord[]): Promise<void>
  /** Notes that from here on the sequences are those of another database, whose last tombstone is this one. */
  rebase(record: ErasureRecord, at: Date): Promise<void>
  /** Every erasure, oldest first, in batches. Throws erasure_log_corrupt where the chain of lines is broken. */
  read(): AsyncIterable<readonly ErasureRecord[]>
  close(): Promise<void>
}

/** A face with the facts of its picture. */
export interface StoredPicture {
  readonly faceId: string
  readonly galleryUid: string
  readonly key: string
  /** Of the picture as it was enrolled. */
  readonly bytes: number
}

/** A count that is kept with every change, and what the rows say. */
export interface Miscount {
  readonly of: 'gallery faces' | 'gallery subjects' | 'subject faces'
  readonly uid: string
  readonly kept: number
  readonly counted: number
}

/** What only those ask who look after the data. Slow, and never part of a caller's call. */
export interface InspectionStore {
  /** Pages, indexes and references of the database, one sentence for each fault; empty where all is well. */
  findDamage(): Promise<readonly string[]>
  findMiscounts(): Promise<readonly Miscount[]>
  /** Puts the counts of the rows in the place of those kept; returns how many were wrong. */
  mendCounts(): Promise<number>
  /** Every kept picture by face id, in batches. */
  streamPictures(batchSize: number): AsyncIterable<readonly StoredPicture[]>
  /** Those of the keys that a face or a frame of a capture session refers to. */
  findPictureKeys(keys: readonly string[]): Promise<readonly string[]>
  /** Erasures whose face, subject or gallery is still there. */
  findUnerased(limit: number): Promise<readonly ErasureRecord[]>
  counts(): Promise<{ readonly galleries: number; readonly subjects: number; readonly faces: number }>
}
