// The canvas of a face: its part of a picture, upright and at a known size, for drawing on and for making worse. What the
// stage sees of it is sampled as the stage samples a picture.
import sharp from 'sharp'
import type { Random } from '../../bench/random.ts'
import type { Point } from '../../server/src/core/types.ts'
// It blocks what the server does not read, drawings among them; so it has to come before they are let in again.
import '../../server/src/vision/decode.ts'
import { uprightCrop } from '../../server/src/vision/families/faceres.ts'
import { applyAffine, invertAffine } from '../../server/src/vision/geometry.ts'
import { type Raster, sampleSquare } from '../../server/src/vision/tensor.ts'
import { between, mix, type Outline, polygon, SPAN } from './outline.ts'

export interface Canvas extends Outline {
  readonly raster: Raster
  /** Corners of the picture that the canvas was cut from: nothing is drawn outside, where a picture has no pixels. */
  readonly corners: readonly Point[]
}

sharp.unblock({ operation: ['VipsForeignLoadSvg'] })

/** Side of the stage's crop, and what the canvas has beyond it on each side, where the eyes are SPAN pixels apart. */
const CROP = 224
const MARGIN = 32

const eyesOf = (points: readonly Point[]): [Point, Point] => [
  mix(points[33], points[133], 0.5),
  mix(points[362], points[263], 0.5),
]

/** `points`: the 468 of the mesh, in pixels of the raster; `span`: pixels between the eyes on the canvas. */
export const cutCanvas = (raster: Raster, points: readonly Point[], span: number): Canvas => {
  const scale = span / SPAN
  const margin = MARGIN * scale
  const crop = uprightCrop(eyesOf(points), CROP * scale)
  const side = Math.round((CROP + 2 * MARGIN) * scale)
  const corner = applyAffine(crop, -margin, -margin)
  const toPicture = { ...crop, c: corner.x, f: corner.y }
  const planes = new Float32Array(3 * side * side)
  sampleSquare(raster, toPicture, side, { mean: [0, 0, 0], scale: 1 }, planes)
  const data = new Uint8Array(3 * side * side)
  for (let i = 0; i < side * side; i++)
    for (let channel = 0; channel < 3; channel++) data[3 * i + channel] = Math.round(planes[channel * side * side + i])
  const toCanvas = invertAffine(toPicture)
  return {
    raster: { width: side, height: side, data },
    side,
    points: points.map(({ x, y }) => applyAffine(toCanvas, x, y)),
    corners: [
      [0, 0],
      [raster.width, 0],
      [raster.width, raster.height],
      [0, raster.height],
    ].map(([x, y]) => applyAffine(toCanvas, x, y)),
  }
}

/** Whether the picture reaches there. */
export const isInside = ({ corners }: Canvas, { x, y }: Point): boolean =>
  corners.every((from, index) => {
    const to = corners[(index + 1) % corners.length]
    return (to.x - from.x) * (y - from.y) - (to.y - from.y) * (x - from.x) >= 0
  })

export const spanOf = (points: readonly Point[]): number => {
  const [left, right] = eyesOf(points)
  return Math.hypot(right.x - left.x, right.y - left.y)
}

const rawOf = ({ width, height, data }: Raster) => sharp(data, { raw: { width, height, channels: 3 } })

/** `svg`: elements in pixels of the canvas. */
export const drawOn = async (canvas: Canvas, svg: string): Promise<Canvas> => {
  const { side, corners } = canvas
  const picture = `<svg xmlns="http://www.w3.org/2000/svg" width="${side}" height="${side}"><defs><clipPath id="picture"><path d="${polygon(corners)}"/></clipPath></defs><g clip-path="url(#picture)">${svg}</g></svg>`
  const { data } = await rawOf(canvas.raster)
    .composite([{ input: Buffer.from(picture) }])
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true })
  return { ...canvas, raster: { ...canvas.raster, data: new Uint8Array(data) } }
}

/** Mean colour of both cheeks, 0-255 a channel. */
export const skinOf = ({ raster, points }: Canvas): number[] => {
  const sums = [0, 0, 0]
  for (const index of [50, 280, 205, 425]) {
    const [x, y] = [Math.round(points[index].x), Math.round(points[index].y)]
    const at =
      3 * (Math.min(raster.height - 1, Math.max(0, y)) * raster.width + Math.min(raster.width - 1, Math.max(0, x)))
    for (let channel = 0; channel < 3; channel++) sums[channel] += raster.data[at + channel] / 4
  }
  return sums
}

