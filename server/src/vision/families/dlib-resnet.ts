// The dlib ResNet family: aligned crops → unit templates. Crop and mirror image are embedded together and added.
import type { Affine } from '../geometry.ts'
import { mirrorPlanes, type Normalisation, normaliseVector, type Raster, sampleSquare } from '../tensor.ts'
import type { NetworkSession } from '../workers/session.ts'

export interface Recogniser {
  /** Length of a template. */
  readonly dimensions: number
  /** One for each map (crop pixel → picture). */
  embed(raster: Raster, crops: readonly Affine[]): Promise<readonly Embedding[]>
}

export interface Embedding {
  /** Of length 1. */
  readonly template: Float32Array
  /** Length of the template before it was made 1: how strongly the network answered. */
  readonly length: number
  /** Cosine of the crop's embedding and its mirror image's; undefined where only the crop is embedded. */
  readonly mirrorCosine?: number
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
  const embedOne = async (raster: Raster, crop: Affine): Promise<Embedding> => {
    sampleSquare(raster, crop, size, normalisation, input)
    if (mirror) mirrorPlanes(input, 0, input, length, size)
    const { template: embeddings } = await session.run(input, [copies, 3, size, size])
    const template = new Float32Array(dimensions)
    for (let i = 0; i < embeddings.length; i++) template[i % dimensions] += embeddings[i]
    const strength = lengthOf(template) / copies
    const mirrorCosine = mirror
      ? cosineOf(embeddings.subarray(0, dimensions), embeddings.subarray(dimensions))
      : undefined
    return { template: normaliseVector(template), length: strength, mirrorCosine }
  }
  return {
    dimensions,
    async embed(raster, crops) {
      const made: Embedding[] = []
      for (const crop of crops) made.push(await embedOne(raster, crop))
      return made
    },
  }
}

const dotOf = (one: Float32Array, other: Float32Array): number =>
  one.reduce((sum, value, index) => sum + value * other[index], 0)

const lengthOf = (vector: Float32Array): number => Math.sqrt(dotOf(vector, vector))

const cosineOf = (one: Float32Array, other: Float32Array): number =>
  dotOf(one, other) / (lengthOf(one) * lengthOf(other))
