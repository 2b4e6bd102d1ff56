// Layers of a state dictionary as TensorFlow.js computes them, for tests of the networks that are built from one: channels
// last, and padded as PyTorch pads. No tests here.
import type { Tensor, Tensor4D } from '@tensorflow/tfjs'
import type { startTensorFlow } from '../testing.ts'
import type { SampleDictionary } from './checkpoint.fixture.ts'

type TensorFlow = Awaited<ReturnType<typeof startTensorFlow>>

/** `prefix` goes before the names of the layers. */
export const layersOf = (tf: TensorFlow, dictionary: SampleDictionary, prefix = '') => {
  const get = (name: string): Tensor => {
    const { shape, data } = dictionary[prefix + name]!
    return tf.tensor(data, [...shape])
  }
  const norm = (x: Tensor, name: string): Tensor => {
    const [mean, variance, shift, scale] = ['running_mean', 'running_var', 'bias', 'weight'].map(part =>
      get(`${name}.${part}`),
    )
    return tf.add(tf.mul(tf.div(tf.sub(x, mean!), tf.sqrt(tf.add(variance!, 1e-5))), scale!), shift!)
  }
  /** `padding` in pixels on each side. One input channel a filter is a convolution of each channel by itself. */
  const convolve = (x: Tensor4D, name: string, stride = 1, padding = 0): Tensor4D => {
    const padded = tf.pad4d(x, [
      [0, 0],
      [padding, padding],
      [padding, padding],
      [0, 0],
    ])
    const weights = get(`${name}.weight`) as Tensor4D
    if (weights.shape[1] !== 1) return tf.conv2d(padded, tf.transpose(weights, [2, 3, 1, 0]), stride, 'valid')
    return tf.depthwiseConv2d(padded, tf.transpose(weights, [2, 3, 0, 1]), stride, 'valid')
  }
  return { get, norm, convolve }
}
