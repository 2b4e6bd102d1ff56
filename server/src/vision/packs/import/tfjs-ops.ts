// The table of TensorFlow.js operations that can be translated to ONNX, with those that move values about.
// What is not in the table is refused by name.

import {
  convolution,
  depthwiseConvolution,
  fusedConvolution,
  matrixProduct,
  maxPool,
  selectChannels,
} from './tfjs-convolution.ts'
import { add, maximum, minimum, multiply, parametricRelu, relu, relu6 } from './tfjs-elementwise.ts'
import { flagAttribute } from './tfjs-graph.ts'
import type { LiveValue, Step, Value } from './tfjs-values.ts'
import { constantInput, emit, floatInput, imageShape, liveInput, readConstant, refuse } from './tfjs-values.ts'

export type Translate = (step: Step) => Value

/** Where each NHWC axis lies in memory, NCHW. */
const AXIS_IN_MEMORY = [0, 2, 3, 1] as const

export const OPERATIONS: ReadonlyMap<string, Translate> = new Map<string, Translate>([
  ['Const', step => readConstant(step.node, step.translation)],
  ['Placeholder', placeholder],
  ['Identity', step => step.inputs[0] ?? liveInput(step, 0)],
  ['Conv2D', convolution],
  ['_FusedConv2D', fusedConvolution],
  ['DepthwiseConv2dNative', depthwiseConvolution],
  ['MaxPool', maxPool],
  ['MatMul', matrixProduct],
  ['_FusedMatMul', matrixProduct],
  ['Add', add],
  ['AddV2', add],
  ['Mul', multiply],
  ['Relu', relu],
  ['Relu6', relu6],
  ['Minimum', minimum],
  ['Maximum', maximum],
  ['Prelu', step => parametricRelu(step, liveInput(step, 0), floatInput(step, 1))],
  ['Sigmoid', step => emit(step, 'Sigmoid', [liveInput(step, 0).name], liveInput(step, 0).shape)],
  ['Softmax', softmax],
  ['Pad', pad],
  ['Mean', mean],
  ['Reshape', reshape],
  ['ConcatV2', concatenate],
])

function placeholder(step: Step): LiveValue {
  const [, height, width, channels] = (step.node.attr.shape?.shape?.dim ?? []).map(each => each.size)
  if (!height || !width || channels !== 3) throw refuse(step, 'not a picture of three channels')
  return { kind: 'live', name: step.translation.inputName, shape: ['n', height, width, channels] }
}

function softmax(step: Step): LiveValue {
  const input = liveInput(step, 0)
  const axis = input.shape.length === 4 ? AXIS_IN_MEMORY[3] : input.shape.length - 1
  return emit(step, 'Softmax', [input.name], input.shape, { axis })
}

function pad(step: Step): LiveValue {
  const input = liveInput(step, 0)
  const [height, width, channels] = imageShape(step, input)
  const amounts = [...constantInput(step, 1).data]
  if (amounts.length !== 8 || amounts[0] !== 0 || amounts[1] !== 0) throw refuse(step, 'of the batch')
  const [top, bottom, left, right, front, back] = amounts.slice(2) as [number, number, number, number, number, number]
  if (front === 0 && [top, bottom, left, right].every(amount => amount === 0))
    return selectChannels(step, input, channels + back)
  const order = BigInt64Array.from([0, front, top, left, 0, back, bottom, right], BigInt)
  const pads = step.translation.builder.constant(order, [8])
  return emit(
    step,
    'Pad',
    [input.name, pads],
    ['n', height + top + bottom, width + left + right, channels + front + back],
  )
}

function mean(step: Step): LiveValue {
  const input = liveInput(step, 0)
  const channels = imageShape(step, input)[2]
  if ([...constantInput(step, 1).data].join() !== '1,2') throw refuse(step, 'over other axes than height and width')
  const pooled = emit(step, 'GlobalAveragePool', [input.name], ['n', 1, 1, channels])
  if (flagAttribute(step.node, 'keep_dims')) return pooled
  return emit(step, 'Flatten', [pooled.name], ['n', channels], { axis: 1 })
}

/** Keeps the order in which TensorFlow.js lists the values: channels last. The batch stays the first axis. */
function reshape(step: Step): LiveValue {
  const input = liveInput(step, 0)
  const [batch, ...rest] = constantInput(step, 1).data
  const count = input.shape.slice(1).reduce<number>((product, size) => product * Number(size), 1)
  const known = rest.filter(size => size !== -1).reduce((product, size) => product * size, 1)
  const sizes = rest.map(size => (size === -1 ? count / known : size))
  const kept = sizes.reduce((product, size) => product * size, 1) === count
  if (!kept || (batch !== 1 && batch !== -1)) throw refuse(step, 'across the batch')
  const target = step.translation.builder.constant(BigInt64Array.from([0, ...sizes], BigInt), [sizes.length + 1])
  return emit(step, 'Reshape', [channelsLast(step, input), target], ['n', ...sizes])
}

function concatenate(step: Step): LiveValue {
  const parts = step.inputs.slice(0, -1).map((_, index) => liveInput(step, index))
  const first = parts[0] ?? liveInput(step, 0)
  const rank = first.shape.length
  const given = constantInput(step, parts.length).data[0] ?? 0
  const axis = given < 0 ? given + rank : given
  if (axis === 0) throw refuse(step, 'of the batch')
  const total = parts.reduce((sum, part) => sum + Number(part.shape[axis]), 0)
  const shape = first.shape.map((size, index) => (index === axis ? total : size))
  const inMemory = rank === 4 ? AXIS_IN_MEMORY[axis as 1 | 2 | 3] : axis
  return emit(
    step,
    'Concat',
    parts.map(part => part.name),
    shape,
    { axis: inMemory },
  )
}

/** The name of the value with its channels last in memory; a transposition only where the order differs. */
function channelsLast(step: Step, value: LiveValue): string {
  if (value.shape.length !== 4) return value.name
  const [height, width, channels] = imageShape(step, value)
  if (channels === 1 || height * width === 1) return value.name
  return emit(step, 'Transpose', [value.name], value.shape, { perm: [0, 2, 3, 1] }).name
}
