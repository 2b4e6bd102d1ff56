// What the core needs from the outside, as interfaces. Drivers live in store/, index/, blobs/ and vision/; each port has
// one contract suite that every driver passes.
import type { ErasureStore, InspectionStore } from './maintenance-ports.ts'
import type { NumberKind, NumberStore } from './number-ports.ts'
import type { RecordStore } from './record-ports.ts'
import type { Calibration } from './score.ts'
import type { SessionStore } from './session-ports.ts'
import type {
  Analysis,
  Assessment,
  EnrolmentPolicy,
  Face,
  Gallery,
  Metadata,
  Page,
  PageRequest,
  Picture,
  Subject,
} from './types.ts'

export interface Clock {
  now(): Date
}

/** Makes identifiers: UUIDv7, so that they sort by time. */
export interface IdSource {
  next(): string
}

// ---- stores: the truth. A method that answers null found nothing; none of them throws for a missing row. ----

export interface GalleryStore {
  /** Returns false, and stores nothing, when the tenant has a gallery of this id. */
  insert(gallery: Gallery): Promise<boolean>
  find(tenantId: string, id: string): Promise<Gallery | null>
  findByUid(tenantId: string, uid: string): Promise<Gallery | null>
  list(tenantId: string, page: PageRequest): Promise<Page<Gallery>>
  /** Every gallery of the region, those marked for erasure left out. */
  listAll(): Promise<readonly Gallery[]>
  /** 'changed', and nothing done, when `revision` is given and is not the present one. */
  update(uid: string, change: GalleryChange, revision?: number): Promise<Gallery | 'changed' | null>
  counts(uid: string): Promise<{ subjects: number; faces: number }>
  /**
   * Hides the gallery at once and frees its id; `eraseBatch` removes the content. Returns false when there is none,
   * 'changed' when `revision` is given and is not the present one.
   */
  markErased(uid: string, at: Date, revision?: number): Promise<boolean | 'changed'>
  /** Galleries marked as erased whose content is not all gone yet. */
  listErased(): Promise<readonly string[]>
  /**
   * Erases up to `limit` faces (with their subjects) and capture sessions of a gallery marked as erased, and at last the
   * gallery itself.
   */
  eraseBatch(
    uid: string,
    limit: number,
    at: Date,
  ): Promise<{ blobKeys: readonly string[]; frameKeys: readonly string[]; done: boolean }>
}

export interface GalleryChange {
  readonly name?: string | null
  readonly description?: string | null
  /** What is not given stays as it is. */
  readonly policy?: Partial<EnrolmentPolicy>
  readonly updatedAt: Date
}

export interface SubjectStore {
  find(galleryUid: string, id: string): Promise<Subject | null>
  /** Sorted by subject id (byte order); with a filter only those whose metadata has all its values. */
  list(galleryUid: string, page: PageRequest, filter?: Metadata): Promise<Page<Subject>>
  /** 'changed', and nothing done, when `revision` is given and is not the subject's present one. */
  updateMetadata(
    galleryUid: string,
    id: string,
    metadata: Metadata,
    at: Date,
    revision?: number,
  ): Promise<Subject | 'changed' | null>
  /**
   * Erases the subject, its faces and the capture sessions about it, and leaves tombstones without biometric data. Null and
   * 'changed' as above.
   */
  erase(galleryUid: string, id: string, at: Date, revision?: number): Promise<Erased | 'changed' | null>
}

/** What a deletion took away: the ids for the index, the keys for the blob store. */
export interface Erased {
  readonly faceIds: readonly string[]
  readonly blobKeys: readonly string[]
  /** The same for frames of capture sessions, which are none of the subject's pictures. */
  readonly frameKeys?: readonly string[]
}

