// The two actions that check a face against groups, against another picture, or both, and register who is new.
import type { z } from 'zod'
import { type Context, regionOf } from '../../../core/context.ts'
import { enrol } from '../../../core/enrol.ts'
import { checkFace, type FaceCheck, isSamePack } from '../../../core/face-check.ts'
import { ACCEPT_ALL } from '../../../core/finding-profiles.ts'
import { codeOf } from '../../../core/gallery-codes.ts'
import { numberAll } from '../../../core/numbers.ts'
import type { Assessment, Gallery } from '../../../core/types.ts'
import { AppError } from '../../../errors.ts'
import { type ActionDeps, FACE, findGroup, note, type Run } from './actions.ts'
import type { Call } from './call.ts'
import {
  type CheckResult,
  type DuplicateFace,
  type Registration,
  SUB_CODES,
  toCheckResult,
  toFaceFacts,
} from './check-map.ts'
import { requirePicture, THRESHOLD } from './compare-actions.ts'
import { AUTOMATIC, toTransactionId } from './map.ts'
import { type PictureSources, withUploads } from './pictures.ts'
import * as wire from './wire.ts'

/** What both checks are asked alike. */
interface CheckQuestion {
  readonly mode: '0' | '1' | '2'
  readonly groupCodes: readonly string[] | undefined
  readonly registerCode: string | undefined
  readonly userId: string | undefined
  readonly limit: number
  readonly replacesUser: boolean
  readonly tellsQuality: boolean
  readonly tellsAttributes: boolean
  readonly tellsLiveness: boolean
  readonly source: PictureSources
  readonly target: PictureSources
}

type CheckParameters = z.infer<typeof wire.FaceVerifyIntl>

const toQuestion = (wanted: CheckParameters): CheckQuestion => {
  const isRegistering = wanted.AutoRegistration === '0' && wanted.VerifyModel !== '1'
  return {
    mode: wanted.VerifyModel,
    groupCodes: wanted.FaceGroupCodes,
    registerCode: isRegistering ? require(wanted.FaceRegisterGroupCode, 'FaceRegisterGroupCode') : undefined,
    userId: isRegistering ? require(wanted.MerchantUserId, 'MerchantUserId') : wanted.MerchantUserId,
    limit: wanted.ReturnFaces,
    replacesUser: wanted.UpdateFaceIfUserExists === 'Y',
    tellsQuality: wanted.FaceQualityCheck === 'Y',
    tellsAttributes: wanted.FaceAttributeCheck === 'Y',
    tellsLiveness: wanted.Liveness === '1',
    source: {
      base64: wanted.SourceFacePicture,
      url: wanted.SourceFacePictureUrl,
      file: wanted.SourceFacePictureFile,
    },
    target: {
      base64: wanted.TargetFacePicture,
      url: wanted.TargetFacePictureUrl,
      file: wanted.TargetFacePictureFile,
    },
  }
}

const require = (value: string | undefined, name: string): string => {
  if (value === undefined) throw wire.missing(name)
  return value
}

/** Scores are texts in this one and numbers in the next. */
export const faceDuplicationCheckIntl: Run = async (deps, call) => {
  const wanted = wire.readParameters(wire.FaceDuplicationCheckIntl, call.parameters)
  return { Result: toCheckResult(await check(deps, call, toQuestion(wanted)), String) }
}

export const faceVerifyIntl: Run = async (deps, call) => {
  const wanted = wire.readParameters(wire.FaceVerifyIntl, call.parameters)
  const mode = wanted.ProductCode === 'FACE_VERIFY_MIN' ? '1' : wanted.VerifyModel
  return {
    Result: toCheckResult(await check(deps, call, toQuestion({ ...wanted, VerifyModel: mode })), score => score),
  }
}

