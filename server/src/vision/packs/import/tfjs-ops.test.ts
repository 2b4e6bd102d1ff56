// Each operation of the table, in forms that the four networks do not have, against TensorFlow.js on a small made-up graph.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AppError } from '../../../errors.ts'
import { writeOnnx } from './onnx-writer.ts'
import { loadReference, openSession, relativeError, startTensorFlow, toPlanes } from './testing.ts'
import { importTfjsGraph } from './tfjs-onnx.ts'

const tf = await startTensorFlow()
const HEIGHT = 7
const WIDTH = 10

interface Constant {
  readonly shape: readonly number[]
  readonly values?: readonly number[]
}
interface Operation {
  readonly op: string
  readonly input: readonly string[]
  readonly attr?: Readonly<Record<string, object>>
}

const list = (...i: number[]) => ({ list: { i: i.map(String) } })
const text = (value: string) => ({ s: Buffer.from(value).toString('base64') })
const texts = (...values: string[]) => ({ list: { s: values.map(value => Buffer.from(value).toString('base64')) } })
const window = (stride: number, padding: string) => ({
  strides: list(1, stride, stride, 1),
  dilations: list(1, 1, 1, 1),
  padding: text(padding),
})
/** What is done inside a convolution or product, and how many inputs that takes. */
const fused = (inputs: number, ...steps: string[]) => ({ fused_ops: texts(...steps), num_args: { i: `${inputs}` } })

const kernel = (...shape: number[]): Constant => ({ shape })
const whole = (...values: number[]): Constant => ({ shape: [values.length], values })

