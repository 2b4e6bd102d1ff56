// The hosted pages: what a link's parameters ask of a capture session, and what became of one in the vendor's words. Pure.
import {
  type CaptureSession,
  SESSION_LANGUAGES,
  type SessionLanguage,
  type SessionLiveness,
  type SessionReason,
  type SessionRequest,
} from '../../../core/session-types.ts'
import type { Assessment } from '../../../core/types.ts'
import { toProbability } from '../liveness-scale.ts'
import type { FaceDetail, Link, LivenessType, Result } from './h5-wire.ts'

/** What a link is for: looked for among all users, held against one, or nothing but a living person. */
export const PRODUCTS = ['faceSearch', 'faceAuthentication', 'liveness'] as const
export type Product = (typeof PRODUCTS)[number]

/** What a session remembers of the call that made it. */
export interface Remembered {
  readonly product: Product
  readonly livenessType: LivenessType
  /** As they were sent, without pictures. */
  readonly inputs: Readonly<Record<string, string | boolean>>
}

/** The vendor's languages by the first part of a tag: RFC 5646's older names of Indonesian and Filipino count too. */
const OTHER_NAMES: Readonly<Record<string, SessionLanguage>> = { in: 'id', tl: 'fil' }

/** Null for a language that the page has not: the browser's is taken then. */
export const toLanguage = (tag: string | null | undefined): SessionLanguage | null => {
  const first = (tag ?? '')
    .trim()
    .toLowerCase()
    .split(/[-_,;]/)[0]
  return SESSION_LANGUAGES.find(language => language === first) ?? OTHER_NAMES[first] ?? null
}

/** Movements alone where the server judges no still face. */
const toLiveness = (type: LivenessType, assessments: readonly Assessment[]): SessionLiveness => {
  if (!assessments.includes('liveness')) return 'active'
  return type === 'SILENT' ? 'passive' : 'both'
}

/** What the parameters say of the session itself, and not of whose it is. */
export const toRequest = (
  link: Link,
  product: Product,
  assessments: readonly Assessment[],
): Partial<SessionRequest> => {
  const { returnUrl, failReturnUrl, callbackUrl, prefersColorScheme, iframeEnabled } = link
  const livenessType = link.livenessType ?? 'DISTANT_NEAR'
  const given = Object.entries(link).flatMap(([name, value]) => (value == null ? [] : [[name, value] as const]))
  const remembered: Remembered = { product, livenessType, inputs: Object.fromEntries(given) }
  return {
    liveness: toLiveness(livenessType, assessments),
    returnUrl,
    failReturnUrl: link.ignoreFailWhenJump ? returnUrl : failReturnUrl,
    callbackUrl: callbackUrl ?? null,
    language: toLanguage(link.language),
    colourScheme: prefersColorScheme ?? 'auto',
    iframeOrigins: iframeEnabled ? ['*'] : [],
    details: { ...remembered },
  }
}

/** Null once the session was cleared. */
export const rememberedOf = ({ details }: Pick<CaptureSession, 'details'>): Remembered | null =>
  details as Remembered | null

// ---- what became of it ----

export const toVerdict = ({ state }: Pick<CaptureSession, 'state'>): Result['overallResult'] =>
  state === 'passed' ? 'PASS' : state === 'failed' ? 'FAIL' : 'INCOMPLETE'

type ErrorCode = (typeof ERROR_CODES)[number]
/** Of a transaction that failed: what is found first counts. */
const ERROR_CODES = [
  'LIVENESS_ATTACK',
  'NO_FACE_DETECTED',
  'MULTIPLE_FACES_DETECTED',
  'USER_NOT_ENROLLED',
  'FACE_NOT_MATCH',
  'ENROLL_FAILED',
  'FACE_LOW_QUALITY',
  'TOO_MANY_FAILURES',
  'USER_GAVE_UP',
] as const

/** Of each reason why no living person was seen, the vendor's kind of attack. */
const ATTACKS = {
  not_live: 1,
  still_picture: 1,
  flat_picture: 1,
  frames_repeated: 2,
  frames_replayed: 2,
  challenge_not_met: 3,
  challenge_too_fast: 3,
  frames_missing: 3,
  different_person: 3,
} as const satisfies Record<string, NonNullable<FaceDetail['livenessAttackType']>>

