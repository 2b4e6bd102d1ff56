// Writes a network as the bytes of an ONNX file. The same graph always gives the same bytes.
import type { ConstantTensor, OnnxAttribute, OnnxGraph, OnnxNode, OnnxValue } from './onnx-graph.ts'
import { modelMessage } from './onnx-message.ts'

const IR_VERSION = 8
const OPSET = 13
const FLOAT = 1
const INT8 = 3
const INT64 = 7
const ATTRIBUTE_FLOAT = 1
const ATTRIBUTE_INT = 2
const ATTRIBUTE_INTS = 7

/** The bytes of an ONNX file (IR version 8, opset 13) with float32 inputs and outputs. */
export function writeOnnx(graph: OnnxGraph): Uint8Array {
  const message = modelMessage.fromObject({
    irVersion: IR_VERSION,
    producerName: 'likeness',
    opsetImport: [{ domain: '', version: OPSET }],
    graph: {
      name: graph.name,
      node: graph.nodes.map(writeNode),
      initializer: usedConstants(graph).map(([name, tensor]) => writeTensor(name, tensor)),
      input: graph.inputs.map(writeValue),
      output: graph.outputs.map(writeValue),
    },
  })
  return modelMessage.encode(message).finish()
}

function usedConstants(graph: OnnxGraph): [string, ConstantTensor][] {
  const used = new Set(graph.nodes.flatMap(node => node.inputs))
  return [...graph.constants].filter(([name]) => used.has(name))
}

function writeNode(node: OnnxNode) {
  return {
    input: node.inputs,
    output: [node.output],
    name: `${node.op}_${node.output}`,
    opType: node.op,
    attribute: Object.keys(node.attributes)
      .sort()
      .map(name => writeAttribute(name, node.attributes[name]!)),
  }
}

function writeAttribute(name: string, value: OnnxAttribute) {
  if (typeof value === 'number') return { name, i: value, type: ATTRIBUTE_INT }
  if ('float' in value) return { name, f: value.float, type: ATTRIBUTE_FLOAT }
  return { name, ints: [...value], type: ATTRIBUTE_INTS }
}

function writeTensor(name: string, { data, shape }: ConstantTensor) {
  return {
    name,
    dims: [...shape],
    dataType: data instanceof Float32Array ? FLOAT : data instanceof Int8Array ? INT8 : INT64,
    rawData: littleEndianBytes(data),
  }
}

function writeValue({ name, shape }: OnnxValue) {
  const dim = shape.map(size => (typeof size === 'number' ? { dimValue: size } : { dimParam: size }))
  return { name, type: { tensorType: { elemType: FLOAT, shape: { dim } } } }
}

/** ONNX wants little-endian raw data; every platform that Node 24 and onnxruntime share is little-endian. */
function littleEndianBytes(data: ConstantTensor['data']): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
}
