// Translates TensorFlow.js operations that work value by value. Constants are folded into the convolution or matrix
// product before them, and clamps are merged, so that onnxruntime can fuse what is left.
import type { ConstantTensor, OnnxNode } from './onnx-graph.ts'
import { emitParametricRelu } from './parametric-relu.ts'
import {
  emit,
  floatInput,
  type LiveValue,
  lastAxis,
  liveInput,
  refuse,
  type Step,
  solelyReadProducer,
} from './tfjs-values.ts'

interface Floats {
  readonly shape: readonly number[]
  readonly data: Float32Array
}

export function add(step: Step): LiveValue {
  return combine(step, 'Add', addConstant)
}

export function multiply(step: Step): LiveValue {
  return combine(step, 'Mul', multiplyByConstant)
}

/** Two computed values, or a computed one and a constant on either side. */
function combine(step: Step, op: string, withConstant: typeof addConstant): LiveValue {
  const [first, second] = step.inputs
  if (first?.kind === 'live' && second?.kind === 'live') {
    if (first.shape.join() !== second.shape.join()) throw refuse(step, 'of two different shapes')
    return emit(step, op, [first.name, second.name], first.shape)
  }
  const live = first?.kind === 'live' ? 0 : 1
  const mayFold = solelyReadProducer(step, live) !== undefined
  return withConstant(step, liveInput(step, live), floatInput(step, 1 - live), mayFold)
}

/** Adds a scalar or a value per channel: to the bias of the product before it where that is allowed. */
export function addConstant(step: Step, value: LiveValue, constant: Floats, mayFold: boolean): LiveValue {
  const addends = perChannel(step, value, constant)
  const product = mayFold ? productBefore(step, value) : undefined
  if (!product) return emit(step, 'Add', [value.name, channelConstant(step, value, addends)], value.shape)
  const { builder } = step.translation
  const bias = product.inputs[2] ? builder.constants.get(product.inputs[2])!.data : undefined
  const sum = Float32Array.from(addends, (addend, channel) => addend + Number(bias?.[channel] ?? 0))
  product.inputs[2] = builder.constant(sum, [sum.length])
  return value
}

/** Multiplies by a scalar or a value per channel: the weights of the product before it where that is allowed. */
export function multiplyByConstant(step: Step, value: LiveValue, constant: Floats, mayFold: boolean): LiveValue {
  const factors = perChannel(step, value, constant)
  const product = mayFold ? productBefore(step, value) : undefined
  if (product?.op !== 'Conv') return emit(step, 'Mul', [value.name, channelConstant(step, value, factors)], value.shape)
  const { constants } = step.translation.builder
  for (const name of product.inputs.slice(1)) constants.set(name, scaleRows(constants.get(name)!, factors))
  return value
}

/** Multiplies each block of a tensor's first axis by its factor. */
function scaleRows(tensor: ConstantTensor, factors: Float32Array): ConstantTensor {
  const perRow = tensor.data.length / factors.length
  const data = Float32Array.from(tensor.data as Float32Array, (x, index) => x * factors[Math.floor(index / perRow)]!)
  return { shape: tensor.shape, data }
}

function productBefore(step: Step, value: LiveValue): OnnxNode | undefined {
  return step.translation.builder.nodes.find(
    each => each.output === value.name && (each.op === 'Conv' || each.op === 'Gemm'),
  )
}

function perChannel(step: Step, value: LiveValue, constant: Floats): Float32Array {
  const channels = lastAxis(value)
  if (constant.data.length === 1) return new Float32Array(channels).fill(constant.data[0]!)
  if (constant.data.length === channels && constant.shape.at(-1) === channels) return constant.data
  throw refuse(step, `with a constant of shape ${constant.shape.join('x')}`)
}

/** A constant per channel, shaped so that it broadcasts over the axes in memory. */
function channelConstant(step: Step, value: LiveValue, data: Float32Array): string {
  return step.translation.builder.constant(data, channelShape(value, data))
}

function channelShape(value: LiveValue, data: Float32Array): readonly number[] {
  return value.shape.length === 4 ? [data.length, 1, 1] : [data.length]
}

export function relu(step: Step): LiveValue {
  return clamp(step, 0, Number.POSITIVE_INFINITY)
}

export function relu6(step: Step): LiveValue {
  return clamp(step, 0, 6)
}

export function minimum(step: Step): LiveValue {
  return clamp(step, Number.NEGATIVE_INFINITY, scalar(step))
}

export function maximum(step: Step): LiveValue {
  return clamp(step, scalar(step), Number.POSITIVE_INFINITY)
}

function scalar(step: Step): number {
  const { data } = floatInput(step, 1)
  if (data.length === 1) return data[0]!
  throw refuse(step, 'with a tensor')
}

function clamp(step: Step, low: number, high: number): LiveValue {
  const producer = solelyReadProducer(step, 0)
  const bounds = producer && step.translation.clamps.get(producer)
  if (!bounds) return emitClamp(step, liveInput(step, 0), low, high)
  const into = (x: number) => Math.min(Math.max(x, low), high)
  bounds.low = into(bounds.low)
  bounds.high = into(bounds.high)
  return liveInput(step, 0)
}

/** A new clamp on a value. Its bounds can still be narrowed by what follows. */
export function emitClamp(step: Step, value: LiveValue, low: number, high: number): LiveValue {
  const node = step.translation.builder.node('Clip', [value.name])
  step.translation.clamps.set(node, { low, high })
  return { kind: 'live', name: node.output, shape: value.shape }
}

export function parametricRelu(step: Step, value: LiveValue, slopes: Floats): LiveValue {
  const data = perChannel(step, value, slopes)
  const { builder } = step.translation
  return { ...value, name: emitParametricRelu(builder, value.name, data, channelShape(value, data)) }
}