const OTHER_CODES: Readonly<Record<string, ErrorCode>> = {
  no_face: 'NO_FACE_DETECTED',
  several_faces: 'MULTIPLE_FACES_DETECTED',
  severalFaces: 'MULTIPLE_FACES_DETECTED',
  not_enrolled: 'ENROLL_FAILED',
  not_matched: 'FACE_NOT_MATCH',
  too_many_failures: 'TOO_MANY_FAILURES',
  gave_up: 'USER_GAVE_UP',
}

const isAttack = (name: string): name is keyof typeof ATTACKS => Object.hasOwn(ATTACKS, name)

/** What has no code of its own is wrong with the picture: findings, and frames that cannot be read. */
const codeOf = ({ name, details }: SessionReason): ErrorCode => {
  if (isAttack(name)) return 'LIVENESS_ATTACK'
  if (details?.code === 'subject_not_found') return 'USER_NOT_ENROLLED'
  return OTHER_CODES[name] ?? 'FACE_LOW_QUALITY'
}

/** Null while there is no result. */
export const toErrorCode = ({ state, reasons }: Pick<CaptureSession, 'state' | 'reasons'>): string | null => {
  if (state === 'passed') return 'SUCCESS'
  if (state !== 'failed') return null
  const codes = reasons.map(codeOf)
  // Without any reason: the time ran out on another try.
  return ERROR_CODES.find(code => codes.includes(code)) ?? 'USER_GAVE_UP'
}

/** What is certain goes before what is not. */
const toAttackType = (reasons: readonly SessionReason[]): FaceDetail['livenessAttackType'] => {
  const types = reasons.flatMap(({ name }) => (isAttack(name) ? [ATTACKS[name]] : []))
  return ([2, 1, 3] as const).find(type => types.includes(type)) ?? null
}

/** The vendor's bound: what is below may be an attack. */
const LEAST_LIVE = 50
const BELOW_LIVE = 49.99

/** The movements' word counts too: who goes by the score alone must not take an attack for a person. */
const toLivenessScore = ({ verdict, reasons }: CaptureSession): number | null => {
  if (!verdict?.liveness) return null
  const score = toProbability(verdict.liveness)
  return reasons.some(({ name }) => isAttack(name)) && score >= LEAST_LIVE ? BELOW_LIVE : score
}

const FLOWS = { passive: 'SILENT', active: 'ACTION', both: 'SILENT_ACTION' } as const

/** `image` is the judged frame's, null where there is none any more. */
const toFaceDetail = (session: CaptureSession, image: string | null): FaceDetail | null => {
  const { verdict, reasons, state, liveness } = session
  if (!verdict || (state !== 'passed' && state !== 'failed')) return null
  const livenessType = rememberedOf(session)?.livenessType ?? 'DISTANT_NEAR'
  const shot = { image, at: image === null ? null : (verdict.frame?.at.getTime() ?? null) }
  const none = { image: null, at: null }
  const [far, silent] = livenessType === 'DISTANT_NEAR' ? [shot, none] : [none, shot]
  return {
    faceResult: state === 'passed' ? 'PASS' : 'FAIL',
    faceImage: shot.image,
    faceImageTime: shot.at,
    faceImageFar: far.image,
    faceImageFarTime: far.at,
    faceImageNear: null,
    faceImageNearTime: null,
    silentImage: silent.image,
    silentImageTime: silent.at,
    auditImageUrl: null,
    faceLivenessScore: toLivenessScore(session),
    livenessAttackType: state === 'passed' ? null : toAttackType(reasons),
    livenessType,
    livenessFlowCategory: FLOWS[liveness],
    faceSimilarityScore: verdict.similarity,
    eventDetails: verdict.events.map(({ challenge, met, at }) => ({
      event: challenge.toUpperCase(),
      result: met ? 'PASS' : 'FAIL',
      createTimestamp: at.getTime(),
    })),
    faceVideoUrl: null,
  }
}

export const toResult = (session: CaptureSession, image: string | null): Result => {
  const overallResult = toVerdict(session)
  const inputs = rememberedOf(session)?.inputs ?? null
  return {
    signatureId: session.publicId ?? session.id,
    overallResult,
    submissionCompleted: ['submitted', 'passed', 'failed'].includes(session.state),
    idvResult: overallResult,
    errorCode: toErrorCode(session),
    faceDetail: toFaceDetail(session, image),
    countryCodeIso3: typeof inputs?.region === 'string' ? inputs.region : null,
    inputParameters: inputs && { ...inputs },
  }
}
