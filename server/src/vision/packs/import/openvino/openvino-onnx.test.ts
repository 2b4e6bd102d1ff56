// A network of every known operation gives what TensorFlow.js computes from the same constants; whatever the importer does
// not know, or does not fit together, is refused by name.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { writeOnnx } from '../onnx-writer.ts'
import { openSession, relativeError, startTensorFlow, toPlanes } from '../testing.ts'
import { decodeHalf } from '../tfjs-weights.ts'
import { sampleTensor } from '../torch/checkpoint.fixture.ts'
import { importOpenvino } from './openvino-onnx.ts'

const tf = await startTensorFlow()
type Maps = import('@tensorflow/tfjs').Tensor4D

interface SampleLayer {
  readonly type: string
  readonly data?: Readonly<Record<string, string>>
  readonly inputs?: readonly number[]
  readonly shape?: readonly number[]
  readonly opset?: string
}

/** A network's two files, written layer by layer; a constant takes a Const and a Convert. */
const createWriter = () => {
  const layers: SampleLayer[] = []
  const halves: number[] = []
  const add = (layer: SampleLayer): number => layers.push(layer) - 1
  return {
    layers,
    add,
    /** Random 16-bit floats; the values are those that the file holds. */
    constant(shape: readonly number[], seed: number) {
      const bits = [...sampleTensor(shape, seed, 0, 1).data].map(
        value => Math.floor(value * 0x1000) + (seed % 2 ? 0x2c00 : 0xac00),
      )
      const data = {
        element_type: 'f16',
        shape: shape.join(', '),
        offset: `${halves.length * 2}`,
        size: `${bits.length * 2}`,
      }
      halves.push(...bits)
      const raw = add({ type: 'Const', data, shape })
      const id = add({ type: 'Convert', data: { destination_type: 'f32' }, inputs: [raw], shape })
      return { id, values: Float32Array.from(bits, decodeHalf) }
    },
    constants: () => Buffer.from(Uint16Array.from(halves).buffer),
  }
}

const writeXml = (layers: readonly SampleLayer[]): string => {
  const sizes = (shape: readonly number[]) => shape.map(size => `<dim>${size}</dim>`).join('')
  const written = layers.map(({ type, data = {}, inputs = [], shape, opset = 'opset1' }, id) => {
    const attributes = Object.entries(data).map(([name, value]) => ` ${name}="${value}"`)
    const ports = inputs.map((_, port) => `<port id="${port}"/>`).join('')
    const output = shape ? `<output><port id="${inputs.length}">${sizes(shape)}</port></output>` : ''
    return `<layer id="${id}" name="l${id}" type="${type}" version="${opset}"><data${attributes.join('')}/>${ports && `<input>${ports}</input>`}${output}</layer>`
  })
  const edges = layers.flatMap(({ inputs = [] }, to) =>
    inputs.map((from, port) => `<edge from-layer="${from}" from-port="0" to-layer="${to}" to-port="${port}"/>`),
  )
  return `<?xml version="1.0"?><net name="sample" version="11"><layers>${written.join('')}</layers><edges>${edges.join('')}</edges></net>`
}

const WINDOW = { strides: '1, 1', dilations: '1, 1', pads_begin: '1, 1', pads_end: '1, 1', auto_pad: 'explicit' }
const NUMPY = { auto_broadcast: 'numpy' }
const POOL = {
  kernel: '4, 4',
  strides: '4, 4',
  pads_begin: '0, 0',
  pads_end: '0, 0',
  'exclude-pad': 'true',
  auto_pad: 'explicit',
  rounding_type: 'floor',
}

