// The dlib ResNet family: aligned crops → unit templates. Crop and mirror image are embedded together and added.
import type { Affine } from '../geometry.ts'
import { mirrorPlanes, type Normalisation, normaliseVector, type Raster, sampleSquare } from '../tensor.ts'
import type { NetworkSession } from '../workers/session.ts'

export interface Recogniser {
  /** Length of a template. */
  readonly dimensions: number
  /** Unit templates, one for each map (crop pixel → picture). */
  embed(raster: Raster, crops: readonly Affine[]): Promise<readonly Float32Array[]>
}

interface RecogniserSettings {
  readonly size: number
  readonly dimensions: number
  readonly normalisation: Normalisation
  /** Whether the template is the sum of the crop's and its mirror image's embedding. */
  readonly mirror: boolean
}

export const createDlibResnet = (session: NetworkSession, settings: RecogniserSettings): Recogniser => {
  const { size, dimensions, normalisation, mirror } = settings
  const length = 3 * size * size
  const copies = mirror ? 2 : 1
  const input = new Float32Array(copies * length)
  const embedOne = async (raster: Raster, crop: Affine): Promise<Float32Array> => {
    sampleSquare(raster, crop, size, normalisation, input)
    if (mirror) mirrorPlanes(input, 0, input, length, size)
    const { template: embeddings } = await session.run(input, [copies, 3, size, size])
    const template = new Float32Array(dimensions)
    for (let i = 0; i < embeddings.length; i++) template[i % dimensions] += embeddings[i]
    return normaliseVector(template)
  }
  return {
    dimensions,
    async embed(raster, crops) {
      const templates: Float32Array[] = []
      for (const crop of crops) templates.push(await embedOne(raster, crop))
      return templates
    },
  }
}
