// Use case: has one of these galleries this person already, and is it the person of another picture? Each picture is looked
// at once; nothing is stored.
import { type Candidate, countFaces, findAmong } from './candidates.ts'
import { type Context, commonPackOf, packOf, regionOf } from './context.ts'
import { type Probe, probeOf } from './probe.ts'
import { dotOf, reaches, type Score, scoreOf, type Threshold, thresholdOfFpir, thresholdOfSimilarity } from './score.ts'
import { DEFAULT_MAX_FPIR } from './search.ts'
import type { Assessment, Gallery, Principal } from './types.ts'

export interface FaceCheckInput {
  /** The engine takes the bytes over. */
  readonly source: Uint8Array
  /** The picture to compare with; none is compared when it is left out. */
  readonly target?: Uint8Array
  /** Of one pack; none is searched where there are none. */
  readonly galleries: readonly Gallery[]
  /** Least similarity, of the comparison and of candidates; in large galleries candidates need more, see `thresholdFor`. */
  readonly threshold: number
  readonly limit: number
  /** Whose own faces are no candidates. */
  readonly exceptSubjectId?: string
  /** What the caller wants to know of the source's face and, but for liveness, of the target's. */
  readonly assess?: readonly Assessment[]
  readonly names?: readonly [source: string, target: string]
  readonly signal?: AbortSignal
}

export interface FaceCheck {
  readonly source: Probe
  readonly target: Probe | null
  readonly comparison: { readonly match: boolean; readonly score: Score } | null
  /** Best first. */
  readonly candidates: readonly Candidate[]
  /** The least similarity of a candidate. */
  readonly threshold: Threshold
}

/**
 * A threshold of its own, and never less than that of a search that has none: in a gallery of many faces the same
 * similarity is reached by strangers too often.
 */
const thresholdFor = (similarity: number, gallerySize: number): Threshold => {
  const [own, safe] = [thresholdOfSimilarity(similarity), thresholdOfFpir(DEFAULT_MAX_FPIR, gallerySize)]
  return own.log10Fmr <= safe.log10Fmr ? own : safe
}

/** @throws AppError pack_mismatch, face_not_detected, assessment_unavailable, image_*, busy */
export const checkFace = async (context: Context, principal: Principal, input: FaceCheckInput): Promise<FaceCheck> => {
  const { galleries, limit, exceptSubjectId, assess = [], signal } = input
  const region = regionOf(context, principal)
  const pack = galleries.length > 0 ? commonPackOf(context, galleries) : context.engine.pack
  const [source, target] = await Promise.all(probesOf(context, pack.id, input, assess))
  const threshold = thresholdFor(input.threshold, countFaces(region, galleries))
  const query = {
    probe: source.template,
    threshold,
    limit,
    accepts: ({ subjectId }: { subjectId: string }) => subjectId !== exceptSubjectId,
    signal,
  }
  const candidates = await findAmong(context, region, galleries, query)
  const score = target && scoreOf(pack.calibration.comparison, dotOf(source.template, target.template))
  const match = score !== null && reaches(score, thresholdOfSimilarity(input.threshold))
  return { source, target, comparison: score && { match, score }, candidates, threshold }
}

const probesOf = (
  { engine }: Context,
  pack: string,
  { source, target, names = ['source', 'target'], signal }: FaceCheckInput,
  assess: readonly Assessment[],
): [Promise<Probe>, Promise<Probe> | null] => [
  probeOf(engine, { image: source, name: names[0], pack, assess, signal }),
  target
    ? probeOf(engine, {
        image: target,
        name: names[1],
        pack,
        assess: assess.filter(each => each !== 'liveness'),
        signal,
      })
    : null,
]

/** Whether a probe of these galleries will do for another. */
export const isSamePack = (context: Context, galleries: readonly Gallery[], other: Gallery): boolean =>
  (galleries.length > 0 ? commonPackOf(context, galleries) : context.engine.pack) === packOf(context, other)
