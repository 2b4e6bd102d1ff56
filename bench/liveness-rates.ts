// Error rates of presentation attack detection in the terms of ISO/IEC 30107-3, from scored faces. Pure.
import { type Share, shareOf } from './wilson.ts'

export interface ScoredFace {
  /** The collection of real faces, or the attack's species. */
  readonly kind: string
  readonly isLive: boolean
  /** 0-1, higher is live. */
  readonly score: number
}

/**
 * The collections that thresholds are chosen on: webcam frames, small portraits, photographs, press photographs. Left out
 * are faces that were cut out tightly, half of them masked: no reason to let more attacks pass.
 */
const ORDINARY = ['nuaa', 'celeba', 'photographs', 'live']

export const ordinaryFaces = (faces: readonly ScoredFace[]): ScoredFace[] =>
  faces.filter(({ kind, isLive }) => isLive && ORDINARY.includes(kind))

export interface KindRate {
  readonly kind: string
  readonly isLive: boolean
  /** BPCER of real faces, APCER of attacks. */
  readonly rate: Share
}

/** Of each kind by itself: real faces below the threshold, attacks at or above it. */
export const ratesAt = (faces: readonly ScoredFace[], threshold: number): KindRate[] =>
  Map.groupBy(faces, ({ kind, isLive }) => `${isLive} ${kind}`)
    .values()
    .map(group => {
      const [{ kind, isLive }] = group
      const wrong = group.filter(({ score }) => score >= threshold !== isLive).length
      return { kind, isLive, rate: shareOf(wrong, group.length) }
    })
    .toArray()
    .sort((one, other) => Number(other.isLive) - Number(one.isLive) || (one.kind < other.kind ? -1 : 1))

/**
 * The highest threshold that refuses at most this share of the real faces, each kind counting the same however many there
 * are of it. 0 where even the lowest score may not be refused.
 */
export const thresholdFor = (faces: readonly ScoredFace[], bpcer: number): number => {
  const live = faces.filter(({ isLive }) => isLive)
  const counts = new Map<string, number>()
  for (const { kind } of live) counts.set(kind, (counts.get(kind) ?? 0) + 1)
  let refused = 0
  for (const { kind, score } of live.toSorted((one, other) => one.score - other.score)) {
    refused += 1 / (counts.get(kind)! * counts.size)
    if (refused > bpcer) return score
  }
  return 1
}

/** The area under the curve of true against false accepts: how often a real face scores above an attack. */
export const areaUnder = (faces: readonly ScoredFace[]): number => {
  const sorted = faces.toSorted((one, other) => one.score - other.score)
  let attacks = 0
  let sum = 0
  for (let at = 0; at < sorted.length; ) {
    let end = at
    while (end < sorted.length && sorted[end].score === sorted[at].score) end++
    const tied = sorted.slice(at, end)
    const live = tied.filter(({ isLive }) => isLive).length
    sum += live * (attacks + (tied.length - live) / 2)
    attacks += tied.length - live
    at = end
  }
  return sum / (attacks * (sorted.length - attacks))
}
