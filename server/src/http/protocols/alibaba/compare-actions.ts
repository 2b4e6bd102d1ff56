// The actions on pictures alone: one against another, and passive liveness; and what all comparing actions share.
import { compare } from '../../../core/compare.ts'
import { judge } from '../../../core/judge.ts'
import type { ActionDeps, Run } from './actions.ts'
import type { Call } from './call.ts'
import { SUB_CODES } from './check-map.ts'
import { GatewayError } from './errors.ts'
import { type Answer, roundScore, toAttack, toScores, toTransactionId, toYesOrNo } from './map.ts'
import { type PictureSources, takePicture, withUploads } from './pictures.ts'
import * as wire from './wire.ts'

/** A similarity of 80 is a false match rate of 1 in 10,000. */
export const THRESHOLD = 80

const FORMATS = ['image/jpeg', 'image/png'] as const

/** @throws GatewayError InvalidParameter where none of the ways to send it was taken */
export const requirePicture = async (
  deps: ActionDeps,
  call: Call,
  name: string,
  sources: PictureSources,
): Promise<Uint8Array> => {
  const rules = { name, formats: FORMATS, maxBytes: deps.limits.alibabaProbeBytes }
  const bytes = await takePicture(deps, call, sources, rules)
  if (!bytes) throw new GatewayError('InvalidParameter', `${name} is given in none of the ways that it can be.`)
  return bytes
}

export const faceCompare: Run = async (deps, call) => {
  const wanted = wire.readParameters(wire.FaceCompare, call.parameters)
  const [image1, image2] = await Promise.all([
    requirePicture(deps, call, 'SourceFacePicture', {
      base64: wanted.SourceFacePicture,
      url: wanted.SourceFacePictureUrl,
    }),
    requirePicture(deps, call, 'TargetFacePicture', {
      base64: wanted.TargetFacePicture,
      url: wanted.TargetFacePictureUrl,
    }),
  ])
  call.request.places?.confirm()
  const names = ['SourceFacePicture', 'TargetFacePicture'] as const
  const { signal, id } = call.request
  const { match, score } = await compare(call.core, { image1, image2, threshold: THRESHOLD, names, signal })
  const result = { FaceComparisonScore: roundScore(score.similarity), Passed: toYesOrNo(match) }
  return { Result: { TransactionId: toTransactionId(id), ...result } }
}

export const faceLiveness: Run = async (deps, call) => {
  const wanted = wire.readParameters(wire.FaceLiveness, call.parameters)
  const { FacePictureBase64: base64, FacePictureUrl: url, FacePictureFile: file } = wanted
  return withUploads(deps.uploads, call, [file], async () => {
    const image = await requirePicture(deps, call, 'FacePicture', { base64, url, file })
    call.request.places?.confirm()
    const tellsQuality = wanted.FaceQuality === 'T' || wanted.Occlusion === 'T'
    const assess = tellsQuality ? (['liveness', 'quality'] as const) : (['liveness'] as const)
    const { signal, id } = call.request
    const { face } = await judge(call.core, { image, name: 'FacePicture', assess, signal })
    const isAttack = toAttack(face)?.isAttack ?? false
    const result: Answer = {
      TransactionId: toTransactionId(id),
      Passed: toYesOrNo(!isAttack),
      SubCode: isAttack ? SUB_CODES.attack : SUB_CODES.passed,
      ExtFaceInfo: tellsQuality ? toScores(face) : {},
    }
    return { Result: result }
  })
}