const CASES: Record<string, { constants: Record<string, Constant>; operations: Record<string, Operation> }> = {
  'a strided convolution with SAME padding, which is uneven': {
    constants: { w: kernel(3, 4, 3, 5) },
    operations: { out: { op: 'Conv2D', input: ['x', 'w'], attr: window(2, 'SAME') } },
  },
  'a dilated convolution': {
    constants: { w: kernel(3, 3, 3, 4) },
    operations: {
      out: { op: 'Conv2D', input: ['x', 'w'], attr: { ...window(1, 'SAME'), dilations: list(1, 2, 2, 1) } },
    },
  },
  'a depthwise convolution with two maps for each channel': {
    constants: { w: kernel(3, 3, 3, 2) },
    operations: { out: { op: 'DepthwiseConv2dNative', input: ['x', 'w'], attr: window(2, 'SAME') } },
  },
  'a product and a sum folded into a convolution, with a clamp': {
    constants: { w: kernel(3, 3, 3, 4), m: kernel(4), a: kernel(1, 1, 4), six: { shape: [], values: [0.5] } },
    operations: {
      conv: { op: 'Conv2D', input: ['x', 'w'], attr: window(1, 'VALID') },
      shifted: { op: 'AddV2', input: ['a', 'conv'] },
      scaled: { op: 'Mul', input: ['shifted', 'm'] },
      again: { op: 'Add', input: ['scaled', 'a'] },
      relu: { op: 'Relu', input: ['again'] },
      out: { op: 'Minimum', input: ['relu', 'six'] },
    },
  },
  'constants that may not be folded, because others read the convolution too': {
    constants: { w: kernel(3, 3, 3, 4), m: kernel(4), a: kernel(4), one: { shape: [], values: [0.2] } },
    operations: {
      conv: { op: 'Conv2D', input: ['x', 'w'], attr: window(1, 'SAME') },
      scaled: { op: 'Mul', input: ['conv', 'm'] },
      shifted: { op: 'AddV2', input: ['conv', 'a'] },
      relu: { op: 'Relu6', input: ['conv'] },
      floor: { op: 'Maximum', input: ['relu', 'one'] },
      first: { op: 'AddV2', input: ['scaled', 'shifted'] },
      second: { op: 'Mul', input: ['first', 'floor'] },
      out: { op: 'AddV2', input: ['second', 'relu'] },
    },
  },
  'fused convolutions with each activation, concatenated along the channels': {
    constants: { w: kernel(3, 3, 3, 4), b: kernel(4), alpha: kernel(1, 1, 4), axis: { shape: [], values: [-1] } },
    operations: {
      plain: {
        op: '_FusedConv2D',
        input: ['x', 'w', 'b'],
        attr: { ...window(1, 'SAME'), ...fused(1, 'BiasAdd', 'Relu6') },
      },
      slope: {
        op: '_FusedConv2D',
        input: ['x', 'w', 'b', 'alpha'],
        attr: { ...window(1, 'SAME'), ...fused(2, 'BiasAdd', 'Prelu') },
      },
      sloped: { op: 'Prelu', input: ['slope', 'alpha'] },
      out: { op: 'ConcatV2', input: ['plain', 'sloped', 'x', 'axis'], attr: { N: { i: '3' } } },
    },
  },
  'slopes of which some exceed 1, and channels padded after those there are': {
    constants: {
      w: kernel(3, 3, 3, 4),
      alpha: { shape: [1, 1, 4], values: [0.2, 1.5, 1, -0.3] },
      pads: { shape: [4, 2], values: [0, 0, 0, 0, 0, 0, 0, 5] },
    },
    operations: {
      conv: { op: 'Conv2D', input: ['x', 'w'], attr: window(1, 'SAME') },
      sloped: { op: 'Prelu', input: ['conv', 'alpha'] },
      out: { op: 'Pad', input: ['sloped', 'pads'] },
    },
  },
  'pooling with SAME padding, padded in rows, columns and channels, then softmax': {
    constants: { pads: { shape: [4, 2], values: [0, 0, 1, 2, 0, 3, 2, 1] } },
    operations: {
      pool: { op: 'MaxPool', input: ['x'], attr: { ...window(2, 'SAME'), ksize: list(1, 3, 3, 1) } },
      pad: { op: 'Pad', input: ['pool', 'pads'] },
      out: { op: 'Softmax', input: ['pad'] },
    },
  },
  'a picture flattened with its channels last, multiplied by a matrix': {
    constants: { shape: whole(-1, HEIGHT * WIDTH * 3), w: kernel(HEIGHT * WIDTH * 3, 6), b: kernel(6) },
    operations: {
      flat: { op: 'Reshape', input: ['x', 'shape'] },
      dense: { op: '_FusedMatMul', input: ['flat', 'w', 'b'], attr: fused(1, 'BiasAdd', 'Relu') },
      out: { op: 'Sigmoid', input: ['dense'] },
    },
  },
  'a mean over the picture': {
    constants: { axes: whole(1, 2), w: kernel(5, 3), b: kernel(5) },
    operations: {
      mean: { op: 'Mean', input: ['x', 'axes'], attr: { keep_dims: { b: false } } },
      dense: { op: 'MatMul', input: ['mean', 'w'], attr: { transpose_b: { b: true } } },
      sum: { op: 'AddV2', input: ['dense', 'b'] },
      scaled: { op: 'Mul', input: ['sum', 'b'] },
      out: { op: 'Softmax', input: ['scaled'] },
    },
  },
}

for (const [name, { constants, operations }] of Object.entries(CASES)) {
  test(name, async () => {
    const sources = writeModel(constants, operations)
    const reference = await loadReference(tf, sources)
    const picture = noise(HEIGHT * WIDTH * 3)
    const input = tf.tensor4d(picture, [1, HEIGHT, WIDTH, 3])
    const expected = reference.execute(input, 'out') as import('@tensorflow/tfjs').Tensor
    const network = await openSession(writeOnnx(importModel(sources)))
    const actual = await network.run([toPlanes(picture)], ['n', 3, HEIGHT, WIDTH])
    assert.ok(relativeError(actual.result!, (await expected.data()) as Float32Array) <= 1e-5)
  })
}

const REFUSED: Record<
  string,
  { constants: Record<string, Constant>; operations: Record<string, Operation>; names: RegExp }
