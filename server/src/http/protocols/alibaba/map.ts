// Values of the core in the words of the wire, and pages by number in those of the store. Pure.
import { codeOf } from '../../../core/gallery-codes.ts'
import type { NumberedFace } from '../../../core/numbers.ts'
import type { Slice } from '../../../core/ports.ts'
import type { NumberedGallery } from '../../../core/records.ts'
import type { DetectedFace, Gallery } from '../../../core/types.ts'
import { GatewayError } from './errors.ts'
import { missing } from './wire.ts'

export type Answer = Readonly<Record<string, unknown>>

/** As the page has it, word for word. */
const MESSAGE = 'The request was successful.'

/** Every answer of success begins so. */
export const toSuccess = (requestId: string, rest: Answer): Answer => ({
  RequestId: toRequestId(requestId),
  Code: 'Success',
  Message: MESSAGE,
  ...rest,
})

export const toRequestId = (id: string): string => id.toUpperCase()

/** The vendor's are 32 hexadecimal digits. */
export const toTransactionId = (id: string): string => id.replaceAll('-', '')

export const toYesOrNo = (value: boolean): 'Y' | 'N' => (value ? 'Y' : 'N')

export const toEnrolResult = ({ isPassed, isGood }: { isPassed: boolean; isGood: boolean }): Answer => ({
  Result: { Passed: toYesOrNo(isPassed), ExtFaceInfo: JSON.stringify({ faceQuality: isGood ? 'HIGH' : 'LOW' }) },
})

export const toGroupItem = ({ gallery, number }: NumberedGallery): Answer => ({
  Id: number,
  Name: nameOf(gallery),
  Code: codeOf(gallery.uid),
  Description: gallery.description ?? '',
})

const nameOf = ({ name, id }: Gallery): string => name ?? id

/** What a subject that a check has registered by itself is marked with. */
export const AUTOMATIC = { registrationType: 'AUTO' } as const
export const typeOf = ({ metadata }: Pick<NumberedFace, 'metadata'>): 'AUTO' | 'MANUAL' =>
  metadata.registrationType === AUTOMATIC.registrationType ? 'AUTO' : 'MANUAL'

/** `pictureUrl` is empty where the picture was not kept. */
export const toRecordItem = (record: NumberedFace, pictureUrl: string): Answer => ({
  Id: record.number,
  FaceId: String(record.number),
  MerchantUserId: record.face.subjectId,
  ImgOssUrl: pictureUrl,
  RegistrationType: typeOf(record),
  GmtCreate: `${record.face.createdAt.toISOString().slice(0, 'YYYY-MM-DDThh:mm:ss'.length)}Z`,
})

export interface Paging {
  readonly CurrentPage?: number
  readonly PageSize?: number
  readonly MaxResults?: number
  readonly NextToken?: string
}

/** A token goes before a page number. @throws GatewayError MissingParameter, InvalidParameter */
export const toSlice = ({ CurrentPage, PageSize, MaxResults, NextToken }: Paging): Slice => {
  const limit = (NextToken === undefined ? PageSize : (MaxResults ?? PageSize)) ?? PageSize
  if (limit === undefined) throw missing('PageSize')
  if (NextToken !== undefined) return { offset: readToken(NextToken), limit }
  if (CurrentPage === undefined) throw missing('CurrentPage')
  return { offset: (CurrentPage - 1) * limit, limit }
}

const toToken = (offset: number): string => Buffer.from(`after:${offset}`).toString('base64url')

const readToken = (token: string): number => {
  const [, digits] = /^after:(\d{1,9})$/.exec(Buffer.from(token, 'base64url').toString('latin1')) ?? []
  if (digits === undefined) throw new GatewayError('InvalidParameter', 'NextToken is not one of an earlier answer.')
  return Number(digits)
}

export const toPage = ({ offset, limit }: Slice, total: number, items: readonly Answer[]): Answer => ({
  CurrentPage: Math.floor(offset / limit) + 1,
  PageSize: limit,
  TotalCount: total,
  TotalPage: Math.ceil(total / limit),
  MaxResults: limit,
  NextToken: offset + items.length < total ? toToken(offset + items.length) : '',
  Items: items,
})

/** The measured scores of a face, 0-100; those that were not measured are left out. `prefix` is "Target" for the second face. */
export const toScores = ({ quality }: DetectedFace, prefix: '' | 'Target' = ''): Answer => {
  if (!quality) return {}
  const { components, unified } = quality
  const scores: [string, number | null | undefined][] = [
    ['FaceQualityScore', unified?.score],
    ['IlluminationScore', components.luminance.score],
    ['SharpnessScore', components.sharpness.score],
    ['OcclusionScore', components.faceOcclusion.score === null ? null : 100 - components.faceOcclusion.score],
  ]
  return Object.fromEntries(
    scores.flatMap(([name, score]) => (typeof score === 'number' ? [[prefix + name, roundScore(score)]] : [])),
  )
}

export const roundScore = (score: number): number => Math.round(score * 100) / 100

/** What is worn, as a text that holds JSON. */
export const toAttributeInfo = ({ attributes }: DetectedFace): Answer =>
  attributes
    ? {
        FaceAttributeInfo: JSON.stringify(
          Object.fromEntries(Object.entries(attributes).map(([name, { present }]) => [name, toYesOrNo(present)])),
        ),
      }
    : {}

/** Passive liveness: whether it looks like an attack, and how sure that is, 0-100. */
export const toAttack = ({ liveness }: DetectedFace): { readonly isAttack: boolean; readonly score: number } | null =>
  liveness ? { isAttack: !liveness.live, score: roundScore((1 - liveness.score) * 100) } : null
