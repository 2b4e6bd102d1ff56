// Stage "assess": meshed faces and their embeddings → quality. What is measured is in quality/; which faces are judged is
// the pipeline's decision, and what follows from a judgement the caller's.
import {
  type FaceQuality,
  QUALITY_COMPONENTS,
  type QualityComponentName,
  type QualityMeasure,
  type UnifiedQuality,
} from '../core/face-quality.ts'
import type { Box, Point } from '../core/types.ts'
import type { Embedding } from './families/dlib-resnet.ts'
import { type MeshedFace, meshPoints, poseOf } from './mesh.ts'
import { measureBackground } from './quality/background.ts'
import { measureColour, measureColourfulness } from './quality/colour.ts'
import { measureCompression } from './quality/compression.ts'
import { type CropMemory, cropFace, facePixels } from './quality/crop.ts'
import { type FaceShape, measureExpression, shapeOf } from './quality/expression.ts'
import { measureEyes } from './quality/eyes.ts'
import { findFaults, type QualityThresholds } from './quality/findings.ts'
import { measureFrame, measurePose, measureSingle } from './quality/frame.ts'
import { compareLight, measureLight } from './quality/light.ts'
import { measureOcclusion } from './quality/occlusion.ts'
import { measureSharpness } from './quality/sharpness.ts'
import { judge, type UnifiedFeatures, type UnifiedModel } from './quality/unified.ts'
import type { Raster } from './tensor.ts'

/** What a pack says of quality. */
export interface QualitySettings {
  readonly wide: CropMemory
  readonly fine: CropMemory
  /** The id of the pack: the unified score is fitted to the templates of its network, and to no other's. */
  readonly pack: string
  readonly thresholds?: QualityThresholds
  readonly unified?: UnifiedModel
  /** The mean of unit templates of many people. */
  readonly centre?: Float32Array
}

export interface AssessedPicture {
  readonly raster: Raster
  /** Picture pixels per raster pixel. */
  readonly reduction: number
  /** Every face's box in the raster, for each whether it is the only one. */
  readonly boxes: readonly Box[]
}

/** Quality of one face; the unified score only with an embedding. Some 1.5 ms. */
export const assessFace = (
  picture: AssessedPicture,
  face: MeshedFace,
  embedding: Embedding | undefined,
  settings: QualitySettings,
): FaceQuality => {
  const { raster, reduction } = picture
  const points = meshPoints(face.mesh)
  const wide = cropFace(raster, points, settings.wide)
  const fine = cropFace(raster, points, settings.fine)
  const skin = facePixels(wide, points, raster)
  const pose = poseOf(face.mesh)
  const shape = shapeOf(face.mesh)
  const measures: Record<QualityComponentName, QualityMeasure> = {
    sharpness: measureSharpness(fine),
    ...measureLight(wide, skin),
    naturalColour: measureColour(wide),
    ...measureFrame({ ...scaleFace(picture, face, points), pose }),
    ...measurePose(pose),
    eyesOpen: measureEyes(fine, points),
    ...measureExpression(shape),
    faceOcclusion: measureOcclusion(wide),
    compression: measureCompression(raster, face.box, reduction),
    singleFace: measureSingle(
      face.box,
      picture.boxes.filter(box => box !== face.box),
    ),
    backgroundUniformity: measureBackground(wide, raster),
  }
  const components = Object.fromEntries(QUALITY_COMPONENTS.map(name => [name, measures[name]])) as typeof measures
  const template = describeTemplate(embedding, settings)
  const features = template && {
    ...template,
    ...compareLight(wide),
    ...pickShape(shape),
    confidence: face.confidence,
    pitch: pose.pitch,
    roll: Math.abs(pose.roll),
    eyeDistance: Math.log(Math.min(ENOUGH_PIXELS, components.interEyeDistance.value!)),
    sharpness: Math.min(ENOUGH_SHARPNESS, components.sharpness.value!),
    occlusion: components.faceOcclusion.value!,
  }
  return {
    components,
    unified: judgeFeatures(features, settings),
    features,
    findings: settings.thresholds
      ? findFaults(components, measureColourfulness(wide, skin), settings.thresholds)
      : null,
  }
}

/**
 * More pixels from eye to eye than the recogniser looks at, and sharper edges than nearly all pictures that the score was
 * fitted on have, count as this much: the fit cannot know whether they are better still.
 */
const ENOUGH_PIXELS = 56
const ENOUGH_SHARPNESS = 0.75

const judgeFeatures = (features: UnifiedFeatures | undefined, { unified }: QualitySettings): UnifiedQuality | null =>
  features && unified ? judge(features, unified) : null

/** In pixels of the picture as it was sent. */
const scaleFace = ({ raster, reduction }: AssessedPicture, { box }: MeshedFace, points: readonly Point[]) => ({
  points: points.map(({ x, y }) => ({ x: x * reduction, y: y * reduction })),
  box,
  width: raster.width * reduction,
  height: raster.height * reduction,
})

/**
 * How much the mirror image's embedding agrees, how long the raw one is, and how far from everybody's mean it lies.
 * Undefined where there is no template, or the pack cannot tell.
 */
const describeTemplate = (embedding: Embedding | undefined, { centre }: QualitySettings) => {
  if (!embedding || !centre || embedding.mirrorCosine === undefined) return undefined
  const { template, mirrorCosine, length } = embedding
  const distance = Math.sqrt(template.reduce((sum, value, i) => sum + (value - centre[i]) ** 2, 0))
  return { stability: mirrorCosine, length, distance }
}

const pickShape = ({ mouthOpening, cornerLift, eyeRatio }: FaceShape) => ({ mouthOpening, cornerLift, eyeRatio })
