// The training pictures → labelled faces, found by the product's own engine. A picture's largest face is taken; pictures
// without one are told. Labels come from the folders, from celeba/labels.csv, and from what was seen by eye.
import { readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { listPictures, openEngine } from '../../bench/templates.ts'
import type { FaceEngine } from '../../server/src/core/ports.ts'
import { AppError } from '../../server/src/errors.ts'
import { groupPortraits } from '../folds.ts'
import { type Corrections, correct, type Labels, NOTHING, parseLabels, UNKNOWN } from './labels.ts'
import type { LabelledFace } from './samples.ts'

export interface FoundFaces {
  readonly faces: readonly LabelledFace[]
  /** Pictures in which no face was found, by folder. */
  readonly missing: Readonly<Record<string, number>>
}

/** Cosine of the base pack's templates above which two faces are kept in one fold. */
const ALIKE = 0.96
/** "0_0_name_0012.jpg": the person's name in Latin letters. */
const NAMED = /^\d+_\d+_([a-z]+)_\d+\./

interface Source {
  readonly folder: string
  readonly labelsOf: (picture: string) => Labels | undefined
}

/** `data` holds celeba/ (images/, labels.csv) and mask/ (with_mask/, without_mask/). */
export const findFaces = async (data: string, onProgress: (done: number, of: number) => void): Promise<FoundFaces> => {
  const corrections = JSON.parse(await readFile(new URL('corrections.json', import.meta.url), 'utf8')) as Corrections
  const known = parseLabels(await readFile(join(data, 'celeba', 'labels.csv'), 'utf8'))
  const sources: Source[] = [
    { folder: join(data, 'mask', 'with_mask'), labelsOf: () => ({ ...NOTHING, mask: 1 }) },
    { folder: join(data, 'mask', 'without_mask'), labelsOf: () => NOTHING },
    { folder: join(data, 'celeba', 'images'), labelsOf: picture => known.get(picture) },
  ]
  const pictures = (await Promise.all(sources.map(listLabelled))).flat()
  const engine = await openEngine({ threads: 1 })
  const faces: (Omit<LabelledFace, 'person'> & { template: Float32Array; person?: string })[] = []
  const missing: Record<string, number> = {}
  for (const [index, { path, labels }] of pictures.entries()) {
    const name = path.split(/[\\/]/).slice(-2).join('/')
    const face = await findLargest(engine, path)
    const person = NAMED.exec(basename(path))?.[1]
    if (face) faces.push({ path, name, labels: correct(labels, corrections[name]), person, ...face })
    else missing[name.split('/')[0]] = (missing[name.split('/')[0]] ?? 0) + 1
    onProgress(index + 1, pictures.length)
  }
  await engine.close()
  const groups = groupPortraits(faces, ALIKE)
  return { faces: faces.map(({ template: _, ...face }, index) => ({ ...face, person: groups[index] })), missing }
}

/** At most `most` of the folder's pictures, spread evenly: the face nearest to the middle of each, with no labels. */
export const findOrdinary = async (
  folder: string,
  most: number,
  onProgress: (done: number, of: number) => void,
): Promise<LabelledFace[]> => {
  const all = await listPictures(folder)
  const step = Math.max(1, Math.ceil(all.length / most))
  const pictures = all.filter((_, index) => index % step === 0)
  const engine = await openEngine({ threads: 1 })
  const faces: LabelledFace[] = []
  for (const [index, { path }] of pictures.entries()) {
    const points = await findMiddle(engine, path)
    if (points) faces.push({ path, name: basename(path), labels: UNKNOWN, points, person: index })
    onProgress(index + 1, pictures.length)
  }
  await engine.close()
  return faces
}

const listLabelled = async ({ folder, labelsOf }: Source): Promise<{ path: string; labels: Labels }[]> =>
  (await listPictures(folder)).flatMap(({ path }) => {
    const labels = labelsOf(basename(path))
    return labels ? [{ path, labels }] : []
  })

const findMiddle = async (engine: FaceEngine, path: string): Promise<LabelledFace['points'] | null> => {
  const bytes = new Uint8Array(await readFile(path))
  const { faces, image } = await engine.analyse(bytes, { templates: 'none', points: true })
  const offCentre = ({ box }: (typeof faces)[number]): number =>
    Math.hypot(box.x + box.width / 2 - image.width / 2, box.y + box.height / 2 - image.height / 2)
  const [face] = [...faces].sort((one, other) => offCentre(one) - offCentre(other))
  return face ? face.points!.map(([x, y]) => ({ x, y })) : null
}

/** Closer than any mesh is, and short to write down. */
const tenth = (value: number): number => Math.round(value * 10) / 10

const findLargest = async (engine: FaceEngine, path: string) => {
  try {
    const { faces } = await engine.analyse(new Uint8Array(await readFile(path)), { templates: 'largest', points: true })
    const [face] = faces
    if (!face) return null
    return { points: face.points!.map(([x, y]) => ({ x: tenth(x), y: tenth(y) })), template: face.template! }
  } catch (error) {
    if (error instanceof AppError && error.kind === 'input') return null
    throw error
  }
}
