// The port of lists by page number, and of galleries by code, for protocols whose clients ask that way. Slower the deeper the
// page is; the native lists go by cursor.
import type { Face, Gallery, Metadata, Subject } from './types.ts'

export interface Slice {
  readonly offset: number
  readonly limit: number
}

export interface Sliced<T> {
  readonly items: readonly T[]
  /** Of all slices. */
  readonly total: number
}

/** What is not given is not asked for. */
export interface GalleryQuestion {
  /** Its id, where the caller may see one gallery only. */
  readonly id?: string
  readonly code?: string
  /** A part of the name. */
  readonly name?: string
}

export interface FaceQuestion {
  readonly faceId?: string
  readonly subjectId?: string
  /** Values that the subject's metadata has. */
  readonly metadata?: Metadata
  /** Values that it does not have. */
  readonly without?: Metadata
}

/** A face with what is known of its subject. */
export interface FaceRecord extends Pick<Subject, 'metadata' | 'updatedAt'> {
  readonly face: Face
}

/** Galleries marked for erasure are left out everywhere. */
export interface RecordStore {
  findGallery(tenantId: string, code: string): Promise<Gallery | null>
  /** Oldest first. */
  listGalleries(tenantId: string, question: GalleryQuestion, slice: Slice): Promise<Sliced<Gallery>>
  /** The galleries that have this subject, oldest first. */
  galleriesWith(tenantId: string, subjectId: string): Promise<readonly Gallery[]>
  /** In the order of enrolment. */
  listFaces(galleryUid: string, question: FaceQuestion, slice: Slice): Promise<Sliced<FaceRecord>>
  /** In no order; those that do not exist are left out. */
  findFaces(galleryUid: string, faceIds: readonly string[]): Promise<readonly FaceRecord[]>
}
