// Pictures for tests, all cut out of the demo photographs that the npm packages carry: single people, the same people
// again in other pictures, a photograph without anybody.
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import sharp, { type Sharp } from 'sharp'
import { resolveInstalled } from './packs/sources.ts'

/** The demo photographs by number, 1 to 6, and how many faces each shows. */
export const FACES_IN_SAMPLES: Readonly<Record<number, number>> = { 1: 3, 2: 3, 3: 3, 4: 4, 5: 5, 6: 4 }

export const samplePath = (number: number): string => {
  const path = resolveInstalled('@vladmandic/face-api', `demo/sample${number}.jpg`)
  if (!path) throw new Error(`demo/sample${number}.jpg of @vladmandic/face-api is missing; run npm ci.`)
  return path
}

/** A square of a demo photograph: its number, left, top, side in pixels. */
type Cut = readonly [sample: number, left: number, top: number, side: number]

/** One person each. */
const PEOPLE = {
  ada: [3, 955, 139, 468],
  bea: [3, 497, 283, 389],
  cleo: [4, 138, 144, 369],
  dora: [5, 244, 809, 455],
  eve: [5, 1299, 314, 443],
  fay: [6, 1350, 189, 478],
  gia: [6, 542, 257, 463],
  ida: [6, 142, 425, 423],
} as const satisfies Record<string, Cut>

export type Person = keyof typeof PEOPLE
export const PEOPLE_NAMES = Object.keys(PEOPLE) as readonly Person[]

/** Ada is in a second photograph, taken elsewhere: the one pair of different pictures of one person. */
const ADA_ELSEWHERE: Cut = [1, 1414, 173, 310]
/** Clothes and hands. */
const NOBODY: Cut = [6, 750, 1050, 450]

const cut = ([sample, left, top, side]: Cut): Sharp =>
  sharp(samplePath(sample)).extract({ left, top, width: side, height: side })

/** A person as raw material, for tests that make their own file of it. */
export const cutPerson = (person: Person): Sharp => cut(PEOPLE[person])

/** A JPEG of one person. */
export const pictureOf = (person: Person): Promise<Buffer> => cut(PEOPLE[person]).jpeg({ quality: 92 }).toBuffer()

/** The same person, as another camera might have it: mirrored, smaller, brighter, tilted, in another format. */
export const otherPictureOf = async (person: Person): Promise<Buffer> => {
  const [, , , side] = PEOPLE[person]
  const mirrored = await cut(PEOPLE[person]).flop().modulate({ brightness: 1.15, saturation: 0.9 }).png().toBuffer()
  const tilted = await sharp(mirrored).rotate(7, { background: '#6f6f6f' }).png().toBuffer()
  return sharp(tilted)
    .resize(Math.round(side * 0.7))
    .jpeg({ quality: 80 })
    .toBuffer()
}

/** Ada in another photograph than `pictureOf('ada')`. */
export const adaElsewhere = (): Promise<Buffer> => cut(ADA_ELSEWHERE).jpeg({ quality: 92 }).toBuffer()

/** A photograph that nobody's face is in. */
export const pictureOfNobody = (): Promise<Buffer> => cut(NOBODY).jpeg({ quality: 92 }).toBuffer()

export const readSample = (number: number): Promise<Buffer> => readFile(samplePath(number))

/** The evaluation pictures, which only a developer's machine has: a path under shared/data beside the repository. */
export const sharedPath = (path: string): string =>
  fileURLToPath(new URL(`../../../../shared/${path}`, import.meta.url))
