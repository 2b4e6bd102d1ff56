// The converted TensorFlow.js networks give what TensorFlow.js gives, for one picture and for two at once; what cannot be
// converted is refused by name.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AppError } from '../../../errors.ts'
import type { PackTask } from '../manifest.ts'
import {
  cropPicture,
  FACES,
  installedSources,
  loadReference,
  normalise,
  openConverted,
  openModel,
  relativeError,
  startTensorFlow,
  toPlanes,
} from './testing.ts'
import { importTfjsGraph } from './tfjs-onnx.ts'

const tf = await startTensorFlow()

/** Crops that look like what each network is given: a face, or for the iris an eye. */
const CROPS: Partial<Record<PackTask, readonly (readonly [number, number, number])[]>> = {
  detect: [
    [0, 0, 1280],
    [640, 0, 1280],
  ],
  mesh: FACES,
  features: FACES,
  iris: [
    [474, 420, 80],
    [1510, 240, 80],
  ],
}

for (const [task, crops] of Object.entries(CROPS) as [PackTask, typeof FACES][]) {
  const model = openModel(task)

  test(`${model.family} gives what TensorFlow.js gives, alone and in a batch of two`, async () => {
    const size = Number(model.input.shape[2])
    const reference = await loadReference(tf, installedSources(model))
    const network = await openConverted(model)
    assert.deepEqual([...network.outputNames].sort(), model.outputs.map(each => each.name).sort())
    const pictures = await Promise.all(crops.map(async crop => normalise(model, await cropPicture(crop, size))))
    const together = await network.run(pictures.map(toPlanes), model.input.shape)
    for (const [index, picture] of pictures.entries()) {
      const alone = await network.run([toPlanes(picture)], model.input.shape)
      for (const output of model.outputs) {
        const expected = reference.execute(
          tf.tensor4d(picture, [1, size, size, 3]),
          output.node!,
        ) as import('@tensorflow/tfjs').Tensor
        const values = (await expected.data()) as Float32Array
        assert.deepEqual(expected.shape.slice(1), output.shape.slice(1))
        assert.ok(relativeError(alone[output.name]!, values) <= 1e-3, `${output.name} of picture ${index}`)
        const from = index * values.length
        const inBatch = together[output.name]!.subarray(from, from + values.length)
        assert.ok(relativeError(inBatch, alone[output.name]!) <= 1e-5, `${output.name} of picture ${index} in a batch`)
      }
    }
  })
}

test('an operation that the importer does not know is refused by name', () => {
  const error = importChanged(text => text.replace('"op":"MaxPool"', '"op":"Betainc"'))
  assert.equal(error.code, 'pack_operation_unknown')
  assert.match(error.message, /models\/blazeface\.json uses the operation Betainc, .*; install the version/)
})

test('a fused activation that the importer does not know is refused by name', () => {
  const elu = Buffer.from('Elu').toString('base64')
  const relu = Buffer.from('Relu').toString('base64')
  const error = importChanged(text => text.replace(`"${relu}"`, `"${elu}"`))
  assert.equal(error.code, 'pack_operation_unknown')
  assert.match(error.message, /_FusedConv2D \(with Elu\)/)
})

test('a graph that is not JSON, or lacks the wanted node, is a corrupt source', () => {
  assert.equal(importChanged(text => text.slice(0, -10)).code, 'pack_source_corrupt')
  const error = importChanged(text => text.replace('"name":"Identity_3"', '"name":"Identity_9"'))
  assert.equal(error.code, 'pack_source_corrupt')
  assert.match(error.message, /models\/blazeface\.json has no usable node Identity_3; .*npm ci/)
})

test('a truncated shard is a corrupt source', () => {
  const error = importChanged(
    text => text,
    bytes => bytes.subarray(0, 1000),
  )
  assert.equal(error.code, 'pack_source_corrupt')
  assert.match(error.message, /blazeface\.bin has 1000 bytes where \d+ were expected; .*npm ci/)
})

test('the same source gives the same bytes', () => {
  const model = openModel('detect')
  const [first, second] = [1, 2].map(() => importGraph(installedSources(model)))
  assert.deepEqual(first, second)
})

function importGraph(sources: Map<string, Buffer>) {
  const model = openModel('detect')
  return importTfjsGraph({
    path: 'models/blazeface.json',
    text: sources.get('models/blazeface.json')!.toString('utf8'),
    readShard: path => sources.get(`models/${path}`)!,
    name: model.family,
    inputName: 'input',
    outputs: model.outputs.map(each => ({ name: each.name, node: each.node! })),
  })
}

/** The error that the detector's import ends with after its files were changed. */
function importChanged(changeText: (text: string) => string, changeShard = (bytes: Buffer) => bytes): AppError {
  const sources = installedSources(openModel('detect'))
  const text = JSON.stringify(JSON.parse(sources.get('models/blazeface.json')!.toString('utf8')))
  sources.set('models/blazeface.json', Buffer.from(changeText(text)))
  sources.set('models/blazeface.bin', changeShard(sources.get('models/blazeface.bin')!))
  try {
    importGraph(sources)
  } catch (error) {
    if (error instanceof AppError) return error
  }
  assert.fail('an error of the catalogue was expected')
}
