// The table of OpenVINO operations that can be translated to ONNX: those that the recognition network of the pack
// retail-0095 is made of. Every other operation, and every other attribute or value of these, is refused by name.
import { unknownInDownload } from '../download-errors.ts'
import type { GraphBuilder, OnnxNode } from '../onnx-graph.ts'
import { emitParametricRelu } from '../parametric-relu.ts'
import { type IrConstant, type IrLayer, type IrNetwork, readConstant, readSizes } from './ir.ts'

export interface LiveValue {
  readonly kind: 'live'
  readonly name: string
  /** As the file has it: a batch of one, which ONNX leaves open. */
  readonly shape: readonly number[]
}

export type Value = LiveValue | (IrConstant & { readonly kind: 'constant' })

/** A layer on its way through the translation, with its inputs already translated. */
export interface Step {
  readonly layer: IrLayer
  readonly inputs: readonly Value[]
  readonly network: IrNetwork
  readonly builder: GraphBuilder
  readonly inputName: string
  /** Whether nothing but this layer reads input `index`: only then may what made it be changed. */
  isSoleReader(index: number): boolean
}

export type Translate = (step: Step) => Value

export const OPERATIONS: ReadonlyMap<string, Translate> = new Map<string, Translate>([
  ['Parameter', parameter],
  ['Const', step => ({ kind: 'constant', ...readConstant(step.layer, step.network) })],
  ['Convert', convert],
  ['Convolution', convolution],
  ['GroupConvolution', groupConvolution],
  ['Add', add],
  ['Multiply', multiply],
  ['PReLU', parametricRelu],
  ['AvgPool', averagePool],
  ['Sigmoid', step => emit(step, 'Sigmoid', [live(step, 0).name])],
  ['Result', step => live(step, 0)],
])

function refuse({ layer, network }: Step, why: string): Error {
  return unknownInDownload(network.path, `the operation ${layer.label} ${why}`)
}

function live(step: Step, index: number): LiveValue {
  const value = step.inputs[index]
  if (value?.kind === 'live') return value
  throw refuse(step, `with an input ${index} that is not computed`)
}

function constant(step: Step, index: number): IrConstant {
  const value = step.inputs[index]
  if (value?.kind === 'constant') return value
  throw refuse(step, `with an input ${index} that is not constant`)
}

function emit(step: Step, op: string, inputs: readonly string[], attributes: OnnxNode['attributes'] = {}): LiveValue {
  return { kind: 'live', name: step.builder.node(op, inputs, attributes).output, shape: step.layer.shape }
}

/** Refuses attributes that are not in the list, and values other than the given ones; null allows any. */
function expect(step: Step, allowed: Readonly<Record<string, string | null>>): void {
  for (const [name, value] of step.layer.data) {
    const wanted = Object.hasOwn(allowed, name) ? allowed[name] : undefined
    if (wanted === undefined) throw refuse(step, `with the attribute ${name}`)
    if (wanted !== null && wanted !== value) throw refuse(step, `with ${name} ${value}`)
  }
}

function sizes(step: Step, name: string, count: number): number[] {
  const found = readSizes(step.layer.data.get(name) ?? '', step.layer.label, step.network.path)
  if (found.length === count) return found
  throw refuse(step, `with ${found.length} ${name}`)
}

function parameter(step: Step): LiveValue {
  expect(step, { shape: null, element_type: 'f32' })
  const { shape } = step.layer
  if (shape.length !== 4 || shape[0] !== 1 || shape[1] !== 3) throw refuse(step, `of the shape ${shape.join('x')}`)
  return { kind: 'live', name: step.inputName, shape }
}

/** Constants lie in the file with 16 bits and are computed with 32; they were widened when they were read. */
function convert(step: Step): Value {
  expect(step, { destination_type: 'f32' })
  return { kind: 'constant', ...constant(step, 0) }
}

function convolution(step: Step): LiveValue {
  const weights = constant(step, 1)
  if (weights.shape.length !== 4) throw refuse(step, `with weights of the shape ${weights.shape.join('x')}`)
  return emitConvolution(step, weights, 1)
}

