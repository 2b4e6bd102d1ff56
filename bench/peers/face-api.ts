// @vladmandic/face-api as an enrolment would use it: one of its detectors, 68 landmarks and the descriptor of one face.
import { dirname, join } from 'node:path'
import type { Tensor3D } from '@tensorflow/tfjs'
import { type Peer, require } from './peer.ts'

interface Network {
  loadFromDisk(folder: string): Promise<void>
}
interface Found {
  readonly descriptor: Float32Array
}
interface FaceApiModule {
  readonly version: string
  readonly nets: Readonly<
    Record<'ssdMobilenetv1' | 'tinyFaceDetector' | 'faceLandmark68Net' | 'faceRecognitionNet', Network>
  >
  readonly SsdMobilenetv1Options: new (options: { minConfidence: number; maxResults: number }) => object
  readonly TinyFaceDetectorOptions: new (options: { scoreThreshold: number }) => object
  detectSingleFace(
    picture: Tensor3D,
    options: object,
  ): { withFaceLandmarks(): { withFaceDescriptor(): Promise<Found | undefined> } }
}

/** That of the package's own example. With the default of 0.5 one face in eight is missed, and the work on it left out. */
const LEAST_CONFIDENCE = 0.1
const MOST_FACES = 10

/** "ssd" is what the package's own example for WebAssembly uses, "tiny" its fastest. */
export const openFaceApi = async (detector: 'ssd' | 'tiny'): Promise<Peer> => {
  const dist = dirname(require.resolve('@vladmandic/face-api'))
  const faceApi: FaceApiModule = require(join(dist, 'face-api.node-wasm.js'))
  const { nets } = faceApi
  const network = detector === 'ssd' ? nets.ssdMobilenetv1 : nets.tinyFaceDetector
  for (const each of [network, nets.faceLandmark68Net, nets.faceRecognitionNet])
    await each.loadFromDisk(join(dist, '../model'))
  const options =
    detector === 'ssd'
      ? new faceApi.SsdMobilenetv1Options({ minConfidence: LEAST_CONFIDENCE, maxResults: MOST_FACES })
      : new faceApi.TinyFaceDetectorOptions({ scoreThreshold: LEAST_CONFIDENCE })
  return {
    name: detector === 'ssd' ? 'face-api' : 'face-api (tiny detector)',
    version: faceApi.version,
    setup: `${detector === 'ssd' ? 'SSD MobileNet' : 'tiny detector'}, 68 landmarks and descriptor of one face`,
    async findFace(picture) {
      const found = await faceApi.detectSingleFace(picture, options).withFaceLandmarks().withFaceDescriptor()
      return (found?.descriptor.length ?? 0) > 0
    },
  }
}
