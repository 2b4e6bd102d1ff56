// Yes-or-no decisions counted against labels: errors of either kind with 95 % bounds, and the area under the curve. Pure.
import { type Share, shareOf } from './wilson.ts'

export interface Decision {
  /** 0-1, or any score. */
  readonly score: number
  readonly label: boolean
}

export interface DecisionFigures {
  readonly yes: number
  readonly no: number
  /** Share of all that were decided wrongly. */
  readonly error: Share
  /** Of those that are "no", decided "yes". */
  readonly falseYes: Share
  /** Of those that are "yes", decided "no". */
  readonly falseNo: Share
  /** Chance that a "yes" scores above a "no", ties counted half; NaN without either. */
  readonly auc: number
}

/** "Yes" is a score of at least the threshold. */
export const countDecisions = (decisions: readonly Decision[], threshold: number): DecisionFigures => {
  const yes = decisions.filter(({ label }) => label)
  const no = decisions.filter(({ label }) => !label)
  const missed = yes.filter(({ score }) => score < threshold).length
  const raised = no.filter(({ score }) => score >= threshold).length
  return {
    yes: yes.length,
    no: no.length,
    error: shareOf(missed + raised, decisions.length),
    falseYes: shareOf(raised, no.length),
    falseNo: shareOf(missed, yes.length),
    auc: areaOf(decisions),
  }
}

/** By the ranks' sum. */
export const areaOf = (decisions: readonly Decision[]): number => {
  const sorted = decisions.toSorted((one, other) => one.score - other.score)
  const yes = sorted.filter(({ label }) => label).length
  let ranks = 0
  for (let from = 0; from < sorted.length; ) {
    let to = from + 1
    while (to < sorted.length && sorted[to].score === sorted[from].score) to++
    for (let at = from; at < to; at++) if (sorted[at].label) ranks += (from + to + 1) / 2
    from = to
  }
  return (ranks - (yes * (yes + 1)) / 2) / (yes * (sorted.length - yes))
}

/** Least mean of both error rates over all thresholds, for comparing scores that have no threshold of their own. */
export const leastBalancedError = (decisions: readonly Decision[]): number => {
  const sorted = decisions.toSorted((one, other) => one.score - other.score)
  const yes = sorted.filter(({ label }) => label).length
  const no = sorted.length - yes
  let [missed, raised, least] = [0, no, 0.5]
  for (const [at, { score, label }] of sorted.entries()) {
    if (label) missed++
    else raised--
    if (sorted[at + 1]?.score !== score) least = Math.min(least, (missed / yes + raised / no) / 2)
  }
  return least
}
