// People enrolled with several pictures: how strangers score against them, and how their own other pictures do. Two ways to
// score: the best of the faces, and the fused template. Must not turn cosines into rates.
import { dotAt, type TemplateSet } from './all-pairs.ts'
import { createTally, type Tally } from './tally.ts'

/** One person's score with an own picture that was not enrolled. */
export interface OwnTrial {
  readonly person: number
  /** The picture against each enrolled one. */
  readonly singles: readonly number[]
  readonly best: number
  readonly fused: number
}

export interface ManyFaces {
  readonly faces: number
  readonly people: number
  readonly enrolments: number
  /** Strangers; `one` is the person enrolled, `other` the person on the probe. */
  readonly best: Tally
  readonly fused: Tally
  readonly own: readonly OwnTrial[]
}

interface Enrolment {
  readonly person: number
  readonly rows: readonly number[]
}

/** Of those with very many pictures only so much is used: nobody may stand for a crowd. */
const ENROLMENTS_PER_PERSON = 10

/**
 * Enrols every person who has that many pictures, several times over where there are enough, no picture twice, and compares
 * all pictures that are not among the enrolled.
 */
export const countManyFaces = (set: TemplateSet, faces: number, seed = 1): ManyFaces => {
  const enrolments = drawEnrolments(set.people, faces, createRandom(seed))
  const [best, fused] = [createTally(), createTally()]
  const own: OwnTrial[] = []
  const { rows, dimensions, people } = set
  for (const { person, rows: enrolled } of enrolments) {
    const fusedTemplate = fuseRows(rows, enrolled, dimensions)
    for (let probe = 0; probe < people.length; probe++) {
      const isOwn = people[probe] === person
      if (isOwn && enrolled.includes(probe)) continue
      const singles = enrolled.map(row => dotAt(rows, row, rows, probe, dimensions))
      const [highest, mean] = [Math.max(...singles), dotAt(fusedTemplate, 0, rows, probe, dimensions)]
      if (isOwn) own.push({ person, singles, best: highest, fused: mean })
      else {
        best.add(highest, person, people[probe])
        fused.add(mean, person, people[probe])
      }
    }
  }
  return {
    faces,
    people: new Set(enrolments.map(each => each.person)).size,
    enrolments: enrolments.length,
    best,
    fused,
    own,
  }
}

/** How many people have at least this many pictures. */
export const countPeopleWith = (people: Int32Array, faces: number): number =>
  [...groupRows(people).values()].filter(rows => rows.length >= faces).length

const drawEnrolments = (people: Int32Array, faces: number, random: () => number): Enrolment[] =>
  [...groupRows(people)].flatMap(([person, rows]) => {
    const shuffled = shuffle(rows, random)
    const count = Math.min(ENROLMENTS_PER_PERSON, Math.floor(rows.length / faces))
    return Array.from({ length: count }, (_, i) => ({ person, rows: shuffled.slice(i * faces, (i + 1) * faces) }))
  })

const groupRows = (people: Int32Array): Map<number, number[]> => {
  const groups = new Map<number, number[]>()
  people.forEach((person, row) => {
    const rows = groups.get(person)
    if (rows) rows.push(row)
    else groups.set(person, [row])
  })
  return groups
}

/** The normalised mean, as core/score.ts fuses them. */
const fuseRows = (rows: Float32Array, enrolled: readonly number[], dimensions: number): Float32Array => {
  const sum = new Float32Array(dimensions)
  for (const row of enrolled) for (let i = 0; i < dimensions; i++) sum[i] += rows[row * dimensions + i]
  const length = Math.sqrt(dotAt(sum, 0, sum, 0, dimensions))
  return sum.map(value => value / length)
}

const shuffle = (items: readonly number[], random: () => number): number[] => {
  const shuffled = [...items]
  for (let last = shuffled.length - 1; last > 0; last--) {
    const pick = Math.floor(random() * (last + 1))
    const moved = shuffled[last]
    shuffled[last] = shuffled[pick]
    shuffled[pick] = moved
  }
  return shuffled
}

/** Numbers from 0 to below 1, the same in every run: a 32-bit xorshift generator. */
const createRandom = (seed: number): (() => number) => {
  let state = Math.imul(seed, 0x9e3779b1) | 1
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) / 2 ** 32
  }
}
