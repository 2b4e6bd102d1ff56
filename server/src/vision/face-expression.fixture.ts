// Expressions drawn on a photograph: the upper lids come down over the eyes, the mouth's corners go out and up. For tests
// and camera files. Knows nothing of the head's movements.
import { addSample } from './camera.fixture.ts'
import { type SpacePoint, smoothStep } from './face-surface.fixture.ts'
import type { Raster } from './tensor.ts'

/** Mesh points of an eye: its corners, the upper and the lower lid from one to the other, and the brow above. */
interface Eye {
  readonly corners: readonly [number, number]
  readonly upper: readonly number[]
  readonly lower: readonly number[]
  readonly brow: readonly number[]
}

const EYES: readonly Eye[] = [
  {
    corners: [33, 133],
    upper: [33, 246, 161, 160, 159, 158, 157, 173, 133],
    lower: [33, 7, 163, 144, 145, 153, 154, 155, 133],
    brow: [52, 65],
  },
  {
    corners: [362, 263],
    upper: [362, 398, 384, 385, 386, 387, 388, 466, 263],
    lower: [362, 382, 381, 380, 374, 373, 390, 249, 263],
    brow: [295, 282],
  },
]
const MOUTH = [61, 291] as const
/** At a full smile, of mouth widths: how far the corners move out and up. */
const SMILE_OUT = 0.16
const SMILE_UP = 0.1

export interface Expression {
  /** 0: as photographed, 1: both eyes closed. */
  readonly closed: number
  /** 0: as photographed, 1: a full smile. */
  readonly smile: number
}

/** The picture with the expression; the picture itself when there is none. */
export const drawExpression = (picture: Raster, points: readonly SpacePoint[], expression: Expression): Raster => {
  if (expression.closed <= 0 && expression.smile <= 0) return picture
  const data = Uint8Array.from(picture.data)
  const result = { ...picture, data }
  if (expression.closed > 0) for (const eye of EYES) closeEye(picture, result, points, eye, expression.closed)
  if (expression.smile > 0) spreadMouth({ ...picture, data: Uint8Array.from(data) }, result, points, expression.smile)
  return result
}

/** What each pixel of a window shows, from another place of the picture. */
const redraw = (
  from: Raster,
  to: Raster,
  window: { x: number; y: number; radius: number },
  source: (x: number, y: number) => readonly [number, number] | null,
): void => {
  const [left, top] = [
    Math.max(0, Math.floor(window.x - window.radius)),
    Math.max(0, Math.floor(window.y - window.radius)),
  ]
  const right = Math.min(to.width - 1, Math.ceil(window.x + window.radius))
  const bottom = Math.min(to.height - 1, Math.ceil(window.y + window.radius))
  const sums = [0, 0, 0]
  for (let y = top; y <= bottom; y++)
    for (let x = left; x <= right; x++) {
      const place = source(x, y)
      if (!place) continue
      sums.fill(0)
      addSample(from.data, from.width, from.height, place[0], place[1], sums)
      for (let channel = 0; channel < 3; channel++) to.data[(y * to.width + x) * 3 + channel] = sums[channel]
    }
}

/** The skin above the eye is stretched down to the lower lid's line; the eye is squeezed to nothing under it. */
const closeEye = (from: Raster, to: Raster, points: readonly SpacePoint[], eye: Eye, closed: number): void => {
  const [one, other] = eye.corners.map(index => points[index])
  const length = Math.hypot(other[0] - one[0], other[1] - one[1])
  const [ux, uy] = [(other[0] - one[0]) / length, (other[1] - one[1]) / length]
  const along = (x: number, y: number): number => (x - one[0]) * ux + (y - one[1]) * uy
  // Upwards on the face.
  const above = (x: number, y: number): number => (x - one[0]) * uy - (y - one[1]) * ux
  const line = (indices: readonly number[]) =>
    indices.map(
      index => [along(points[index][0], points[index][1]), above(points[index][0], points[index][1])] as const,
    )
  const [upper, lower] = [line(eye.upper), line(eye.lower)]
  const brow = Math.max(...line(eye.brow).map(([, height]) => height))
  redraw(from, to, { x: (one[0] + other[0]) / 2, y: (one[1] + other[1]) / 2, radius: length }, (x, y) => {
    const [u, v] = [along(x, y), above(x, y)]
    if (u < 0 || u > length || v > brow) return null
    const [low, high] = [heightAt(lower, u), heightAt(upper, u)]
    if (v < low) return null
    const lid = high + closed * (low - high)
    const height =
      v >= lid ? high + ((v - lid) * (brow - high)) / (brow - lid) : low + ((v - low) * (high - low)) / (lid - low)
    return [x + (height - v) * uy, y - (height - v) * ux]
  })
}

/** Linear in between; the ends beyond them. */
const heightAt = (line: readonly (readonly [number, number])[], u: number): number => {
  const next = line.findIndex(([place]) => place >= u)
  if (next <= 0) return line[next === 0 ? 0 : line.length - 1][1]
  const [[before, low], [after, high]] = [line[next - 1], line[next]]
  return low + ((u - before) / Math.max(1e-6, after - before)) * (high - low)
}

const spreadMouth = (from: Raster, to: Raster, points: readonly SpacePoint[], smile: number): void => {
  const [left, right] = MOUTH.map(index => points[index])
  const width = Math.hypot(right[0] - left[0], right[1] - left[1])
  const [ux, uy] = [(right[0] - left[0]) / width, (right[1] - left[1]) / width]
  const reach = 0.75 * width
  const shifts = [left, right].map((corner, index) => {
    const out = (index === 0 ? -1 : 1) * SMILE_OUT * width * smile
    const up = SMILE_UP * width * smile
    return { corner, x: ux * out + uy * up, y: uy * out - ux * up }
  })
  const middle = { x: (left[0] + right[0]) / 2, y: (left[1] + right[1]) / 2, radius: 1.4 * width }
  redraw(from, to, middle, (x, y) => {
    let [sourceX, sourceY] = [x, y]
    for (const { corner, x: shiftX, y: shiftY } of shifts) {
      const distance = Math.hypot(x - corner[0] - shiftX, y - corner[1] - shiftY) / reach
      const share = 1 - smoothStep(distance)
      sourceX -= share * shiftX
      sourceY -= share * shiftY
    }
    return [sourceX, sourceY]
  })
}
