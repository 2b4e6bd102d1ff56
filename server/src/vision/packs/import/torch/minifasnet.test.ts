// The network that is built from a state dictionary gives what TensorFlow.js computes from the same tensors with its own
// convolutions and normalisations, with and without squeeze-and-excitation; a missing tensor is named.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { writeOnnx } from '../onnx-writer.ts'
import { openSession, relativeError, startTensorFlow, toPlanes } from '../testing.ts'
import {
  checkpointEntries,
  type SampleDictionary,
  type SampleTensor,
  sampleTensor,
  writeZip,
} from './checkpoint.fixture.ts'
import { readCheckpoint, type TorchTensor } from './checkpoint.ts'
import { layersOf } from './layers.fixture.ts'
import { importMinifasnet } from './minifasnet.ts'

const tf = await startTensorFlow()
type Maps = import('@tensorflow/tfjs').Tensor4D
const STAGES = [
  { entry: 'conv_23', blocks: 'conv_3', count: 4 },
  { entry: 'conv_34', blocks: 'conv_4', count: 6 },
  { entry: 'conv_45', blocks: 'conv_5', count: 2 },
]

/** A dictionary of the real one's form with few channels. */
const makeDictionary = (hasExcitation: boolean): SampleDictionary => {
  const tensors: Record<string, SampleTensor> = {}
  let seed = 0
  const add = (name: string, shape: readonly number[], low = -0.6, high = 0.6): void => {
    tensors[`module.${name}`] = sampleTensor(shape, ++seed, low, high)
  }
  const norm = (name: string, channels: number): void => {
    add(`${name}.weight`, [channels], 0.5, 1.5)
    add(`${name}.bias`, [channels])
    add(`${name}.running_mean`, [channels])
    add(`${name}.running_var`, [channels], 0.2, 2)
  }
  const linearBlock = (name: string, outputs: number, inputs: number, kernel = 1): void => {
    add(`${name}.conv.weight`, [outputs, inputs, kernel, kernel])
    norm(`${name}.bn`, outputs)
  }
  const block = (name: string, outputs: number, inputs: number, kernel = 1): void => {
    linearBlock(name, outputs, inputs, kernel)
    add(`${name}.prelu.weight`, [outputs], -0.3, 0.9)
  }
  const bottleneck = (name: string, inputs: number, inside: number, outputs: number): void => {
    block(`${name}.conv`, inside, inputs)
    block(`${name}.conv_dw`, inside, 1, 3)
    linearBlock(`${name}.project`, outputs, inside)
  }
  block('conv1', 4, 3, 3)
  block('conv2_dw', 4, 1, 3)
  for (const [at, { entry, blocks, count }] of STAGES.entries()) {
    const channels = 6 + 2 * at
    bottleneck(entry, at === 0 ? 4 : channels - 2, 5, channels)
    for (let index = 0; index < count; index++) bottleneck(`${blocks}.model.${index}`, channels, 3 + at, channels)
    if (!hasExcitation) continue
    const module = `${blocks}.model.${count - 1}.se_module`
    add(`${module}.fc1.weight`, [3, channels, 1, 1])
    norm(`${module}.bn1`, 3)
    add(`${module}.fc2.weight`, [channels, 3, 1, 1])
    norm(`${module}.bn2`, channels)
  }
  block('conv_6_sep', 12, 10)
  linearBlock('conv_6_dw', 12, 1, 5)
  add('linear.weight', [7, 12])
  norm('bn', 7)
  add('prob.weight', [3, 7])
  return tensors
}