/** Weights of (groups, outputs a group, inputs a group, height, width); ONNX has the first two in one. */
function groupConvolution(step: Step): LiveValue {
  const { shape, data } = constant(step, 1)
  if (shape.length !== 5) throw refuse(step, `with weights of the shape ${shape.join('x')}`)
  const [groups, outputs, ...rest] = shape as [number, number, ...number[]]
  return emitConvolution(step, { data, shape: [groups * outputs, ...rest] }, groups)
}

function emitConvolution(step: Step, { data, shape }: IrConstant, group: number): LiveValue {
  expect(step, { strides: null, dilations: null, pads_begin: null, pads_end: null, auto_pad: 'explicit' })
  const attributes = {
    group,
    kernel_shape: shape.slice(2),
    strides: sizes(step, 'strides', 2),
    dilations: sizes(step, 'dilations', 2),
    pads: [...sizes(step, 'pads_begin', 2), ...sizes(step, 'pads_end', 2)],
  }
  return emit(step, 'Conv', [live(step, 0).name, step.builder.constant(data, shape)], attributes)
}

/** A constant per channel goes into the bias of the convolution before it, where nothing else reads that. */
function add(step: Step): LiveValue {
  expect(step, { auto_broadcast: 'numpy' })
  if (step.inputs[1]?.kind !== 'constant') return combine(step, 'Add')
  const value = live(step, 0)
  const { data, shape } = perChannel(step, value, constant(step, 1))
  const made = step.builder.nodes.find(node => node.output === value.name)
  if (made?.op !== 'Conv' || made.inputs.length > 2 || !step.isSoleReader(0) || data.length !== value.shape[1])
    return emit(step, 'Add', [value.name, step.builder.constant(data, shape)])
  made.inputs.push(step.builder.constant(data, [data.length]))
  return value
}

function multiply(step: Step): LiveValue {
  expect(step, { auto_broadcast: 'numpy' })
  if (step.inputs[1]?.kind !== 'constant') return combine(step, 'Mul')
  const value = live(step, 0)
  const { data, shape } = perChannel(step, value, constant(step, 1))
  return emit(step, 'Mul', [value.name, step.builder.constant(data, shape)])
}

/** Two computed values of one shape, or a map and one value for each of its channels. */
function combine(step: Step, op: string): LiveValue {
  const [first, second] = [live(step, 0), live(step, 1)]
  const channels = [1, first.shape[1], 1, 1].join()
  if (second.shape.join() !== first.shape.join() && second.shape.join() !== channels)
    throw refuse(step, `of ${first.shape.join('x')} and ${second.shape.join('x')}`)
  return emit(step, op, [first.name, second.name])
}

/** A constant that has one value a channel, or one for all. */
function perChannel(step: Step, value: LiveValue, { data, shape }: IrConstant): IrConstant {
  if (data.length === 1) return { data, shape: [] }
  if (shape.join() === [1, value.shape[1], 1, 1].join()) return { data, shape }
  throw refuse(step, `with a constant of the shape ${shape.join('x')}`)
}

/** One slope for all is ONNX's LeakyRelu, which onnxruntime computes together with the convolution before it. */
function parametricRelu(step: Step): LiveValue {
  expect(step, {})
  const value = live(step, 0)
  const { data, shape } = constant(step, 1)
  if (data.length === 1) return emit(step, 'LeakyRelu', [value.name], { alpha: { float: data[0]! } })
  if (data.length !== value.shape[1]) throw refuse(step, `with slopes of the shape ${shape.join('x')}`)
  return { ...value, name: emitParametricRelu(step.builder, value.name, data, [data.length, 1, 1]) }
}

/** Over the whole map only, which is ONNX's GlobalAveragePool. */
function averagePool(step: Step): LiveValue {
  expect(step, {
    kernel: null,
    strides: null,
    pads_begin: '0, 0',
    pads_end: '0, 0',
    'exclude-pad': 'true',
    auto_pad: 'explicit',
    rounding_type: 'floor',
  })
  const value = live(step, 0)
  const kernel = sizes(step, 'kernel', 2)
  if (kernel.join() !== value.shape.slice(2).join())
    throw refuse(step, `over ${kernel.join('x')} of ${value.shape.join('x')}`)
  return emit(step, 'GlobalAveragePool', [value.name])
}