/** Input scaled and shifted, a convolution with bias, slopes, a depthwise one, weighed by its own means, and a sum. */
const writeSample = () => {
  const writer = createWriter()
  const { add, constant } = writer
  const input = add({ type: 'Parameter', data: { shape: '1,3,4,4', element_type: 'f32' }, shape: [1, 3, 4, 4] })
  const [factor, addend] = [constant([1, 3, 1, 1], 1), constant([1, 3, 1, 1], 2)]
  const scaled = add({ type: 'Multiply', data: NUMPY, inputs: [input, factor.id], shape: [1, 3, 4, 4] })
  const shifted = add({ type: 'Add', data: NUMPY, inputs: [scaled, addend.id], shape: [1, 3, 4, 4] })
  const [weights, bias, slope] = [constant([4, 3, 3, 3], 3), constant([1, 4, 1, 1], 4), constant([1], 5)]
  const product = add({ type: 'Convolution', data: WINDOW, inputs: [shifted, weights.id], shape: [1, 4, 4, 4] })
  const biased = add({ type: 'Add', data: NUMPY, inputs: [product, bias.id], shape: [1, 4, 4, 4] })
  const active = add({ type: 'PReLU', inputs: [biased, slope.id], shape: [1, 4, 4, 4] })
  const [depthwise, slopes] = [constant([4, 1, 1, 3, 3], 6), constant([4], 7)]
  const seen = add({ type: 'GroupConvolution', data: WINDOW, inputs: [active, depthwise.id], shape: [1, 4, 4, 4] })
  const bent = add({ type: 'PReLU', inputs: [seen, slopes.id], shape: [1, 4, 4, 4] })
  const mean = add({ type: 'AvgPool', data: POOL, inputs: [bent], shape: [1, 4, 1, 1] })
  const share = add({ type: 'Sigmoid', inputs: [mean], shape: [1, 4, 1, 1] })
  const weighed = add({ type: 'Multiply', data: NUMPY, inputs: [bent, share], shape: [1, 4, 4, 4] })
  const sum = add({ type: 'Add', data: NUMPY, inputs: [active, weighed], shape: [1, 4, 4, 4] })
  add({ type: 'Result', inputs: [sum] })
  return { writer, values: [factor, addend, weights, bias, slope, depthwise, slopes].map(each => each.values) }
}

const build = (layers: readonly SampleLayer[], constants: Uint8Array, text = writeXml(layers)) =>
  importOpenvino({ path: 'some.xml', text, constants, name: 'sample', inputName: 'input', outputName: 'template' })

test('every operation gives what TensorFlow.js gives, alone and in a batch', async () => {
  const { writer, values } = writeSample()
  const [factor, addend, weights, bias, slope, depthwise, slopes] = values.map(each => tf.tensor1d(each))
  const graph = build(writer.layers, writer.constants())
  assert.deepEqual(graph.inputs, [{ name: 'input', shape: ['n', 3, 4, 4] }])
  assert.deepEqual(graph.outputs, [{ name: 'template', shape: ['n', 4, 4, 4] }])
  assert.equal(graph.nodes.find(({ op }) => op === 'Conv')?.inputs.length, 3, 'the bias is inside the convolution')
  const network = await openSession(writeOnnx(graph))
  const pictures = [1, 2].map(seed => sampleTensor([4, 4, 3], seed).data)
  const together = (await network.run(pictures.map(toPlanes), ['n', 3, 4, 4])).template!
  for (const [index, picture] of pictures.entries()) {
    const expected = tf.tidy(() => {
      const x = tf.add(tf.mul(tf.tensor4d(picture, [1, 4, 4, 3]), factor!), addend!) as Maps
      const kernel = tf.transpose(tf.reshape(weights!, [4, 3, 3, 3]), [2, 3, 1, 0]) as Maps
      const active = tf.prelu(
        tf.add(tf.conv2d(x, kernel, 1, 'same'), bias!) as Maps,
        tf.fill([4], slope!.dataSync()[0]!) as never,
      )
      const filters = tf.transpose(tf.reshape(depthwise!, [4, 1, 3, 3]), [2, 3, 0, 1]) as Maps
      const bent = tf.prelu(tf.depthwiseConv2d(active as Maps, filters, 1, 'same'), slopes! as never)
      const sum = tf.add(active, tf.mul(bent, tf.sigmoid(tf.mean(bent, [1, 2], true))))
      return tf.transpose(sum, [0, 3, 1, 2]).dataSync() as Float32Array
    })
    assert.ok(relativeError(together.subarray(64 * index, 64 * index + 64), expected) <= 1e-5)
  }
})

const refused = (code: string, message: RegExp, change: (layer: SampleLayer) => SampleLayer): void => {
  const { writer } = writeSample()
  assert.throws(() => build(writer.layers.map(change), writer.constants()), { code, message })
}
const on =
  (type: string, change: Partial<SampleLayer>) =>
  (layer: SampleLayer): SampleLayer =>
    layer.type === type ? { ...layer, ...change, data: { ...layer.data, ...change.data } } : layer

