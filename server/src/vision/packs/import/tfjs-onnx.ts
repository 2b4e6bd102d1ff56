// Turns a TensorFlow.js graph model into an ONNX network: input NCHW with an open batch, outputs in the order and shape
// that TensorFlow.js gives them, under the names that the pack chooses. Reads no files.
import { createGraphBuilder, nameOutput, type OnnxGraph, type Shape } from './onnx-graph.ts'
import { dataInputs, orderNodes, parseTfjsModel, type TfjsNode, unknownOperation } from './tfjs-graph.ts'
import { OPERATIONS } from './tfjs-ops.ts'
import type { LiveValue, Translation, Value } from './tfjs-values.ts'
import { corruptSource, type ReadShard, readWeights } from './tfjs-weights.ts'

export interface TfjsImport {
  /** The model.json: its path for messages, and its text. */
  readonly path: string
  readonly text: string
  readonly readShard: ReadShard
  readonly name: string
  readonly inputName: string
  /** The outputs to keep: the name in ONNX, and the node in the source graph. */
  readonly outputs: readonly { readonly name: string; readonly node: string }[]
}

/** Throws `pack_source_corrupt` for files that do not fit together and `pack_operation_unknown` for a foreign operation. */
export function importTfjsGraph(source: TfjsImport): OnnxGraph {
  const model = parseTfjsModel(source.text, source.path)
  const nodes = orderNodes(
    model,
    source.outputs.map(each => each.node),
    source.path,
  )
  const translation: Translation = {
    path: source.path,
    inputName: source.inputName,
    builder: createGraphBuilder(),
    weights: readWeights(model.weightsManifest, source.readShard),
    readers: countReaders(nodes, source.outputs),
    clamps: new Map(),
  }
  const values = new Map<string, Value>()
  for (const node of nodes) values.set(node.name, translate(node, values, translation))
  settleClamps(translation)
  const outputs = source.outputs.map(({ name, node }) => {
    const value = values.get(node)
    if (value?.kind !== 'live') throw corruptSource(source.path, `has a constant as its output ${node}`)
    nameOutput(translation.builder, inSourceOrder(value, translation), name)
    return { name, shape: value.shape }
  })
  return {
    name: source.name,
    inputs: [{ name: source.inputName, shape: inputShape(nodes, values, source.path) }],
    outputs,
    nodes: translation.builder.nodes,
    constants: translation.builder.constants,
  }
}

function translate(node: TfjsNode, values: ReadonlyMap<string, Value>, translation: Translation): Value {
  const operation = OPERATIONS.get(node.op)
  if (!operation) throw unknownOperation(translation.path, node.op)
  const inputNames = dataInputs(node)
  return operation({ node, inputNames, inputs: inputNames.map(name => values.get(name)!), translation })
}

function countReaders(nodes: readonly TfjsNode[], outputs: TfjsImport['outputs']): Map<string, number> {
  const readers = new Map<string, number>()
  for (const name of [...nodes.flatMap(dataInputs), ...outputs.map(each => each.node)]) {
    readers.set(name, (readers.get(name) ?? 0) + 1)
  }
  return readers
}

/** Writes the merged bounds into their nodes. onnxruntime fuses a Relu more readily than a Clip. */
function settleClamps({ clamps, builder }: Translation): void {
  for (const [node, { low, high }] of clamps) {
    if (low === 0 && high === Number.POSITIVE_INFINITY) node.op = 'Relu'
    else node.inputs.push(...[low, high].map(bound => builder.constant(Float32Array.of(bound), [])))
  }
}

/** A value of four axes lies in memory as NCHW: an output is turned back. */
function inSourceOrder(value: LiveValue, { builder }: Translation): string {
  if (value.shape.length !== 4) return value.name
  return builder.node('Transpose', [value.name], { perm: [0, 2, 3, 1] }).output
}

function inputShape(nodes: readonly TfjsNode[], values: ReadonlyMap<string, Value>, path: string): Shape {
  const inputs = nodes.filter(node => node.op === 'Placeholder')
  const value = values.get(inputs[0]?.name ?? '')
  if (inputs.length !== 1 || value?.kind !== 'live')
    throw corruptSource(path, `has ${inputs.length} inputs instead of one`)
  const [batch, height, width, channels] = value.shape
  return [batch!, channels!, height!, width!]
}