export interface NewFace {
  readonly id: string
  readonly galleryUid: string
  readonly subjectId: string
  /** Used only when the subject does not exist yet. */
  readonly newSubjectUid: string
  /** Null leaves an existing subject's metadata as it is; a new subject then starts with {}. */
  readonly metadata: Metadata | null
  readonly pack: string
  readonly box: Face['box']
  readonly confidence: number
  readonly template: Float32Array
  readonly picture: Picture | null
  readonly createdAt: Date
  /** Gets the next number of this kind and its gallery's tenant, with the face or not at all. */
  readonly numberKind?: NumberKind
}

/** What must hold for an insertion, seen while no other change of the gallery can come in between. */
export interface InsertionRules extends Pick<EnrolmentPolicy, 'maxFacesPerSubject' | 'whenFull' | 'existingSubject'> {
  /** The gallery's revision that the caller's decision rests on; undefined when it rests on none. */
  readonly revision?: number
}

export type Insertion =
  | {
      readonly outcome: 'inserted'
      readonly face: Face
      readonly subject: Subject
      /** The faces of the subject that gave way. */
      readonly erased: Erased
      /** Null unless one was asked for. */
      readonly number: number | null
    }
  | { readonly outcome: 'gallery_missing' | 'gallery_changed' | 'subject_exists' }
  | { readonly outcome: 'subject_full'; readonly faceCount: number }

export interface FaceTemplate {
  readonly faceId: string
  readonly template: Float32Array
}

/** A face as a candidate list needs it. */
export interface FaceOfSubject {
  readonly faceId: string
  readonly subjectId: string
  readonly subjectUid: string
  readonly metadata: Metadata
}

export interface FaceStore {
  /**
   * Inserts the face and, when needed, its subject, and erases the faces that must give way, in one transaction that is
   * on disk when the promise resolves; or does nothing and tells which rule forbids it.
   */
  insert(face: NewFace, rules: InsertionRules): Promise<Insertion>
  find(galleryUid: string, id: string): Promise<Face | null>
  /** Sorted by id, which is by time of enrolment. */
  listOfSubject(galleryUid: string, subjectId: string, page: PageRequest): Promise<Page<Face>>
  /** Sorted by id, which is by time of enrolment. */
  listOfGallery(galleryUid: string, page: PageRequest): Promise<Page<Face>>
  templatesOfSubject(galleryUid: string, subjectId: string): Promise<readonly FaceTemplate[]>
  /** The templates of these faces; those that do not exist are left out. */
  templatesOf(faceIds: readonly string[]): Promise<readonly FaceTemplate[]>
  /** The subjects of these faces within one gallery; those that do not exist are left out. */
  subjectsOf(galleryUid: string, faceIds: readonly string[]): Promise<readonly FaceOfSubject[]>
  /** All templates of a gallery in id order, in batches, for rebuilding the index. */
  streamTemplates(galleryUid: string, batchSize: number): AsyncIterable<readonly FaceTemplate[]>
  /** Erases one face (its subject stays, even without faces) and leaves a tombstone. Null when there is none. */
  erase(galleryUid: string, id: string, at: Date): Promise<Erased | null>
}

/** A region's data: galleries, subjects, faces, pictures' facts. */
export interface Store {
  readonly galleries: GalleryStore
  readonly subjects: SubjectStore
  readonly faces: FaceStore
  readonly erasures: ErasureStore
  readonly inspection: InspectionStore
  readonly numbers: NumberStore
  readonly records: RecordStore
  readonly sessions: SessionStore
  /** Fails when the database does not answer; for readiness. */
  ping(): Promise<void>
  close(): Promise<void>
}

export type * from './control-ports.ts'
export type * from './limit-ports.ts'
export type * from './maintenance-ports.ts'
export type * from './number-ports.ts'
export type * from './record-ports.ts'
export type * from './session-ports.ts'
export type * from './webhook-ports.ts'

// ---- index: derived from the store, can be dropped and rebuilt. ----

export interface IndexHit {
  readonly faceId: string
  /** Cosine of probe and template in float32. */
  readonly cosine: number
}

