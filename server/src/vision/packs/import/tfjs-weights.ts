// Reads a TensorFlow.js weights manifest with its shards into named tensors, decoded as TensorFlow.js decodes them.
// Knows nothing about graphs or files on disk: the caller hands over the bytes.
import { z } from 'zod'
import { AppError } from '../../../errors.ts'

const quantization = z.union([
  z.object({ dtype: z.literal('uint8'), scale: z.number(), min: z.number() }),
  z.object({ dtype: z.literal('float16') }),
])

const weight = z.object({
  name: z.string(),
  shape: z.array(z.int().nonnegative()),
  dtype: z.enum(['float32', 'int32']),
  quantization: quantization.optional(),
})

export const weightGroups = z.array(z.object({ paths: z.array(z.string()).min(1), weights: z.array(weight) }))

export type WeightGroups = z.infer<typeof weightGroups>
type WeightEntry = WeightGroups[number]['weights'][number]

export interface WeightTensor {
  readonly shape: readonly number[]
  readonly data: Float32Array | Int32Array
}

/** Returns the bytes of a shard, by its path as the weights manifest spells it. */
export type ReadShard = (path: string) => Uint8Array

/** The error for a weight file that cannot be what was published: what is wrong with it, and how to mend it. */
export function corruptSource(path: string, problem: string, cause?: unknown): AppError {
  const message = `The weight file ${path} ${problem}; remove its package from node_modules and reinstall with npm ci.`
  return new AppError('pack_source_corrupt', message, { details: { file: path }, cause })
}

/** Decodes every tensor. Throws `pack_source_corrupt` where the shards are shorter or longer than the manifest says. */
export function readWeights(groups: WeightGroups, readShard: ReadShard): Map<string, WeightTensor> {
  const tensors = new Map<string, WeightTensor>()
  for (const group of groups) {
    const bytes = Buffer.concat(group.paths.map(readShard))
    const expected = group.weights.reduce((sum, entry) => sum + countBytes(entry), 0)
    if (bytes.length !== expected) {
      throw corruptSource(group.paths.join(' + '), `has ${bytes.length} bytes where ${expected} were expected`)
    }
    let offset = 0
    for (const entry of group.weights) {
      const end = offset + countBytes(entry)
      tensors.set(entry.name, { shape: entry.shape, data: decode(entry, bytes.subarray(offset, end)) })
      offset = end
    }
  }
  return tensors
}

function countValues(entry: WeightEntry): number {
  return entry.shape.reduce((product, size) => product * size, 1)
}

function countBytes(entry: WeightEntry): number {
  const bytesPerValue = { uint8: 1, float16: 2, none: 4 }[entry.quantization?.dtype ?? 'none']
  return countValues(entry) * bytesPerValue
}

function decode(entry: WeightEntry, bytes: Buffer): Float32Array | Int32Array {
  const data = entry.dtype === 'int32' ? new Int32Array(countValues(entry)) : new Float32Array(countValues(entry))
  const rule = entry.quantization
  for (let index = 0; index < data.length; index++) {
    if (rule === undefined)
      data[index] = entry.dtype === 'int32' ? bytes.readInt32LE(index * 4) : bytes.readFloatLE(index * 4)
    else if (rule.dtype === 'float16') data[index] = decodeHalf(bytes.readUInt16LE(index * 2))
    else if (entry.dtype === 'int32') data[index] = Math.round(bytes[index]! * rule.scale + rule.min)
    // Computed in double and rounded to float32 when stored, as TensorFlow.js does.
    else data[index] = bytes[index]! * rule.scale + rule.min
  }
  return data
}

/** IEEE 754 binary16 to a number: 1 sign bit, 5 exponent bits (bias 15), 10 fraction bits. */
export function decodeHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1
  const exponent = (bits >> 10) & 0x1f
  const fraction = bits & 0x3ff
  if (exponent === 0) return sign * fraction * 2 ** -24
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15)
}
