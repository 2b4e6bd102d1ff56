// The form of pack.json: what a model pack holds, where its weights come from and how each network is fed.
// Knows nothing about files on disk or about inference.
import { z } from 'zod'
import { ATTRIBUTES } from '../../core/face-attributes.ts'
import type { TemplateDistribution } from '../../core/ports.ts'
import { AppError } from '../../errors.ts'
import { UNIFIED_FEATURES } from '../quality/unified.ts'
import { packSource } from './pack-source.ts'

const sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'a SHA-256 in lower-case hexadecimal')
const fileName = z.string().regex(/^[a-z0-9][a-z0-9.-]*\.onnx$/, 'a file name that ends in .onnx')
/** Sizes of a tensor's axes; 'n' is the batch. */
const shape = z.array(z.union([z.literal('n'), z.int().positive()])).min(1)

/** The caller computes value = (x - mean[c]) * scale from x in 0..255, channels in `order`. */
const input = z.strictObject({
  name: z.string().min(1),
  shape,
  /** `vector`: no picture but the features that another network made of one; it has no channels. */
  layout: z.enum(['nchw', 'nhwc', 'vector']),
  order: z.enum(['rgb', 'bgr']).optional(),
  mean: z.tuple([z.number(), z.number(), z.number()]),
  scale: z.number().positive(),
})

/** `node` is the name in the source graph; a source without a graph has none. */
const output = z.strictObject({
  name: z.string().min(1),
  node: z.string().min(1).optional(),
  shape,
  meaning: z.string().min(1),
})

/** How a face is warped to the network's input: the point set, the side in pixels; of the mesh form also the margin as a share of the mean shape. */
const alignment = z.discriminatedUnion('form', [
  z.strictObject({
    form: z.literal('mesh-33'),
    padding: z.number().min(0).max(1),
    size: z.int().positive(),
    mirror: z.boolean(),
  }),
  z.strictObject({ form: z.literal('five-points'), size: z.int().positive(), mirror: z.boolean() }),
])

const detection = z.strictObject({
  threshold: z.number().min(0).max(1),
  iouThreshold: z.number().min(0).max(1),
})

const model = z.strictObject({
  task: z.enum(['detect', 'mesh', 'embed', 'features', 'iris', 'liveness', 'landmarks', 'attribute']),
  family: z.enum([
    'blazeface',
    'facemesh',
    'dlib-resnet',
    'faceres',
    'iris',
    'minifasnet',
    'liveness-net',
    'retail-reid',
    'yunet',
    'attribute-head',
  ]),
  file: fileName,
  sha256,
  bytes: z.int().positive(),
  licence: z.string().min(1),
  source: packSource,
  input,
  outputs: z.array(output).min(1),
  detection: detection.optional(),
  alignment: alignment.optional(),
  dimensions: z.int().positive().optional(),
  /** Side of the crop that the network looks at, relative to the face's box. */
  cropScale: z.number().positive().optional(),
  /** What an attribute's head tells, and from which probability on the answer is yes. */
  attribute: z.strictObject({ name: z.enum(ATTRIBUTES), threshold: z.number().min(0).max(1) }).optional(),
})

/** What was measured with the pack, for people: on what, and with what result. */
const figure = z.strictObject({ measure: z.string().min(1), value: z.string().min(1), data: z.string().min(1) })

/** Points of (cosine, log10 of the false match rate), and how far the data behind them reaches. */
const curve = z.strictObject({
  points: z.array(z.tuple([z.number(), z.number()])).min(2),
  supportedLog10Fmr: z.number(),
  /** Comparisons of different people that were counted. */
  comparisons: z.int().positive(),
})
const curveByFaces = z.strictObject({ faces: z.int().min(2), ...curve.shape })

/** Where templates lie: their mean, and the largest component, either way, of one minus the mean. */
const templates = z.strictObject({ centre: z.array(z.number()).min(1), largest: z.number().positive() })

/** What a cosine means. One template against one; the best of a person's faces; a person's fused template. */
const calibration = z.strictObject({
  madeFrom: z.string().min(1),
  images: z.int().positive(),
  date: z.iso.date(),
  comparison: curve,
  best: z.array(curveByFaces),
  fused: z.array(curveByFaces),
  /** Makes search faster, never other; absent in packs that were calibrated before there was this field. */
  templates: templates.optional(),
})

/** One figure of the unified quality score: standardised, it counts as it is and squared. */
const qualityFeature = z.strictObject({
  name: z.enum(UNIFIED_FEATURES),
  mean: z.number(),
  deviation: z.number().positive(),
  weight: z.number(),
  squareWeight: z.number(),
})

/** Reduction of the false non-match rate by discarding a share of the pictures, judged by people who were not fitted on. */
const discardGain = z.strictObject({
  discarded: z.number().min(0).max(1),
  fnmr: z.number().min(0).max(1),
  reduction: z.number(),
  /** 95 % bounds of the reduction, over people. */
  low: z.number(),
  high: z.number(),
})

/** Thresholds of the findings in native measures, and the unified score with the figures of its fit. */
const quality = z.strictObject({
  thresholds: z.strictObject({ blur: z.number(), dark: z.number(), grayscale: z.number() }).optional(),
  unified: z
    .strictObject({
      madeFrom: z.string().min(1),
      images: z.int().positive(),
      date: z.iso.date(),
      features: z.array(qualityFeature).min(1),
      intercept: z.number(),
      mean: z.number(),
      deviation: z.number().positive(),
      folds: z.array(discardGain),
    })
    .optional(),
})

