// The portraits of a try: looked at, the best of them chosen, and that one held against what the gallery minds and against
// the demanded liveness. No other frame of a try is judged so.
import { isUnreadable, lookPatiently } from './capture-engine.ts'
import { reasonOf, toReason } from './capture-reasons.ts'
import type { Context, Region } from './context.ts'
import { ACCEPT_ALL, type Acceptance, rulesOf } from './finding-profiles.ts'
import { findFindings, wantedOf } from './findings.ts'
import { readPicture } from './pictures.ts'
import type { EnginePack, FaceEngine } from './ports.ts'
import { countPeople, type Probe } from './probe.ts'
import type { CaptureSession, SessionFrame, SessionReason } from './session-types.ts'
import type { Analysis, Assessment, DetectedFace, Gallery } from './types.ts'

export interface Portrait {
  readonly frame: SessionFrame
  /** Encoded, as the page sent it. */
  readonly bytes: Uint8Array
  /** Null where it is no picture that can be read. */
  readonly analysis: Analysis | null
}

export interface PortraitInput {
  readonly context: Context
  readonly region: Region
  readonly session: CaptureSession
  readonly gallery: Gallery | null
  readonly pack: EnginePack
  readonly signal: AbortSignal
}

const acceptanceOf = ({ purpose }: CaptureSession, gallery: Gallery | null): Acceptance => {
  if (!gallery) return ACCEPT_ALL
  return purpose === 'enrol' ? gallery.policy.acceptance : gallery.policy.probeAcceptance
}

const asksPassive = ({ liveness }: CaptureSession): boolean => liveness !== 'active'

/** Quality too, by which the best is chosen, where the server judges it. */
const assessmentsFor = (engine: FaceEngine, session: CaptureSession, gallery: Gallery | null) => {
  const asked: Assessment[] = engine.assessments.includes('quality') ? ['quality'] : []
  if (asksPassive(session)) asked.push('liveness')
  return wantedOf(engine, asked, [rulesOf(acceptanceOf(session, gallery))])
}

/** In their order; those whose bytes are gone are left out. @throws AppError assessment_unavailable */
export const lookAtPortraits = async (
  { context, region, session, gallery, pack, signal }: PortraitInput,
  frames: readonly SessionFrame[],
): Promise<readonly Portrait[]> => {
  const assess = assessmentsFor(context.engine, session, gallery)
  const portraits: Portrait[] = []
  for (const frame of frames) {
    const bytes = await readPicture(context, region, frame.blobKey)
    if (!bytes) continue
    const look = lookPatiently(context.engine, bytes, { pack: pack.id, assess }, signal)
    const analysis = await look.catch(error => {
      if (isUnreadable(error)) return null
      throw error
    })
    portraits.push({ frame, bytes, analysis })
  }
  return portraits
}

export interface JudgedPortrait extends Portrait {
  readonly analysis: Analysis
  readonly face: DetectedFace
  readonly template: Float32Array
}

/** The best by unified quality of those that show one person, of equals the later one; or why there is none. */
export const choosePortrait = (portraits: readonly Portrait[]): JudgedPortrait | SessionReason => {
  let best: JudgedPortrait | null = null
  for (const portrait of portraits) {
    const judged = toJudged(portrait)
    if (judged && (!best || qualityOf(judged) >= qualityOf(best))) best = judged
  }
  if (best) return best
  const read = portraits.flatMap(({ analysis }) => analysis ?? [])
  if (read.length === 0) return reasonOf('picture_unusable')
  const people = Math.max(...read.map(({ faces }) => countPeople(faces)))
  return people > 1 ? reasonOf('several_faces', { value: people, threshold: 1 }) : reasonOf('no_face')
}

const toJudged = ({ frame, bytes, analysis }: Portrait): JudgedPortrait | null => {
  const face = analysis?.faces[0]
  if (!face?.template || countPeople(analysis!.faces) > 1) return null
  return { frame, bytes, analysis: analysis!, face, template: face.template }
}

const qualityOf = ({ face }: JudgedPortrait): number => face.quality?.unified?.score ?? 0

export const isJudged = (chosen: JudgedPortrait | SessionReason): chosen is JudgedPortrait => 'face' in chosen

/** What speaks against the judged face. @throws AppError assessment_unavailable where a rule needs what is not judged here */
export const judgePortrait = (
  session: CaptureSession,
  gallery: Gallery | null,
  { face }: JudgedPortrait,
): readonly SessionReason[] => {
  const findings = findFindings(face, rulesOf(acceptanceOf(session, gallery)))
  const reasons = findings.filter(({ action }) => action === 'refuse').map(toReason)
  const { liveness } = face
  const isNotLive = asksPassive(session) && liveness && !liveness.live
  if (!isNotLive || reasons.some(({ name }) => name === 'not_live')) return reasons
  return [...reasons, reasonOf('not_live', { value: liveness.score, threshold: liveness.threshold })]
}

/** As the enrolment wants it. */
export const toProbe = ({ analysis, face, template }: JudgedPortrait): Probe => ({
  analysis,
  face,
  template,
  warnings: [],
})
