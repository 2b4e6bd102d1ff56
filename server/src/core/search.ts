// Use case: who in the gallery is this? (1:N)
import { AppError } from '../errors.ts'
import { type Context, findGallery, type Region, regionOf, requirePack } from './context.ts'
import { probeOf } from './probe.ts'
import { reaches, type Score, scoreOf, type Threshold, thresholdOfFpir, thresholdOfSimilarity } from './score.ts'
import type { Analysis, DetectedFace, Gallery, Metadata, Principal } from './types.ts'

export interface SearchInput {
  readonly galleryId: string
  readonly image: Uint8Array
  /** Most candidates, 1-100. */
  readonly limit: number
  /** Least similarity; not together with maxFpir. */
  readonly threshold?: number
  /** The share of strangers' searches that may raise a false alarm, 0-1; the threshold follows from the gallery's size. */
  readonly maxFpir?: number
  readonly signal?: AbortSignal
}

export interface Candidate {
  readonly subjectId: string
  /** The subject's face that is most like the probe. */
  readonly faceId: string
  readonly score: Score
  readonly metadata: Metadata
}

export interface SearchResult {
  readonly candidates: readonly Candidate[]
  readonly threshold: Threshold
  /** Faces in the gallery. */
  readonly gallerySize: number
  readonly analysis: Analysis
  readonly face: DetectedFace
}

/** A search with no threshold of its own raises a false alarm for one stranger in a hundred. */
export const DEFAULT_MAX_FPIR = 0.01

/** @throws AppError gallery_not_found, pack_mismatch, threshold_conflict, face_not_detected, image_*, busy */
export const search = async (context: Context, principal: Principal, input: SearchInput): Promise<SearchResult> => {
  if (input.threshold !== undefined && input.maxFpir !== undefined)
    throw new AppError('threshold_conflict', 'Give "threshold" or "maxFpir", not both.')
  const region = regionOf(context, principal)
  const gallery = await findGallery(region, principal, input.galleryId)
  requirePack(context, gallery)
  const { analysis, face, template } = await probeOf(context.engine, input.image, 'image', input.signal)
  const gallerySize = region.index.size(gallery.uid)
  const threshold =
    input.threshold !== undefined
      ? thresholdOfSimilarity(input.threshold)
      : thresholdOfFpir(input.maxFpir ?? DEFAULT_MAX_FPIR, gallerySize)
  const candidates = await findCandidates(context, region, gallery, template, threshold, input.limit, input.signal)
  return { candidates, threshold, gallerySize, analysis, face }
}

/**
 * The best face of each subject that reaches the threshold, best first. A subject with many faces can fill the index's
 * answer, so more is asked for until there are `limit` subjects, the threshold is passed or the gallery is exhausted.
 */
const findCandidates = async (
  context: Context,
  region: Region,
  gallery: Gallery,
  probe: Float32Array,
  threshold: Threshold,
  limit: number,
  signal?: AbortSignal,
): Promise<readonly Candidate[]> => {
  const curve = context.engine.pack.calibration.comparison
  for (let asked = limit; ; asked *= 4) {
    const hits = await region.index.search(gallery.uid, probe, asked, signal)
    const passing = hits
      .map(hit => ({ ...hit, score: scoreOf(curve, hit.cosine) }))
      .filter(hit => reaches(hit.score, threshold))
    const faces = await region.store.faces.subjectsOf(
      gallery.uid,
      passing.map(hit => hit.faceId),
    )
    const byFace = new Map(faces.map(face => [face.faceId, face]))
    const best = new Map<string, Candidate>()
    for (const { faceId, score } of passing) {
      const owner = byFace.get(faceId)
      if (!owner || best.has(owner.subjectUid)) continue
      best.set(owner.subjectUid, { subjectId: owner.subjectId, faceId, score, metadata: owner.metadata })
    }
    const exhausted = hits.length < asked || passing.length < hits.length
    if (best.size >= limit || exhausted) return [...best.values()].slice(0, limit)
  }
}