> = {
  'a mean over the channels': {
    constants: { axes: whole(3) },
    operations: { out: { op: 'Mean', input: ['x', 'axes'] } },
    names: /Mean \(over other axes/,
  },
  'a reshape across the batch': {
    constants: { shape: whole(HEIGHT, WIDTH * 3) },
    operations: { out: { op: 'Reshape', input: ['x', 'shape'] } },
    names: /Reshape \(across the batch\)/,
  },
  'weights that are computed': {
    constants: {},
    operations: { out: { op: 'Conv2D', input: ['x', 'x'], attr: window(1, 'SAME') } },
    names: /Conv2D \(input 1 is not constant\)/,
  },
  'a sum that broadcasts': {
    constants: { w: kernel(1, 1, 3, 1) },
    operations: {
      conv: { op: 'Conv2D', input: ['x', 'w'], attr: window(1, 'SAME') },
      out: { op: 'AddV2', input: ['x', 'conv'] },
    },
    names: /AddV2 \(of two different shapes\)/,
  },
  'channels first': {
    constants: { w: kernel(1, 1, 3, 1) },
    operations: {
      out: { op: 'Conv2D', input: ['x', 'w'], attr: { ...window(1, 'SAME'), data_format: text('NCHW') } },
    },
    names: /Conv2D \(data format NCHW\)/,
  },
  'explicit padding': {
    constants: { w: kernel(1, 1, 3, 1) },
    operations: { out: { op: 'Conv2D', input: ['x', 'w'], attr: window(1, 'EXPLICIT') } },
    names: /Conv2D \(padding EXPLICIT\)/,
  },
}

for (const [name, { constants, operations, names }] of Object.entries(REFUSED)) {
  test(`${name}: refused by name`, () => {
    assert.throws(
      () => importModel(writeModel(constants, operations)),
      (error: unknown) =>
        error instanceof AppError && error.code === 'pack_operation_unknown' && names.test(error.message),
    )
  })
}

function importModel(sources: ReadonlyMap<string, Buffer>) {
  return importTfjsGraph({
    path: 'model.json',
    text: sources.get('model.json')!.toString('utf8'),
    readShard: path => sources.get(path)!,
    name: 'made-up',
    inputName: 'picture',
    outputs: [{ name: 'result', node: 'out' }],
  })
}

/** The files of a graph model. Constants without values are noise, the same on every run. */
function writeModel(constants: Record<string, Constant>, operations: Record<string, Operation>): Map<string, Buffer> {
  const weights: object[] = []
  const shards: Buffer[] = []
  const node: object[] = [
    {
      name: 'x',
      op: 'Placeholder',
      attr: {
        dtype: { type: 'DT_FLOAT' },
        shape: { shape: { dim: [-1, HEIGHT, WIDTH, 3].map(size => ({ size: String(size) })) } },
      },
    },
  ]
  for (const [name, { shape, values }] of Object.entries(constants)) {
    // Axes, shapes and paddings are whole numbers; bounds of a clamp are not.
    const isWhole = values?.every(Number.isInteger) ?? false
    const count = shape.reduce((product, size) => product * size, 1)
    const data = isWhole ? Int32Array.from(values!) : Float32Array.from(values ?? noise(count, name.length + count))
    weights.push({ name, shape, dtype: isWhole ? 'int32' : 'float32' })
    shards.push(Buffer.from(data.buffer))
    node.push({ name, op: 'Const', attr: { dtype: { type: isWhole ? 'DT_INT32' : 'DT_FLOAT' } } })
  }
  for (const [name, { op, input, attr }] of Object.entries(operations))
    node.push({ name, op, input, attr: { ...attr, T: { type: 'DT_FLOAT' } } })
  const model = { modelTopology: { node, versions: { producer: 1 } }, weightsManifest: [{ paths: ['shard'], weights }] }
  return new Map([
    ['model.json', Buffer.from(JSON.stringify(model))],
    ['shard', Buffer.concat(shards)],
  ])
}

/** Numbers between -1 and 1 from a linear congruential generator. */
function noise(count: number, seed = 1): Float32Array {
  let state = seed
  return Float32Array.from({ length: count }, () => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32
    return state / 2 ** 31 - 1
  })
}
