// The people of galleries who are most like a probe. Shared by search, by checks of a face and by the duplicate check of an
// enrolment.
import { type Context, packOf, type Region } from './context.ts'
import type { FaceOfSubject } from './ports.ts'
import { reaches, type Score, scoreOf, type Threshold } from './score.ts'
import type { Gallery, Metadata } from './types.ts'

export interface Candidate {
  readonly galleryId: string
  readonly subjectId: string
  /** The subject's face that is most like the probe. */
  readonly faceId: string
  readonly score: Score
  readonly metadata: Metadata
}

export interface CandidateQuery {
  /** Unit vector of the pack's dimensions. */
  readonly probe: Float32Array
  readonly threshold: Threshold
  /** Most candidates. */
  readonly limit: number
  /** Who may be a candidate; everybody when it is left out. */
  readonly accepts?: (face: FaceOfSubject) => boolean
  readonly signal?: AbortSignal
}

/**
 * The best face of each accepted subject that reaches the threshold, best first. A subject with many faces can fill the
 * index's answer, and so can people who are not accepted: more is asked for until there are `limit` subjects, the
 * threshold is passed, the gallery is exhausted or `maxFacesPerSearch` faces were looked at. @throws AppError busy
 */
export const findCandidates = async (
  context: Context,
  region: Region,
  gallery: Gallery,
  { probe, threshold, limit, accepts = () => true, signal }: CandidateQuery,
): Promise<readonly Candidate[]> => {
  const curve = packOf(context, gallery).calibration.comparison
  const most = Math.max(limit, context.limits.maxFacesPerSearch)
  for (let asked = limit; ; asked = Math.min(asked * 4, most)) {
    const hits = await region.index.search(gallery, probe, asked, signal)
    const passing = hits
      .map(hit => ({ ...hit, score: scoreOf(curve, hit.cosine) }))
      .filter(hit => reaches(hit.score, threshold))
    const faces = await region.store.faces.subjectsOf(
      gallery.uid,
      passing.map(hit => hit.faceId),
    )
    const byFace = new Map(faces.filter(accepts).map(face => [face.faceId, face]))
    const best = new Map<string, Candidate>()
    for (const { faceId, score } of passing) {
      const owner = byFace.get(faceId)
      if (!owner || best.has(owner.subjectUid)) continue
      const { subjectId, metadata } = owner
      best.set(owner.subjectUid, { galleryId: gallery.id, subjectId, faceId, score, metadata })
    }
    const exhausted = hits.length < asked || passing.length < hits.length || asked === most
    if (best.size >= limit || exhausted) return [...best.values()].slice(0, limit)
  }
}

/** Faces in the galleries. */
export const countFaces = ({ index }: Region, galleries: readonly Gallery[]): number =>
  galleries.reduce((sum, gallery) => sum + index.size(gallery.uid), 0)

/** The best of all these galleries together, as of one. @throws AppError busy */
export const findAmong = async (
  context: Context,
  region: Region,
  galleries: readonly Gallery[],
  query: CandidateQuery,
): Promise<readonly Candidate[]> => {
  const found = await Promise.all(galleries.map(gallery => findCandidates(context, region, gallery, query)))
  if (found.length === 1) return found[0]
  // By the unrounded rate: similarities are equal beyond the end of their scale.
  return found
    .flat()
    .sort((one, other) => one.score.log10Fmr - other.score.log10Fmr)
    .slice(0, query.limit)
}
