// The vendor's bodies as schemas, and which of its codes a body has that does not fit them. Pictures are texts here; pictures.ts
// takes them out before the body is validated.
import { z } from 'zod'
import { isPlainText } from '../../../core/names.ts'
import { DEFAULT_LIMITS } from '../../../limits.ts'
import type { WireCode } from './codes.ts'

/** The vendor's, for every score of 0-100 that has no other. */
export const DEFAULT_THRESHOLD = 82
const DEFAULT_LIMIT = 1
const MOST_MATCHES = 10

const Image = z.string().meta({
  description: 'JPEG or PNG of at most 5 MiB, as base64, as a data URL, or as an http or https URL.',
})
const SubjectId = z
  .string()
  .min(1)
  .max(DEFAULT_LIMITS.maxIdCharacters)
  .refine(id => isPlainText(id) && id !== '.' && id !== '..', 'must be well-formed text without control characters')
/** Absent and null are the default. */
const flag = (byDefault: boolean, description: string) =>
  z.boolean().nullish().meta({ default: byDefault, description })

const computed = {
  is_quality: flag(true, 'Whether blur, dark and grayscale are in the answer.'),
  is_attribute: flag(true, 'Whether sunglasses, mask, veil and hat are in the answer.'),
}
const liveness = { is_liveness: flag(false, 'Whether passive liveness is in the answer.') }
const validated = {
  validate_quality: flag(false, 'Whether a blurred, dark or grayscale picture fails; needs is_quality.'),
  validate_attribute: flag(false, 'Whether sunglasses or a mask fail; needs is_attribute.'),
  validate_nface: flag(false, 'Whether more than one face fails.'),
}
const validatedLiveness = {
  validate_liveness: flag(false, 'Whether what is no live person fails; needs is_liveness.'),
}
const flags = { ...computed, ...liveness, ...validated, ...validatedLiveness }
const threshold = z
  .number()
  .min(0)
  .max(100)
  .nullish()
  .meta({ default: DEFAULT_THRESHOLD, description: 'Least similarity that counts.' })

export const EnrollBody = z
  .object({
    image: Image,
    subject_id: SubjectId.nullish().meta({
      description: 'Made when absent; the photo of one that is there is replaced.',
    }),
    ...flags,
  })
  .meta({ id: 'VerihubsEnroll' })
export const VerifyBody = z.object({ image: Image, subject_id: SubjectId, ...flags, threshold }).meta({
  id: 'VerihubsVerify',
})
export const SearchBody = z
  .object({
    image: Image,
    limit: z
      .number()
      .min(1)
      .max(MOST_MATCHES)
      .multipleOf(1)
      .nullish()
      .meta({ default: DEFAULT_LIMIT, description: 'Most matches.' }),
    threshold,
    return_image: flag(false, 'Whether each match comes with its enrolled photo.'),
    ...flags,
  })
  .meta({ id: 'VerihubsSearch' })
export const CompareBody = z.object({ image_1: Image, image_2: Image, ...flags, threshold }).meta({
  id: 'VerihubsCompare',
})
export const LivenessBody = z.object({ image: Image, ...computed, ...validated }).meta({ id: 'VerihubsLiveness' })
export const DeleteQuery = z.object({ subject_id: z.string().optional() })
export const DeleteBody = z.object({ subject_id: SubjectId.optional() }).meta({ id: 'VerihubsDelete' })

const FLAGS = z.object(flags)
export interface Flags {
  readonly quality: boolean
  readonly attribute: boolean
  readonly liveness: boolean
  readonly validate: {
    readonly quality: boolean
    readonly attribute: boolean
    readonly liveness: boolean
    readonly nface: boolean
  }
}

/** The flags of a body, with the vendor's defaults. */
export const flagsOf = (body: Partial<z.infer<typeof FLAGS>>, byDefault: { liveness?: boolean } = {}): Flags => ({
  quality: body.is_quality ?? true,
  attribute: body.is_attribute ?? true,
  liveness: body.is_liveness ?? byDefault.liveness ?? false,
  validate: {
    quality: body.validate_quality ?? false,
    attribute: body.validate_attribute ?? false,
    liveness: body.validate_liveness ?? false,
    nface: body.validate_nface ?? false,
  },
})

/** What is validated has to be computed; null where it is. */
export const dependencyOf = ({ quality, attribute, liveness, validate }: Flags): WireCode | null => {
  if (validate.quality && !quality) return 'INVALID_PAYLOAD_QUALITY_VALIDATION_DEPENDENCY'
  if (validate.attribute && !attribute) return 'INVALID_PAYLOAD_ATTRIBUTE_VALIDATION_DEPENDENCY'
  return validate.liveness && !liveness ? 'INVALID_PAYLOAD_LIVENESS_VALIDATION_DEPENDENCY' : null
}

