// The form of pack.json: what a model pack holds, where its weights come from and how each network is fed.
// Knows nothing about files on disk or about inference.
import { z } from 'zod'
import type { TemplateDistribution } from '../../core/ports.ts'
import { AppError } from '../../errors.ts'

const sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'a SHA-256 in lower-case hexadecimal')
const fileName = z.string().regex(/^[a-z0-9][a-z0-9.-]*\.onnx$/, 'a file name that ends in .onnx')
/** A path inside a package: no way out of it, on any operating system. */
const sourcePath = z.string().regex(/^(?!.*\.\.)[A-Za-z0-9_][A-Za-z0-9_./-]*$/, 'a relative path with forward slashes')
/** Sizes of a tensor's axes; 'n' is the batch. */
const shape = z.array(z.union([z.literal('n'), z.int().positive()])).min(1)

const source = z.strictObject({
  format: z.enum(['tfjs-graph', 'dlib-weights']),
  package: z.string().min(1),
  version: z.string().min(1),
  files: z.array(z.strictObject({ path: sourcePath, sha256 })).min(2),
})

/** The caller computes value = (x - mean[c]) * scale from x in 0..255, channels in `order`. */
const input = z.strictObject({
  name: z.string().min(1),
  shape,
  layout: z.enum(['nchw', 'nhwc']),
  order: z.enum(['rgb', 'bgr']),
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

/** How a face is warped to the network's input: the point set, the margin as a share of the mean shape, the side in pixels. */
const alignment = z.strictObject({
  form: z.enum(['mesh-33']),
  padding: z.number().min(0).max(1),
  size: z.int().positive(),
  mirror: z.boolean(),
})

const detection = z.strictObject({
  threshold: z.number().min(0).max(1),
  iouThreshold: z.number().min(0).max(1),
})

const model = z.strictObject({
  task: z.enum(['detect', 'mesh', 'embed', 'features', 'iris']),
  family: z.enum(['blazeface', 'facemesh', 'dlib-resnet', 'faceres', 'iris']),
  file: fileName,
  sha256,
  bytes: z.int().positive(),
  licence: z.string().min(1),
  source,
  input,
  outputs: z.array(output).min(1),
  detection: detection.optional(),
  alignment: alignment.optional(),
  dimensions: z.int().positive().optional(),
})

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

const packManifest = z
  .strictObject({
    spec: z.literal(1),
    id: z.string().regex(/^[a-z0-9][a-z0-9-]*$/, 'lower-case letters, digits and hyphens'),
    version: z.string().regex(/^\d+\.\d+\.\d+$/, 'a version such as 1.0.0'),
    licence: z.string().min(1),
    description: z.string().min(1),
    models: z.array(model).min(1),
    calibration: calibration.optional(),
  })
  .refine(pack => new Set(pack.models.map(each => each.task)).size === pack.models.length, {
    path: ['models'],
    message: 'one model for each task',
  })
  .refine(({ models, calibration: made }) => !made?.templates || hasLength(made.templates.centre, models), {
    path: ['calibration', 'templates', 'centre'],
    message: 'as many numbers as a template has',
  })

export type PackManifest = Readonly<z.infer<typeof packManifest>>
export type PackModel = PackManifest['models'][number]
export type PackTask = PackModel['task']
export type PackCalibration = NonNullable<PackManifest['calibration']>
export type TensorShape = readonly (number | 'n')[]

function hasLength(centre: readonly number[], models: readonly z.infer<typeof model>[]): boolean {
  return centre.length === models.find(({ task }) => task === 'embed')?.dimensions
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
export function requireField<K extends 'detection' | 'alignment' | 'dimensions'>(
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
