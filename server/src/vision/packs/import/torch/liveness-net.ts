// Builds a network of the project's own liveness pack as ONNX from its state dictionary: 3x3 convolutions with batch
// normalisation and ReLU, the first and every other one halving the side, the mean over all places, one logit. Input NCHW.
import { createGraphBuilder, type GraphBuilder, nameOutput, type OnnxGraph } from '../onnx-graph.ts'
import type { TorchTensor } from './checkpoint.ts'
import { foldNorm, openTensors, type ReadTensor } from './tensors.ts'

export interface LivenessNetImport {
  /** Of the checkpoint, for messages. */
  readonly path: string
  readonly tensors: ReadonlyMap<string, TorchTensor>
  readonly name: string
  readonly inputName: string
  readonly outputName: string
  /** Side of the input, pixels. */
  readonly side: number
}

/** Throws `pack_source_corrupt` where a tensor is missing or has another form than the topology needs. */
export function importLivenessNet({ path, tensors, name, inputName, outputName, side }: LivenessNetImport): OnnxGraph {
  const builder = createGraphBuilder()
  const read = openTensors(path, tensors)
  let value = inputName
  for (let layer = 0; layer === 0 || tensors.has(`layers.${layer}.conv.weight`); layer++)
    value = convolve(builder, read, value, layer)
  value = builder.node('GlobalAveragePool', [value]).output
  value = builder.node('Flatten', [value], { axis: 1 }).output
  const { shape, data } = read('linear.weight', 2)
  const names = [builder.constant(data, shape), builder.constant(read('linear.bias', 1).data, [shape[0]!])]
  nameOutput(builder, builder.node('Gemm', [value, ...names], { transB: 1 }).output, outputName)
  return {
    name,
    inputs: [{ name: inputName, shape: ['n', 3, side, side] }],
    outputs: [{ name: outputName, shape: ['n', shape[0]!] }],
    nodes: builder.nodes,
    constants: builder.constants,
  }
}

function convolve(builder: GraphBuilder, read: ReadTensor, input: string, layer: number): string {
  const { shape, data } = read(`layers.${layer}.conv.weight`, 4)
  const [outputs, , height, width] = shape as [number, number, number, number]
  const { weights, bias } = foldNorm(read, data, outputs, `layers.${layer}.bn`)
  const stride = layer === 0 || layer % 2 === 1 ? 2 : 1
  const names = [builder.constant(weights, shape), builder.constant(bias, [outputs])]
  const attributes = { group: 1, kernel_shape: [height, width], strides: [stride, stride], pads: [1, 1, 1, 1] }
  return builder.node('Relu', [builder.node('Conv', [input, ...names], attributes).output]).output
}
