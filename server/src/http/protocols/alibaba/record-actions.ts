// The actions on face records, which are faces of galleries.

import { type EnrolInput, enrol } from '../../../core/enrol.ts'
import { codeOf } from '../../../core/gallery-codes.ts'
import { isPlainText } from '../../../core/names.ts'
import type { NumberedFace } from '../../../core/numbers.ts'
import { deleteRecord, findGalleriesWith, requireNumberedFace, sliceFaces } from '../../../core/records.ts'
import { deleteSubject, requireSubject } from '../../../core/subjects.ts'
import type { EnrolmentPolicy, Gallery } from '../../../core/types.ts'
import { AppError } from '../../../errors.ts'
import { type ActionDeps, FACE, findGroup, isVisible, note, type Run } from './actions.ts'
import type { Call } from './call.ts'
import { GatewayError } from './errors.ts'
import { AUTOMATIC, toEnrolResult, toPage, toRecordItem, toSlice, toTransactionId } from './map.ts'
import { type PictureRules, takePicture, withUploads } from './pictures.ts'
import { acceptanceOf } from './quality.ts'
import * as wire from './wire.ts'

const rulesFor = ({ limits }: ActionDeps, { request }: Call): PictureRules => ({
  name: 'FacePicture',
  formats: ['image/jpeg'],
  maxBytes: limits.alibabaImageBytes,
  isPortraitOnly: request.credential.tenantPictureShape === 'portrait',
})

export const addFaceRecord: Run = async (deps, call) => {
  const wanted = wire.readParameters(wire.AddFaceRecord, call.parameters)
  const { FacePicture: base64, FacePictureUrl: url, FacePictureFile: file } = wanted
  return withUploads(deps.uploads, call, [file], async () => {
    const gallery = await findGroup(call, wanted.FaceGroupCode)
    const subjectId = wanted.MerchantUserId ?? defaultUserId(file ?? (base64 === undefined ? url : undefined), call)
    note(call, { galleryId: gallery.id, subjectId })
    const image = await takePicture(deps, call, { base64, url, file }, rulesFor(deps, call))
    if (!image)
      throw new GatewayError('InvalidParameter', 'Give one of FacePicture, FacePictureUrl and FacePictureFile.')
    call.request.places?.confirm()
    const isChecked = wanted.FaceQualityCheck === 'Y'
    return enrolRecord(call, gallery, { image, subjectId, policy: policyOf(gallery, isChecked) })
  })
}

/** The group decides whether a user who is there already is replaced; the rest is the protocol's. */
const policyOf = ({ policy }: Gallery, isChecked: boolean): Partial<EnrolmentPolicy> => ({
  existingSubject: policy.existingSubject === 'replace' ? 'replace' : 'refuse',
  severalFaces: 'largest',
  acceptance: acceptanceOf(isChecked),
})

const enrolRecord = async (
  { core, principal, request: { signal } }: Call,
  { id: galleryId }: Gallery,
  input: Pick<EnrolInput, 'image' | 'subjectId' | 'policy'>,
) => {
  try {
    const { warnings } = await enrol(core, principal, { galleryId, ...input, numberKind: FACE, signal })
    return toEnrolResult({ isPassed: true, isGood: warnings.length === 0 })
  } catch (error) {
    if (error instanceof AppError && error.code === 'face_refused')
      return toEnrolResult({ isPassed: false, isGood: false })
    throw error
  }
}

/** The picture's name without its ending; where it has none that can be an id, one is made. */
export const defaultUserId = (address: string | undefined, { request }: Pick<Call, 'request'>): string => {
  const path = address !== undefined && URL.canParse(address) ? new URL(address).pathname : ''
  const name = decodePath(path.split('/').at(-1) ?? '').replace(/\.[A-Za-z0-9]{1,5}$/, '')
  const isId = name !== '' && name.length <= wire.MAX_USER_ID_CHARACTERS && isPlainText(name) && !/^\.{1,2}$/.test(name)
  return isId ? name : toTransactionId(request.id)
}

const decodePath = (text: string): string => {
  try {
    return decodeURIComponent(text)
  } catch {
    return ''
  }
}

