// Use case: are these two pictures of one person? Nothing is stored.
import type { Context } from './context.ts'
import { type Probe, probeOf } from './probe.ts'
import { dotOf, reaches, type Score, scoreOf, type Threshold, thresholdOfSimilarity } from './score.ts'

export interface CompareInput {
  readonly image1: Uint8Array
  readonly image2: Uint8Array
  /** Least similarity. */
  readonly threshold: number
  readonly signal?: AbortSignal
}

export interface Comparison {
  readonly match: boolean
  readonly score: Score
  readonly threshold: Threshold
  readonly probes: readonly [Probe, Probe]
}

/** Compares the largest face of each picture. @throws AppError face_not_detected, image_*, busy */
export const compare = async (context: Context, input: CompareInput): Promise<Comparison> => {
  const [one, other] = await Promise.all([
    probeOf(context.engine, input.image1, 'image1', input.signal),
    probeOf(context.engine, input.image2, 'image2', input.signal),
  ])
  const score = scoreOf(context.engine.pack.calibration.comparison, dotOf(one.template, other.template))
  const threshold = thresholdOfSimilarity(input.threshold)
  return { match: reaches(score, threshold), score, threshold, probes: [one, other] }
}
