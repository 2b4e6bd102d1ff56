// Reads a pairs file in the form of Labeled Faces in the Wild: which pictures show one person and which do not. Must not
// open pictures or compute scores.

export interface Pair {
  readonly same: boolean
  /** Keys of the two pictures, see `keyOf`. */
  readonly one: string
  readonly other: string
}

export interface PairsFile {
  /** In the order of the file. */
  readonly pairs: readonly Pair[]
  /** Into how many parts the file is split for cross-validation. */
  readonly folds: number
}

/** The protocol's own number, for files that do not say. */
const DEFAULT_FOLDS = 10

/** The key of a picture: "Abel_Pacheco", 1 → "Abel_Pacheco_0001", however many digits its file name has. */
export const keyOf = (identity: string, number: number): string => `${identity}_${String(number).padStart(4, '0')}`

/** The key of a picture by its file name without extension; a name without a number is its own key. */
export const keyOfName = (name: string): string => {
  const found = /^(.+)_(\d+)$/.exec(name)
  return found ? keyOf(found[1], Number(found[2])) : name
}

/**
 * Lines "name i j" (one person) and "name i name2 j" (two people), fields split by tabs or spaces. A first line "folds n"
 * (n pairs of each kind a fold) or "n" (one fold) may precede them. A single fold cannot be held out, so that such a file is
 * split in ten like one without a first line. `path` is for messages. Throws an Error that names the line.
 */
export const parsePairs = (text: string, path: string): PairsFile => {
  const lines = text
    .split(/\r?\n/)
    .map((line, index) => ({ fields: line.split(/\s+/).filter(field => field !== ''), number: index + 1 }))
    .filter(line => line.fields.length > 0)
  const header = readHeader(lines[0]?.fields ?? [])
  const pairs = lines.slice(header ? 1 : 0).map(({ fields, number }) => readPair(fields, `${path}, line ${number}`))
  if (pairs.length === 0) throw new Error(`${path} holds no pairs.`)
  if (header && pairs.length !== 2 * header.folds * header.size) {
    throw new Error(
      `${path}: the first line says ${header.folds} x ${header.size} pairs of each kind, which makes ` +
        `${2 * header.folds * header.size}; there are ${pairs.length}.`,
    )
  }
  const folds = header && header.folds > 1 ? header.folds : DEFAULT_FOLDS
  for (const same of [true, false]) {
    const count = pairs.filter(pair => pair.same === same).length
    if (count < folds) {
      const kind = same ? 'one person' : 'two people'
      throw new Error(`${path}: ${folds} folds need at least ${folds} pairs of ${kind}; there are ${count}.`)
    }
  }
  return { pairs, folds }
}

const readHeader = (fields: readonly string[]): { folds: number; size: number } | null => {
  if (fields.length > 2 || !fields.every(field => /^\d+$/.test(field))) return null
  const [first, second] = fields.map(Number)
  return second === undefined ? { folds: 1, size: first } : { folds: first, size: second }
}

const readPair = (fields: readonly string[], where: string): Pair => {
  const [name, ...rest] = fields
  if (rest.length === 2) {
    return { same: true, one: readPicture(name, rest[0], where), other: readPicture(name, rest[1], where) }
  }
  if (rest.length === 3) {
    return { same: false, one: readPicture(name, rest[0], where), other: readPicture(rest[1], rest[2], where) }
  }
  throw new Error(
    `${where}: expected "name number number" or "name number name number", got ${fields.length} fields: ` +
      `"${fields.join(' ').slice(0, 100)}".`,
  )
}

const readPicture = (name: string, number: string, where: string): string => {
  if (/^[1-9]\d{0,8}$/.test(number.replace(/^0+/, ''))) return keyOf(name, Number(number))
  throw new Error(`${where}: expected the number of a picture of ${name}, got "${number.slice(0, 50)}".`)
}
