// What is known of a face in the training pictures: yes, no, or not known, for each attribute. Pure.
import { ATTRIBUTES, type AttributeName } from '../../server/src/core/face-attributes.ts'

/** 1 yes, 0 no, -1 not known: such a face is left out where the attribute is trained or counted. */
export type Label = 0 | 1 | -1
export type Labels = Readonly<Record<AttributeName, Label>>

export const NOTHING: Labels = { mask: 0, sunglasses: 0, eyeglasses: 0, hat: 0, veil: 0, faceBlocker: 0 }

export const UNKNOWN: Labels = { mask: -1, sunglasses: -1, eyeglasses: -1, hat: -1, veil: -1, faceBlocker: -1 }

/** The rows of celeba/labels.csv by the pictures' names: eyewear and hat were labelled, the rest is next to never there. */
export const parseLabels = (text: string): ReadonlyMap<string, Labels> =>
  new Map(
    text
      .trim()
      .split(/\r?\n/)
      .slice(1)
      .map(row => {
        const [image, eyewear, hat] = row.split(',')
        const unsure = eyewear === 'ambiguous'
        const labels: Labels = {
          ...NOTHING,
          sunglasses: unsure ? -1 : eyewear === 'sunglasses' ? 1 : 0,
          eyeglasses: unsure ? -1 : eyewear === 'clear_glasses' ? 1 : 0,
          hat: hat === '1' ? 1 : 0,
        }
        return [image, labels] as const
      }),
  )

/** By picture: the attributes that were seen there by eye; "-name" where it cannot be told, "!name" where it is not so. */
export type Corrections = Readonly<Record<string, readonly string[]>>

export const correct = (labels: Labels, found: readonly string[] = []): Labels => {
  const changed: Record<AttributeName, Label> = { ...labels }
  for (const word of found) {
    const name = ATTRIBUTES.find(each => each === word.replace(/^[-!]/, ''))
    if (!name) throw new Error(`"${word}" is no attribute.`)
    changed[name] = word === name ? 1 : word[0] === '!' ? 0 : -1
  }
  return changed
}
