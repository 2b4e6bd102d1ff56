// Reads the topology of a TensorFlow.js graph model (model.json) and orders the nodes that the wanted outputs need.
// Does not translate anything.
import { z } from 'zod'
import { AppError } from '../../../errors.ts'
import { corruptSource, weightGroups } from './tfjs-weights.ts'

const attribute = z.object({
  s: z.string().optional(),
  b: z.boolean().optional(),
  i: z.coerce.number().optional(),
  list: z.object({ i: z.array(z.coerce.number()).optional(), s: z.array(z.string()).optional() }).optional(),
  shape: z.object({ dim: z.array(z.object({ size: z.coerce.number() })).optional() }).optional(),
})

const node = z.object({
  name: z.string(),
  op: z.string(),
  input: z.array(z.string()).default([]),
  attr: z.record(z.string(), attribute).default({}),
})

const model = z.object({
  modelTopology: z.object({ node: z.array(node) }),
  weightsManifest: weightGroups,
})

export type TfjsModel = z.infer<typeof model>
export type TfjsNode = z.infer<typeof node>

/** Reads the text of a model.json. Throws `pack_source_corrupt` that names the file. */
export function parseTfjsModel(text: string, path: string): TfjsModel {
  try {
    return model.parse(JSON.parse(text))
  } catch (cause) {
    throw corruptSource(path, 'is not a TensorFlow.js graph model', cause)
  }
}

/** The nodes that the outputs depend on, each after its inputs; what nothing asks for is left out. */
export function orderNodes(parsed: TfjsModel, outputs: readonly string[], path: string): TfjsNode[] {
  const byName = new Map(parsed.modelTopology.node.map(each => [each.name, each]))
  const ordered: TfjsNode[] = []
  const state = new Map<string, 'open' | 'done'>()
  const visit = (name: string): void => {
    if (state.get(name) === 'done') return
    const found = byName.get(name)
    if (!found || state.get(name) === 'open') throw corruptSource(path, `has no usable node ${name}`)
    state.set(name, 'open')
    for (const each of dataInputs(found)) visit(each)
    state.set(name, 'done')
    ordered.push(found)
  }
  for (const name of outputs) visit(name)
  return ordered
}

/** Names of the nodes that a node reads: without the ':0' of a first output, without control inputs. */
export function dataInputs(from: TfjsNode): string[] {
  return from.input.filter(each => !each.startsWith('^')).map(each => each.replace(/:0$/, ''))
}

/** A string attribute; model.json holds them in base64. */
export function textAttribute(from: TfjsNode, name: string, missing: string): string {
  const value = from.attr[name]?.s
  return value === undefined ? missing : Buffer.from(value, 'base64').toString('latin1')
}

export function textList(from: TfjsNode, name: string): string[] {
  return (from.attr[name]?.list?.s ?? []).map(each => Buffer.from(each, 'base64').toString('latin1'))
}

/** Height and width of an NHWC attribute such as strides, ksize or dilations; 1 where it is absent. */
export function spatialAttribute(from: TfjsNode, name: string): [number, number] {
  const values = from.attr[name]?.list?.i ?? []
  return [values[1] ?? 1, values[2] ?? 1]
}

export function flagAttribute(from: TfjsNode, name: string): boolean {
  return from.attr[name]?.b ?? false
}

/** The refusal of a node that the importer cannot translate. `what` is the operation, with what is special about it. */
export function unknownOperation(path: string, what: string): AppError {
  const message = `${path} uses the operation ${what}, which the importer does not know; install the version of the package that the pack names, or teach the importer this operation.`
  return new AppError('pack_operation_unknown', message, { details: { file: path, operation: what } })
}
