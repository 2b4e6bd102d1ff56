// Faces → samples: each face as it is, made worse, and with things drawn on it; of each the features that the stage would
// see. The same seed gives the same samples, whatever the other faces are.
import { readFile } from 'node:fs/promises'
import { createRandom, type Random } from '../../bench/random.ts'
import type { Point } from '../../server/src/core/types.ts'
import { DEFAULT_LIMITS } from '../../server/src/limits.ts'
import { decodeImage, releaseRaster } from '../../server/src/vision/decode.ts'
import type { FeatureReader } from '../../server/src/vision/families/faceres.ts'
import type { Raster } from '../../server/src/vision/tensor.ts'
import { cutCanvas, degrade, drawOn, spanOf, type View } from './canvas.ts'
import { weave } from './cloth.ts'
import { chooseDrawings, draw, labelsWith, OF_CLOTH } from './drawings.ts'
import type { Labels } from './labels.ts'
import { SPAN } from './outline.ts'

export interface LabelledFace {
  readonly path: string
  readonly name: string
  readonly labels: Labels
  /** The 468 points of the mesh, in pixels of the picture. */
  readonly points: readonly Point[]
  /** Faces with the same number may be the same person's. */
  readonly person: number
}

export const SAMPLE_KINDS = ['plain', 'worse', 'drawn'] as const
export type SampleKind = (typeof SAMPLE_KINDS)[number]

export interface Sample {
  /** Index of the face. */
  readonly face: number
  readonly kind: SampleKind
  readonly labels: Labels
}

export interface SampleSet {
  readonly samples: readonly Sample[]
  /** FEATURES for each sample. */
  readonly features: Float32Array
  /** What the baseline sees for each sample, BASELINE of them. */
  readonly baseline: Float32Array
}

export interface SamplePlan {
  readonly seed: number
  /** How many of each kind a face gives, besides the plain one. */
  readonly worse: number
  readonly drawn: number
}

/** Features and baseline of one view. */
export type Measure = (view: View) => Promise<{ readonly features: Float32Array; readonly baseline: Float32Array }>

export const makeSamples = async (
  faces: readonly LabelledFace[],
  measure: Measure,
  plan: SamplePlan,
  onProgress: (done: number, of: number) => void,
): Promise<SampleSet> => {
  const rows: { sample: Sample; features: Float32Array; baseline: Float32Array }[] = []
  for (const [index, face] of faces.entries()) {
    const { raster, reduction } = await decodeImage(new Uint8Array(await readFile(face.path)), DEFAULT_LIMITS)
    const points = face.points.map(({ x, y }) => ({ x: x / reduction, y: y / reduction }))
    const random = createRandom(plan.seed ^ hashOf(face.name))
    for await (const { kind, labels, view } of viewsOf(raster, points, face.labels, plan, random))
      rows.push({ sample: { face: index, kind, labels }, ...(await measure(view)) })
    for await (const { kind, labels, view } of wovenViewOf(
      raster,
      points,
      face.labels,
      createRandom(plan.seed ^ ~hashOf(face.name)),
    ))
      rows.push({ sample: { face: index, kind, labels }, ...(await measure(view)) })
    releaseRaster(raster)
    onProgress(index + 1, faces.length)
  }
  return {
    samples: rows.map(({ sample }) => sample),
    features: joinRows(rows.map(({ features }) => features)),
    baseline: joinRows(rows.map(({ baseline }) => baseline)),
  }
}

interface LabelledView {
  readonly kind: SampleKind
  readonly labels: Labels
  readonly view: View
}

async function* viewsOf(
  raster: Raster,
  points: readonly Point[],
  labels: Labels,
  plan: SamplePlan,
  random: Random,
): AsyncGenerator<LabelledView> {
  const eyes = [mean(points[33], points[133]), mean(points[362], points[263])] as const
  yield { kind: 'plain', labels, view: { raster, eyes } }
  const found = cutCanvas(raster, points, Math.min(SPAN, spanOf(points)))
  for (let count = 0; count < plan.worse; count++)
    yield { kind: 'worse', labels, view: await degrade(found, random, count === 0 ? 0.5 : 1) }
  const large = cutCanvas(raster, points, SPAN)
  for (let count = 0; count < plan.drawn; count++) {
    const things = chooseDrawings(large, labels, random)
    if (!things) continue
    let canvas = large
    for (const thing of things) canvas = await drawOn(canvas, draw(thing, canvas, random))
    yield { kind: 'drawn', labels: labelsWith(labels, things), view: await degrade(canvas, random, random.next()) }
  }
}

/** One more with something of cloth drawn on it, where there is room for it. */
export async function* wovenViewOf(
  raster: Raster,
  points: readonly Point[],
  labels: Labels,
  random: Random,
): AsyncGenerator<LabelledView> {
  const large = cutCanvas(raster, points, SPAN)
  const things = chooseDrawings(large, labels, random, OF_CLOTH)
  if (!things) return
  let canvas = large
  for (const thing of things) canvas = await drawOn(canvas, weave(draw(thing, canvas, random), random))
  yield { kind: 'drawn', labels: labelsWith(labels, things), view: await degrade(canvas, random, random.next()) }
}

const mean = (one: Point, other: Point): Point => ({ x: (one.x + other.x) / 2, y: (one.y + other.y) / 2 })

const joinRows = (rows: readonly Float32Array[]): Float32Array => {
  const length = rows[0]?.length ?? 0
  const joined = new Float32Array(rows.length * length)
  for (const [index, row] of rows.entries()) joined.set(row, index * length)
  return joined
}

/** FNV-1a of a name, 32 bits. */
export const hashOf = (name: string): number => {
  let hash = 0x811c9dc5
  for (const character of name) hash = Math.imul(hash ^ character.codePointAt(0)!, 0x01000193)
  return hash >>> 0
}

/** What the heads see, and what a baseline sees that only knows resolution and borders. */
export const measureWith =
  (reader: FeatureReader, measureBaseline: (view: View) => Float32Array): Measure =>
  async view => ({ features: await reader.read(view.raster, view.eyes), baseline: measureBaseline(view) })
