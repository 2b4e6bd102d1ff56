// The project's own liveness family: how likely a face was in front of the camera and not a picture of it. Each network
// looks at its own square around the face and at its mirror image, and gives logits; their mean is the answer. Knows nothing of thresholds.
import type { Box } from '../../core/types.ts'
import { type Affine, centreOf } from '../geometry.ts'
import { mirrorPlanes, type Raster, sampleSquare } from '../tensor.ts'
import type { LivenessNetwork } from './minifasnet.ts'

export interface UprightLivenessJudge {
  /** 0-1, higher is live; `box` is that of the mesh's points, pixels of the raster; `roll` the head's, degrees. */
  judge(raster: Raster, box: Box, roll: number): Promise<number>
}

/** Networks that take red, green, blue and give one `logit`. */
export const createLivenessNet = (networks: readonly LivenessNetwork[]): UprightLivenessJudge => {
  const inputs = networks.map(({ size }) => new Float32Array(2 * 3 * size * size))
  return {
    async judge(raster, box, roll) {
      let sum = 0
      for (const [index, { session, cropScale, size, normalisation }] of networks.entries()) {
        sampleSquare(raster, squareAround(raster, box, roll, cropScale, size), size, normalisation, inputs[index])
        mirrorPlanes(inputs[index], 0, inputs[index], 3 * size * size, size)
        const { logit } = await session.run(inputs[index], [2, 3, size, size])
        sum += (logit[0] + logit[1]) / 2
      }
      return 1 / (1 + Math.exp(-sum / networks.length))
    },
  }
}

/**
 * The map from pixels of the crop to the picture: a square of `scale` times the box's longer side, made smaller where the
 * picture is, moved inside it, and turned by the quarter turn that is nearest to the head's roll. So nothing outside the
 * picture is ever seen, and its edge tells nothing.
 */
export const squareAround = (
  { width, height }: Pick<Raster, 'width' | 'height'>,
  box: Box,
  roll: number,
  scale: number,
  size: number,
): Affine => {
  const side = Math.min(scale * Math.max(box.width, box.height), width, height)
  const centre = centreOf(box)
  const left = Math.min(Math.max(0, centre.x - side / 2), width - side)
  const top = Math.min(Math.max(0, centre.y - side / 2), height - side)
  const turn = ((Math.round(roll / 90) % 4) + 4) % 4
  const a = [1, 0, -1, 0][turn] * (side / size)
  const d = [0, 1, 0, -1][turn] * (side / size)
  const half = size / 2
  return { a, b: -d, c: left + side / 2 - (a - d) * half, d, e: a, f: top + side / 2 - (d + a) * half }
}
