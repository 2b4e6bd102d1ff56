// Stage "attributes": a meshed face → what is worn on it or held before it. One run of the feature network a face; each
// head that is switched on reads what it gives. Which faces are judged is the pipeline's decision.
import {
  ATTRIBUTES,
  type AttributeJudgement,
  type AttributeName,
  type FaceAttributes,
} from '../core/face-attributes.ts'
import { AppError } from '../errors.ts'
import { type AttributeHead, createAttributeHead } from './families/attribute-head.ts'
import { createFaceres, FEATURES, type FeatureReader } from './families/faceres.ts'
import { landmarksOf, type MeshedFace } from './mesh.ts'
import { expectFamily, inputOf, openModel } from './models.ts'
import type { InstalledPack } from './packs/install.ts'
import { modelFor, requireField } from './packs/manifest.ts'
import type { Raster } from './tensor.ts'

export interface AttributeJudge {
  /** Of the heads that were opened; some 8 ms. */
  judge(raster: Raster, face: MeshedFace): Promise<FaceAttributes>
}

interface OpenHead {
  readonly name: AttributeName
  readonly threshold: number
  readonly head: AttributeHead
}

/** `base` has the network of the task features; each of `packs` is one attribute's. @throws AppError pack_invalid */
export const openAttributeJudge = async (
  base: InstalledPack,
  packs: readonly InstalledPack[],
): Promise<AttributeJudge> => {
  const reader = await openFeatureReader(base)
  const heads = await Promise.all(packs.map(openHead))
  const ordered = ATTRIBUTES.flatMap(name => heads.filter(head => head.name === name))
  if (new Set(ordered.map(({ name }) => name)).size < ordered.length)
    throw new AppError('pack_invalid', 'Two packs of the task attribute tell the same attribute.')
  return {
    async judge(raster, face) {
      const { leftEye, rightEye } = landmarksOf(face.mesh)
      const features = await reader.read(raster, [leftEye, rightEye])
      const judgements: Partial<Record<AttributeName, AttributeJudgement>> = {}
      for (const { name, threshold, head } of ordered) {
        const probability = await head.estimate(features)
        judgements[name] = { probability, threshold, present: probability >= threshold }
      }
      return judgements
    },
  }
}

/** @throws AppError pack_invalid */
export const openFeatureReader = async ({ manifest, directory }: InstalledPack): Promise<FeatureReader> => {
  const model = modelFor(manifest, 'features')
  expectFamily(model, 'faceres')
  return createFaceres(await openModel(model, directory), inputOf(model))
}

const openHead = async ({ manifest, directory }: InstalledPack): Promise<OpenHead> => {
  const model = modelFor(manifest, 'attribute')
  expectFamily(model, 'attribute-head')
  const { file, input } = model
  const length = Number(input.shape.at(-1))
  if (length !== FEATURES)
    throw new AppError('pack_invalid', `The model ${file} takes ${length} features, where there are ${FEATURES}.`, {
      details: { file },
    })
  const head = createAttributeHead(await openModel(model, directory))
  return { ...requireField(model, 'attribute'), head }
}
