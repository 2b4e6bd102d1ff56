// Reads tensors of a state dictionary by name and form, and folds batch normalisation into the weights before it. Pure.
import { corruptDownload } from '../download-errors.ts'
import type { TorchTensor } from './checkpoint.ts'

/** One that has so many axes, and as many values where that is given. Throws `pack_source_corrupt` where there is none. */
export type ReadTensor = (
  name: string,
  axes: number,
  count?: number,
) => { readonly shape: readonly number[]; readonly data: Float32Array }

/** `prefix` is before every name in the file; `path` is for messages. */
export function openTensors(path: string, tensors: ReadonlyMap<string, TorchTensor>, prefix = ''): ReadTensor {
  return (name, axes, count) => {
    const found = tensors.get(prefix + name)
    const hasForm = found?.shape.length === axes && (count ?? found.data.length) === found.data.length
    if (found?.data instanceof Float32Array && hasForm) return { shape: found.shape, data: found.data }
    const wanted = count === undefined ? `${axes} axes` : `${count} values`
    throw corruptDownload(path, `has no tensor ${prefix}${name} of floats with ${wanted}`)
  }
}

/** What PyTorch's batch normalisation adds to the variance, unless told otherwise. */
const EPSILON = 1e-5

/**
 * Batch normalisation is scale·(y - mean) / √(variance + ε) + shift, one of each an output channel; a product without bias
 * before it takes it up exactly. Computed in double.
 */
export function foldNorm(
  read: ReadTensor,
  data: Float32Array,
  channels: number,
  norm: string,
): { weights: Float32Array; bias: Float32Array } {
  const [scale, shift, mean, variance] = ['weight', 'bias', 'running_mean', 'running_var'].map(
    part => read(`${norm}.${part}`, 1, channels).data,
  ) as [Float32Array, Float32Array, Float32Array, Float32Array]
  const factor = Array.from({ length: channels }, (_, at) => scale[at]! / Math.sqrt(variance[at]! + EPSILON))
  const perChannel = data.length / channels
  return {
    weights: data.map((weight, at) => weight * factor[Math.floor(at / perChannel)]!),
    bias: Float32Array.from(factor, (each, at) => shift[at]! - mean[at]! * each),
  }
}
