// The vendor's bodies and answers as schemas. What a schema says of a value that does not fit is the name of a refusal, see
// codes.ts; fields that it does not know are ignored. Pictures are taken by pictures.ts.
import { z } from 'zod'
import { ALPHA2_CODES, alpha2Of } from '../../../core/country-codes.ts'
import { isPlainText } from '../../../core/names.ts'
import { DEFAULT_LIMITS } from '../../../limits.ts'
import type { RefusalName } from './codes.ts'

export const say = (name: RefusalName): string => name
export const isMissing = (value: unknown): boolean => value === undefined || value === null || value === ''
const { advanceUserIdCharacters, advanceTextCharacters, maxCandidates } = DEFAULT_LIMITS
const { advanceLeastTokenSeconds, advanceMostTokenSeconds, maxDescriptionCharacters } = DEFAULT_LIMITS

/** A text that must be there; empty or blank is as if it was not. */
export const required = z
  .string({ error: ({ input }) => say(input === undefined || input === null ? 'empty' : 'parameter') })
  .refine(text => text.trim() !== '', { error: say('empty'), abort: true })

// ---- token ----

/** The vendor's type is a text, its own example has numbers; both are taken. Empty is as if it was not given. */
const digits = z.union([z.string(), z.number()], { error: say('parameter') }).transform(String)
const requiredDigits = z.preprocess(
  value => (isMissing(value) ? undefined : value),
  z
    .union([z.string(), z.number()], { error: ({ input }) => say(input === undefined ? 'empty' : 'parameter') })
    .transform(String),
)

export const DEFAULT_TOKEN_SECONDS = 3600

export const TokenBody = z
  .object({
    accessKey: required,
    timestamp: requiredDigits.meta({ description: 'Milliseconds since 1970, 13 digits.' }),
    signature: required.meta({ description: 'Hex SHA-256 of accessKey + secretKey + timestamp.' }),
    periodSecond: z
      .preprocess(value => (isMissing(value) ? String(DEFAULT_TOKEN_SECONDS) : value), digits)
      .refine(text => /^\d{1,6}$/.test(text) && isTokenPeriod(Number(text)), say('parameter'))
      .transform(Number)
      .meta({
        description: `Life of the token, ${advanceLeastTokenSeconds} to ${advanceMostTokenSeconds} seconds; ${DEFAULT_TOKEN_SECONDS} unless given.`,
      }),
  })
  .meta({ id: 'AdvanceToken' })

const isTokenPeriod = (seconds: number): boolean =>
  seconds >= advanceLeastTokenSeconds && seconds <= advanceMostTokenSeconds

// ---- Face Authentication ----

export const UserId = required
  .refine(text => text.length <= advanceUserIdCharacters && isPlainText(text), say('userId'))
  .meta({ description: `1 to ${advanceUserIdCharacters} characters, no control characters.` })

export const Region = required
  .refine(code => alpha2Of(code) !== null, say('region'))
  .meta({ description: 'ISO 3166-1 alpha-3 code of a country that the region serves.' })

export const EnrollBody = z
  .object({
    userId: UserId,
    region: Region,
    faceImage: z
      .string({ error: ({ input }) => say(input === undefined || input === null ? 'imageNull' : 'parameter') })
      .refine(text => text !== '', say('imageEmpty'))
      .meta({
        description: 'JPEG or PNG of less than 2 MB, 256 to 4096 pixels a side; base64, or an http or https URL.',
      }),
  })
  .meta({ id: 'AdvanceEnroll' })
export const UserBody = z.object({ userId: UserId }).meta({ id: 'AdvanceUser' })

// ---- Face Search ----

const Id = z
  .string({ error: say('parameter') })
  .min(1, say('parameter'))
  .max(advanceTextCharacters, say('parameter'))
  .refine(isPlainText, say('parameter'))
  .meta({ description: 'Decimal digits.' })
export const text = (most: number) =>
  z
    .string({ error: say('parameter') })
    .max(most, say('parameter'))
    .refine(isPlainText, say('parameter'))
    .nullish()
const File = z.string({ error: say('parameter') }).meta({
  format: 'binary',
  description: 'JPEG or PNG of less than 2 MB, 256 to 4096 pixels a side; a file, whatever its part calls itself.',
})

const faceTexts = {
  externalReferenceId: text(advanceTextCharacters),
  idNumber: text(advanceTextCharacters),
  idCardType: text(advanceTextCharacters),
  country: z
    .string({ error: say('parameter') })
    .refine(code => code === '' || ALPHA2_CODES.includes(code), say('parameter'))
    .nullish()
    .meta({ description: 'ISO 3166-1 alpha-2 code.' }),
  name: text(advanceTextCharacters),
}

