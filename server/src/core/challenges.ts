// Which movements a try asks for. Chosen by the server alone, and told one at a time.
import { randomInt } from 'node:crypto'
import { CHALLENGES, type Challenge, HEAD_CHALLENGES } from './session-types.ts'

/** Ordered pairs of different challenges, at least one of which moves the head: 18 of 20. */
const PAIRS: readonly (readonly [Challenge, Challenge])[] = CHALLENGES.flatMap(first =>
  CHALLENGES.filter(second => second !== first)
    .filter(second => HEAD_CHALLENGES.includes(first) || HEAD_CHALLENGES.includes(second))
    .map(second => [first, second] as const),
)

/** Two challenges in the order in which they are asked, every pair equally likely; `random` answers a whole number from 0 up to `below`. */
export const chooseChallenges = (random: (below: number) => number = below => randomInt(below)): readonly Challenge[] =>
  PAIRS[random(PAIRS.length)]