/** The reference. */
const compute = (dictionary: SampleDictionary, picture: Maps): Float32Array => {
  const { get, norm, convolve } = layersOf(tf, dictionary, 'module.')
  const linearBlock = (x: Maps, name: string, stride = 1, padding = 0) =>
    norm(convolve(x, `${name}.conv`, stride, padding), `${name}.bn`) as Maps
  const block = (x: Maps, name: string, stride = 1, padding = 0) =>
    tf.prelu(linearBlock(x, name, stride, padding), get(`${name}.prelu.weight`)) as Maps
  const bottleneck = (x: Maps, name: string, stride: number): Maps => {
    const narrow = linearBlock(block(block(x, `${name}.conv`), `${name}.conv_dw`, stride, 1), `${name}.project`)
    const module = `${name}.se_module`
    if (!(`module.${module}.fc1.weight` in dictionary)) return narrow
    const squeezed = tf.relu(norm(convolve(tf.mean(narrow, [1, 2], true), `${module}.fc1`), `${module}.bn1`)) as Maps
    return tf.mul(narrow, tf.sigmoid(norm(convolve(squeezed, `${module}.fc2`), `${module}.bn2`)))
  }
  let x = block(block(picture, 'conv1', 2, 1), 'conv2_dw', 1, 1)
  for (const { entry, blocks, count } of STAGES) {
    x = bottleneck(x, entry, 2)
    for (let index = 0; index < count; index++) x = tf.add(x, bottleneck(x, `${blocks}.model.${index}`, 1))
  }
  x = linearBlock(block(x, 'conv_6_sep'), 'conv_6_dw')
  const flat = norm(tf.matMul(tf.reshape(x, [1, -1]), get('linear.weight') as never, false, true), 'bn')
  return tf.softmax(tf.matMul(flat as never, get('prob.weight') as never, false, true)).dataSync() as Float32Array
}

const build = (tensors: ReadonlyMap<string, TorchTensor>) =>
  importMinifasnet({ path: 'some.pth', tensors, name: 'minifasnet', inputName: 'input', outputName: 'probabilities' })

for (const hasExcitation of [false, true]) {
  test(`the network gives what TensorFlow.js gives, ${hasExcitation ? 'with' : 'without'} excitation`, async () => {
    const dictionary = makeDictionary(hasExcitation)
    const graph = build(readCheckpoint(writeZip(checkpointEntries(dictionary)), 'some.pth'))
    assert.equal(graph.nodes.filter(({ op }) => op === 'Sigmoid').length, hasExcitation ? 3 : 0)
    const network = await openSession(writeOnnx(graph))
    const pictures = [1, 2].map(seed => sampleTensor([80, 80, 3], seed).data)
    const { probabilities } = await network.run(pictures.map(toPlanes), ['n', 3, 80, 80])
    for (const [index, picture] of pictures.entries()) {
      const expected = tf.tidy(() => compute(dictionary, tf.tensor4d(picture, [1, 80, 80, 3])))
      assert.ok(Math.max(...expected) < 0.999, 'a network that is sure of everything would prove little')
      const found = probabilities!.subarray(3 * index, 3 * index + 3)
      assert.ok(relativeError(found, expected) <= 1e-4, `${found} where ${expected} was expected`)
    }
  })
}

test('a tensor that is missing, or of another form, is named', () => {
  const tensors = readCheckpoint(writeZip(checkpointEntries(makeDictionary(true))), 'some.pth')
  const without = (name: string) => new Map([...tensors].filter(([each]) => each !== name))
  const refused = (changed: ReadonlyMap<string, TorchTensor>, name: string) =>
    assert.throws(() => build(changed), {
      code: 'pack_source_corrupt',
      message: new RegExp(`some\\.pth has no tensor ${name} `),
    })
  for (const name of [
    'module.conv1.conv.weight',
    'module.conv_4.model.5.se_module.bn2.running_var',
    'module.prob.weight',
  ])
    refused(without(name), name)
  const whole = { shape: [3, 7], data: new BigInt64Array(21) }
  refused(new Map([...tensors, ['module.prob.weight', whole]]), 'module.prob.weight')
  const long = { shape: [5], data: new Float32Array(5) }
  refused(new Map([...tensors, ['module.conv1.bn.running_mean', long]]), 'module.conv1.bn.running_mean')
})
