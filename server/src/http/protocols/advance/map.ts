// The vendor's words for what the core has, and back. Pure.
import { createHash } from 'node:crypto'
import type { Numbered } from '../../../core/ports.ts'
import type { CaptureSession } from '../../../core/session-types.ts'
import type { Face, Gallery, Metadata, Subject } from '../../../core/types.ts'

/** What the vendor keeps with a face, beside its picture. */
export const FACE_TEXTS = ['externalReferenceId', 'idNumber', 'idCardType', 'country', 'name'] as const
export type FaceText = (typeof FACE_TEXTS)[number]
export type FaceTexts = Readonly<Record<FaceText, string | null>>

/** A face as the vendor describes it. */
export interface FaceReference extends FaceTexts {
  readonly id: string
  readonly createdAt: string
  readonly lastUpdatedAt: string
  readonly deletedAt: string | null
  readonly faceImageId: string | null
  readonly faceImageUrl: string | null
}

export interface FaceSet {
  readonly id: string
  readonly createdAt: string
  readonly lastUpdatedAt: string
  readonly name: string | null
  readonly description: string | null
  /** Faces in it. */
  readonly total: number
}

/** UTC without a zone, in milliseconds at the finest, without zeros at the end: "2024-08-08T03:36:48.89". */
export const toLocalDateTime = (at: Date): string => at.toISOString().replace(/\.?0*Z$/, '')

const ENDINGS: Readonly<Record<string, string>> = { 'image/jpeg': 'jpg', 'image/png': 'png', 'image/webp': 'webp' }

/** 24 hexadecimal digits and an ending, the same for a face each time; null where its picture is not kept. */
export const faceImageIdOf = ({ id, picture }: Pick<Face, 'id' | 'picture'>): string | null =>
  picture && `${createHash('sha256').update(id).digest('hex').slice(0, 24)}.${ENDINGS[picture.mediaType] ?? 'bin'}`

/** What a link to the judged frame of a transaction is called. */
export const frameNameOf = ({ id, publicId, verdict }: CaptureSession): string =>
  `${publicId ?? id}.${ENDINGS[verdict?.frame?.mediaType ?? ''] ?? 'bin'}`

/** A number of ours as the vendor's ids are: decimal digits without a zero in front. Null for what is none. */
export const readId = (text: string | undefined): number | null =>
  text !== undefined && /^[1-9]\d{0,14}$/.test(text) ? Number(text) : null

export const toTexts = (metadata: Metadata): FaceTexts =>
  Object.fromEntries(
    FACE_TEXTS.map(name => [name, metadata[name] == null ? null : String(metadata[name])]),
  ) as unknown as FaceTexts

/** What is given goes before what was there; null leaves it. */
export const mergeTexts = (before: Metadata, given: Partial<FaceTexts>): Metadata => ({
  ...before,
  ...Object.fromEntries(FACE_TEXTS.flatMap(name => (given[name] == null ? [] : [[name, given[name]]]))),
})

export const toFaceReference = (
  number: number,
  face: Face,
  subject: Pick<Subject, 'metadata' | 'updatedAt'>,
  faceImageUrl: string | null,
): FaceReference => ({
  id: String(number),
  createdAt: toLocalDateTime(face.createdAt),
  lastUpdatedAt: toLocalDateTime(subject.updatedAt),
  deletedAt: null,
  faceImageId: faceImageIdOf(face),
  faceImageUrl,
  ...toTexts(subject.metadata),
})

/** What is remembered of a face that is about to be erased by the vendor's own call. */
export const toDetails = (face: Face, { metadata, updatedAt }: Subject): NonNullable<Numbered['details']> => ({
  createdAt: face.createdAt.getTime(),
  lastUpdatedAt: updatedAt.getTime(),
  faceImageId: faceImageIdOf(face),
  ...toTexts(metadata),
})

/** Of a face that was erased another way nothing is remembered but that it was there, and since when, which its id says. */
export const toDeletedFace = ({ number, uid, details }: Numbered, deletedAt: Date): FaceReference => ({
  id: String(number),
  createdAt: toLocalDateTime(dateOf(details?.createdAt) ?? timeOfUuid(uid)),
  lastUpdatedAt: toLocalDateTime(dateOf(details?.lastUpdatedAt) ?? deletedAt),
  deletedAt: toLocalDateTime(deletedAt),
  faceImageId: textOf(details?.faceImageId),
  faceImageUrl: null,
  ...toTexts((details ?? {}) as Metadata),
})

export const toFaceSet = (number: number, gallery: Gallery, faces: number): FaceSet => ({
  id: String(number),
  createdAt: toLocalDateTime(gallery.createdAt),
  lastUpdatedAt: toLocalDateTime(gallery.updatedAt),
  name: gallery.name,
  description: gallery.description,
  total: faces,
})

const dateOf = (value: unknown): Date | null => (typeof value === 'number' ? new Date(value) : null)
const textOf = (value: unknown): string | null => (typeof value === 'string' ? value : null)

/** The first 48 bits of a UUID of version 7 are the milliseconds of its making (RFC 9562, section 5.7). */
const timeOfUuid = (uuid: string): Date => new Date(Number.parseInt(uuid.replaceAll('-', '').slice(0, 12), 16))
