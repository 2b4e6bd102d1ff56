// The recogniser that is built from weights alone gives the descriptor that face-api computes from the same weights.
import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { dirname } from 'node:path'
import { test } from 'node:test'
import { AppError } from '../../../errors.ts'
import { resolveInstalled } from '../sources.ts'
import { importDlibRecogniser } from './dlib-onnx.ts'
import {
  cosineDistance,
  cropPicture,
  FACES,
  installedSources,
  normalise,
  openConverted,
  openModel,
  relativeError,
  startTensorFlow,
  toPlanes,
} from './testing.ts'

interface FaceApi {
  readonly FaceRecognitionNet: new () => {
    loadFromDisk(folder: string): Promise<void>
    computeFaceDescriptor(picture: unknown): Promise<Float32Array>
  }
}

const tf = await startTensorFlow()
const model = openModel('embed')
/** face-api divides by 255 where dlib itself, and so the pack, divides by 256. */
const FACE_API_SCALE = 1 / 255

test('the recogniser gives what face-api gives, alone and in a batch of two', async () => {
  const faceApi: FaceApi = createRequire(import.meta.url)('@vladmandic/face-api/dist/face-api.node-wasm.js')
  const reference = new faceApi.FaceRecognitionNet()
  const { path } = model.source.files[0]!
  await reference.loadFromDisk(dirname(resolveInstalled('@vladmandic/face-api', path)!))
  const network = await openConverted(model)
  const pictures = await Promise.all(FACES.map(face => cropPicture(face, 150)))
  const planes = pictures.map(picture => toPlanes(normalise(model, picture, FACE_API_SCALE)))
  const together = await network.run(planes, model.input.shape)
  for (const [index, picture] of pictures.entries()) {
    const expected = await reference.computeFaceDescriptor(tf.tensor3d(picture, [150, 150, 3]))
    const alone = await network.run([planes[index]!], model.input.shape)
    assert.ok(cosineDistance(alone.template!, expected) <= 1e-5, `picture ${index}`)
    assert.ok(relativeError(alone.template!, expected) <= 1e-3, `picture ${index}`)
    const inBatch = together.template!.subarray(index * 128, (index + 1) * 128)
    assert.ok(relativeError(inBatch, alone.template!) <= 1e-5, `picture ${index} in a batch`)
  }
})

test('dividing by 256 instead of 255 leaves the template where it is', async () => {
  const network = await openConverted(model)
  const picture = await cropPicture(FACES[0], 150)
  const [ours, theirs] = await Promise.all(
    [model.input.scale, FACE_API_SCALE].map(async scale => {
      return (await network.run([toPlanes(normalise(model, picture, scale))], model.input.shape)).template!
    }),
  )
  assert.ok(cosineDistance(ours!, theirs!) <= 1e-3)
})

test('truncated weights are a corrupt source', () => {
  const error = importChanged(
    text => text,
    bytes => bytes.subarray(1),
  )
  assert.equal(error.code, 'pack_source_corrupt')
  assert.match(error.message, /face_recognition_model\.bin has 6444031 bytes where 6444032 were expected; .*npm ci/)
})

test('a weights manifest without a tensor that the topology needs is a corrupt source', () => {
  const error = importChanged(text => text.replace('conv64_down/conv1/scale/weights', 'conv64_down/conv1/scale/other'))
  assert.equal(error.code, 'pack_source_corrupt')
  assert.match(error.message, /manifest\.json has no tensor conv64_down\/conv1\/scale\/weights with 1 axes; .*npm ci/)
})

/** The error that the import ends with after its files were changed. */
function importChanged(changeText: (text: string) => string, changeShard = (bytes: Buffer) => bytes): AppError {
  const [text, shard] = [...installedSources(model).values()] as [Buffer, Buffer]
  try {
    importDlibRecogniser({
      path: 'face_recognition_model-weights_manifest.json',
      text: changeText(text.toString('utf8')),
      readShard: () => changeShard(shard),
      name: model.family,
      inputName: 'input',
      outputName: 'template',
    })
  } catch (error) {
    if (error instanceof AppError) return error
  }
  assert.fail('an error of the catalogue was expected')
}
