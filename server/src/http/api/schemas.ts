// Wire schemas that several resources of the native API share, and the maps from core values to them.
import { z } from 'zod'
import type { GalleryWithCounts } from '../../core/galleries.ts'
import { codeOf } from '../../core/gallery-codes.ts'
import { isPlainText } from '../../core/names.ts'
import type { Period } from '../../core/ports.ts'
import type {
  Face,
  Gallery,
  PageRequest,
  Box as PixelBox,
  Subject,
  Metadata as SubjectMetadata,
} from '../../core/types.ts'
import { DEFAULT_LIMITS } from '../../limits.ts'
import { Policy } from './policies.ts'

export const Id = z
  .string()
  .min(1)
  .max(DEFAULT_LIMITS.maxIdCharacters)
  .refine(isPlainText, 'must be well-formed Unicode text without control characters')
export const Instant = z.string().meta({ format: 'date-time', description: 'RFC 3339, UTC' })
export const Similarity = z.number().min(0).max(100)
export const Rate = z.number().gt(0).lt(1)

export const Image = z.string().meta({
  description:
    'JPEG, PNG, WebP, AVIF or GIF, as base64, as a data URL, or as an http or https URL that the server fetches it from; in a multipart body a part with the file itself or with the URL.',
})

export const Metadata = z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])).meta({
  description: 'Flat object of your own, at most 16 KB of JSON.',
})

export const Box = z
  .object({ x: z.number(), y: z.number(), width: z.number(), height: z.number() })
  .meta({ id: 'Box', description: 'Pixels of the upright picture (EXIF orientation applied), origin top left.' })
export const Point = z.object({ x: z.number(), y: z.number() }).meta({ id: 'Point' })

export const PageQuery = z.object({
  limit: z.coerce.number().int().min(1).max(DEFAULT_LIMITS.maxPageItems).default(100),
  cursor: z.string().min(1).max(2000).optional().meta({ description: 'The nextCursor of the page before.' }),
})
export const pageOf = <T extends z.ZodType>(item: T) =>
  z.object({ items: z.array(item), nextCursor: z.string().nullable() })
export const toPageRequest = ({ limit, cursor }: z.infer<typeof PageQuery>): PageRequest => ({
  limit,
  cursor: cursor ?? null,
})

const Moment = z.union(
  [z.iso.datetime({ offset: true }), z.iso.date()],
  'must be an RFC 3339 instant or a day, YYYY-MM-DD',
)
export const PeriodQuery = z.object({
  from: Moment.optional().meta({ description: 'First instant of the period; a day means its beginning in UTC.' }),
  to: Moment.optional().meta({ description: 'End of the period, itself not included.' }),
})
export const toPeriod = ({ from, to }: z.infer<typeof PeriodQuery>): Period => ({
  from: from === undefined ? null : new Date(from),
  to: to === undefined ? null : new Date(to),
})

export const GalleryPath = z.object({ gallery: Id })
export const FacePath = GalleryPath.extend({ face: Id })
export const SubjectPath = GalleryPath.extend({ subject: Id })

export const GalleryBody = z
  .object({
    id: Id,
    code: z
      .string()
      .meta({ description: 'What the Alibaba Cloud API calls it by, as a face group; made by the server.' }),
    name: z.string().nullable(),
    description: z.string().nullable(),
    pack: z.string().meta({ description: 'Model pack that the gallery is bound to.' }),
    policy: Policy,
    revision: z.int().meta({ description: 'Grows with every change of the gallery or its content.' }),
    subjectCount: z.int(),
    faceCount: z.int(),
    createdAt: Instant,
    updatedAt: Instant,
  })
  .meta({ id: 'Gallery' })

export const FaceBody = z
  .object({
    id: Id,
    subjectId: Id,
    galleryId: Id,
    box: Box,
    confidence: z.number(),
    pack: z.string(),
    picture: z.object({ mediaType: z.string(), bytes: z.int() }).nullable(),
    createdAt: Instant,
  })
  .meta({ id: 'Face', description: 'One enrolled picture of a subject.' })

export const SubjectBody = z
  .object({ id: Id, galleryId: Id, faceCount: z.int(), metadata: Metadata, createdAt: Instant, updatedAt: Instant })
  .meta({ id: 'Subject', description: 'A person in a gallery.' })

/** Pixels with one decimal: finer than any detector is. */
export const roundPixel = (value: number): number => Math.round(value * 10) / 10

export const toBox = (box: PixelBox): PixelBox => ({
  x: roundPixel(box.x),
  y: roundPixel(box.y),
  width: roundPixel(box.width),
  height: roundPixel(box.height),
})

export const toGalleryBody = ({ gallery, subjects, faces }: GalleryWithCounts): z.infer<typeof GalleryBody> => ({
  id: gallery.id,
  code: codeOf(gallery.uid),
  name: gallery.name,
  description: gallery.description,
  pack: gallery.pack,
  policy: gallery.policy,
  revision: gallery.revision,
  subjectCount: subjects,
  faceCount: faces,
  createdAt: gallery.createdAt.toISOString(),
  updatedAt: gallery.updatedAt.toISOString(),
})

export const toFaceBody = (gallery: Gallery, face: Face): z.infer<typeof FaceBody> => ({
  id: face.id,
  subjectId: face.subjectId,
  galleryId: gallery.id,
  box: toBox(face.box),
  confidence: Number(face.confidence.toFixed(4)),
  pack: face.pack,
  picture: face.picture && { mediaType: face.picture.mediaType, bytes: face.picture.bytes },
  createdAt: face.createdAt.toISOString(),
})

export const toSubjectBody = (galleryId: string, subject: Subject): z.infer<typeof SubjectBody> => ({
  id: subject.id,
  galleryId,
  faceCount: subject.faceCount,
  metadata: subject.metadata as Record<string, SubjectMetadata[string]>,
  createdAt: subject.createdAt.toISOString(),
  updatedAt: subject.updatedAt.toISOString(),
})
