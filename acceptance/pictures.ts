// Pictures for the acceptance tests: single people cut out of the photographs that an npm package carries, and a folder of
// people as users have it.
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import sharp, { type Sharp } from 'sharp'
import { ROOT } from './support.ts'

/** Number of the photograph, left, top and side of the square, pixels. */
type Cut = readonly [sample: number, left: number, top: number, side: number]

const PEOPLE = {
  ada: [3, 955, 139, 468],
  bea: [3, 497, 283, 389],
  dora: [5, 244, 809, 455],
  fay: [6, 1350, 189, 478],
  ida: [6, 142, 425, 423],
} as const satisfies Record<string, Cut>

export type Person = keyof typeof PEOPLE
export const PEOPLE_NAMES = Object.keys(PEOPLE) as readonly Person[]

/** Ada once more, in a photograph taken elsewhere. */
const ADA_ELSEWHERE: Cut = [1, 1414, 173, 310]
/** Somebody who is in nobody's folder. */
const STRANGER: Cut = [4, 138, 144, 369]

export const samplePath = (sample: number): string =>
  join(ROOT, `node_modules/@vladmandic/face-api/demo/sample${sample}.jpg`)

const cut = ([sample, left, top, side]: Cut): Sharp =>
  sharp(samplePath(sample)).extract({ left, top, width: side, height: side })

export const pictureOf = (person: Person): Promise<Buffer> => cut(PEOPLE[person]).jpeg({ quality: 92 }).toBuffer()
export const adaElsewhere = (): Promise<Buffer> => cut(ADA_ELSEWHERE).jpeg({ quality: 92 }).toBuffer()
export const stranger = (): Promise<Buffer> => cut(STRANGER).jpeg({ quality: 92 }).toBuffer()

/** The same person as a smaller, brighter WebP mirror image. */
export const otherPictureOf = (person: Person): Promise<Buffer> =>
  cut(PEOPLE[person]).flop().modulate({ brightness: 1.15 }).resize(280).webp({ quality: 75 }).toBuffer()

/** One folder a person, one or two pictures in each. Returns the files by person. */
export const writePeople = async (folder: string): Promise<Map<Person, string[]>> => {
  const files = new Map<Person, string[]>()
  for (const person of PEOPLE_NAMES) {
    await mkdir(join(folder, person), { recursive: true })
    const first = join(folder, person, 'first.jpg')
    await writeFile(first, await pictureOf(person))
    files.set(person, [first])
  }
  const second = join(folder, 'dora', 'second.webp')
  await writeFile(second, await otherPictureOf('dora'))
  files.get('dora')?.push(second)
  return files
}
