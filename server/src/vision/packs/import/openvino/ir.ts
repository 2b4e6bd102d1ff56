// Reads an OpenVINO network (IR version 11: an XML description and a file of constants) into layers in order, each after
// what it reads. Reads constants of 16-bit floats. Translates nothing.
import { corruptDownload, unknownInDownload } from '../download-errors.ts'
import { decodeHalf } from '../tfjs-weights.ts'
import { attributeOf, childOf, readXml, type XmlElement } from './xml.ts'

export interface IrLayer {
  readonly id: string
  readonly type: string
  /** "Convolution", with the number by which the file knows it; for messages. */
  readonly label: string
  readonly data: ReadonlyMap<string, string>
  /** The layers that it reads, by port. */
  readonly inputs: readonly string[]
  /** Of its only output; empty for a result. */
  readonly shape: readonly number[]
}

export interface IrNetwork {
  readonly path: string
  readonly layers: readonly IrLayer[]
  readonly constants: Uint8Array
}

export interface IrConstant {
  readonly shape: readonly number[]
  readonly data: Float32Array
}

const VERSION = '11'
const MAX_AXES = 8

/** `path` is the description's, for messages. Throws `pack_source_corrupt` or `pack_operation_unknown`. */
export function readIr(text: string, constants: Uint8Array, path: string): IrNetwork {
  const net = readXml(text, path)
  const version = net.name === 'net' ? net.attributes.get('version') : undefined
  if (version === undefined) throw corruptDownload(path, 'is not a description of an OpenVINO network')
  if (version !== VERSION) throw unknownInDownload(path, `the version ${version} of the form`)
  const inputs = readEdges(childOf(net, 'edges', path), path)
  const layers = childOf(net, 'layers', path).children.map(element => readLayer(element, inputs, path))
  const byId = new Map(layers.map(layer => [layer.id, layer]))
  if (byId.size !== layers.length) throw corruptDownload(path, 'has two layers of the same number')
  return { path, layers: order(layers, byId, path), constants }
}

/** Who is read at which port, by the reading layer and then by port. */
type Edges = ReadonlyMap<string, ReadonlyMap<string, string>>

function readEdges(element: XmlElement, path: string): Edges {
  const edges = new Map<string, Map<string, string>>()
  for (const edge of element.children) {
    const [from, to, port] = ['from-layer', 'to-layer', 'to-port'].map(name => attributeOf(edge, name, path)) as [
      string,
      string,
      string,
    ]
    const ports = edges.get(to) ?? new Map<string, string>()
    if (ports.has(port)) throw corruptDownload(path, `has two edges to port ${port} of layer ${to}`)
    edges.set(to, ports.set(port, from))
  }
  return edges
}

function readLayer(element: XmlElement, edges: Edges, path: string): IrLayer {
  const id = attributeOf(element, 'id', path)
  const type = attributeOf(element, 'type', path)
  const label = `${type} (layer ${id})`
  const opset = attributeOf(element, 'version', path)
  if (opset !== 'opset1') throw unknownInDownload(path, `${label} of ${opset}`)
  const ports = element.children.find(child => child.name === 'input')?.children ?? []
  const inputs = ports.map(port => {
    const from = edges.get(id)?.get(attributeOf(port, 'id', path))
    if (from === undefined) throw corruptDownload(path, `leaves an input of ${label} open`)
    return from
  })
  const data = element.children.find(child => child.name === 'data')?.attributes ?? new Map<string, string>()
  return { id, type, label, data, inputs, shape: readShape(element, label, path) }
}

function readShape(element: XmlElement, label: string, path: string): number[] {
  const ports = element.children.find(child => child.name === 'output')?.children ?? []
  if (ports.length > 1) throw unknownInDownload(path, `${label} with ${ports.length} outputs`)
  const dims = ports[0]?.children.filter(child => child.name === 'dim') ?? []
  return readSizes(dims.map(dim => dim.text).join(','), label, path)
}

/** "1, 3, 128, 128" as numbers; no text means a single value. */
export function readSizes(text: string, label: string, path: string): number[] {
  if (text.trim() === '') return []
  const sizes = text.split(',').map(part => (/^\s*\d{1,9}\s*$/.test(part) ? Number(part) : Number.NaN))
  if (sizes.length > MAX_AXES || sizes.some(Number.isNaN))
    throw corruptDownload(path, `gives ${label} the sizes "${text}"`)
  return sizes
}

/** Each layer after those it reads; what the result does not need is left out. */
function order(layers: readonly IrLayer[], byId: ReadonlyMap<string, IrLayer>, path: string): IrLayer[] {
  const ordered = new Set<IrLayer>()
  const opened = new Set<IrLayer>()
  const waiting = layers.filter(layer => layer.type === 'Result')
  while (waiting.length > 0) {
    const layer = waiting.at(-1)!
    const missing = layer.inputs.map(id => byId.get(id)).filter(each => !each || !ordered.has(each))
    if (missing.length === 0 || ordered.has(layer)) {
      ordered.add(waiting.pop()!)
      continue
    }
    if (opened.has(layer) || missing.includes(undefined))
      throw corruptDownload(path, `has no usable input of ${layer.label}`)
    opened.add(layer)
    waiting.push(...(missing as IrLayer[]))
  }
  return [...ordered]
}

/** The values of a Const layer. */
export function readConstant({ data, label }: IrLayer, { constants, path }: IrNetwork): IrConstant {
  const type = data.get('element_type')
  if (type !== 'f16') throw unknownInDownload(path, `${label} of ${type}`)
  const shape = readSizes(data.get('shape') ?? '', label, path)
  const [offset, size] = ['offset', 'size'].map(name => Number(data.get(name) ?? Number.NaN)) as [number, number]
  const count = shape.reduce((product, each) => product * each, 1)
  const isWithin = Number.isSafeInteger(offset) && offset >= 0 && offset + size <= constants.length
  if (size !== count * 2 || !isWithin)
    throw corruptDownload(
      path,
      `places ${label} at ${offset} with ${size} bytes, of ${constants.length}, for ${count} values`,
    )
  const view = new DataView(constants.buffer, constants.byteOffset + offset, size)
  return { shape, data: Float32Array.from({ length: count }, (_, at) => decodeHalf(view.getUint16(at * 2, true))) }
}
