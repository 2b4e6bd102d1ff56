// Turns an OpenVINO network into an ONNX network: input NCHW with an open batch, one output under the name that the pack
// chooses. Reads no files.
import { corruptDownload, unknownInDownload } from '../download-errors.ts'
import { createGraphBuilder, nameOutput, type OnnxGraph, type Shape } from '../onnx-graph.ts'
import { type IrLayer, readIr } from './ir.ts'
import { OPERATIONS, type Value } from './operations.ts'

export interface OpenvinoImport {
  /** The description: its path for messages, and its text. */
  readonly path: string
  readonly text: string
  /** The file of constants. */
  readonly constants: Uint8Array
  readonly name: string
  readonly inputName: string
  readonly outputName: string
}

/** Throws `pack_source_corrupt` for files that do not fit together and `pack_operation_unknown` for a foreign operation. */
export function importOpenvino(source: OpenvinoImport): OnnxGraph {
  const { path, inputName, outputName } = source
  const network = readIr(source.text, source.constants, path)
  const [input, output] = ['Parameter', 'Result'].map(type => soleLayer(network.layers, type, path)) as [
    IrLayer,
    IrLayer,
  ]
  const builder = createGraphBuilder()
  const readers = countReaders(network.layers)
  const values = new Map<string, Value>()
  for (const layer of network.layers) {
    const translate = OPERATIONS.get(layer.type)
    if (!translate) throw unknownInDownload(path, `the operation ${layer.label}`)
    const inputs = layer.inputs.map(id => values.get(id)!)
    const isSoleReader = (index: number): boolean => readers.get(layer.inputs[index]!) === 1
    values.set(layer.id, translate({ layer, inputs, network, builder, inputName, isSoleReader }))
  }
  const result = values.get(output.id)
  if (result?.kind !== 'live') throw corruptDownload(path, 'has a constant as its result')
  nameOutput(builder, result.name, outputName)
  return {
    name: source.name,
    inputs: [{ name: inputName, shape: openBatch(input.shape) }],
    outputs: [{ name: outputName, shape: openBatch(result.shape) }],
    nodes: builder.nodes,
    constants: builder.constants,
  }
}

function soleLayer(layers: readonly IrLayer[], type: string, path: string): IrLayer {
  const [first, second] = layers.filter(layer => layer.type === type)
  if (first && !second) return first
  throw unknownInDownload(
    path,
    `${second ? 'several layers' : 'no layer'} of the operation ${type} where one was expected`,
  )
}

function countReaders(layers: readonly IrLayer[]): ReadonlyMap<string, number> {
  const readers = new Map<string, number>()
  for (const id of layers.flatMap(layer => layer.inputs)) readers.set(id, (readers.get(id) ?? 0) + 1)
  return readers
}

function openBatch([, ...rest]: readonly number[]): Shape {
  return ['n', ...rest]
}
