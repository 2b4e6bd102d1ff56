// The bodies and answers of the hosted pages as schemas; what a schema says of a value is the name of a refusal, as in wire.ts.
// Addresses are judged by the core.
import { z } from 'zod'
import { DEFAULT_LIMITS } from '../../../limits.ts'
import { answer, isMissing, Region, required, say, text, UserId } from './wire.ts'

const { advanceTextCharacters, maxReturnUrlCharacters } = DEFAULT_LIMITS

/** Absent, null and empty are one. */
const optional = <T extends z.ZodType>(schema: T) =>
  z.preprocess(value => (isMissing(value) ? undefined : value), schema.optional())
const oneOf = <const T extends readonly string[]>(values: T) => optional(z.enum(values, { error: say('parameter') }))
/** Java's clients send truth values, forms their names. */
const flag = z.preprocess(
  value => (isMissing(value) ? undefined : value === 'true' ? true : value === 'false' ? false : value),
  z.boolean({ error: say('parameter') }).default(false),
)
const address = z
  .string({ error: say('parameter') })
  .max(maxReturnUrlCharacters, say('parameter'))
  .meta({
    description: `At most ${maxReturnUrlCharacters} characters; the page docs/protocols/advance.md has the rules.`,
  })

const LIVENESS_TYPES = ['DISTANT_NEAR', 'SILENT', 'ACTION'] as const
export type LivenessType = (typeof LIVENESS_TYPES)[number]

/** The parameters of every link; what the vendor's other products have beside is ignored. */
const parameters = {
  returnUrl: required.max(maxReturnUrlCharacters, say('parameter')),
  failReturnUrl: optional(address),
  callbackUrl: optional(address),
  bizId: required.max(advanceTextCharacters, say('parameter')),
  userId: UserId,
  region: Region,
  language: text(advanceTextCharacters).meta({
    description: "A language tag; another than en, id, th, vi, fil, ms and es is as none: the browser's.",
  }),
  prefersColorScheme: oneOf(['light', 'dark']),
  ignoreFailWhenJump: flag.meta({ description: 'Whether the person is led to returnUrl after a failure too.' }),
  bizCode: optional(z.string({ error: say('parameter') }).regex(/^[a-zA-Z0-9]{1,32}$/, say('parameter'))),
  iframeEnabled: flag.meta({ description: 'Whether other pages may show the page in an iframe.' }),
  livenessType: oneOf(LIVENESS_TYPES),
  productLevel: oneOf(['STANDARD', 'ADVANCED', 'PRO']),
}

interface Jumps {
  readonly failReturnUrl?: string
  readonly ignoreFailWhenJump: boolean
}
/** Where nobody is led to it, nobody needs it. */
const hasJumps = ({ failReturnUrl, ignoreFailWhenJump }: Jumps): boolean =>
  ignoreFailWhenJump || (failReturnUrl !== undefined && failReturnUrl.trim() !== '')

export const LinkBody = z
  .object({
    ...parameters,
    solutionCode: text(advanceTextCharacters).meta({ description: 'Ignored.' }),
    docType: text(advanceTextCharacters).meta({ description: 'Ignored, as the pictures of documents are.' }),
  })
  .refine(hasJumps, say('empty'))
  .meta({ id: 'AdvanceH5Link' })
export const LivenessLinkBody = z
  .object({ ...parameters, productLevel: oneOf(['STANDARD', 'PRO']) })
  .refine(hasJumps, say('empty'))
  .meta({ id: 'AdvanceH5LivenessLink' })
export type Link = z.infer<typeof LinkBody>

const SignatureId = required.meta({ description: '16 lower-case hexadecimal digits.' })
export const SignatureBody = z.object({ signatureId: SignatureId }).meta({ id: 'AdvanceSignature' })
export const ResultBody = z
  .object({ signatureId: SignatureId, returnImageType: oneOf(['URL', 'BASE64']) })
  .meta({ id: 'AdvanceH5ResultQuestion' })
/** A query of the vendor's, with a sentence of its own for what is not there. */
export const ClearQuery = z.object({
  signatureId: z
    .string({ error: ({ input }) => say(isMissing(input) ? 'signatureEmpty' : 'parameter') })
    .refine(id => id.trim() !== '', say('signatureEmpty')),
})

// ---- answers ----

export const LinkAnswer = answer('AdvanceH5LinkAnswer', z.object({ signatureId: z.string(), url: z.string() }))
export const SignatureAnswer = answer('AdvanceH5Signature', z.object({ signatureId: z.string() }))
export const FaceSearchAnswer = answer(
  'AdvanceH5FaceSearch',
  z.object({
    signatureId: z.string(),
    similarFaceUserIds: z.array(z.string()),
    simliarFaceUserIds: z.array(z.string()).meta({ description: "The same, in the older page's spelling." }),
  }),
)

const image = z.string().nullable()
const time = z.int().nullable()
const FaceDetail = z
  .object({
    faceResult: z.enum(['PASS', 'FAIL']),
    faceImage: image,
    faceImageTime: time,
    faceImageFar: image,
    faceImageFarTime: time,
    faceImageNear: image,
    faceImageNearTime: time,
    silentImage: image,
    silentImageTime: time,
    auditImageUrl: image,
    faceLivenessScore: z.number().min(0).max(100).nullable(),
    livenessAttackType: z.union([z.literal(1), z.literal(2), z.literal(3)]).nullable(),
    livenessType: z.enum(LIVENESS_TYPES),
    livenessFlowCategory: z.enum(['SILENT', 'ACTION', 'SILENT_ACTION']),
    faceSimilarityScore: z.number().min(0).max(100).nullable(),
    eventDetails: z.array(z.object({ event: z.string(), result: z.enum(['PASS', 'FAIL']), createTimestamp: z.int() })),
    faceVideoUrl: image,
  })
  .meta({ id: 'AdvanceFaceDetail', description: 'Times are milliseconds since 1970.' })
export type FaceDetail = z.infer<typeof FaceDetail>

const verdict = z.enum(['PASS', 'FAIL', 'INCOMPLETE'])
const Result = z.object({
  signatureId: z.string(),
  overallResult: verdict,
  submissionCompleted: z.boolean(),
  idvResult: verdict.meta({ description: 'As overallResult.' }),
  errorCode: z.string().nullable(),
  faceDetail: FaceDetail.nullable(),
  countryCodeIso3: z.string().nullable(),
  inputParameters: z.record(z.string(), z.union([z.string(), z.boolean()])).nullable(),
})
export type Result = z.infer<typeof Result>
export const ResultAnswer = answer('AdvanceH5Result', Result)