export interface FaceIndex {
  /** Visible to every search that begins after the call. A face id that is there already is overwritten. */
  add(galleryUid: string, entries: readonly FaceTemplate[]): void
  /** Invisible to every search that begins after the call. Unknown ids are ignored. */
  remove(galleryUid: string, faceIds: readonly string[]): void
  drop(galleryUid: string): void
  /** The best `limit` faces, best first, exact. Throws `busy` when too many searches wait. */
  search(galleryUid: string, probe: Float32Array, limit: number, signal?: AbortSignal): Promise<readonly IndexHit[]>
  /** Faces in the gallery. */
  size(galleryUid: string): number
  /** `waiting`: searches that wait for a scan. */
  stats(): { readonly faces: number; readonly bytes: number; readonly waiting: number }
  close(): Promise<void>
}

/** Where the index finds float32 templates for the last, exact scoring of the best few. */
export type TemplateSource = (faceIds: readonly string[]) => Promise<readonly FaceTemplate[]>

// ---- blobs ----

export interface BlobStore {
  /** On disk, under this key, when the promise resolves; an existing blob is replaced as a whole or not at all. */
  put(key: string, bytes: Uint8Array): Promise<void>
  get(key: string): Promise<Uint8Array | null>
  /** Deleting what is not there is no error. */
  delete(keys: readonly string[]): Promise<void>
  /** Every key, for the consistency check. */
  keys(): AsyncIterable<string>
}

export type * from './seal-ports.ts'

// ---- engine ----

export interface AnalyseOptions {
  /** Whose template is computed: nobody's, the largest face's, or everybody's. */
  readonly templates: 'none' | 'largest' | 'all'
  /** Whether the 468 mesh points are returned. */
  readonly points?: boolean
  /** The caller needs the largest face only: the others may be missing from the answer, which then comes sooner. */
  readonly onlyLargest?: boolean
  /** The id of the pack whose template is computed; the engine's `pack` when it is left out. */
  readonly pack?: string
  /** What is judged besides, on the faces whose template is computed, or on every face where none is. */
  readonly assess?: readonly Assessment[]
  /** Of a capture session: waits in a line of its own, and such pictures never take more than half of the workers. */
  readonly lane?: 'frames'
  readonly signal?: AbortSignal
}

/** Where a pack's templates lie. */
export interface TemplateDistribution {
  /** The mean of unit templates of many people. */
  readonly centre: Float32Array
  /** The largest component, either way, that a unit template minus the centre is expected to have. */
  readonly largest: number
}

export interface EnginePack {
  readonly id: string
  readonly version: string
  /** Length of a template. */
  readonly dimensions: number
  readonly calibration: Calibration
  /** Absent where the pack does not say; search is as exact without, and slower. */
  readonly distribution?: TemplateDistribution
}

/** Time of one picture in each stage, milliseconds; the stages that it went through. */
export type StageTimes = Readonly<
  Partial<Record<'decode' | 'detect' | 'mesh' | 'align' | 'embed' | 'attributes' | 'liveness', number>>
>

export interface EngineStats {
  /** Pictures that wait for a worker. */
  readonly waiting: number
  /** Frames of capture sessions that wait in their own line, and how many of them can be analysed at once. */
  readonly framesWaiting: number
  readonly framePlaces: number
  /** Pictures that are being analysed, and how many can be at once. */
  readonly working: number
  readonly places: number
  /** What the analysis of one picture took lately, milliseconds; 0 before the first. */
  readonly pictureMs: number
}

export interface FaceEngine {
  /** What it can judge as it is set up; what else is asked for is not judged. */
  readonly assessments: readonly Assessment[]
  /** The pack that new galleries take and that pictures are compared with; one of `packs`. */
  readonly pack: EnginePack
  /** Every pack that templates can be made with, the best first. */
  readonly packs: readonly EnginePack[]
  stats(): EngineStats
  /** Takes ownership of `image` (encoded bytes). Throws the image_* codes, or `busy` when the queue is full. */
  analyse(image: Uint8Array, options: AnalyseOptions): Promise<Analysis>
  close(): Promise<void>
}
