// Compares every picture of a set with every other and counts the cosines, of one person and of two. Shared by accuracy and
// calibration; must not know where templates come from.
import { type LabelErrors, NO_LABEL_ERRORS, numberPeople } from './label-errors.ts'
import { createTally, type Tally } from './tally.ts'

export interface LabelledTemplate {
  readonly identity: string
  readonly name: string
  /** A unit vector. */
  readonly template: Float32Array
}

/** Templates side by side: row r is components r * dimensions onwards. */
export interface TemplateSet {
  readonly names: readonly string[]
  readonly identities: readonly string[]
  /** A number a person; two names of one person have one number. */
  readonly people: Int32Array
  readonly rows: Float32Array
  readonly dimensions: number
}

export interface PairCounts {
  readonly same: Tally
  /** Its `one` and `other` are rows. */
  readonly different: Tally
  /** Pairs of two names of one person, counted nowhere. */
  readonly leftOut: number
}

/** The templates without the wrongly labelled ones. */
export const collectTemplates = (
  pictures: readonly LabelledTemplate[],
  errors: LabelErrors = NO_LABEL_ERRORS,
): TemplateSet => {
  const kept = pictures.filter(picture => !errors.pictures.has(picture.name))
  const dimensions = kept[0]?.template.length ?? 0
  const rows = new Float32Array(kept.length * dimensions)
  kept.forEach((picture, row) => {
    rows.set(picture.template, row * dimensions)
  })
  const identities = kept.map(picture => picture.identity)
  return {
    names: kept.map(picture => picture.name),
    identities,
    people: numberPeople(identities, errors),
    rows,
    dimensions,
  }
}

/** Counts all n(n - 1)/2 pairs: 29.6 million for 7,701 pictures. */
export const countPairs = (set: TemplateSet): PairCounts => {
  const { identities, people, rows, dimensions } = set
  const same = createTally()
  const different = createTally()
  let leftOut = 0
  for (let one = 0; one < people.length; one++) {
    for (let other = one + 1; other < people.length; other++) {
      if (people[one] !== people[other]) different.add(dotAt(rows, one, rows, other, dimensions), one, other)
      else if (identities[one] === identities[other]) same.add(dotAt(rows, one, rows, other, dimensions), one, other)
      else leftOut++
    }
  }
  return { same, different, leftOut }
}

/** Dot product of a row of `a` and a row of `b`. Four sums, so that additions need not wait for each other. */
export const dotAt = (a: Float32Array, rowA: number, b: Float32Array, rowB: number, dimensions: number): number => {
  let [i, j] = [rowA * dimensions, rowB * dimensions]
  const end = i + dimensions
  let [sum0, sum1, sum2, sum3] = [0, 0, 0, 0]
  for (; i + 3 < end; i += 4, j += 4) {
    sum0 += a[i] * b[j]
    sum1 += a[i + 1] * b[j + 1]
    sum2 += a[i + 2] * b[j + 2]
    sum3 += a[i + 3] * b[j + 3]
  }
  for (; i < end; i++, j++) sum0 += a[i] * b[j]
  return sum0 + sum1 + sum2 + sum3
}
