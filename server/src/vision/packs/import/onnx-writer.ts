// Writes a network as the bytes of an ONNX file. The same graph always gives the same bytes. Field numbers are those of
// onnx.proto3; only the messages that the importers need are described.
import protobuf from 'protobufjs/light.js'
import type { ConstantTensor, OnnxGraph, OnnxNode, OnnxValue } from './onnx-graph.ts'

const IR_VERSION = 8
const OPSET = 13
const FLOAT = 1
const INT64 = 7
const ATTRIBUTE_INT = 2
const ATTRIBUTE_INTS = 7

const field = (type: string, id: number) => ({ type, id })
const list = (type: string, id: number) => ({ rule: 'repeated' as const, type, id })

const schema = protobuf.Root.fromJSON({
  nested: {
    ModelProto: {
      fields: {
        irVersion: field('int64', 1),
        producerName: field('string', 2),
        graph: field('GraphProto', 7),
        opsetImport: list('OperatorSetIdProto', 8),
      },
    },
    OperatorSetIdProto: { fields: { domain: field('string', 1), version: field('int64', 2) } },
    GraphProto: {
      fields: {
        node: list('NodeProto', 1),
        name: field('string', 2),
        initializer: list('TensorProto', 5),
        input: list('ValueInfoProto', 11),
        output: list('ValueInfoProto', 12),
      },
    },
    NodeProto: {
      fields: {
        input: list('string', 1),
        output: list('string', 2),
        name: field('string', 3),
        opType: field('string', 4),
        attribute: list('AttributeProto', 5),
      },
    },
    AttributeProto: {
      fields: { name: field('string', 1), i: field('int64', 3), ints: list('int64', 8), type: field('int32', 20) },
    },
    TensorProto: {
      fields: {
        dims: list('int64', 1),
        dataType: field('int32', 2),
        name: field('string', 8),
        rawData: field('bytes', 9),
      },
    },
    ValueInfoProto: { fields: { name: field('string', 1), type: field('TypeProto', 2) } },
    TypeProto: { fields: { tensorType: field('TensorTypeProto', 1) } },
    TensorTypeProto: { fields: { elemType: field('int32', 1), shape: field('TensorShapeProto', 2) } },
    TensorShapeProto: { fields: { dim: list('DimensionProto', 1) } },
    DimensionProto: { fields: { dimValue: field('int64', 1), dimParam: field('string', 2) } },
  },
})
const modelType = schema.lookupType('ModelProto')

/** The bytes of an ONNX file (IR version 8, opset 13) with float32 inputs and outputs. */
export function writeOnnx(graph: OnnxGraph): Uint8Array {
  const message = modelType.fromObject({
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
  return modelType.encode(message).finish()
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
      .map(name => {
        const value = node.attributes[name]!
        if (typeof value === 'number') return { name, i: value, type: ATTRIBUTE_INT }
        return { name, ints: [...value], type: ATTRIBUTE_INTS }
      }),
  }
}

function writeTensor(name: string, { data, shape }: ConstantTensor) {
  return {
    name,
    dims: [...shape],
    dataType: data instanceof Float32Array ? FLOAT : INT64,
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
