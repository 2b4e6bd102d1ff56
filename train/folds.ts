// Splits pictures into folds that share no person, as far as can be known: by name where there is one, else by likeness.
// Pure.

export interface Portrait {
  /** Undefined where nobody says who it is. */
  readonly person?: string
  /** Of length 1. */
  readonly template: ArrayLike<number>
}

/**
 * A number for each portrait, the same for those that may show one person. Without a name it joins the first portrait
 * that is nearer than `cosine`, and that one's likes do not follow: chains would join everybody.
 */
export const groupPortraits = (portraits: readonly Portrait[], cosine: number): number[] => {
  const named = new Map<string, number>()
  const leaders: { group: number; template: ArrayLike<number> }[] = []
  let groups = 0
  return portraits.map(({ person, template }) => {
    if (person !== undefined) {
      const known = named.get(person) ?? groups++
      named.set(person, known)
      return known
    }
    const near = leaders.find(leader => dotOf(leader.template, template) > cosine)
    if (near) return near.group
    leaders.push({ group: groups, template })
    return groups++
  })
}

/** The fold of each item, 0 to `folds` - 1: each group whole, the largest first into the emptiest fold. */
export const assignFolds = (groups: readonly number[], folds: number): number[] => {
  const sizes = new Map<number, number>()
  for (const group of groups) sizes.set(group, (sizes.get(group) ?? 0) + 1)
  const filled = new Array<number>(folds).fill(0)
  const foldOf = new Map<number, number>()
  for (const [group, size] of [...sizes].sort((one, other) => other[1] - one[1] || one[0] - other[0])) {
    const fold = filled.indexOf(Math.min(...filled))
    foldOf.set(group, fold)
    filled[fold] += size
  }
  return groups.map(group => foldOf.get(group)!)
}

const dotOf = (one: ArrayLike<number>, other: ArrayLike<number>): number => {
  let sum = 0
  for (let i = 0; i < one.length; i++) sum += one[i] * other[i]
  return sum
}
