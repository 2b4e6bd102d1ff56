// Translates TensorFlow.js convolutions, pooling and matrix products to ONNX: weights re-ordered from HWIO, SAME padding
// made explicit. Only what the table in tfjs-ops.ts calls is here.

import { addConstant, emitClamp, parametricRelu } from './tfjs-elementwise.ts'
import { flagAttribute, spatialAttribute, textAttribute, textList } from './tfjs-graph.ts'
import { emit, floatInput, imageShape, type LiveValue, liveInput, refuse, type Step } from './tfjs-values.ts'

interface Window {
  readonly kernel: readonly [number, number]
  readonly strides: readonly [number, number]
  readonly dilations: readonly [number, number]
}

export function convolution(step: Step): LiveValue {
  const { shape, data } = floatInput(step, 1)
  const [height, width, inputs, outputs] = shape as [number, number, number, number]
  const weights = new Float32Array(data.length)
  for (let o = 0; o < outputs; o++) {
    for (let i = 0; i < inputs; i++) {
      for (let p = 0; p < height * width; p++) {
        weights[(o * inputs + i) * height * width + p] = data[(p * inputs + i) * outputs + o]!
      }
    }
  }
  const group = imageShape(step, liveInput(step, 0))[2] / inputs
  return emitConvolution(step, weights, [outputs, inputs, height, width], group)
}

/** TensorFlow numbers the output channels of a depthwise convolution input · multiplier + m; so does a grouped ONNX one. */
export function depthwiseConvolution(step: Step): LiveValue {
  const { shape, data } = floatInput(step, 1)
  const [height, width, inputs, multiplier] = shape as [number, number, number, number]
  const weights = new Float32Array(data.length)
  for (let o = 0; o < inputs * multiplier; o++) {
    for (let p = 0; p < height * width; p++) weights[o * height * width + p] = data[p * inputs * multiplier + o]!
  }
  return emitConvolution(step, weights, [inputs * multiplier, 1, height, width], inputs)
}

/** A convolution with a bias and an activation inside it. */
export function fusedConvolution(step: Step): LiveValue {
  return applyFused(step, convolution(step))
}

/** onnxruntime's blocks hold 8 or 16 channels, as wide as the processor's registers. It pools whole blocks only. */
const BLOCK = 16

export function maxPool(step: Step): LiveValue {
  const given = liveInput(step, 0)
  const channels = imageShape(step, given)[2]
  const whole = Math.ceil(channels / BLOCK) * BLOCK
  const input = selectChannels(step, given, whole)
  const window: Window = { kernel: spatialAttribute(step.node, 'ksize'), ...strides(step), dilations: [1, 1] }
  const { pads, size } = place(step, input, window)
  const attributes = { kernel_shape: window.kernel, strides: window.strides, pads }
  const pooled = emit(step, 'MaxPool', [input.name], ['n', ...size, whole], attributes)
  return selectChannels(step, pooled, channels)
}

/**
 * The first `channels` channels, with zero ones after them where there are fewer. Written as a convolution by the identity:
 * onnxruntime then keeps its blocked memory layout and fuses the sum that follows, which a Pad or a Slice prevents.
 */
export function selectChannels(step: Step, input: LiveValue, channels: number): LiveValue {
  const [height, width, given] = imageShape(step, input)
  if (channels === given) return input
  const weights = new Float32Array(channels * given)
  for (let c = 0; c < Math.min(channels, given); c++) weights[c * given + c] = 1
  const constant = step.translation.builder.constant(weights, [channels, given, 1, 1])
  return emit(step, 'Conv', [input.name, constant], ['n', height, width, channels], { kernel_shape: [1, 1] })
}

export function matrixProduct(step: Step): LiveValue {
  const input = liveInput(step, 0)
  const { shape, data } = floatInput(step, 1)
  if (input.shape.length !== 2 || flagAttribute(step.node, 'transpose_a')) throw refuse(step, 'not rows times a matrix')
  const transB = flagAttribute(step.node, 'transpose_b') ? 1 : 0
  const weights = step.translation.builder.constant(data, shape)
  const product = emit(step, 'Gemm', [input.name, weights], ['n', shape[1 - transB]!], { transB })
  return applyFused(step, product)
}

function strides(step: Step): { strides: [number, number] } {
  const format = textAttribute(step.node, 'data_format', 'NHWC')
  if (format !== 'NHWC') throw refuse(step, `data format ${format}`)
  return { strides: spatialAttribute(step.node, 'strides') }
}

function emitConvolution(step: Step, weights: Float32Array, shape: number[], group: number): LiveValue {
  const input = liveInput(step, 0)
  const window: Window = {
    kernel: [shape[2]!, shape[3]!],
    ...strides(step),
    dilations: spatialAttribute(step.node, 'dilations'),
  }
  const { pads, size } = place(step, input, window)
  const attributes = { group, kernel_shape: window.kernel, strides: window.strides, dilations: window.dilations, pads }
  const name = step.translation.builder.constant(weights, shape)
  return emit(step, 'Conv', [input.name, name], ['n', ...size, shape[0]!], attributes)
}

/**
 * Where the window lies: the size of the result, and the padding as ONNX lists it (top, left, bottom, right).
 * SAME gives ceil(size / stride) positions; of an odd number of padded rows the extra one comes last.
 */
function place(step: Step, input: LiveValue, window: Window): { pads: number[]; size: [number, number] } {
  const padding = textAttribute(step.node, 'padding', 'VALID')
  if (padding !== 'SAME' && padding !== 'VALID') throw refuse(step, `padding ${padding}`)
  const sizes = imageShape(step, input)
  const axes = [0, 1].map(axis => {
    const extent = (window.kernel[axis]! - 1) * window.dilations[axis]! + 1
    const stride = window.strides[axis]!
    const before = sizes[axis]!
    if (padding === 'VALID') return { size: Math.floor((before - extent) / stride) + 1, first: 0, last: 0 }
    const size = Math.ceil(before / stride)
    const total = Math.max((size - 1) * stride + extent - before, 0)
    const first = Math.floor(total / 2)
    return { size, first, last: total - first }
  })
  const [y, x] = axes as [(typeof axes)[0], (typeof axes)[0]]
  return { pads: [y.first, x.first, y.last, x.last], size: [y.size, x.size] }
}

/** Applies `fused_ops` in order; inputs 2, 3, … are theirs. */
function applyFused(step: Step, product: LiveValue): LiveValue {
  let value = product
  let argument = 2
  for (const fused of textList(step.node, 'fused_ops')) {
    if (fused === 'BiasAdd') value = addConstant(step, value, floatInput(step, argument++), true)
    else if (fused === 'Relu') value = emitClamp(step, value, 0, Number.POSITIVE_INFINITY)
    else if (fused === 'Relu6') value = emitClamp(step, value, 0, 6)
    else if (fused === 'Prelu') value = parametricRelu(step, value, floatInput(step, argument++))
    else throw refuse(step, `with ${fused}`)
  }
  return value
}