test('another operation, attribute or value is refused by name', () => {
  const unknown = 'pack_operation_unknown'
  for (const [type, change, message] of [
    ['Sigmoid', { type: 'Swish' }, /some\.xml uses the operation Swish \(layer \d+\), which/],
    ['Sigmoid', { opset: 'opset4' }, /uses Sigmoid \(layer \d+\) of opset4/],
    ['Convolution', { data: { auto_pad: 'same_upper' } }, /Convolution \(layer \d+\) with auto_pad same_upper/],
    ['Convolution', { data: { output_padding: '0, 0' } }, /with the attribute output_padding/],
    ['Convolution', { data: { strides: '1' } }, /with 1 strides/],
    ['Add', { data: { auto_broadcast: 'pdpd' } }, /with auto_broadcast pdpd/],
    ['AvgPool', { data: { kernel: '2, 2' } }, /over 2x2 of 1x4x4x4/],
    ['AvgPool', { data: { 'exclude-pad': 'false' } }, /with exclude-pad false/],
    ['Const', { data: { element_type: 'i8' } }, /Const \(layer \d+\) of i8/],
    ['Convert', { data: { destination_type: 'f16' } }, /with destination_type f16/],
    ['Parameter', { shape: [1, 1, 4, 4] }, /Parameter \(layer 0\) of the shape 1x1x4x4/],
    ['Parameter', { data: { element_type: 'u8' } }, /with element_type u8/],
    ['Sigmoid', { shape: [1, 3, 1, 1] }, /Multiply \(layer \d+\) of 1x4x4x4 and 1x3x1x1/],
    ['Convolution', { inputs: [6, 6] }, /with an input 1 that is not constant/],
  ] as const)
    refused(unknown, message, on(type, change))
})

test('files that do not fit together are corrupt', () => {
  const corrupt = 'pack_source_corrupt'
  refused(corrupt, /places Const \(layer \d+\) at 99999 with \d+ bytes/, on('Const', { data: { offset: '99999' } }))
  refused(corrupt, /places Const .* for \d+ values/, on('Const', { data: { size: '2' } }))
  refused(corrupt, /gives Const \(layer \d+\) the sizes "-1, 3"/, on('Const', { data: { shape: '-1, 3' } }))
  refused(corrupt, /no usable input of Sigmoid/, on('Sigmoid', { inputs: [999] }))
  const { writer } = writeSample()
  const xml = writeXml(writer.layers)
  const broken = (change: (text: string) => string, code: string, message: RegExp) =>
    assert.throws(() => build([], writer.constants(), change(xml)), { code, message })
  broken(text => text.replace('version="11"', 'version="10"'), 'pack_operation_unknown', /the version 10 of the form/)
  broken(text => text.replaceAll('net', 'graph'), corrupt, /is not a description of an OpenVINO network/)
  broken(text => text.replace('id="1"', 'id="0"'), corrupt, /two layers of the same number/)
  broken(text => text.replace(/<edge [^>]*>/, ''), corrupt, /leaves an input of .* open/)
  broken(text => text.replace(/(<edge [^>]*>)/, '$1$1'), corrupt, /two edges to port 0/)
  broken(text => text.slice(0, -10), corrupt, /not the XML of a network/)
  broken(
    text => text.replace('type="Result"', 'type="Sigmoid"'),
    'pack_operation_unknown',
    /no layer of the operation Parameter/,
  )
  assert.throws(() => build(writer.layers, writer.constants().subarray(0, 100)), {
    code: corrupt,
    message: /of 100, for/,
  })
})

test('layers that read each other in a circle are corrupt', () => {
  const layers: SampleLayer[] = [
    { type: 'Parameter', data: { shape: '1,3,4,4', element_type: 'f32' }, shape: [1, 3, 4, 4] },
    { type: 'Add', data: NUMPY, inputs: [0, 2], shape: [1, 3, 4, 4] },
    { type: 'Sigmoid', inputs: [1], shape: [1, 3, 4, 4] },
    { type: 'Result', inputs: [2] },
  ]
  assert.throws(() => build(layers, new Uint8Array()), { code: 'pack_source_corrupt', message: /no usable input/ })
})
