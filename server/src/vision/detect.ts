// Stage "detect": views of a raster → face candidates. Which views are worth a look is the pipeline's decision; what a
// view means to the network is the family's.
import type { Box, Point } from '../core/types.ts'
import { releaseRaster, resizeRaster } from './decode.ts'
import { type Detection, type Detector, suppressOverlaps } from './families/blazeface.ts'
import { applyAffine, centreOf, scaleOf } from './geometry.ts'
import { type Raster, sampleSquare } from './tensor.ts'
import type { View } from './views.ts'

/** A face candidate in raster pixels. */
export interface FaceCandidate {
  readonly box: Box
  /** Both eyes, left and right as the viewer of the upright face sees them. */
  readonly eyes: readonly [Point, Point]
  readonly confidence: number
}

/** Runs the detector on every view; overlapping finds of several views become one, the surest stays. */
export const detectFaces = async (
  detector: Detector,
  raster: Raster,
  views: readonly View[],
  iouThreshold: number,
): Promise<FaceCandidate[]> => {
  const length = 3 * detector.size * detector.size
  const input = detector.inputFor(views.length)
  const finest = views.length > 1 ? FINEST_SHARED : FINEST_ALONE
  const reduced = new Map<number, Raster>()
  for (const [index, view] of views.entries()) {
    const scale = scaleOf(view.toRaster)
    const source = scale < finest ? raster : await reduceFor(raster, scale, reduced)
    sampleSquare(source, shrink(view, raster, source), detector.size, detector.normalisation, input, index * length)
  }
  for (const raster of reduced.values()) releaseRaster(raster)
  const found = await detector.detect(views.length)
  const candidates = found.flatMap((detections, index) =>
    detections
      .map(detection => toCandidate(detection, views[index]))
      .filter(candidate => isInside(candidate, views[index])),
  )
  return suppressOverlaps(candidates, iouThreshold)
}

/**
 * Raster pixels a view pixel from which on the raster is reduced before it is sampled. That is the better mean, and costs
 * little where several views share it; one view alone of a raster hardly finer is sampled faster than reduced.
 */
const FINEST_SHARED = 1.2
const FINEST_ALONE = 2.5

/** The raster, area-averaged so that one of its pixels is about one pixel of a view at this scale. */
const reduceFor = async (raster: Raster, scale: number, cache: Map<number, Raster>): Promise<Raster> => {
  const width = Math.max(1, Math.round(raster.width / scale))
  const height = Math.max(1, Math.round(raster.height / scale))
  const known = cache.get(width)
  if (known) return known
  const reduced = await resizeRaster(raster, width, height)
  cache.set(width, reduced)
  return reduced
}

const shrink = (view: View, raster: Raster, reduced: Raster) => {
  const x = reduced.width / raster.width
  const y = reduced.height / raster.height
  const { a, b, c, d, e, f } = view.toRaster
  return { a: a * x, b: b * x, c: c * x, d: d * y, e: e * y, f: f * y }
}

const toCandidate = (detection: Detection, view: View): FaceCandidate => {
  const map = (point: Point): Point => applyAffine(view.toRaster, point.x, point.y)
  const scale = scaleOf(view.toRaster)
  const centre = map(centreOf(detection.box))
  const width = detection.box.width * scale
  const height = detection.box.height * scale
  return {
    box: { x: centre.x - width / 2, y: centre.y - height / 2, width, height },
    eyes: [map(detection.keyPoints[0]), map(detection.keyPoints[1])],
    confidence: detection.confidence,
  }
}

/** A face cut by a tile's border is found beside itself; the neighbouring tile sees it whole. Share of the box's width. */
const BORDER = 0.3

const isInside = ({ box }: FaceCandidate, { inner }: View): boolean => {
  const border = BORDER * box.width
  return (
    box.x - border >= inner.left &&
    box.y - border >= inner.top &&
    box.x + box.width + border <= inner.right &&
    box.y + box.height + border <= inner.bottom
  )
}