/** Forms have texts only; JSON may have numbers. Empty is as if it was not given. */
const numberFrom = (least: number, most: number, byDefault: number, isWhole: boolean) =>
  z.preprocess(
    value =>
      isMissing(value) ? byDefault : typeof value === 'string' && /^\d+(\.\d+)?$/.test(value) ? Number(value) : value,
    z
      .number({ error: say('parameter') })
      .min(least, say('parameter'))
      .max(most, say('parameter'))
      .refine(value => !isWhole || Number.isInteger(value), say('parameter')),
  )

export const DEFAULT_TOP_K = 20
export const DEFAULT_THRESHOLD = 80
const DEFAULT_PAGE = 20
const MOST_OF_PAGE = 100
const MOST_ID = 999_999_999_999_999

export const AddFaceForm = z.object({ faceSetId: Id, faceImage: File, ...faceTexts }).meta({ id: 'AdvanceAddFace' })
export const SearchForm = z
  .object({
    faceSetId: Id,
    faceImage: File,
    topK: numberFrom(1, maxCandidates, DEFAULT_TOP_K, true),
    threshold: numberFrom(0, 100, DEFAULT_THRESHOLD, false).meta({
      description: 'Only faces above this similarity are found.',
    }),
  })
  .meta({ id: 'AdvanceSearch' })
/** A picture is never exchanged: another picture is another face. */
export const UpdateFaceForm = z
  .object({ ...faceTexts, faceImage: z.never({ error: say('parameter') }).optional() })
  .meta({ id: 'AdvanceUpdateFace' })
export const IdQuery = z.object({ id: Id })
const page = {
  pageSize: numberFrom(1, MOST_OF_PAGE, DEFAULT_PAGE, true),
  afterId: numberFrom(0, MOST_ID, 0, true).meta({ description: 'The last id of the page before.' }),
}
/** One face by `id`, or a page of those of a face set. */
export const FaceQuery = z.object({ id: Id.optional(), faceSetId: Id.optional(), ...page })
/** One face set by `id`, or a page of all. */
export const FaceSetQuery = z.object({ id: Id.optional(), ...page })
export const FaceSetForm = z
  .object({ name: text(DEFAULT_LIMITS.maxNameCharacters), description: text(maxDescriptionCharacters) })
  .meta({ id: 'AdvanceFaceSet' })

// ---- answers ----

export const answer = <T extends z.ZodType>(id: string, data: T) =>
  z
    .object({
      code: z.string().meta({ description: 'SUCCESS, or a code of the coverage page, with status 200 too.' }),
      message: z.string(),
      data: data.nullable(),
      extra: z.null(),
      transactionId: z.string(),
      pricingStrategy: z.enum(['FREE', 'PAY']),
    })
    .meta({ id })

const FaceObject = z
  .object({
    id: z.string(),
    createdAt: z.string(),
    lastUpdatedAt: z.string(),
    deletedAt: z.string().nullable(),
    faceImageId: z.string().nullable(),
    faceImageUrl: z.string().nullable(),
    externalReferenceId: z.string().nullable(),
    idNumber: z.string().nullable(),
    idCardType: z.string().nullable(),
    country: z.string().nullable(),
    name: z.string().nullable(),
  })
  .meta({ id: 'AdvanceFaceReference', description: 'Times are UTC without a zone.' })
const FaceSetObject = z
  .object({
    id: z.string(),
    createdAt: z.string(),
    lastUpdatedAt: z.string(),
    name: z.string().nullable(),
    description: z.string().nullable(),
    total: z.int(),
  })
  .meta({ id: 'AdvanceFaceSetObject' })

export const NothingAnswer = answer('AdvanceNothing', z.never())
export const TokenAnswer = answer('AdvanceTokenAnswer', z.object({ token: z.string(), expiredTime: z.int() }))
export const EnrolledAnswer = answer(
  'AdvanceEnrolled',
  z.object({ userId: z.string(), imageUrlList: z.array(z.string()) }),
)
export const IdAnswer = answer('AdvanceId', z.string())
export const FaceAnswer = answer('AdvanceFace', FaceObject)
export const FacesAnswer = answer(
  'AdvanceFaces',
  z.union([FaceObject, z.object({ total: z.int(), faceReferences: z.array(FaceObject) })]),
)
export const FaceSetAnswer = answer('AdvanceFaceSetAnswer', FaceSetObject)
export const FaceSetsAnswer = answer(
  'AdvanceFaceSets',
  z.union([FaceSetObject, z.object({ faceSets: z.array(FaceSetObject) })]),
)
export const SearchAnswer = answer(
  'AdvanceFound',
  z.object({
    topK: z.int(),
    threshold: z.number(),
    total: z.int(),
    faceReferences: z.array(FaceObject.extend({ similarity: z.number() })),
  }),
)
