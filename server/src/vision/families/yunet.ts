// The YuNet family: the five points of a face, from a square view around its box. Knows the network's cells and outputs,
// and takes the find that is nearest to the middle of the view.

import type { Box, Landmarks, Point } from '../../core/types.ts'
import { applyAffine, centreOf, squareToImage } from '../geometry.ts'
import { type Normalisation, type Raster, sampleSquare } from '../tensor.ts'
import type { NetworkSession } from '../workers/session.ts'
import { suppressOverlaps } from './blazeface.ts'

export interface PointFinder {
  /** The points of the face in this box, both in pixels of the raster; null where the network sees no face there. */
  locate(raster: Raster, box: Box): Promise<Landmarks | null>
}

export interface YunetFace {
  /** In pixels of the view. */
  readonly box: Box
  readonly points: Landmarks
  /** 0-1. */
  readonly confidence: number
}

interface YunetSettings {
  /** Side of the view, pixels. */
  readonly size: number
  readonly normalisation: Normalisation
  /** Side of the view relative to the longer side of the face's box. */
  readonly cropScale: number
  /** Least confidence of a find. */
  readonly threshold: number
  /** Two finds that overlap more than this are one face. */
  readonly iouThreshold: number
}

const STRIDES = [8, 16, 32]
/** In the order of the network's output. */
const POINTS = ['leftEye', 'rightEye', 'nose', 'mouthLeft', 'mouthRight'] as const

/** `session` takes red, green, blue and gives `cls_8` and so on. */
export const createYunet = (session: NetworkSession, settings: YunetSettings): PointFinder => {
  const { size, normalisation, cropScale, threshold, iouThreshold } = settings
  const input = new Float32Array(3 * size * size)
  return {
    async locate(raster, box) {
      const view = squareToImage(centreOf(box), cropScale * Math.max(box.width, box.height), 0, size)
      sampleSquare(raster, view, size, normalisation, input)
      const outputs = await session.run(input, [1, 3, size, size])
      const found = suppressOverlaps(decodeFaces(outputs, size, threshold), iouThreshold)
      const nearest = found.toSorted((one, other) => distanceToMiddle(one, size) - distanceToMiddle(other, size))[0]
      return nearest && contains(nearest.box, size / 2)
        ? mapPoints(nearest.points, ({ x, y }) => applyAffine(view, x, y))
        : null
    },
  }
}

/**
 * The finds of all cells, in pixels of the view. Of a cell at (column, row), stride s: the centre is (column + x, row + y)·s,
 * width and height are exp(w)·s and exp(h)·s, a point is (column + x, row + y)·s; the confidence is √(cls·obj), as OpenCV's
 * decoder for this network has it.
 */
export const decodeFaces = (
  outputs: Readonly<Record<string, Float32Array>>,
  size: number,
  threshold: number,
): YunetFace[] =>
  STRIDES.flatMap(stride => {
    const [classes, objects, boxes, points] = ['cls', 'obj', 'bbox', 'kps'].map(kind => outputs[`${kind}_${stride}`])
    const columns = size / stride
    const found: YunetFace[] = []
    for (let cell = 0; cell < columns * columns; cell++) {
      const confidence = Math.sqrt(clamp(classes[cell]) * clamp(objects[cell]))
      if (confidence < threshold) continue
      const [column, row] = [cell % columns, Math.floor(cell / columns)]
      const place = (x: number, y: number): Point => ({ x: (column + x) * stride, y: (row + y) * stride })
      const [x, y, logWidth, logHeight] = boxes.subarray(4 * cell)
      const [width, height] = [Math.exp(logWidth) * stride, Math.exp(logHeight) * stride]
      const centre = place(x, y)
      const of = points.subarray(2 * POINTS.length * cell)
      found.push({
        box: { x: centre.x - width / 2, y: centre.y - height / 2, width, height },
        points: takePoints(index => place(of[2 * index], of[2 * index + 1])),
        confidence,
      })
    }
    return found
  })

const takePoints = (take: (index: number) => Point): Landmarks =>
  Object.fromEntries(POINTS.map((name, index) => [name, take(index)])) as unknown as Landmarks

const mapPoints = (points: Landmarks, map: (point: Point) => Point): Landmarks =>
  takePoints(index => map(points[POINTS[index]]))

const clamp = (value: number): number => Math.min(1, Math.max(0, value))

const distanceToMiddle = ({ box }: YunetFace, size: number): number => {
  const { x, y } = centreOf(box)
  return Math.hypot(x - size / 2, y - size / 2)
}

const contains = (box: Box, middle: number): boolean =>
  box.x <= middle && middle <= box.x + box.width && box.y <= middle && middle <= box.y + box.height
