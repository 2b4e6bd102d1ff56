// What the translation of a TensorFlow.js graph keeps track of: values, their readers, and clamps that are still growing.
// Activations of four axes lie in memory as NCHW, while their shapes are written here as TensorFlow.js has them, NHWC.

import type { GraphBuilder, OnnxNode, Shape } from './onnx-graph.ts'
import { type TfjsNode, unknownOperation } from './tfjs-graph.ts'
import { corruptSource, type WeightTensor } from './tfjs-weights.ts'

export interface ConstantValue {
  readonly kind: 'constant'
  readonly tensor: WeightTensor
}

export interface LiveValue {
  readonly kind: 'live'
  readonly name: string
  readonly shape: Shape
}

export type Value = ConstantValue | LiveValue

export interface Translation {
  /** The model.json, for messages. */
  readonly path: string
  readonly inputName: string
  readonly builder: GraphBuilder
  readonly weights: ReadonlyMap<string, WeightTensor>
  /** How many nodes and outputs read the value of a source node. */
  readonly readers: ReadonlyMap<string, number>
  /** Bounds of the Clip and Relu nodes; they are written into the nodes at the end, when no more can be merged. */
  readonly clamps: Map<OnnxNode, { low: number; high: number }>
}

/** A source node on its way through the translation, with its inputs already translated. */
export interface Step {
  readonly node: TfjsNode
  readonly inputs: readonly Value[]
  readonly inputNames: readonly string[]
  readonly translation: Translation
}

export function refuse(step: Step, why: string): Error {
  return unknownOperation(step.translation.path, `${step.node.op} (${why})`)
}

export function liveInput(step: Step, index: number): LiveValue {
  const value = step.inputs[index]
  if (value?.kind === 'live') return value
  throw refuse(step, `input ${index} is not computed`)
}

export function constantInput(step: Step, index: number): WeightTensor {
  const value = step.inputs[index]
  if (value?.kind === 'constant') return value.tensor
  throw refuse(step, `input ${index} is not constant`)
}

export function floatInput(step: Step, index: number): { shape: readonly number[]; data: Float32Array } {
  const { shape, data } = constantInput(step, index)
  if (data instanceof Float32Array) return { shape, data }
  throw refuse(step, `input ${index} is not float32`)
}

/** Sizes of a value with four axes, NHWC. */
export function imageShape(step: Step, value: LiveValue): [number, number, number] {
  const [, height, width, channels] = value.shape
  if (
    value.shape.length === 4 &&
    typeof height === 'number' &&
    typeof width === 'number' &&
    typeof channels === 'number'
  ) {
    return [height, width, channels]
  }
  throw refuse(step, `its input has ${value.shape.length} axes`)
}

export function lastAxis(value: LiveValue): number {
  return Number(value.shape.at(-1))
}

/** The ONNX node that made input `index`, if nothing else reads its value: only then may it be changed. */
export function solelyReadProducer(step: Step, index: number): OnnxNode | undefined {
  const { translation, inputNames } = step
  if (translation.readers.get(inputNames[index]!) !== 1) return undefined
  const value = liveInput(step, index)
  return translation.builder.nodes.find(each => each.output === value.name)
}

export function emit(
  step: Step,
  op: string,
  inputs: readonly string[],
  shape: Shape,
  attributes: OnnxNode['attributes'] = {},
): LiveValue {
  const made = step.translation.builder.node(op, inputs, attributes)
  return { kind: 'live', name: made.output, shape }
}

export function readConstant(node: TfjsNode, translation: Translation): ConstantValue {
  const tensor = translation.weights.get(node.name)
  if (!tensor) throw corruptSource(translation.path, `has no weights for the constant ${node.name}`)
  return { kind: 'constant', tensor }
}
