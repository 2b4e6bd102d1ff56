// Makes the samples that liveness is trained on: real pictures as they are and as another camera may have them, and attacks
// drawn from them, each cut out by the server's own detector, mesh and crops. Trains nothing.
import { once } from 'node:events'
import { createWriteStream, type WriteStream } from 'node:fs'
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import sharp from 'sharp'
import { createRandom } from '../../bench/random.ts'
import type { Box } from '../../server/src/core/types.ts'
import { DEFAULT_LIMITS } from '../../server/src/limits.ts'
import { between, capture, type Next, reframe } from '../../server/src/vision/camera.fixture.ts'
import { decodeImage } from '../../server/src/vision/decode.ts'
import { squareAround } from '../../server/src/vision/families/liveness-net.ts'
import { type MeshedFace, poseOf } from '../../server/src/vision/mesh.ts'
import { drawAttack } from '../../server/src/vision/presentation-attack.fixture.ts'
import { type Raster, sampleSquare } from '../../server/src/vision/tensor.ts'
import type { FindFaces } from './faces.ts'
import type { Source } from './sources.ts'

/** What the networks look at: the face itself, and what surrounds it. Shares of the mesh's longer side; pixels. */
export const CROPS = [
  { name: 'face', scale: 1.3, size: 96 },
  { name: 'scene', scale: 2.7, size: 96 },
] as const

export type Kind = 'plain' | 'captured' | 'print' | 'screen'

/** One line of samples.jsonl; its crops are at the same place of each crops file. */
export interface SampleFacts {
  readonly path: string
  readonly set: string
  readonly group: string
  readonly isOutside: boolean
  readonly isLive: boolean
  readonly kind: Kind
  /** Of the picture that was judged, for the baseline: pixels, bytes, and the face's share of it. */
  readonly width: number
  readonly height: number
  readonly bytes: number
  readonly faceWidth: number
  /** What installed models say of it, 0-1, by the name of the pack. */
  readonly scores: Scores
}

/** What a sample is called in tables: its collection, or the species of the attack. */
export const kindOf = ({ set, kind, isLive }: SampleFacts): { kind: string; isLive: boolean } => {
  if (isLive || kind === 'plain') return { kind: set, isLive }
  if (kind === 'captured') return { kind: `${set}, captured again`, isLive }
  return { kind: `drawn ${kind}${set === 'npm samples' ? ' of npm samples' : ''}`, isLive }
}

export type Scores = Readonly<Record<string, number>>
export type Judge = (raster: Raster, face: MeshedFace) => Promise<Scores>

export interface Preparation {
  readonly sources: readonly Source[]
  readonly findFaces: FindFaces
  /** Asked about every sample. */
  readonly judge: Judge
  readonly seed: number
}

export interface Writing extends Preparation {
  readonly folder: string
  readonly onProgress: (done: number, of: number, samples: number) => void
}

/** Writes samples.jsonl and a file of raw crops a network (N x 3 x size x size bytes, planes R, G, B). Returns how many. */
export const prepareSamples = async (options: Writing): Promise<number> => {
  const { sources, folder, onProgress } = options
  await mkdir(folder, { recursive: true })
  const facts = createWriteStream(join(folder, 'samples.jsonl'))
  const crops = CROPS.map(({ name }) => createWriteStream(join(folder, `${name}.raw`)))
  let samples = 0
  for (const [index, source] of sources.entries()) {
    for await (const sample of samplesOf(source, options, index)) {
      await write(facts, `${JSON.stringify(sample.facts)}\n`)
      for (const [at, crop] of sample.crops.entries()) await write(crops[at], crop)
      samples++
    }
    onProgress(index + 1, sources.length, samples)
  }
  for (const stream of [facts, ...crops]) await new Promise<void>(resolve => stream.end(() => resolve()))
  return samples
}

const write = async (stream: WriteStream, content: string | Uint8Array): Promise<void> => {
  if (!stream.write(content)) await once(stream, 'drain')
}

export interface Sample {
  readonly facts: SampleFacts
  readonly crops: readonly Uint8Array[]
}

/** The samples of one source; the same for the same seed and place in the list. */
export async function* samplesOf(source: Source, options: Preparation, index: number): AsyncGenerator<Sample> {
  const random = createRandom(options.seed * 1_000_003 + index)
  const { next } = random
  const { plain, captured, print, screen } = source.make
  if (plain + captured + print + screen === 0) return
  const bytes = await readFile(source.path)
  const image = await decodeImage(bytes, DEFAULT_LIMITS).catch(() => null)
  const found = image ? await options.findFaces(image.raster, MOST_FACES) : []
  const [face, ...others] = found.filter(({ box }) => box.width >= MIN_FACE)
  if (!image || !face) return
  const describe = (kind: Kind, raster: Raster, found: MeshedFace, size: number) =>
    describeSample(source, options, kind, raster, found, size, next)
  if (random.isLikely(source.make.plain)) yield await describe('plain', image.raster, face, bytes.length)
  // People beside the largest face are as real; of an attack only the largest is known to be one.
  for (const other of source.isLive && source.hasMore ? others : [])
    yield await describe('plain', image.raster, other, bytes.length)
  const remake = async (kind: Exclude<Kind, 'plain'>): Promise<Sample | null> => {
    const made =
      kind === 'captured' ? remakeReal(image.raster, face, next) : await attack(kind, image.raster, face, options, next)
    const shot = await compress(capture(made.raster, next), next)
    const [found] = await options.findFaces(shot.raster, 1, made.expected)
    return found && isSameSize(found, made.expected) ? describe(kind, shot.raster, found, shot.bytes) : null
  }
  for (const kind of ['captured', 'print', 'screen'] as const)
    for (let left = source.make[kind]; random.isLikely(left); left--) {
      const sample = await remake(kind)
      if (sample) yield sample
    }
}

