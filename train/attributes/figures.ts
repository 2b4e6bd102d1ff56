// What the heads are worth: figures of the probabilities that folds gave faces of people whom they were not fitted to, on
// pictures as they are, made worse, and drawn on; and of the baseline beside them. Pure.
import { countDecisions, type Decision, type DecisionFigures, leastBalancedError } from '../../bench/decisions.ts'
import type { AttributeName } from '../../server/src/core/face-attributes.ts'
import type { FittedHead } from './fit.ts'
import { type LabelledFace, SAMPLE_KINDS, type SampleKind, type SampleSet } from './samples.ts'

export interface KindFigures extends DecisionFigures {
  readonly kind: SampleKind
  /** Mean of both error rates at the threshold that suits best. */
  readonly balanced: number
  /** Of plain samples only: null for the others. */
  readonly baseline: { readonly auc: number; readonly balanced: number } | null
}

export interface HeadFigures {
  readonly name: AttributeName
  readonly threshold: number
  readonly faces: number
  /** The pictures that this attribute was labelled in. */
  readonly kinds: readonly KindFigures[]
  /** False "yes" on all real faces that do not have it, whatever folder. */
  readonly others: DecisionFigures
}

/** Fewer than this that have the attribute say nothing of how many are found. */
export const ENOUGH = 20

/** Where an attribute was labelled for each picture: part of the path. */
const LABELLED: Readonly<Record<AttributeName, string>> = {
  mask: '_mask/',
  sunglasses: 'images/',
  eyeglasses: 'images/',
  hat: 'images/',
  veil: '',
  faceBlocker: '',
}

export const measureHead = (
  { name, probabilities, baseline }: FittedHead,
  { samples }: SampleSet,
  faces: readonly LabelledFace[],
  threshold: number,
): HeadFigures => {
  const rowsOf = (kind: SampleKind, part: string): number[] =>
    [...samples.keys()].filter(
      row =>
        samples[row].kind === kind && samples[row].labels[name] !== -1 && faces[samples[row].face].name.includes(part),
    )
  const decide = (rows: readonly number[], scores: Float64Array): Decision[] =>
    rows.map(row => ({ score: scores[row], label: samples[row].labels[name] === 1 }))
  return {
    name,
    threshold,
    faces: faces.length,
    kinds: SAMPLE_KINDS.map(kind => {
      const rows = rowsOf(kind, LABELLED[name])
      const [judged, blind] = [decide(rows, probabilities), decide(rows, baseline)]
      return {
        kind,
        ...countDecisions(judged, threshold),
        balanced: leastBalancedError(judged),
        baseline: kind === 'plain' ? { auc: countDecisions(blind, 0).auc, balanced: leastBalancedError(blind) } : null,
      }
    }),
    others: countDecisions(decide(rowsOf('plain', ''), probabilities), threshold),
  }
}
