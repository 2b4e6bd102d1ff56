// Use case: a picture becomes a face of a subject, as the gallery's policy has it.
import { AppError } from '../errors.ts'
import { type Context, findGallery, packName, packOf, type Region, regionOf } from './context.ts'
import { findDuplicates } from './duplicates.ts'
import type { Finding } from './findings.ts'
import { forgetAnswers } from './idempotency.ts'
import { checkMetadata, checkSubjectId } from './names.ts'
import { keepPicture } from './pictures.ts'
import { captureRequired, checkPolicy, type Duplicate, duplicateFace, subjectExists, subjectFull } from './policy.ts'
import type { Insertion, NewFace, NumberKind } from './ports.ts'
import { type Accept, type Probe, probeOf } from './probe.ts'
import { changeStore } from './store-change.ts'
import type {
  Analysis,
  Assessment,
  DetectedFace,
  EnrolmentPolicy,
  Face,
  Gallery,
  Metadata,
  Picture,
  Principal,
  Subject,
} from './types.ts'

export interface EnrolInput {
  readonly galleryId: string
  readonly image: Uint8Array
  /** Made when absent. */
  readonly subjectId?: string
  /** Replaces the subject's metadata when given. */
  readonly metadata?: Metadata
  /** What goes before the gallery's own policy, but for what that says of capture sessions. */
  readonly policy?: Partial<EnrolmentPolicy>
  /** What the caller wants to know of the face. */
  readonly assess?: readonly Assessment[]
  /** Judges the face in the place of the policy. */
  readonly accept?: Accept
  /** The picture as the gallery's pack saw it already: it is looked at no more, and what the policy accepts is not asked. */
  readonly probe?: Probe
  /** The picture is the judged frame of a passed capture session, as the caller has made sure. */
  readonly isCaptured?: boolean
  /** The new face's id; made when absent. Where the gallery has a face of this id, that one is the answer: see idempotency.ts. */
  readonly faceId?: string
  /** For a protocol that numbers faces: the new face gets the next number of this kind. */
  readonly numberKind?: NumberKind
  readonly signal?: AbortSignal
}

export interface Enrolment {
  readonly gallery: Gallery
  readonly face: Face
  readonly subject: Subject
  /** Other subjects with a face like this one; looked for unless the policy allows duplicates. */
  readonly duplicates: readonly Duplicate[]
  /** What may be wrong with the face, by the gallery's policy. */
  readonly warnings: readonly Finding[]
  /** Null when the face was there already. */
  readonly analysis: Analysis | null
  /** The face as it was detected and judged; null when it was there already. */
  readonly detected: DetectedFace | null
  /** Null unless one was asked for. */
  readonly number: number | null
}

type Inserted = Extract<Insertion, { outcome: 'inserted' }>

interface Stored {
  readonly inserted: Inserted
  readonly duplicates: readonly Duplicate[]
}

/** An insertion is tried again when another process changed the gallery after the check for duplicates. */
const MAX_ATTEMPTS = 20

/**
 * Stores picture and template, and makes the face searchable before it answers: what is acknowledged is on disk.
 * @throws AppError gallery_not_found, pack_mismatch, request_invalid, face_not_detected, several_faces, face_refused,
 * assessment_unavailable, subject_exists, subject_full, duplicate_face, session_result_required, image_*, busy
 */
export const enrol = async (context: Context, principal: Principal, input: EnrolInput): Promise<Enrolment> => {
  const region = regionOf(context, principal)
  const subjectId = input.subjectId ?? context.ids.next()
  checkSubjectId(subjectId, context.limits)
  if (input.metadata) checkMetadata(input.metadata, context.limits)
  if (input.policy) checkPolicy(input.policy, context.limits)
  const gallery = await findGallery(region, principal, input.galleryId)
  const pack = packOf(context, gallery)
  const policy = { ...gallery.policy, ...input.policy }
  const before = input.faceId === undefined ? null : await findEnrolled(region, gallery, input.faceId)
  if (before) return before
  if (gallery.policy.capture === 'required' && !input.isCaptured) throw captureRequired(gallery)
  if (input.subjectId !== undefined) await refuseEarly(region, gallery, policy, subjectId)

  // The engine takes the bytes over, so what is to be kept is copied first.
  const kept = context.keepPictures ? new Uint8Array(input.image) : null
  const { analysis, face, template, warnings } =
    input.probe ??
    (await probeOf(context.engine, {
      image: input.image,
      pack: pack.id,
      assess: input.assess,
      acceptances: [policy.acceptance],
      severalFaces: policy.severalFaces,
      accept: input.accept,
      signal: input.signal,
    }))
  input.signal?.throwIfAborted()
  const picture: Picture | null = kept && {
    key: context.ids.next(),
    mediaType: analysis.image.mediaType,
    bytes: kept.length,
  }
  const newFace: NewFace = {
    id: input.faceId ?? context.ids.next(),
    galleryUid: gallery.uid,
    subjectId,
    newSubjectUid: context.ids.next(),
    metadata: input.metadata ?? null,
    pack: packName(pack),
    box: face.box,
    confidence: face.confidence,
    template,
    picture,
    createdAt: context.clock.now(),
    numberKind: input.numberKind,
  }
  const { inserted, duplicates } = await withPicture(
    context,
    region,
    gallery,
    picture && { picture, bytes: kept! },
    () => insert(context, region, gallery, policy, input.signal, newFace),
  )
  await recordEnrolment(context, principal, region, gallery, inserted)
  const { face: stored, subject, number } = inserted
  return { gallery, face: stored, subject, number, duplicates, warnings, analysis, detected: face }
}