/** Of one picture, the largest ones. */
const MOST_FACES = 4

/** The face that was drawn, and not one of the background. */
const isSameSize = ({ meshBox }: MeshedFace, expected: Box): boolean =>
  meshBox.width > 0.5 * expected.width && meshBox.width < 1.5 * expected.width

/** Pixels; below it there is nothing to see of paper or display. */
const MIN_FACE = 28

const faceWidthBy = (next: Next): number => 60 * 2 ** (1.8 * next())

/** A real face keeps its detail where it has little: nothing is made larger than half as large again. */
const remakeReal = (raster: Raster, face: MeshedFace, next: Next) => {
  const width = Math.min(faceWidthBy(next), 1.5 * face.meshBox.width)
  const { raster: made, face: expected } = reframe(raster, face.meshBox, width, next)
  return { raster: made, expected }
}

const attack = async (
  species: 'print' | 'screen',
  picture: Raster,
  face: MeshedFace,
  { sources }: Preparation,
  next: Next,
) => {
  const faceWidth = Math.min(faceWidthBy(next), 1.5 * face.meshBox.width)
  const room = between(next, 2, 4.2)
  const [width, height] = [room * faceWidth, room * faceWidth * between(next, 0.75, 1.3)].map(Math.round)
  const background = await readBackground(sources, next)
  const raster = drawAttack({ picture, face: face.meshBox, background, species, width, height, faceWidth }, next)
  const side = 1.2 * faceWidth
  return { raster, expected: { x: (width - side) / 2, y: (height - side) / 2, width: side, height: side } }
}

/**
 * What lies behind a sheet: a corner of any of the pictures, small, as it is out of focus. Not of those that are only
 * judged: nothing of them may be learned.
 */
const readBackground = async (sources: readonly Source[], next: Next): Promise<Raster> => {
  const inside = sources.filter(({ isOutside }) => !isOutside)
  const source = inside[Math.floor(next() * inside.length)]
  const part = between(next, 0.2, 0.45)
  const { width = 1, height = 1 } = await sharp(source.path).metadata()
  const area = {
    left: next() < 0.5 ? 0 : Math.floor(width * (1 - part)),
    top: next() < 0.5 ? 0 : Math.floor(height * (1 - part)),
    width: Math.max(1, Math.floor(width * part)),
    height: Math.max(1, Math.floor(height * part)),
  }
  const { data, info } = await sharp(source.path)
    .extract(area)
    .resize(240, 240, { fit: 'fill' })
    .removeAlpha()
    .toColourspace('srgb')
    .raw()
    .toBuffer({ resolveWithObject: true })
  return { width: info.width, height: info.height, data }
}

const compress = async ({ width, height, data }: Raster, next: Next): Promise<{ raster: Raster; bytes: number }> => {
  const quality = Math.round(between(next, 45, 97))
  const bytes = await sharp(data, { raw: { width, height, channels: 3 } })
    .jpeg({ quality })
    .toBuffer()
  const { data: back } = await sharp(bytes).raw().toBuffer({ resolveWithObject: true })
  return { raster: { width, height, data: back }, bytes: bytes.length }
}

const describeSample = async (
  { path, set, group, isLive, isOutside = false }: Source,
  { judge }: Preparation,
  kind: Kind,
  raster: Raster,
  face: MeshedFace,
  bytes: number,
  next: Next,
): Promise<Sample> => ({
  facts: {
    path,
    set,
    group,
    isOutside,
    isLive: isLive && kind !== 'print' && kind !== 'screen',
    kind,
    width: raster.width,
    height: raster.height,
    bytes,
    faceWidth: face.meshBox.width,
    scores: await judge(raster, face),
  },
  crops: CROPS.map(({ scale, size }) =>
    cropBytes(raster, face, kind === 'plain' ? 1 : between(next, 0.92, 1.08), scale, size),
  ),
})

/** Jitter stands for the mesh's own: the same face is never cut twice alike. */
const cropBytes = (raster: Raster, face: MeshedFace, jitter: number, scale: number, size: number): Uint8Array => {
  const values = new Float32Array(3 * size * size)
  const map = squareAround(raster, face.meshBox, poseOf(face.mesh).roll, scale * jitter, size)
  sampleSquare(raster, map, size, { mean: [0, 0, 0], scale: 1 }, values)
  return Uint8Array.from(values, Math.round)
}
