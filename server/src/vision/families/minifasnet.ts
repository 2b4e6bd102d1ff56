// The MiniFASNet family: how likely a face was in front of the camera and not a picture of it. Each network looks at its
// own crop around the face; their answers are averaged. Knows nothing of thresholds.
import type { Box } from '../../core/types.ts'
import type { Affine } from '../geometry.ts'
import { type Normalisation, type Raster, sampleSquare } from '../tensor.ts'
import type { NetworkSession } from '../workers/session.ts'

export interface LivenessJudge {
  /** 0-1, higher is live; `box` is the face's, in pixels of the raster. */
  judge(raster: Raster, box: Box): Promise<number>
}

export interface LivenessNetwork {
  /** Takes red, green, blue; gives `probabilities` of three classes. */
  readonly session: NetworkSession
  /** Side of the crop relative to the box. */
  readonly cropScale: number
  /** Side of the input, pixels. */
  readonly size: number
  readonly normalisation: Normalisation
}

const LIVE = 1
/** One sample a pixel, never a mean of several: the networks were trained on crops that alias, and look for it. */
const SAMPLES = 1

export const createMinifasnet = (networks: readonly LivenessNetwork[]): LivenessJudge => {
  const inputs = networks.map(({ size }) => new Float32Array(3 * size * size))
  const judgeWith = async (raster: Raster, box: Box, index: number): Promise<number> => {
    const { session, cropScale, size, normalisation } = networks[index]
    sampleSquare(raster, cropAround(raster, box, cropScale, size), size, normalisation, inputs[index], 0, SAMPLES)
    const { probabilities } = await session.run(inputs[index], [1, 3, size, size])
    return probabilities[LIVE]
  }
  return {
    async judge(raster, box) {
      let sum = 0
      for (const index of networks.keys()) sum += await judgeWith(raster, box, index)
      return sum / networks.length
    },
  }
}

/**
 * The map from crop pixels to the picture. The crop has the box's proportions; it is scaled as far as the picture allows,
 * then moved inside it, and its edges lie between pixels. The network's own preparation does it so, and its answers
 * depend on it.
 */
export const cropAround = ({ width, height }: Raster, box: Box, scale: number, size: number): Affine => {
  const allowed = Math.min((height - 1) / box.height, (width - 1) / box.width, scale)
  const [left, columns] = spanAround(box.x + box.width / 2, box.width * allowed, width)
  const [top, rows] = spanAround(box.y + box.height / 2, box.height * allowed, height)
  return { a: columns / size, b: 0, c: left, d: 0, e: rows / size, f: top }
}

/** First pixel and number of pixels of a run of about `length` around `centre`, inside 0 to `limit`. */
const spanAround = (centre: number, length: number, limit: number): [first: number, count: number] => {
  const start = centre - length / 2
  const end = centre + length / 2
  const shift = start < 0 ? -start : Math.min(0, limit - 1 - end)
  const first = Math.max(0, Math.floor(start + shift))
  return [first, Math.min(limit - 1, Math.floor(end + shift)) - first + 1]
}