/** A picture, and where the eyes are in it, in its pixels. */
export interface View {
  readonly raster: Raster
  readonly eyes: readonly [Point, Point]
}

export const viewOf = ({ raster, points }: Canvas): View => ({ raster, eyes: eyesOf(points) })

/** Fewest pixels between the eyes that a canvas is made smaller to. */
const FEWEST = 9

/**
 * The same face as a worse camera or a careless caller would send it: colours, light, resolution, blur, noise, JPEG, edges of the
 * picture close to the face, eyes that are not quite where the mesh has them. The same for all classes, so that none of
 * it tells anything. `harm`: 0 to 1, how much at most.
 */
export const degrade = async (canvas: Canvas, random: Random, harm = 1): Promise<View> => {
  const span = spanOf(canvas.points)
  const least = Math.min(span, FEWEST + (1 - harm) * 10)
  const wanted = Math.exp(between(Math.log(least), Math.log(span), random))
  const side = Math.max(16, Math.round((canvas.side * wanted) / span))
  let picture = rawOf(canvas.raster).resize(side, side, { kernel: random.pick(['lanczos3', 'linear', 'cubic'])! })
  if (random.isLikely(0.3 * harm)) picture = picture.blur(between(0.3, Math.min(3, 0.3 + side / 60), random))
  const gamma = Math.exp(between(-0.55, 0.55, random) * harm)
  const gains = [0, 1, 2].map(() => Math.exp(between(-0.14, 0.14, random) * harm))
  const contrast = Math.exp(between(-0.3, 0.25, random) * harm)
  const grey = random.isLikely(0.1)
  const saturation = grey ? 0 : Math.exp(between(-0.6, 0.4, random) * harm)
  const { data } = await picture.raw().toBuffer({ resolveWithObject: true })
  const noise = random.isLikely(0.4) ? between(0, 12, random) * harm : 0
  recolour(data, { gamma, gains, contrast, saturation, noise, random })
  const packed = await sharp(data, { raw: { width: side, height: side, channels: 3 } })
    .jpeg({
      quality: Math.round(between(95 - 65 * harm, 96, random)),
      chromaSubsampling: random.isLikely(0.6) ? '4:2:0' : '4:4:4',
    })
    .toBuffer()
  const raw = await sharp(packed).removeAlpha().toColourspace('srgb').raw().toBuffer()
  return trim({ width: side, height: side, data: new Uint8Array(raw) }, viewOf(canvas).eyes, side / canvas.side, random)
}

interface Colours {
  readonly gamma: number
  readonly gains: readonly number[]
  readonly contrast: number
  readonly saturation: number
  /** Standard deviation. */
  readonly noise: number
  readonly random: Random
}

const recolour = (data: Uint8Array, { gamma, gains, contrast, saturation, noise, random }: Colours): void => {
  const curve = Float32Array.from({ length: 256 }, (_, value) => 255 * (value / 255) ** gamma)
  for (let at = 0; at < data.length; at += 3) {
    const luma = 0.299 * curve[data[at]] + 0.587 * curve[data[at + 1]] + 0.114 * curve[data[at + 2]]
    // The sum of two even numbers is nearly enough of a bell.
    const grain = noise > 0 ? noise * 2.4 * (random.next() + random.next() - 1) : 0
    for (let channel = 0; channel < 3; channel++) {
      const colour = luma + (curve[data[at + channel]] - luma) * saturation
      const value = 128 + (colour * gains[channel] - 128) * contrast + grain
      data[at + channel] = value < 0 ? 0 : value > 255 ? 255 : value
    }
  }
}

/** Cuts sides off, beyond which the stage sees black, and moves the eyes by a few hundredths of their distance. */
const trim = async (raster: Raster, places: readonly [Point, Point], scale: number, random: Random): Promise<View> => {
  const cut = () => (random.isLikely(0.3) ? Math.floor(between(0, 0.24, random) * raster.width) : 0)
  const [left, top, right, bottom] = [cut(), cut(), cut(), cut()]
  const [width, height] = [raster.width - left - right, raster.height - top - bottom]
  const data = await rawOf(raster).extract({ left, top, width, height }).raw().toBuffer()
  const far = Math.hypot(places[1].x - places[0].x, places[1].y - places[0].y) * scale
  const jitter = () => between(-0.07, 0.07, random) * far
  const move = ({ x, y }: Point): Point => ({ x: x * scale - left + jitter(), y: y * scale - top + jitter() })
  return { raster: { width, height, data: new Uint8Array(data) }, eyes: [move(places[0]), move(places[1])] }
}
