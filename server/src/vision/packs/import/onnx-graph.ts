// The network between its source format and ONNX: nodes in order, named constant tensors, inputs and outputs.
// Holds no file format and no rules of any source.

/** Sizes of a tensor's axes; 'n' is the batch, left open. */
export type Shape = readonly (number | 'n')[]

export interface ConstantTensor {
  readonly shape: readonly number[]
  readonly data: Float32Array | BigInt64Array | Int8Array
}

/** An integer, a list of integers, or a float, which says so: a number alone could be either. */
export type OnnxAttribute = number | readonly number[] | { readonly float: number }

export interface OnnxNode {
  op: string
  inputs: string[]
  output: string
  attributes: Record<string, OnnxAttribute>
}

export interface OnnxValue {
  readonly name: string
  readonly shape: Shape
}

export interface OnnxGraph {
  readonly name: string
  readonly inputs: readonly OnnxValue[]
  readonly outputs: readonly OnnxValue[]
  readonly nodes: readonly OnnxNode[]
  readonly constants: ReadonlyMap<string, ConstantTensor>
}

export interface GraphBuilder {
  readonly nodes: OnnxNode[]
  readonly constants: Map<string, ConstantTensor>
  /** Adds a node and returns it; its output has a fresh name. */
  node(op: string, inputs: readonly string[], attributes?: OnnxNode['attributes']): OnnxNode
  constant(data: ConstantTensor['data'], shape: readonly number[]): string
}

/** Names are numbered in the order of creation, so that the same source gives the same bytes. */
export function createGraphBuilder(): GraphBuilder {
  const nodes: OnnxNode[] = []
  const constants = new Map<string, ConstantTensor>()
  return {
    nodes,
    constants,
    node(op, inputs, attributes = {}) {
      const made: OnnxNode = { op, inputs: [...inputs], output: `t${nodes.length}`, attributes }
      nodes.push(made)
      return made
    },
    constant(data, shape) {
      const name = `c${constants.size}`
      constants.set(name, { data, shape })
      return name
    },
  }
}

/** Gives a value its public name everywhere. A value that already has one is passed through an Identity. */
export function nameOutput(builder: GraphBuilder, value: string, name: string): void {
  const producer = builder.nodes.find(node => node.output === value)
  if (producer && /^t\d+$/.test(value)) {
    producer.output = name
    for (const node of builder.nodes) node.inputs = node.inputs.map(each => (each === value ? name : each))
    return
  }
  builder.node('Identity', [value]).output = name
}
