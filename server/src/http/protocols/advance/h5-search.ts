// Face Search of the hosted pages on the core: whom the face of a transaction resembles, and what a failed one's face is
// enrolled by.
import { findCandidates } from '../../../core/candidates.ts'
import { changeSession } from '../../../core/capture-change.ts'
import { packOf, type Region, regionOf } from '../../../core/context.ts'
import { enrol } from '../../../core/enrol.ts'
import { readPicture } from '../../../core/pictures.ts'
import { thresholdOfFpir } from '../../../core/score.ts'
import { DEFAULT_MAX_FPIR } from '../../../core/search.ts'
import type { CaptureSession } from '../../../core/session-types.ts'
import { deleteFace } from '../../../core/subjects.ts'
import type { Face, Gallery } from '../../../core/types.ts'
import { AppError } from '../../../errors.ts'
import type { Caller } from './caller.ts'
import { Refusal } from './errors.ts'
import { H5_GALLERY, H5_POLICY } from './h5-links.ts'
import { rememberedOf, toVerdict } from './h5-map.ts'

/**
 * The users of the tenant's H5 gallery whom the face of a passed transaction resembles, the likest first, each once; its own
 * face is no candidate, those of the same user's earlier transactions are. @throws Refusal parameter, notPass
 */
export const findSimilarUsers = async (
  { core, principal, signal }: Caller,
  session: CaptureSession,
): Promise<readonly string[]> => {
  const verdict = toVerdict(session)
  if (verdict === 'FAIL') throw new Refusal('notPass')
  if (verdict !== 'PASS') throw new Refusal('parameter')
  const region = regionOf(core, principal)
  const gallery = await region.store.galleries.find(principal.tenantId, H5_GALLERY)
  const probe = await findTemplate(region, session)
  if (!probe) throw new Refusal('parameter')
  if (!gallery) return []
  const own = session.verdict?.faceId
  requirePack(gallery, session)
  packOf(core, gallery)
  const candidates = await findCandidates(core, region, gallery, {
    probe,
    threshold: thresholdOfFpir(DEFAULT_MAX_FPIR, region.index.size(gallery.uid)),
    limit: core.limits.maxCandidates,
    accepts: ({ faceId }) => faceId !== own,
    signal,
  })
  return candidates.map(({ subjectId }) => subjectId)
}

/** What was learnt of the face; once that is deleted, what its enrolment keeps. Null where nothing is left. */
const findTemplate = async ({ store }: Region, { verdict }: CaptureSession): Promise<Float32Array | null> => {
  if (!verdict) return null
  if (verdict.template) return verdict.template
  const [kept] = verdict.faceId === null ? [] : await store.faces.templatesOf([verdict.faceId])
  return kept?.template ?? null
}

/** @throws AppError pack_mismatch */
const requirePack = ({ id, pack }: Gallery, { verdict }: CaptureSession): void => {
  if (verdict?.pack === null || verdict?.pack === pack) return
  throw new AppError(
    'pack_mismatch',
    `Gallery "${id}" holds templates of ${pack}, the session's is of ${verdict?.pack}.`,
  )
}

/**
 * Enrols the judged frame of a failed face search under its user. The transaction is over with it: another try would have a
 * face of its own.
 * @throws Refusal alreadyEnrolled, notPass (no result yet), notEnrolled (no frame that could be)
 */
export const enrollFailed = async (caller: Caller, session: CaptureSession): Promise<Face> => {
  const { core, principal, signal } = caller
  const verdict = toVerdict(session)
  if (verdict === 'INCOMPLETE') throw new Refusal('notPass')
  const { subjectId } = session
  const { product, inputs } = rememberedOf(session) ?? {}
  if (product !== 'faceSearch' || subjectId === null) throw new Refusal('notEnrolled')
  if (verdict === 'PASS') throw new Refusal('alreadyEnrolled')
  const region = regionOf(core, principal)
  const frame = session.verdict?.frame
  const image = frame && (await readPicture(core, region, frame.blobKey))
  if (!image) throw new Refusal('notEnrolled')
  const faceId = await claimFace(caller, region, session)
  const { face } = await enrol(core, principal, {
    galleryId: H5_GALLERY,
    subjectId,
    metadata: { region: inputs?.region ?? null },
    image,
    policy: H5_POLICY,
    faceId,
    // Whoever asks has seen what was wrong with it.
    accept: () => {},
    signal,
  }).catch(refuseFace)
  await undoIfCleared(caller, region, session, faceId)
  return face
}

/** Whoever cleared the transaction meanwhile found no face to delete. @throws Refusal notEnrolled */
const undoIfCleared = async (
  { core, principal }: Caller,
  { store }: Region,
  { id }: CaptureSession,
  faceId: string,
): Promise<void> => {
  const present = await store.sessions.find(principal.tenantId, id)
  if (present?.verdict?.faceId === faceId) return
  await deleteFace(core, principal, H5_GALLERY, faceId).catch(error => {
    if (!(error instanceof AppError) || error.kind !== 'not-found') throw error
  })
  throw new Refusal('notEnrolled')
}

/**
 * The session remembers the face before it is there: a call that was broken off is carried on by the next, and enrols no second
 * one. @throws Refusal alreadyEnrolled, notPass: the person has begun another try meanwhile
 */
const claimFace = async ({ core, principal }: Caller, region: Region, session: CaptureSession): Promise<string> => {
  const { store } = region
  const known = session.verdict?.faceId ?? null
  const gallery = known && (await store.galleries.find(principal.tenantId, H5_GALLERY))
  if (gallery && (await store.faces.find(gallery.uid, known))) throw new Refusal('alreadyEnrolled')
  const newFaceId = core.ids.next()
  const claimed = await changeSession(core, region, session, ({ state, attempt, verdict, subjectId, ended }) => {
    if (state !== 'failed' || attempt?.nonce !== session.attempt?.nonce || !verdict) return null
    const claim = { verdict: { ...verdict, faceId: verdict.faceId ?? newFaceId, subjectId } }
    return ended ? claim : { ...claim, ended: true }
  })
  if (!claimed?.verdict?.faceId) throw new Refusal('notPass')
  return claimed.verdict.faceId
}

const refuseFace = (error: unknown): never => {
  const isFace = error instanceof AppError && ['face_not_detected', 'face_refused'].includes(error.code)
  throw isFace ? new Refusal('notEnrolled', error) : error
}
