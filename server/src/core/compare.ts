// Use case: are these two pictures of one person? Nothing is stored.
import type { Context } from './context.ts'
import { type Probe, probeOf } from './probe.ts'
import { dotOf, reaches, type Score, scoreOf, type Threshold, thresholdOfSimilarity } from './score.ts'
import type { Assessment } from './types.ts'

export interface CompareInput {
  readonly image1: Uint8Array
  readonly image2: Uint8Array
  /** Least similarity. */
  readonly threshold: number
  /** What the caller wants to know of both faces. */
  readonly assess?: readonly Assessment[]
  /** What the caller calls the pictures; "image1" and "image2" unless given. */
  readonly names?: readonly [string, string]
  /** A protocol's own judgement of both faces, once both are known; throws what the call is refused with. */
  readonly accept?: (probes: readonly [Probe, Probe]) => void
  readonly signal?: AbortSignal
}

export interface Comparison {
  readonly match: boolean
  readonly score: Score
  readonly threshold: Threshold
  readonly probes: readonly [Probe, Probe]
}

/** Compares the largest face of each picture. @throws AppError face_not_detected, assessment_unavailable, image_*, busy */
export const compare = async (context: Context, input: CompareInput): Promise<Comparison> => {
  const { accept, names = ['image1', 'image2'] } = input
  const common = { assess: input.assess, everyFace: accept !== undefined, signal: input.signal }
  const [one, other] = await Promise.all([
    probeOf(context.engine, { image: input.image1, name: names[0], ...common }),
    probeOf(context.engine, { image: input.image2, name: names[1], ...common }),
  ])
  accept?.([one, other])
  const score = scoreOf(context.engine.pack.calibration.comparison, dotOf(one.template, other.template))
  const threshold = thresholdOfSimilarity(input.threshold)
  return { match: reaches(score, threshold), score, threshold, probes: [one, other] }
}
