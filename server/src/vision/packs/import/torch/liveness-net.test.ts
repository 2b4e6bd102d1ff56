// The network that is built from a state dictionary gives what TensorFlow.js computes from the same tensors; a tensor that
// is missing is named.
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
import { readCheckpoint } from './checkpoint.ts'
import { layersOf } from './layers.fixture.ts'
import { importLivenessNet } from './liveness-net.ts'

const tf = await startTensorFlow()
type Maps = import('@tensorflow/tfjs').Tensor4D
const CHANNELS = [4, 5, 6]
const SIDE = 16

const makeDictionary = (): SampleDictionary => {
  const tensors: Record<string, SampleTensor> = {}
  for (const [layer, outputs] of CHANNELS.entries()) {
    const name = `layers.${layer}`
    tensors[`${name}.conv.weight`] = sampleTensor([outputs, CHANNELS[layer - 1] ?? 3, 3, 3], layer, -0.6, 0.6)
    tensors[`${name}.bn.weight`] = sampleTensor([outputs], 10 + layer, 0.5, 1.5)
    tensors[`${name}.bn.bias`] = sampleTensor([outputs], 20 + layer)
    tensors[`${name}.bn.running_mean`] = sampleTensor([outputs], 30 + layer)
    tensors[`${name}.bn.running_var`] = sampleTensor([outputs], 40 + layer, 0.2, 2)
  }
  tensors['linear.weight'] = sampleTensor([1, CHANNELS.at(-1)!], 50)
  tensors['linear.bias'] = sampleTensor([1], 51)
  return tensors
}

/** The reference. */
const compute = (dictionary: SampleDictionary, picture: Maps): number => {
  const { get, norm, convolve } = layersOf(tf, dictionary)
  let x = picture
  for (const layer of CHANNELS.keys()) {
    const made = convolve(x, `layers.${layer}.conv`, layer === 0 || layer % 2 === 1 ? 2 : 1, 1)
    x = tf.relu(norm(made, `layers.${layer}.bn`)) as Maps
  }
  const logit = tf.matMul(tf.mean(x, [1, 2]) as never, get('linear.weight') as never, false, true)
  return tf.add(logit, get('linear.bias')).dataSync()[0]
}

const build = (dictionary: SampleDictionary) =>
  importLivenessNet({
    path: 'face.pth',
    tensors: readCheckpoint(writeZip(checkpointEntries(dictionary)), 'face.pth'),
    name: 'liveness-face',
    inputName: 'input',
    outputName: 'logit',
    side: SIDE,
  })

test('the network gives what TensorFlow.js gives', async () => {
  const dictionary = makeDictionary()
  const network = await openSession(writeOnnx(build(dictionary)))
  const pictures = [1, 2].map(seed => sampleTensor([SIDE, SIDE, 3], seed).data)
  const { logit } = await network.run(pictures.map(toPlanes), ['n', 3, SIDE, SIDE])
  const expected = pictures.map(picture => tf.tidy(() => compute(dictionary, tf.tensor4d(picture, [1, SIDE, SIDE, 3]))))
  assert.ok(Math.abs(expected[0] - expected[1]) > 1e-3, 'a network that does not see the picture would prove little')
  assert.ok(relativeError(logit!, Float32Array.from(expected)) <= 1e-4, `${logit} where ${expected} was expected`)
})

test('a tensor that is missing is named', () => {
  for (const name of ['layers.0.conv.weight', 'layers.2.bn.running_var', 'linear.bias']) {
    const { [name]: _, ...without } = makeDictionary()
    assert.throws(() => build(without), {
      code: 'pack_source_corrupt',
      message: new RegExp(`face\\.pth has no tensor ${name.replaceAll('.', '\\.')} `),
    })
  }
})
