// What a face's mesh says of eyes, mouth and proportions. Pure arithmetic on 468 points; knows no thresholds.
import type { FacePoints } from './movement-types.ts'

/** Upper and lower lid points that lie above each other, three an eye. */
const LIDS = [
  [160, 144],
  [159, 145],
  [158, 153],
  [385, 380],
  [386, 374],
  [387, 373],
] as const
/** Brow and lower lid, two an eye. */
const BROWS = [
  [52, 145],
  [65, 145],
  [282, 374],
  [295, 374],
] as const

type Vector = readonly [number, number, number]

const distance = (points: FacePoints, one: number, other: number): number =>
  Math.hypot(...difference(points[one], points[other]))

const meanDistance = (points: FacePoints, pairs: readonly (readonly [number, number])[]): number =>
  pairs.reduce((sum, [one, other]) => sum + distance(points, one, other), 0) / pairs.length

/**
 * The eyes' opening as a share of the way from the lower lid to the brow, which neither a nearer face nor a picture
 * tilted back changes. Only changes of one face mean something: the mesh's lids never meet.
 */
export const eyeOpeningOf = (points: FacePoints): number => meanDistance(points, LIDS) / meanDistance(points, BROWS)

/** The mouth's width as a share of the distance of the eyes' outer corners. */
export const mouthWidthOf = (points: FacePoints): number => distance(points, 61, 291) / distance(points, 33, 263)

/** Distance of the eyes' middles in the picture, pixels. */
export const eyeDistanceOf = (points: FacePoints): number =>
  Math.hypot(...[0, 1].map(axis => (points[33][axis] + points[133][axis] - points[362][axis] - points[263][axis]) / 2))

/**
 * How broad the head is for its height, in its own axes, whichever way it is turned: the spread of all points across it by
 * that down it. A head keeps it; a tilted or bent picture, which the network sees as a narrow or low face, does not.
 */
export const proportionOf = (points: FacePoints): number => {
  const across = unit(difference(points[454], points[234]))
  const slanted = difference(points[152], points[10])
  const along = dot(across, slanted)
  const down = unit([0, 1, 2].map(axis => slanted[axis] - along * across[axis]) as unknown as Vector)
  const middle = [0, 1, 2].map(
    axis => points.reduce((sum, point) => sum + point[axis], 0) / points.length,
  ) as unknown as Vector
  let [wide, high] = [0, 0]
  for (const point of points) {
    const from = difference(point, middle)
    wide += dot(across, from) ** 2
    high += dot(down, from) ** 2
  }
  return Math.sqrt(wide / high)
}

const difference = (one: Vector, other: Vector): Vector => [one[0] - other[0], one[1] - other[1], one[2] - other[2]]
const dot = (one: Vector, other: Vector): number => one[0] * other[0] + one[1] * other[1] + one[2] * other[2]
const unit = (vector: Vector): Vector => {
  const length = Math.sqrt(dot(vector, vector))
  return [vector[0] / length, vector[1] / length, vector[2] / length]
}
