// How the vendor's surface is described: one OpenAPI document of its own, and the list of actions that the reference page
// shows. Made from the schemas that read the parameters.
import { z } from 'zod'
import { CODES, type VendorCode } from './errors.ts'
import { ACTIONS } from './routes.ts'
import * as wire from './wire.ts'

export const NAME = 'alibaba'

interface Description {
  readonly summary: string
  readonly schema: z.ZodObject
  /** Where the vendor's clients send its parameters; the server takes them in either place. */
  readonly query: 'all' | readonly string[]
  /** A result, as the answer has it beside RequestId, Code and Message. */
  readonly answer: object
}

const CHECK_ANSWER = {
  TransactionId: '01a1f6e4c0ae7c0e8f3b5d2c1b0a9f8e',
  FacePassed: 'N',
  SubCode: '207',
  DuplicateFace: '[{"faceGroupCode":"sg0a1b2c3d4e","faceId":"1","merchantUserId":"u1"}]',
  ExtFaceInfo: {},
}
const PAGE = { CurrentPage: 1, PageSize: 10, TotalCount: 1, TotalPage: 1, MaxResults: 10, NextToken: '' }
const GROUP = { Id: 1, Name: 'Staff', Code: 'sg0a1b2c3d4e', Description: '' }

const DESCRIPTIONS: Readonly<Record<string, Description>> = {
  AddFaceRecord: {
    summary: 'Add a face to a group',
    schema: wire.AddFaceRecord,
    query: [],
    answer: { Result: { Passed: 'Y', ExtFaceInfo: '{"faceQuality":"HIGH"}' } },
  },
  QueryFaceRecord: {
    summary: 'List the faces of a group',
    schema: wire.QueryFaceRecord,
    query: 'all',
    answer: {
      ...PAGE,
      Items: [
        {
          Id: 1,
          FaceId: '1',
          MerchantUserId: 'u1',
          ImgOssUrl: '',
          RegistrationType: 'MANUAL',
          GmtCreate: '2026-11-20T10:15:19Z',
        },
      ],
    },
  },
  ModifyFaceRecord: {
    summary: 'Give users of a group other pictures',
    schema: wire.ModifyFaceRecord,
    query: [],
    answer: { Data: 1 },
  },
  DeleteFaceRecord: {
    summary: 'Delete a face by its number',
    schema: wire.DeleteFaceRecord,
    query: [],
    answer: { Data: 1 },
  },
  DeleteFaceRecordV2: {
    summary: 'Delete a user in one group or in all',
    schema: wire.DeleteFaceRecordV2,
    query: 'all',
    answer: { Result: { Deleted: 'Y', DeletedGroupCodes: 'sg0a1b2c3d4e' } },
  },
  AddFaceGroup: {
    summary: "Make a group; ours, as the vendor's clients cannot",
    schema: wire.AddFaceGroup,
    query: [],
    answer: { Result: GROUP },
  },
  QueryFaceGroup: {
    summary: 'List the groups',
    schema: wire.QueryFaceGroup,
    query: 'all',
    answer: { ...PAGE, Items: [GROUP] },
  },
  ModifyFaceGroup: {
    summary: 'Change name and description of a group',
    schema: wire.ModifyFaceGroup,
    query: [],
    answer: { Data: 1 },
  },
  DeleteFaceGroup: {
    summary: 'Delete a group with everyone in it',
    schema: wire.DeleteFaceGroup,
    query: [],
    answer: { Data: 1 },
  },
  FaceDuplicationCheckIntl: {
    summary: 'Who of these groups is this, and is it the person of another picture?',
    schema: wire.FaceDuplicationCheckIntl,
    query: ['ProductCode'],
    answer: { Result: CHECK_ANSWER },
  },
  FaceVerifyIntl: {
    summary: 'The same with scores as numbers, and pictures by file',
    schema: wire.FaceVerifyIntl,
    query: [],
    answer: { Result: { ...CHECK_ANSWER, FacePassed: 'Y', SubCode: '200', FaceComparisonScore: 98.5 } },
  },
  FaceCompare: {
    summary: 'Are these two pictures of one person?',
    schema: wire.FaceCompare,
    query: [],
    answer: { Result: { TransactionId: CHECK_ANSWER.TransactionId, FaceComparisonScore: 98.5, Passed: 'Y' } },
  },
  FaceLiveness: {
    summary: 'Is this a person, or a picture of one?',
    schema: wire.FaceLiveness,
    query: [],
    answer: { Result: { TransactionId: CHECK_ANSWER.TransactionId, Passed: 'Y', SubCode: '200', ExtFaceInfo: {} } },
  },
  KeepaliveIntl: {
    summary: 'Does the server answer?',
    schema: wire.KeepaliveIntl,
    query: [],
    answer: { Result: { Result: 'SUCCESS' } },
  },
  AuthorizeFileUpload: {
    summary: 'Announce a file, which is then sent as a form to the host that the answer names',
    schema: wire.AuthorizeFileUpload,
    query: 'all',
    answer: {
      AccessKeyId: 'upload-0a1b2c3d4e5f6071',
      Bucket: '127',
      Endpoint: '0.0.1:8470',
      EncodedPolicy: 'eyJ…',
      Signature: '11nX…',
      ObjectKey: 'upload/0a1b….jpg',
      UseAccelerate: false,
    },
  },
}

