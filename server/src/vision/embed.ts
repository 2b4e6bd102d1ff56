// Stage "embed": meshed faces → unit templates, each from its aligned crops, one a network. Knows no pack by name.
import type { Embedding } from './families/dlib-resnet.ts'
import type { MeshedFace } from './mesh.ts'
import type { Embedder, Networks } from './networks.ts'
import type { Raster } from './tensor.ts'

export interface FaceEmbedding {
  /** Of length 1. */
  readonly template: Float32Array
  /** What each network made of the face, by its pack. */
  readonly parts: ReadonlyMap<string, Embedding>
}

/** One template of this pack a face, in the same order. */
export const embedFaces = async (
  networks: Pick<Networks, 'embedders'>,
  raster: Raster,
  faces: readonly MeshedFace[],
  pack?: string,
): Promise<readonly FaceEmbedding[]> => {
  if (faces.length === 0) return []
  const embedders = await networks.embedders(pack)
  const made: (readonly Embedding[])[] = []
  for (const { recogniser, align } of embedders)
    made.push(
      await recogniser.embed(
        raster,
        faces.map(({ mesh }) => align(mesh)),
      ),
    )
  return faces.map((_, face) => {
    const embeddings = made.map(each => each[face])
    const parts = new Map(embedders.map(({ pack }, at) => [pack, embeddings[at]]))
    return { template: joinTemplates(embeddings, embedders), parts }
  })
}

/**
 * Unit templates one after the other, each of the length of its network's weight: the dot product of two joined templates is
 * the sum of the networks' cosines, each times its weight squared.
 */
export const joinTemplates = (
  embeddings: readonly Pick<Embedding, 'template'>[],
  embedders: readonly Pick<Embedder, 'weight'>[],
): Float32Array => {
  if (embeddings.length === 1) return embeddings[0].template
  const joined = new Float32Array(embeddings.reduce((sum, { template }) => sum + template.length, 0))
  // Weights are written with six digits; what they lack to a length of exactly 1 is made up for here.
  const length = Math.hypot(...embedders.map(({ weight }) => weight))
  let at = 0
  for (const [index, { template }] of embeddings.entries()) {
    const share = embedders[index].weight / length
    for (const value of template) joined[at++] = value * share
  }
  return joined
}