/** The new face, and those of the same person that gave way to it, of which no kept answer tells any more. */
const recordEnrolment = async (
  context: Context,
  principal: Principal,
  region: Region,
  { id: galleryId }: Gallery,
  { face, subject, erased }: Inserted,
): Promise<void> => {
  const about = { galleryId, subjectId: subject.id }
  const changes = [
    ...erased.faceIds.map(faceId => ({ ...about, action: 'face.erase' as const, faceId })),
    { ...about, action: 'face.enrol' as const, faceId: face.id },
  ]
  const { faceIds } = erased
  if (faceIds.length > 0) await region.erasures.record()
  await Promise.all(changes.map(change => context.audit.record(principal, change)))
  if (faceIds.length > 0) await forgetAnswers(context, principal, galleryId, { subjectIds: [], faceIds })
}

/** What an earlier try of the same call has stored, made searchable should the try have died before that. */
const findEnrolled = async (region: Region, gallery: Gallery, faceId: string): Promise<Enrolment | null> => {
  const face = await region.store.faces.find(gallery.uid, faceId)
  const subject = face && (await region.store.subjects.find(gallery.uid, face.subjectId))
  if (!subject) return null
  await region.enrolments.run(gallery.uid, async () =>
    region.index.add(gallery, await region.store.faces.templatesOf([faceId])),
  )
  return { gallery, face, subject, duplicates: [], warnings: [], analysis: null, detected: null, number: null }
}

/** Refuses before the picture is analysed what the store would refuse afterwards. */
const refuseEarly = async (
  region: Region,
  gallery: Gallery,
  policy: EnrolmentPolicy,
  subjectId: string,
): Promise<void> => {
  const { existingSubject, whenFull, maxFacesPerSubject } = policy
  if (existingSubject === 'replace' || (existingSubject === 'append' && whenFull === 'replace_oldest')) return
  const subject = await region.store.subjects.find(gallery.uid, subjectId)
  if (!subject) return
  if (existingSubject === 'refuse') throw subjectExists(gallery, subjectId)
  if (subject.faceCount >= maxFacesPerSubject)
    throw subjectFull(gallery, subjectId, subject.faceCount, maxFacesPerSubject)
}

/**
 * Keeps the picture before the row that refers to it is made, so that no row ever lacks its picture. What is left without a
 * face in the end is deleted, now or by upkeep: the new picture where the face was refused, else those of the faces that
 * gave way. The enrolment stands in either case.
 */
const withPicture = async (
  context: Context,
  region: Region,
  { tenantId }: Gallery,
  kept: { readonly picture: Picture; readonly bytes: Uint8Array } | null,
  insertFace: () => Promise<Stored>,
): Promise<Stored> => {
  let left = kept ? [kept.picture.key] : []
  const keepAndInsert = async (): Promise<Stored> => {
    if (kept) await keepPicture(context, region, tenantId, kept.picture.key, kept.bytes)
    return insertFace()
  }
  try {
    const stored = await (kept ? region.upkeep.hold(kept.picture.key, keepAndInsert) : keepAndInsert())
    left = [...stored.inserted.erased.blobKeys]
    return stored
  } finally {
    await region.upkeep.clear(left)
  }
}

/**
 * The check for duplicates, the insertion and the entry in the index are one step for every other enrolment into the
 * gallery.
 */
const insert = async (
  context: Context,
  region: Region,
  gallery: Gallery,
  policy: EnrolmentPolicy,
  signal: AbortSignal | undefined,
  face: NewFace,
): Promise<Stored> => {
  const checkAndInsert = async () => {
    const result = await insertChecked(context, region, gallery, policy, signal, face)
    region.index.remove(gallery.uid, result.inserted.erased.faceIds)
    region.index.add(gallery, [{ faceId: face.id, template: face.template }])
    return result
  }
  return region.enrolments.run(gallery.uid, checkAndInsert, signal)
}

/** To be called while no other enrolment of this process into the gallery is under way. */
const insertChecked = async (
  context: Context,
  region: Region,
  gallery: Gallery,
  policy: EnrolmentPolicy,
  signal: AbortSignal | undefined,
  face: NewFace,
): Promise<Stored> => {
  const { subjectId } = face
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
    // Read before the search: a face that another process adds during it makes the insertion fail and the search repeat.
    const revision = policy.duplicates === 'allow' ? undefined : await findRevision(region, gallery)
    const duplicates =
      policy.duplicates === 'allow' ? [] : await findDuplicates(context, region, gallery, policy, face, signal)
    if (policy.duplicates === 'refuse' && duplicates.length > 0) throw duplicateFace(gallery, duplicates)
    // A caller who is gone, or was told that it took too long, is not enrolled.
    signal?.throwIfAborted()
    const insertion = await changeStore(
      region,
      gallery.uid,
      () => region.store.faces.insert(face, { ...policy, revision }),
      async () => (await region.store.faces.find(gallery.uid, face.id)) !== null,
    )
    if (insertion.outcome === 'inserted') return { inserted: insertion, duplicates }
    if (insertion.outcome === 'gallery_missing') throw galleryGone(gallery)
    if (insertion.outcome === 'subject_exists') throw subjectExists(gallery, subjectId)
    if (insertion.outcome === 'subject_full')
      throw subjectFull(gallery, subjectId, insertion.faceCount, policy.maxFacesPerSubject)
  }
  throw new AppError('busy', `Gallery "${gallery.id}" changes too fast to check the face for duplicates; try again.`)
}

const findRevision = async (region: Region, { tenantId, id, uid }: Gallery): Promise<number> => {
  const present = await region.store.galleries.find(tenantId, id)
  if (present?.uid !== uid) throw galleryGone({ id })
  return present.revision
}

const galleryGone = ({ id }: Pick<Gallery, 'id'>): AppError =>
  new AppError('gallery_not_found', `Gallery "${id}" was deleted in the meantime.`, { details: { gallery: id } })