export const limitOf = ({ limit }: z.infer<typeof SearchBody>): number => limit ?? DEFAULT_LIMIT
export const thresholdOf = (body: { threshold?: number | null }): number => body.threshold ?? DEFAULT_THRESHOLD

/** One thing that is wrong with a body. */
export interface Issue {
  readonly instancePath: string
  readonly keyword: string
}

/** The code of the first that counts: what is wrong with the subject comes after everything else. */
export const codeOfIssues = (issues: readonly Issue[], body: unknown, isSubjectNeeded: boolean): WireCode => {
  const isSubject = ({ instancePath }: Issue): boolean => instancePath.startsWith('/subject_id')
  const found = issues.find(issue => !isSubject(issue))
  if (!found) return codeOfSubject((body as { subject_id?: unknown } | null)?.subject_id, isSubjectNeeded)
  if (found.keyword === 'invalid_type') return 'INVALID_PAYLOAD'
  if (found.instancePath === '/limit') return 'INVALID_PAYLOAD_LIMIT'
  return found.instancePath === '/threshold' ? 'INVALID_PAYLOAD_THRESHOLD' : 'INVALID_PAYLOAD'
}

const codeOfSubject = (id: unknown, isNeeded: boolean): WireCode => {
  if (id === undefined) return 'MISSING_PAYLOAD_SUBJECT_ID'
  if (id === null || id === '') return 'INVALID_PAYLOAD_SUBJECT_ID_MISSING'
  // The page of enroll knows no subject id that is not valid.
  return isNeeded ? 'INVALID_PAYLOAD_SUBJECT_ID' : 'INVALID_PAYLOAD'
}

const pixel = z.int()

/** What is said of a face. */
const results = {
  nface: z.int(),
  rotation: z.int().meta({ description: 'Degrees clockwise: 0, 90, 180 or 270.' }),
  bounding_box: z.object({
    top_left_x: pixel,
    top_left_y: pixel,
    bottom_right_x: pixel,
    bottom_right_y: pixel,
    width: pixel,
    height: pixel,
  }),
  face_landmark: z
    .object({
      left_eye_x: pixel,
      left_eye_y: pixel,
      right_eye_x: pixel,
      right_eye_y: pixel,
      nose_x: pixel,
      nose_y: pixel,
      mouth_left_x: pixel,
      mouth_left_y: pixel,
      mouth_right_x: pixel,
      mouth_right_y: pixel,
    })
    .meta({ description: "Left and right are the viewer's." }),
  image_quality: z.object({ blur: z.boolean(), dark: z.boolean(), grayscale: z.boolean() }).optional(),
  attributes: z
    .object({
      sunglasses_on: z.boolean().optional(),
      mask_on: z.boolean().optional(),
      veil_on: z.boolean().optional(),
      hat_on: z.boolean().optional(),
    })
    .optional(),
  liveness: z.object({ status: z.boolean(), probability: z.number().min(0).max(100) }).optional(),
}
const ResultsBody = z.object(results).meta({ id: 'VerihubsResults' })
export type Results = z.infer<typeof ResultsBody>

const envelope = {
  message: z.string(),
  error_code: z.string().optional().meta({ description: 'FAIL_ON_n, the same as status_code.' }),
  status_code: z.string().meta({ description: '"200", or FAIL_ON_n: the face fails a validation of the call.' }),
  session_id: z.string(),
  timestamp: z.number().meta({ description: 'Seconds since 1970, UTC.' }),
}
const similarity = { similarity_status: z.boolean().optional() }

export const EnrollAnswer = z.object({ ...envelope, subject_id: z.string().optional(), ...results }).meta({
  id: 'VerihubsEnrollAnswer',
})
export const VerifyAnswer = z
  .object({ ...envelope, subject_id: z.string().optional(), ...similarity, ...results })
  .meta({
    id: 'VerihubsVerifyAnswer',
  })
export const SearchAnswer = z
  .object({
    ...envelope,
    matches: z
      .array(
        z.object({
          subject_id: z.string(),
          similarity_status: z.boolean(),
          image: z.string().nullish().meta({ description: 'Base64; null where the photo was not kept.' }),
        }),
      )
      .optional(),
    ...results,
  })
  .meta({ id: 'VerihubsSearchAnswer' })
export const CompareAnswer = z
  .object({ ...envelope, ...similarity, image_1: ResultsBody, image_2: ResultsBody })
  .meta({ id: 'VerihubsCompareAnswer' })
export const LivenessAnswer = z.object({ ...envelope, ...results }).meta({ id: 'VerihubsLivenessAnswer' })
export const DeleteAnswer = z
  .object({
    message: z.string(),
    status_code: z.string(),
    session_id: z.string(),
    timestamp: z.number(),
  })
  .meta({ id: 'VerihubsDeleteAnswer' })
export const ErrorAnswer = z
  .object({ message: z.string(), error_code: z.string().optional() })
  .meta({ id: 'VerihubsError' })
