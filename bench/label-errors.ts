// Which pictures of a test set are labelled wrongly, from a text file: see bench/data/lfw-label-errors.txt for its form.
// Decides nothing about what is an error.
import { readFile } from 'node:fs/promises'

export interface LabelErrors {
  /** Names of pictures that show somebody else. */
  readonly pictures: ReadonlySet<string>
  /** Two names of one person. */
  readonly names: readonly (readonly [string, string])[]
}

export const NO_LABEL_ERRORS: LabelErrors = { pictures: new Set(), names: [] }

export const LFW_LABEL_ERRORS = new URL('data/lfw-label-errors.txt', import.meta.url).pathname

/** Throws an Error that names the line. */
export const parseLabelErrors = (text: string, path: string): LabelErrors => {
  const pictures = new Set<string>()
  const names: [string, string][] = []
  text.split(/\r?\n/).forEach((line, index) => {
    const fields = line.replace(/#.*/, '').trim().split(/\s+/)
    if (fields.length === 2) names.push([fields[0], fields[1]])
    else if (fields.length === 1 && /_\d+$/.test(fields[0])) pictures.add(fields[0])
    else if (fields.join('') !== '') {
      throw new Error(`${path}, line ${index + 1}: expected "Picture_0001" or "Name_A Name_B", got "${line.trim()}".`)
    }
  })
  return { pictures, names }
}

export const readLabelErrors = async (path: string): Promise<LabelErrors> =>
  parseLabelErrors(await readFile(path, 'utf8'), path)

/** The list for LFW where most of it is about people of this folder, otherwise none. */
export const findLabelErrors = async (identities: ReadonlySet<string>): Promise<LabelErrors> => {
  const errors = await readLabelErrors(LFW_LABEL_ERRORS)
  const named = errors.names.flat()
  return named.filter(name => identities.has(name)).length * 2 > named.length ? errors : NO_LABEL_ERRORS
}

/** One number a person, the same for all names of one person. */
export const numberPeople = (identities: readonly string[], errors: LabelErrors): Int32Array => {
  const first = new Map<string, string>()
  const rootOf = (name: string): string => {
    const next = first.get(name)
    return next === undefined ? name : rootOf(next)
  }
  for (const [one, other] of errors.names) {
    const [a, b] = [rootOf(one), rootOf(other)]
    if (a !== b) first.set(b, a)
  }
  const numbers = new Map<string, number>()
  return Int32Array.from(identities, identity => {
    const root = rootOf(identity)
    const number = numbers.get(root) ?? numbers.size
    numbers.set(root, number)
    return number
  })
}