export const queryFaceRecord: Run = async (deps, call) => {
  const wanted = wire.readParameters(wire.QueryFaceRecord, call.parameters)
  const { FaceGroupCode, FaceId: number, MerchantUserId: subjectId, RegistrationType, ...paging } = wanted
  const slice = toSlice(paging)
  const gallery = await findGroup(call, FaceGroupCode)
  note(call, { galleryId: gallery.id, subjectId })
  const metadata = RegistrationType === 'AUTO' ? AUTOMATIC : undefined
  const without = RegistrationType === 'MANUAL' ? AUTOMATIC : undefined
  const question = { number, subjectId, metadata, without }
  const { items, total } = await sliceFaces(call.core, call.principal, { gallery, kind: FACE }, question, slice)
  const shown = items.map(async record => toRecordItem(record, await linkTo(deps, call, record)))
  return toPage(slice, total, await Promise.all(shown))
}

const linkTo = async ({ links, limits }: ActionDeps, call: Call, { face, number }: NumberedFace): Promise<string> => {
  if (!face.picture) return ''
  return links.sign(call.request, face, `${number}.jpg`, limits.pictureLinkMs)
}

/** The list of pictures has no documented form; ours is in the coverage page. */
export const modifyFaceRecord: Run = async (deps, call) => {
  const { FaceGroupCode, ImgOssInfos } = wire.readParameters(wire.ModifyFaceRecord, call.parameters)
  const infos = readInfos(ImgOssInfos)
  const files = infos.map(({ imgOssUrl }) => imgOssUrl)
  return withUploads(deps.uploads, call, files, async () => {
    const gallery = await findGroup(call, FaceGroupCode)
    note(call, { galleryId: gallery.id })
    for (const { merchantUserId } of infos) await requireSubject(call.core, call.principal, gallery.id, merchantUserId)
    for (const { merchantUserId: subjectId, imgOssUrl } of infos) {
      const isFile = deps.uploads.has(call.principal, imgOssUrl)
      const image = await takePicture(
        deps,
        call,
        isFile ? { file: imgOssUrl } : { url: imgOssUrl },
        rulesFor(deps, call),
      )
      const policy = { ...policyOf(gallery, false), existingSubject: 'replace' } as const
      await enrolRecord(call, gallery, { image: image!, subjectId, policy })
    }
    return { Data: 1 }
  })
}

const readInfos = (text: string) => {
  const result = wire.ImgOssInfos.safeParse(parseJson(text))
  if (result.success) return result.data
  throw new GatewayError(
    'InvalidParameter',
    'ImgOssInfos must be a JSON list of objects with merchantUserId and imgOssUrl.',
  )
}

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

export const deleteFaceRecord: Run = async (_deps, call) => {
  const { Id } = wire.readParameters(wire.DeleteFaceRecord, call.parameters)
  const { gallery, face } = await requireNumberedFace(call.core, call.principal, FACE, Id)
  if (!isVisible(call, gallery)) throw new AppError('face_not_found', `There is no face record ${Id}.`)
  note(call, { galleryId: gallery.id, subjectId: face.subjectId })
  await deleteRecord(call.core, call.principal, gallery, face)
  return { Data: 1 }
}

/** Without a group the user is deleted in every group. */
export const deleteFaceRecordV2: Run = async (_deps, call) => {
  const { MerchantUserId, FaceGroupCode } = wire.readParameters(wire.DeleteFaceRecordV2, call.parameters)
  const only = FaceGroupCode === undefined ? null : await findGroup(call, FaceGroupCode)
  const holding = await findGalleriesWith(call.core, call.principal, MerchantUserId)
  const galleries = holding.filter(gallery => isVisible(call, gallery) && (only === null || only.uid === gallery.uid))
  if (galleries[0]) note(call, { galleryId: galleries[0].id, subjectId: MerchantUserId })
  for (const { id } of galleries) await deleteSubject(call.core, call.principal, id, MerchantUserId)
  const codes = galleries.map(({ uid }) => codeOf(uid))
  return { Result: { Deleted: codes.length > 0 ? 'Y' : 'N', DeletedGroupCodes: codes.join(',') } }
}