const check = (deps: ActionDeps, call: Call, question: CheckQuestion): Promise<CheckResult> =>
  withUploads(deps.uploads, call, [question.source.file, question.target.file], async () => {
    const { mode, groupCodes, registerCode, userId, limit } = question
    if (mode !== '1' && groupCodes === undefined) throw wire.missing('FaceGroupCodes')
    const codes = mode === '1' ? [] : (groupCodes ?? [])
    const groups = await Promise.all(codes.map(code => findGroup(call, code)))
    const register = registerCode === undefined ? null : await findGroup(call, registerCode)
    const about = register ?? groups[0]
    if (about) note(call, { galleryId: about.id, subjectId: userId })
    const [source, target] = await Promise.all([
      requirePicture(deps, call, 'SourceFacePicture', question.source),
      mode === '0' ? undefined : requirePicture(deps, call, 'TargetFacePicture', question.target),
    ])
    call.request.places?.confirm()
    // The engine takes the bytes over.
    const kept = register && new Uint8Array(source)
    const found = await checkFace(call.core, call.principal, {
      source,
      target,
      galleries: groups,
      threshold: THRESHOLD,
      limit,
      exceptSubjectId: question.replacesUser ? userId : undefined,
      assess: assessmentsFor(call.core, question),
      names: ['SourceFacePicture', 'TargetFacePicture'],
      signal: call.request.signal,
    })
    const duplicates = mode === '0' || mode === '2' ? await nameDuplicates(call, groups, found.candidates) : null
    const facts = toFaceFacts(toTransactionId(call.request.id), question, found, duplicates)
    if (!register || !kept || facts.subCode !== SUB_CODES.passed)
      return { ...facts, registration: register && 'refused' }
    return registerFace(call, { facts, found, groups, register, kept, question })
  })

/** What cannot be judged is left out where it is only told, and refused where it decides. */
const assessmentsFor = (
  { engine }: Context,
  { tellsQuality, tellsAttributes, tellsLiveness }: CheckQuestion,
): readonly Assessment[] => [
  ...(tellsQuality ? (['quality'] as const) : []),
  ...(tellsAttributes && engine.assessments.includes('attributes') ? (['attributes'] as const) : []),
  ...(tellsLiveness ? (['liveness'] as const) : []),
]

const nameDuplicates = async (
  { core, principal }: Call,
  groups: readonly Gallery[],
  candidates: readonly { readonly galleryId: string; readonly faceId: string; readonly subjectId: string }[],
): Promise<readonly DuplicateFace[]> => {
  const region = regionOf(core, principal)
  const named: DuplicateFace[] = []
  for (const { galleryId, faceId, subjectId } of candidates) {
    const group = groups.find(({ id }) => id === galleryId)!
    const [number] = await numberAll(region, principal, FACE, [faceId], group.uid)
    named.push({ faceGroupCode: codeOf(group.uid), faceId: String(number), merchantUserId: subjectId })
  }
  return named
}

interface NewRegistration {
  readonly facts: CheckResult
  readonly found: FaceCheck
  readonly groups: readonly Gallery[]
  readonly register: Gallery
  readonly kept: Uint8Array
  readonly question: CheckQuestion
}

/** Nobody with this face can come into the group between the search and this: it is looked for once more, in one step with it. */
const registerFace = async (
  call: Call,
  { facts, found, groups, register, kept, question }: NewRegistration,
): Promise<CheckResult> => {
  const isSearched = groups.some(({ uid }) => uid === register.uid)
  const { core, principal, request } = call
  try {
    const { number } = await enrol(core, principal, {
      galleryId: register.id,
      image: kept,
      subjectId: question.userId,
      metadata: AUTOMATIC,
      probe: isSamePack(core, groups, register) ? found.source : undefined,
      policy: {
        existingSubject: question.replacesUser ? 'replace' : 'refuse',
        severalFaces: 'largest',
        acceptance: ACCEPT_ALL,
        duplicates: isSearched ? 'refuse' : 'allow',
        duplicateThreshold: found.threshold.similarity,
      },
      numberKind: FACE,
      signal: request.signal,
    })
    return { ...facts, registration: { faceId: String(number) } }
  } catch (error) {
    return notRegistered(call, facts, register, question.limit, error)
  }
}

const notRegistered = async (
  call: Call,
  facts: CheckResult,
  register: Gallery,
  limit: number,
  error: unknown,
): Promise<CheckResult> => {
  const registration: Registration = 'refused'
  if (!(error instanceof AppError)) throw error
  if (error.code === 'subject_exists') return { ...facts, subCode: SUB_CODES.userExists, registration }
  if (error.code !== 'duplicate_face') throw error
  const candidates = (error.details.candidates as { subjectId: string; faceId: string }[]).slice(0, limit)
  const located = candidates.map(each => ({ ...each, galleryId: register.id }))
  const duplicates = await nameDuplicates(call, [register], located)
  return { ...facts, subCode: SUB_CODES.duplicate, duplicates, registration }
}