/** From which score on the answer is yes, and the share of live faces that the threshold was chosen to refuse. */
const decision = z.strictObject({
  threshold: z.number().min(0).max(1),
  bpcer: z.number().min(0).max(1),
  madeFrom: z.string().min(1),
  images: z.int().positive(),
  date: z.iso.date(),
})

/** A pack whose templates this one's are made of, each a share of this length; the squares of all lengths add up to 1. */
const part = z.strictObject({
  pack: z.string().min(1),
  version: z.string().min(1),
  dimensions: z.int().positive(),
  weight: z.number().positive().max(1),
})

const packManifest = z
  .strictObject({
    spec: z.literal(1),
    id: z
      .string()
      .regex(/^[a-z0-9]+([+-][a-z0-9]+)*$/, 'lower-case letters and digits, with a hyphen or a plus in between'),
    version: z.string().regex(/^\d+\.\d+\.\d+$/, 'a version such as 1.0.0'),
    licence: z.string().min(1),
    description: z.string().min(1),
    models: z.array(model),
    parts: z.array(part).min(2).optional(),
    figures: z.array(figure).optional(),
    calibration: calibration.optional(),
    /** Of a pack that judges liveness. */
    decision: decision.optional(),
    quality: quality.optional(),
  })
  .refine(({ models, parts }) => (models.length === 0) === (parts !== undefined), {
    path: ['models'],
    message: 'at least one model, or none where there are parts',
  })
  .refine(({ parts = [] }) => isDistinct(parts.map(({ pack }) => pack)), {
    path: ['parts'],
    message: 'each pack once',
  })
  .refine(({ parts }) => !parts || isUnit(parts.map(({ weight }) => weight)), {
    path: ['parts'],
    message: 'weights whose squares add up to 1',
  })
  .refine(({ models }) => isDistinct(models.flatMap(({ task }) => (task === 'liveness' ? [] : task))), {
    path: ['models'],
    message: 'one model for each task, but for liveness, whose models are averaged',
  })
  .refine(({ models }) => isDistinct(models.map(({ file }) => file)), {
    path: ['models'],
    message: 'one model for each file',
  })
  .refine(
    ({ models, parts, calibration: made }) => !made?.templates || hasLength(made.templates.centre, models, parts),
    {
      path: ['calibration', 'templates', 'centre'],
      message: 'as many numbers as a template has',
    },
  )

export type PackManifest = Readonly<z.infer<typeof packManifest>>
export type PackModel = PackManifest['models'][number]
export type PackTask = PackModel['task']
export type PackCalibration = NonNullable<PackManifest['calibration']>
export type PackDecision = NonNullable<PackManifest['decision']>
export type PackQuality = NonNullable<PackManifest['quality']>
export type TensorShape = readonly (number | 'n')[]

function isDistinct(names: readonly string[]): boolean {
  return new Set(names).size === names.length
}

/** Six digits are what a weight is written with. */
function isUnit(weights: readonly number[]): boolean {
  return Math.abs(weights.reduce((sum, weight) => sum + weight ** 2, 0) - 1) < 1e-5
}

function hasLength(
  centre: readonly number[],
  models: readonly z.infer<typeof model>[],
  parts?: readonly z.infer<typeof part>[],
): boolean {
  if (parts) return centre.length === parts.reduce((sum, { dimensions }) => sum + dimensions, 0)
  const embedder = models.find(({ task }) => task === 'embed')
  return !embedder || centre.length === embedder.dimensions
}

/** Reads the text of a pack.json. Throws `pack_invalid` that names `path` and the field. */
export function parseManifest(text: string, path: string): PackManifest {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw new AppError('pack_invalid', `${path} is not valid JSON.`, { details: { file: path }, cause })
  }
  const result = packManifest.safeParse(value)
  if (result.success) return result.data
  const issue = result.error.issues[0]!
  const field = issue.path.join('.') || '(the whole file)'
  throw new AppError('pack_invalid', `${path}: the field ${field} is not as expected: ${issue.message}.`, {
    details: { file: path, field },
  })
}

/** The model for a task. Throws `pack_invalid` where the pack has none. */
export function modelFor(manifest: PackManifest, task: PackTask): PackModel {
  const found = manifest.models.find(each => each.task === task)
  if (found) return found
  throw new AppError('pack_invalid', `The pack ${manifest.id} has no model for the task ${task}.`, {
    details: { pack: manifest.id, task },
  })
}

/** A field that only models of some tasks have. Throws `pack_invalid` where the model lacks it. */
export function requireField<K extends 'detection' | 'alignment' | 'dimensions' | 'cropScale' | 'attribute'>(
  model: PackModel,
  field: K,
): NonNullable<PackModel[K]> {
  const value = model[field]
  if (value !== undefined) return value as NonNullable<PackModel[K]>
  throw new AppError('pack_invalid', `The model ${model.file} of pack.json has no field ${field}.`, {
    details: { file: model.file, field },
  })
}

/** The pack's calibration. Throws `pack_invalid` where it was never calibrated. */
export function calibrationOf(manifest: PackManifest): PackCalibration {
  if (manifest.calibration) return manifest.calibration
  throw new AppError(
    'pack_invalid',
    `The pack ${manifest.id} has no calibration; make one with "npm run calibrate -- --images DIR".`,
    {
      details: { pack: manifest.id },
    },
  )
}

/** Where the pack's templates lie, undefined where it does not say. */
export function distributionOf(manifest: PackManifest): TemplateDistribution | undefined {
  const made = manifest.calibration?.templates
  return made && { centre: Float32Array.from(made.centre), largest: made.largest }
}
