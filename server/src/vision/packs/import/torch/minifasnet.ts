// Builds MiniFASNet (V2, and V1SE with squeeze-and-excitation) as an ONNX network from its state dictionary: the topology
// is not in the file, it is written down here; channel counts and the excitations are the tensors'. Input NCHW 80x80.
import { createGraphBuilder, type GraphBuilder, nameOutput, type OnnxGraph } from '../onnx-graph.ts'
import { emitParametricRelu } from '../parametric-relu.ts'
import type { TorchTensor } from './checkpoint.ts'
import { foldNorm, openTensors, type ReadTensor } from './tensors.ts'

export interface MinifasnetImport {
  /** Of the checkpoint, for messages. */
  readonly path: string
  readonly tensors: ReadonlyMap<string, TorchTensor>
  readonly name: string
  readonly inputName: string
  readonly outputName: string
}

interface Translation {
  readonly builder: GraphBuilder
  has(name: string): boolean
  readonly tensor: ReadTensor
}

interface Geometry {
  readonly stride?: number
  readonly padding?: number
}

const SIDE = 80
const CLASSES = 3
/** Saved by a model that ran on several devices. */
const PREFIX = 'module.'
/** Residual blocks of each stage, in order, each stage entered through a block that halves the side. */
const STAGES = [
  { entry: 'conv_23', blocks: 'conv_3', count: 4 },
  { entry: 'conv_34', blocks: 'conv_4', count: 6 },
  { entry: 'conv_45', blocks: 'conv_5', count: 2 },
] as const

/** Throws `pack_source_corrupt` where a tensor is missing or has another form than the topology needs. */
export function importMinifasnet(source: MinifasnetImport): OnnxGraph {
  const builder = createGraphBuilder()
  const translation: Translation = {
    builder,
    has: name => source.tensors.has(PREFIX + name),
    tensor: openTensors(source.path, source.tensors, PREFIX),
  }
  let value = block(translation, source.inputName, 'conv1', { stride: 2, padding: 1 })
  value = block(translation, value, 'conv2_dw', { padding: 1 })
  for (const { entry, blocks, count } of STAGES) {
    value = bottleneck(translation, value, entry, 2)
    for (let index = 0; index < count; index++) {
      const past = value
      value = builder.node('Add', [past, bottleneck(translation, past, `${blocks}.model.${index}`, 1)]).output
    }
  }
  value = block(translation, value, 'conv_6_sep')
  value = convolve(translation, value, 'conv_6_dw.conv', 'conv_6_dw.bn')
  value = builder.node('Flatten', [value], { axis: 1 }).output
  value = multiply(translation, value, 'linear', 'bn')
  value = multiply(translation, value, 'prob')
  nameOutput(builder, builder.node('Softmax', [value], { axis: 1 }).output, source.outputName)
  return {
    name: source.name,
    inputs: [{ name: source.inputName, shape: ['n', 3, SIDE, SIDE] }],
    outputs: [{ name: source.outputName, shape: ['n', CLASSES] }],
    nodes: builder.nodes,
    constants: builder.constants,
  }
}

/** Widen, look around depthwise, narrow; where the file has one, weigh the channels against each other. */
function bottleneck(translation: Translation, input: string, prefix: string, stride: number): string {
  const wide = block(translation, input, `${prefix}.conv`)
  const seen = block(translation, wide, `${prefix}.conv_dw`, { stride, padding: 1 })
  const narrow = convolve(translation, seen, `${prefix}.project.conv`, `${prefix}.project.bn`)
  return translation.has(`${prefix}.se_module.fc1.weight`) ? excite(translation, narrow, `${prefix}.se_module`) : narrow
}

function excite(translation: Translation, input: string, prefix: string): string {
  const { builder } = translation
  const mean = builder.node('GlobalAveragePool', [input]).output
  const squeezed = convolve(translation, mean, `${prefix}.fc1`, `${prefix}.bn1`)
  const active = builder.node('Relu', [squeezed]).output
  const spread = convolve(translation, active, `${prefix}.fc2`, `${prefix}.bn2`)
  return builder.node('Mul', [input, builder.node('Sigmoid', [spread]).output]).output
}

/** Convolution, batch normalisation, parametric ReLU. */
function block(translation: Translation, input: string, prefix: string, geometry: Geometry = {}): string {
  const made = convolve(translation, input, `${prefix}.conv`, `${prefix}.bn`, geometry)
  const { data } = translation.tensor(`${prefix}.prelu.weight`, 1)
  return emitParametricRelu(translation.builder, made, data, [data.length, 1, 1])
}

/** A convolution with its batch normalisation folded in. One input channel a filter means depthwise. */
function convolve(
  translation: Translation,
  input: string,
  prefix: string,
  norm: string,
  { stride = 1, padding = 0 }: Geometry = {},
): string {
  const { shape, data } = translation.tensor(`${prefix}.weight`, 4)
  const [outputs, inputs, height, width] = shape as [number, number, number, number]
  const { weights, bias } = foldNorm(translation.tensor, data, outputs, norm)
  const { builder } = translation
  const attributes = {
    group: inputs === 1 ? outputs : 1,
    kernel_shape: [height, width],
    strides: [stride, stride],
    pads: [padding, padding, padding, padding],
  }
  const names = [builder.constant(weights, shape), builder.constant(bias, [outputs])]
  return builder.node('Conv', [input, ...names], attributes).output
}

/** A matrix product, with the batch normalisation after it folded in. */
function multiply(translation: Translation, input: string, prefix: string, norm?: string): string {
  const { builder } = translation
  const { shape, data } = translation.tensor(`${prefix}.weight`, 2)
  const folded = norm === undefined ? { weights: data } : foldNorm(translation.tensor, data, shape[0]!, norm)
  const names = [builder.constant(folded.weights, shape)]
  if ('bias' in folded) names.push(builder.constant(folded.bias, [shape[0]!]))
  return builder.node('Gemm', [input, ...names], { transB: 1 }).output
}
