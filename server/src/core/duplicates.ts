// The duplicate check of an enrolment: which other subjects of the gallery have a face like the new one.
import { findCandidates } from './candidates.ts'
import type { Context, Region } from './context.ts'
import type { Duplicate } from './policy.ts'
import { thresholdOfFpir, thresholdOfSimilarity } from './score.ts'
import { DEFAULT_MAX_FPIR } from './search.ts'
import type { EnrolmentPolicy, Gallery } from './types.ts'

/** Other subjects that are named, the likest first. */
const MAX_DUPLICATES = 10

export interface NewTemplate {
  readonly subjectId: string
  /** Unit vector of the pack's dimensions. */
  readonly template: Float32Array
}

/**
 * Without a threshold in the policy it is the one of a search without its own, for the gallery's present size.
 * @throws AppError busy
 */
export const findDuplicates = async (
  context: Context,
  region: Region,
  gallery: Gallery,
  { duplicateThreshold }: EnrolmentPolicy,
  { subjectId, template }: NewTemplate,
  signal?: AbortSignal,
): Promise<readonly Duplicate[]> => {
  const threshold =
    duplicateThreshold === null
      ? thresholdOfFpir(DEFAULT_MAX_FPIR, region.index.size(gallery.uid))
      : thresholdOfSimilarity(duplicateThreshold)
  const candidates = await findCandidates(context, region, gallery, {
    probe: template,
    threshold,
    limit: MAX_DUPLICATES,
    accepts: face => face.subjectId !== subjectId,
    signal,
  })
  return candidates.map(({ subjectId, faceId, score }) => ({ subjectId, faceId, similarity: score.similarity }))
}
