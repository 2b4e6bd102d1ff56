// Use cases: everything that is kept of a person, and the kept picture of one face.
import { AppError } from '../errors.ts'
import { listAudit } from './audit.ts'
import { type Context, type Region, regionOf } from './context.ts'
import { readPicture } from './pictures.ts'
import type { AuditEntry } from './ports.ts'
import { readFace, readSubject } from './subjects.ts'
import type { Face, Gallery, Picture, Principal, Subject } from './types.ts'

export interface ExportOptions {
  readonly pictures: boolean
  readonly templates: boolean
}

export interface ExportedFace {
  readonly face: Face
  /** Null when it was not kept, or not asked for. */
  readonly picture: Uint8Array | null
  /** Null when it was not asked for. */
  readonly template: Float32Array | null
}

export interface SubjectExport {
  readonly gallery: Gallery
  readonly subject: Subject
  readonly exportedAt: Date
  /** One after the other, so that one picture at a time is held. A face that is erased meanwhile is left out. */
  readonly faces: () => AsyncIterable<ExportedFace>
  /** What the audit trail says about the person, newest first, this export included. */
  readonly audit: () => AsyncIterable<AuditEntry>
}

/** Faces and audit entries read in one step. */
const STEP = 20

/** The export itself is in the audit trail before anything of it is given. @throws AppError gallery_not_found, subject_not_found */
export const exportSubject = async (
  context: Context,
  principal: Principal,
  galleryId: string,
  id: string,
  options: ExportOptions,
): Promise<SubjectExport> => {
  const { gallery, subject } = await readSubject(context, principal, galleryId, id)
  const exportedAt = context.clock.now()
  await context.audit.record(principal, { action: 'subject.export', galleryId, subjectId: id })
  const region = regionOf(context, principal)
  const { control, vault } = context
  const question = { galleryId, subjectId: id, from: null, to: null }
  return {
    gallery,
    subject,
    exportedAt,
    faces: () => readFaces(context, region, gallery, id, options),
    audit: () => readAll(page => listAudit({ control, vault: async () => vault }, principal, question, page)),
  }
}

async function* readFaces(
  context: Context,
  region: Region,
  gallery: Gallery,
  subjectId: string,
  { pictures, templates }: ExportOptions,
): AsyncGenerator<ExportedFace> {
  const { faces } = region.store
  for await (const face of readAll(page => faces.listOfSubject(gallery.uid, subjectId, page))) {
    const [found] = templates ? await faces.templatesOf([face.id]) : []
    const picture = pictures && face.picture ? await readPicture(context, region, face.picture.key) : null
    const isGone = (templates && !found) || (pictures && face.picture !== null && picture === null)
    if (!isGone) yield { face, picture, template: found?.template ?? null }
  }
}

async function* readAll<T>(
  read: (page: { limit: number; cursor: string | null }) => Promise<{ items: readonly T[]; nextCursor: string | null }>,
): AsyncGenerator<T> {
  let cursor: string | null = null
  do {
    const page = await read({ limit: STEP, cursor })
    yield* page.items
    cursor = page.nextCursor
  } while (cursor !== null)
}

/**
 * The picture as it was enrolled. In the audit trail before it is given: it shows a person's face.
 * @throws AppError gallery_not_found, face_not_found, picture_not_kept
 */
export const readFacePicture = async (
  context: Context,
  principal: Principal,
  galleryId: string,
  faceId: string,
): Promise<{ facts: Picture; bytes: Uint8Array }> => {
  const { face } = await readFace(context, principal, galleryId, faceId)
  const bytes = face.picture && (await readPicture(context, regionOf(context, principal), face.picture.key))
  if (!face.picture || !bytes)
    throw new AppError('picture_not_kept', `The picture of face "${faceId}" was not kept.`, {
      details: { gallery: galleryId, face: faceId },
    })
  await context.audit.record(principal, { action: 'picture.read', galleryId, subjectId: face.subjectId, faceId })
  return { facts: face.picture, bytes }
}
