// What the peers have in common: TensorFlow.js on one thread of WebAssembly, and a picture as its tensor.
import { createRequire } from 'node:module'
import { dirname } from 'node:path'
import type { Tensor3D } from '@tensorflow/tfjs'
import sharp from 'sharp'

// As the server does: one thread a picture.
sharp.concurrency(1)

type TensorFlow = typeof import('@tensorflow/tfjs')

export interface Peer {
  readonly name: string
  readonly version: string
  /** What was switched on. */
  readonly setup: string
  /** Detects, locates the landmarks and embeds one face; whether there was one. */
  findFace(picture: Tensor3D): Promise<boolean>
}

/** The peers are CommonJS and share one TensorFlow.js by requiring it. */
export const require = createRequire(import.meta.url)

export const WASM_FOLDER = `${dirname(require.resolve('@tensorflow/tfjs-backend-wasm'))}/`

/** Fails rather than measure a slow path: without SIMD the figures would flatter whatever is compared with them. */
export const startTensorFlow = async (): Promise<TensorFlow> => {
  const tf: TensorFlow = require('@tensorflow/tfjs')
  const wasm: typeof import('@tensorflow/tfjs-backend-wasm') = require('@tensorflow/tfjs-backend-wasm')
  wasm.setWasmPaths(WASM_FOLDER)
  tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false)
  await tf.setBackend('wasm')
  await tf.ready()
  if (tf.getBackend() !== 'wasm' || !(await tf.env().getAsync('WASM_HAS_SIMD_SUPPORT')))
    throw new Error('TensorFlow.js does not run on WebAssembly with SIMD here.')
  return tf
}

export const decodePicture = async (tf: TensorFlow, bytes: Buffer): Promise<Tensor3D> => {
  const { data, info } = await sharp(bytes)
    .autoOrient()
    .toColourspace('srgb')
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true })
  return tf.tensor3d(data, [info.height, info.width, 3], 'int32')
}
