// The parameters of each action, as they come: all of them texts. What is not named here is ignored, as the vendor does with
// what it does not know.
import { z } from 'zod'
import { isPlainText } from '../../../core/names.ts'
import { DEFAULT_LIMITS } from '../../../limits.ts'
import { GatewayError } from './errors.ts'

export const MAX_USER_ID_CHARACTERS = 32
const MAX_GROUPS = 10
const MAX_RETURNED_FACES = 5

const Text = z.string().max(DEFAULT_LIMITS.maxIdCharacters, 'is too long')
/** A picture in base64; its size is checked when it is decoded. */
const Picture = z.string()
const Address = z.string().max(DEFAULT_LIMITS.maxUrlCharacters, 'is too long')
const UserId = z
  .string()
  .max(MAX_USER_ID_CHARACTERS, `has more than ${MAX_USER_ID_CHARACTERS} characters`)
  .refine(isPlainText, 'must be text without control characters')
  .refine(id => id !== '.' && id !== '..', 'must not be "." or ".."')
const BizId = z.string().regex(/^[A-Za-z0-9]{1,32}$/, 'must have 1 to 32 letters and digits')
const Name = z.string().max(DEFAULT_LIMITS.maxNameCharacters, 'is too long')
const Description = z.string().max(DEFAULT_LIMITS.maxDescriptionCharacters, 'is too long')
const YesOrNo = z.enum(['Y', 'N'], 'must be Y or N')
const Flag = z.enum(['T', 'F'], 'must be T or F')
const ZeroOrOne = z.enum(['0', '1'], 'must be 0 or 1')

const whole = (least: number, most: number) =>
  z
    .string()
    .regex(/^\d{1,15}$/, 'must be a whole number')
    .transform(Number)
    .refine(number => number >= least && number <= most, `must be from ${least} to ${most}`)
const RecordNumber = whole(1, Number.MAX_SAFE_INTEGER)

const product = (...codes: readonly [string, ...string[]]) => z.enum(codes, `must be ${codes.join(' or ')}`)

const GroupCodes = z
  .string()
  .transform(text => [...new Set(text.split(/[,，]/).map(code => code.trim()))].filter(code => code !== ''))
  .refine(codes => codes.length >= 1 && codes.length <= MAX_GROUPS, `must name 1 to ${MAX_GROUPS} groups`)

const paging = {
  CurrentPage: whole(1, 1_000_000).optional(),
  PageSize: whole(1, DEFAULT_LIMITS.maxPageItems).optional(),
  MaxResults: whole(1, DEFAULT_LIMITS.maxPageItems).optional(),
  NextToken: z.string().max(100, 'is too long').optional(),
}

export const AddFaceRecord = z.object({
  ProductCode: product('FACE_ENROLL'),
  FaceGroupCode: Text,
  MerchantUserId: UserId.optional(),
  FacePicture: Picture.optional(),
  FacePictureUrl: Address.optional(),
  FacePictureFile: Address.optional(),
  FaceQualityCheck: YesOrNo.default('N'),
})

export const AddFaceGroup = z.object({ Name, Description: Description.optional() })

export const QueryFaceGroup = z.object({ ...paging, GroupCode: Text.optional(), Name: Name.optional() })

export const ModifyFaceGroup = z.object({ Id: RecordNumber, Name, Description: Description.optional() })

export const DeleteFaceGroup = z.object({ Id: RecordNumber })

export const QueryFaceRecord = z.object({
  ...paging,
  FaceGroupCode: Text,
  FaceId: RecordNumber.optional(),
  MerchantUserId: Text.optional(),
  RegistrationType: z.enum(['MANUAL', 'AUTO'], 'must be MANUAL or AUTO').optional(),
})

export const ModifyFaceRecord = z.object({ FaceGroupCode: Text, ImgOssInfos: z.string() })

/** What ImgOssInfos holds as JSON. */
export const ImgOssInfos = z
  .array(z.object({ merchantUserId: UserId.min(1), imgOssUrl: Address.min(1) }))
  .max(MAX_GROUPS, `must name at most ${MAX_GROUPS} pictures`)

export const DeleteFaceRecord = z.object({ Id: RecordNumber })

export const DeleteFaceRecordV2 = z.object({ MerchantUserId: Text, FaceGroupCode: Text.optional() })

const pair = {
  SourceFacePicture: Picture.optional(),
  SourceFacePictureUrl: Address.optional(),
  TargetFacePicture: Picture.optional(),
  TargetFacePictureUrl: Address.optional(),
}
const files = { SourceFacePictureFile: Address.optional(), TargetFacePictureFile: Address.optional() }
const check = {
  ...pair,
  VerifyModel: z.enum(['0', '1', '2'], 'must be 0, 1 or 2').default('1'),
  FaceGroupCodes: GroupCodes.optional(),
  AutoRegistration: ZeroOrOne.default('1'),
  FaceRegisterGroupCode: Text.optional(),
  ReturnFaces: whole(1, MAX_RETURNED_FACES).default(1),
  UpdateFaceIfUserExists: YesOrNo.default('N'),
  FaceQualityCheck: YesOrNo.default('N'),
  FaceAttributeCheck: YesOrNo.default('N'),
  Liveness: ZeroOrOne.default('0'),
}

export const FaceDuplicationCheckIntl = z.object({
  ProductCode: product('FACE_IDU_MIN'),
  MerchantBizId: BizId,
  MerchantUserId: UserId,
  ...check,
})

export const FaceVerifyIntl = z.object({
  ProductCode: product('FACE_VERIFY_MIN', 'FACE_IDU_MIN'),
  MerchantBizId: BizId.optional(),
  MerchantUserId: UserId.optional(),
  ...check,
  ...files,
})

export const FaceCompare = z.object({ ...pair, MerchantBizId: BizId.optional() })

export const FaceLiveness = z.object({
  ProductCode: product('FACE_LIVENESS_MIN', 'FACE_LIVENESS_MIN_PRO').optional(),
  MerchantBizId: BizId.optional(),
  MerchantUserId: UserId.optional(),
  FacePictureBase64: Picture.optional(),
  FacePictureUrl: Address.optional(),
  FacePictureFile: Address.optional(),
  FaceQuality: Flag.default('F'),
  Occlusion: Flag.default('F'),
  Crop: Flag.default('F'),
})

export const KeepaliveIntl = z.object({})

export const AuthorizeFileUpload = z.object({ Product: z.string(), RegionId: Text.optional() })

/** @throws GatewayError MissingParameter, InvalidParameter, which name the parameter */
export const readParameters = <T>(schema: z.ZodType<T>, parameters: ReadonlyMap<string, string>): T => {
  const result = schema.safeParse(Object.fromEntries(parameters))
  if (result.success) return result.data
  const [issue] = result.error.issues
  const name = String(issue.path[0] ?? '')
  if (!parameters.has(name)) throw missing(name)
  throw new GatewayError('InvalidParameter', `The parameter ${name} ${issue.message}.`)
}

export const missing = (name: string): GatewayError =>
  new GatewayError('MissingParameter', `The parameter ${name} is mandatory for this action.`)
