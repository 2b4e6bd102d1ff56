// Writes a parametric ReLU in operations that onnxruntime runs fast. Knows no source format.
import type { GraphBuilder } from './onnx-graph.ts'

/**
 * Written out instead of ONNX's PRelu, which onnxruntime runs value by value with a branch: on real pictures that made it
 * two thirds of the mesh network's time. slope·x + max((1 - slope)·x, 0) where no slope exceeds 1, else
 * slope·x + (1 - slope)·max(x, 0): products, Relu and sums stay in onnxruntime's blocked memory layout, a Max would not.
 * `shape` is the slopes' own, such that they broadcast over the value. Returns the name of the result.
 */
export function emitParametricRelu(
  builder: GraphBuilder,
  value: string,
  slopes: Float32Array,
  shape: readonly number[],
): string {
  const times = (factor: string, factors: Float32Array): string =>
    builder.node('Mul', [factor, builder.constant(factors, shape)]).output
  const relu = (input: string): string => builder.node('Relu', [input]).output
  const rest = slopes.map(slope => 1 - slope)
  const lifted = slopes.every(slope => slope <= 1) ? relu(times(value, rest)) : times(relu(value), rest)
  return builder.node('Add', [times(value, slopes), lifted]).output
}
