// A score in words, as `verify` and `compare` print it.
import type { MatchAnswer } from './answers.ts'
import { formatRate } from './output.ts'

export const describeScore = ({ similarity, falseMatchRate, extrapolated, threshold }: MatchAnswer): string =>
  `similarity ${similarity}, threshold ${threshold}, false match rate ${formatRate(falseMatchRate, extrapolated)}`
