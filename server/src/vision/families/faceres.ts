// The FaceRes family: an upright face crop → features for the heads of attributes. The network is used up to the layer
// whose cells still lie where the face has them; the heads read the means of three bands of rows.
import type { Point } from '../../core/types.ts'
import { type Affine, fitSimilarity, invertAffine } from '../geometry.ts'
import { type Normalisation, type Raster, sampleSquare } from '../tensor.ts'
import type { NetworkSession } from '../workers/session.ts'

export interface FeatureReader {
  /** `eyes`: the centres of the left and the right one as the viewer sees them, in pixels of the raster. */
  read(raster: Raster, eyes: readonly [Point, Point]): Promise<Float32Array>
}

interface FaceresSettings {
  /** Side of the crop, pixels. */
  readonly size: number
  readonly normalisation: Normalisation
}

/** Where the eyes' centres lie in a crop of 224 pixels: hair, hat and chin are inside it. */
const EYES: readonly [Point, Point] = [
  { x: 82, y: 95 },
  { x: 142, y: 95 },
]
const CROP = 224
/** The network's map: cells a side, and values a cell. */
const CELLS = 14
const CHANNELS = 512
/** Rows of cells where the bands begin and end: what is above the brows, eyes to nose, mouth to neck. */
const BANDS = [
  [0, 4],
  [4, 8],
  [8, 14],
] as const

/** Length of the features that a head takes. */
export const FEATURES = BANDS.length * CHANNELS

/** `session` takes red, green, blue and gives `features`, the map with rows and columns before channels. */
export const createFaceres = (session: NetworkSession, { size, normalisation }: FaceresSettings): FeatureReader => {
  const input = new Float32Array(3 * size * size)
  return {
    async read(raster, eyes) {
      sampleSquare(raster, uprightCrop(eyes, size), size, normalisation, input)
      const { features } = await session.run(input, [1, 3, size, size])
      return meanBands(features)
    },
  }
}

/** The map from crop pixels to the picture. */
export const uprightCrop = (eyes: readonly [Point, Point], size: number): Affine => {
  const scale = size / CROP
  const places = EYES.map(({ x, y }) => ({ x: x * scale, y: y * scale }))
  return invertAffine(fitSimilarity(eyes, places))
}

/** The mean of each channel over each band, the upper band's channels first. */
export const meanBands = (map: Float32Array): Float32Array => {
  const means = new Float32Array(FEATURES)
  for (const [band, [from, to]] of BANDS.entries()) {
    const target = means.subarray(band * CHANNELS, (band + 1) * CHANNELS)
    const end = to * CELLS * CHANNELS
    for (let at = from * CELLS * CHANNELS, channel = 0; at < end; at++) {
      target[channel] += map[at]
      channel = channel + 1 === CHANNELS ? 0 : channel + 1
    }
    const cells = (to - from) * CELLS
    for (let channel = 0; channel < CHANNELS; channel++) target[channel] /= cells
  }
  return means
}