export interface DescribedParameter {
  readonly name: string
  readonly isRequired: boolean
  readonly place: 'query' | 'form'
  readonly schema: Readonly<Record<string, unknown>>
}

export interface DescribedAction {
  readonly name: string
  readonly version: string
  readonly summary: string
  readonly parameters: readonly DescribedParameter[]
  readonly answer: object
}

/** Every action that is routed, in that order. */
export const describeActions = (): readonly DescribedAction[] =>
  Object.entries(ACTIONS).map(([name, { version }]) => {
    const { summary, schema, query, answer } = DESCRIPTIONS[name]
    const { properties = {}, required = [] } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' })
    const parameters = Object.entries(properties).map(([parameter, each]) => ({
      name: parameter,
      isRequired: required.includes(parameter),
      place: query === 'all' || query.includes(parameter) ? ('query' as const) : ('form' as const),
      schema: each as DescribedParameter['schema'],
    }))
    return { name, version, summary, parameters, answer }
  })

const DESCRIPTION =
  "The face groups of Alibaba Cloud's ID Verification as Likeness speaks them, at / on every host and under /alibaba. Calls are signed (ACS3-HMAC-SHA256, or HMAC-SHA1 over all parameters): the vendor's clients do it. Parameters count in the address and in the form alike. What is the vendor's and what was decided here: docs/protocols/alibaba.md."

/** OpenAPI tells operations apart by their paths, which is why each has its action there. */
export const makeDocument = (version: string): object => ({
  openapi: '3.1.0',
  info: { title: 'Likeness: Alibaba Cloud face groups', version, description: DESCRIPTION },
  tags: [{ name: 'Face groups' }],
  components: {
    securitySchemes: { signature: { type: 'apiKey', in: 'header', name: 'Authorization' } },
    schemas: { Error: toErrorSchema() },
  },
  paths: Object.fromEntries(
    describeActions().map(action => [
      `/?Action=${action.name}&Version=${action.version}`,
      { post: toOperation(action) },
    ]),
  ),
})

const toOperation = ({ name, summary, parameters, answer }: DescribedAction) => {
  const form = parameters.filter(({ place }) => place === 'form')
  const success = {
    RequestId: '01A1F6E4-C0AE-7C0E-8F3B-5D2C1B0A9F8E',
    Code: 'Success',
    Message: 'The request was successful.',
  }
  return {
    operationId: name,
    tags: ['Face groups'],
    summary,
    security: [{ signature: [] }],
    parameters: parameters
      .filter(({ place }) => place === 'query')
      .map(each => ({ name: each.name, in: 'query', required: each.isRequired, schema: each.schema })),
    ...(form.length > 0 && { requestBody: { required: true, content: { [FORM]: { schema: toFormSchema(form) } } } }),
    responses: {
      200: {
        description: 'Done.',
        content: { 'application/json': { schema: { type: 'object' }, example: { ...success, ...answer } } },
      },
      ...Object.fromEntries(
        [...new Set(Object.values(CODES))].sort().map(status => [status, toErrorAnswer(status)] as const),
      ),
    },
  }
}

const FORM = 'application/x-www-form-urlencoded'

const toFormSchema = (form: readonly DescribedParameter[]) => ({
  type: 'object',
  properties: Object.fromEntries(form.map(({ name, schema }) => [name, schema])),
  required: form.filter(({ isRequired }) => isRequired).map(({ name }) => name),
})

const toErrorAnswer = (status: number) => ({
  description: Object.entries(CODES)
    .filter(([, each]) => each === status)
    .map(([code]) => code)
    .join(', '),
  content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } },
})

const toErrorSchema = () => ({
  type: 'object',
  properties: {
    RequestId: { type: 'string' },
    HostId: { type: 'string' },
    Code: { type: 'string', enum: Object.keys(CODES) as VendorCode[] },
    Message: { type: 'string' },
    Recommend: { type: 'string' },
    AccessDeniedDetail: { type: 'object', properties: { AuthAction: { type: 'string' } } },
  },
  required: ['RequestId', 'HostId', 'Code', 'Message', 'Recommend'],
})
