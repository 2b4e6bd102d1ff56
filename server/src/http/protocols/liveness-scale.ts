// Passive liveness as vendors' callers expect it: a number from 0 to 100 with its threshold in the middle. Pure; knows no
// protocol.

/**
 * 0-100 with two decimals, 50 at the threshold of the pack that judged and straight between: callers compare it with a number
 * of their own, and the packs' scores do not mean the same.
 */
export const toProbability = ({ score, threshold }: { readonly score: number; readonly threshold: number }): number => {
  const share = score < threshold ? score / (2 * threshold) : 1 - (1 - score) / (2 * (1 - threshold) || 1)
  return Math.round(share * 10_000) / 100
}
