// Use case: who in these galleries is this? (1:N)
import { AppError } from '../errors.ts'
import type { Limits } from '../limits.ts'
import { type Candidate, countFaces, findAmong } from './candidates.ts'
import { type Context, commonPackOf, findGallery, regionOf } from './context.ts'
import { checkFilter, matchesFilter } from './filter.ts'
import type { Finding } from './findings.ts'
import { type Accept, probeOf } from './probe.ts'
import { type Threshold, thresholdOfFpir, thresholdOfSimilarity } from './score.ts'
import type { Analysis, Assessment, DetectedFace, Gallery, Metadata, Principal } from './types.ts'

export interface SearchInput {
  /** 1-20 different galleries. */
  readonly galleryIds: readonly string[]
  readonly image: Uint8Array
  /** Most candidates of all galleries together, 1-100. */
  readonly limit: number
  /** Least similarity; not together with maxFpir. */
  readonly threshold?: number
  /** The share of strangers' searches that may raise a false alarm, 0-1; the threshold follows from the galleries' size. */
  readonly maxFpir?: number
  /** Only subjects whose metadata has all these values are candidates. */
  readonly filter?: Metadata
  /** What the caller wants to know of the probe. */
  readonly assess?: readonly Assessment[]
  /** Judges the probe in the place of the galleries' policies. */
  readonly accept?: Accept
  readonly signal?: AbortSignal
}

export interface SearchResult {
  readonly candidates: readonly Candidate[]
  readonly threshold: Threshold
  /** Faces in the galleries. */
  readonly gallerySize: number
  /** What may be wrong with the probe, by the galleries' policies. */
  readonly warnings: readonly Finding[]
  readonly analysis: Analysis
  readonly face: DetectedFace
}

/** A search with no threshold of its own raises a false alarm for one stranger in a hundred. */
export const DEFAULT_MAX_FPIR = 0.01

/**
 * The size by which a threshold follows from maxFpir is that of the galleries as a whole, with a filter too: the share
 * of false alarms is then smaller than asked for, never larger.
 * @throws AppError request_invalid, gallery_not_found, pack_mismatch, threshold_conflict, face_not_detected, face_refused,
 * assessment_unavailable, image_*, busy
 */
export const search = async (context: Context, principal: Principal, input: SearchInput): Promise<SearchResult> => {
  if (input.threshold !== undefined && input.maxFpir !== undefined)
    throw new AppError('threshold_conflict', 'Give "threshold" or "maxFpir", not both.')
  checkGalleryIds(input.galleryIds, context.limits)
  const { filter, limit, signal } = input
  if (filter) checkFilter(filter, context.limits)
  const region = regionOf(context, principal)
  const galleries: Gallery[] = []
  for (const id of input.galleryIds) galleries.push(await findGallery(region, principal, id))
  const pack = commonPackOf(context, galleries)

  const { analysis, face, template, warnings } = await probeOf(context.engine, {
    image: input.image,
    pack: pack.id,
    assess: input.assess,
    acceptances: galleries.map(({ policy }) => policy.probeAcceptance),
    accept: input.accept,
    signal,
  })
  const gallerySize = countFaces(region, galleries)
  const threshold =
    input.threshold !== undefined
      ? thresholdOfSimilarity(input.threshold)
      : thresholdOfFpir(input.maxFpir ?? DEFAULT_MAX_FPIR, gallerySize)
  const accepts = filter && (({ metadata }: { metadata: Metadata }) => matchesFilter(metadata, filter))
  const query = { probe: template, threshold, limit, accepts, signal }
  const candidates = await findAmong(context, region, galleries, query)
  return { candidates, threshold, gallerySize, warnings, analysis, face }
}

const checkGalleryIds = (ids: readonly string[], { maxGalleriesPerSearch }: Limits): void => {
  if (ids.length < 1 || ids.length > maxGalleriesPerSearch || new Set(ids).size < ids.length)
    throw new AppError(
      'request_invalid',
      `"galleries" must name 1 to ${maxGalleriesPerSearch} different galleries; it has ${ids.length} ids.`,
      { details: { field: 'galleries' } },
    )
}
