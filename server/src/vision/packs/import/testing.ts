// What the tests of the importers share: installed weights, crops of a picture, TensorFlow.js as the reference, onnxruntime
// as the runner. For tests only.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, posix } from 'node:path'
import * as onnxruntime from 'onnxruntime-node'
import sharp from 'sharp'
import { convertModel } from '../convert.ts'
import { committedManifest } from '../install.ts'
import { modelFor, type PackModel, type PackTask, parseManifest } from '../manifest.ts'
import { isNpmSource } from '../pack-source.ts'
import { resolveInstalled } from '../sources.ts'

const require = createRequire(import.meta.url)
type TensorFlow = typeof import('@tensorflow/tfjs')
export type Outputs = Record<string, Float32Array>

/** Where the test picture shows a face, in pixels: left, top, side. */
export const FACES = [
  [300, 265, 400],
  [1393, 136, 400],
] as const

export function openModel(task: PackTask): PackModel {
  const path = committedManifest('open')
  return modelFor(parseManifest(readFileSync(path, 'utf8'), path), task)
}

export function readInstalled(packageName: string, path: string): Buffer {
  const resolved = resolveInstalled(packageName, path)
  assert.ok(resolved, `${packageName} is installed`)
  return readFileSync(resolved)
}

export function installedSources(model: PackModel): Map<string, Buffer> {
  const { source } = model
  assert.ok(isNpmSource(source))
  return new Map(source.files.map(file => [file.path, readInstalled(source.package, file.path)]))
}

/** TensorFlow.js on one thread of WebAssembly. */
export async function startTensorFlow(): Promise<TensorFlow> {
  const tf: TensorFlow = require('@tensorflow/tfjs')
  const wasm: typeof import('@tensorflow/tfjs-backend-wasm') = require('@tensorflow/tfjs-backend-wasm')
  wasm.setWasmPaths(`${dirname(require.resolve('@tensorflow/tfjs-backend-wasm'))}/`)
  tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false)
  await tf.setBackend('wasm')
  return tf
}

/** A square of the test picture, resized: RGB bytes, rows first. */
export async function cropPicture([left, top, side]: readonly [number, number, number], size: number): Promise<Buffer> {
  const picture = resolveInstalled('@vladmandic/face-api', 'demo/sample1.jpg')
  const region = { left, top, width: side, height: side }
  return await sharp(picture).extract(region).resize(size, size).removeAlpha().raw().toBuffer()
}

/** NHWC values as the manifest normalises them. `scale` replaces the manifest's. */
export function normalise(model: PackModel, pixels: Uint8Array, scale = model.input.scale): Float32Array {
  return Float32Array.from(pixels, (x, index) => (x - model.input.mean[index % 3]!) * scale)
}

/** NHWC to NCHW for one picture of three channels. */
export function toPlanes(values: Float32Array): Float32Array {
  const pixels = values.length / 3
  return Float32Array.from(values, (_, index) => values[(index % pixels) * 3 + Math.floor(index / pixels)]!)
}

export interface Runner {
  run(batch: readonly Float32Array[], shape: readonly (number | 'n')[]): Promise<Outputs>
  readonly outputNames: readonly string[]
}

/** Runs an ONNX file on one thread. */
export async function openSession(onnx: Uint8Array): Promise<Runner> {
  const session = await onnxruntime.InferenceSession.create(onnx, { intraOpNumThreads: 1, logSeverityLevel: 3 })
  return {
    outputNames: session.outputNames,
    async run(batch, shape) {
      const data = Float32Array.from(batch.flatMap(each => [...each]))
      const sizes = shape.map(size => (size === 'n' ? batch.length : size))
      const results = await session.run({ [session.inputNames[0]!]: new onnxruntime.Tensor('float32', data, sizes) })
      const entries = Object.entries(results).map(([name, tensor]) => [name, tensor.data as Float32Array])
      return Object.fromEntries(entries)
    },
  }
}

export async function openConverted(model: PackModel): Promise<Runner> {
  return await openSession(convertModel(model, installedSources(model)))
}

/** Loads a graph model into TensorFlow.js from bytes alone. */
export async function loadReference(tf: TensorFlow, sources: ReadonlyMap<string, Buffer>) {
  const [path, text] = [...sources][0]!
  const { modelTopology, weightsManifest, signature } = JSON.parse(text.toString('utf8'))
  const groups: { paths: string[]; weights: import('@tensorflow/tfjs').io.WeightsManifestEntry[] }[] = weightsManifest
  const shards = groups.flatMap(group => group.paths).map(shard => sources.get(posix.join(posix.dirname(path), shard))!)
  const weightData = Uint8Array.from(Buffer.concat(shards)).buffer
  const weightSpecs = groups.flatMap(group => group.weights)
  return await tf.loadGraphModel({ load: async () => ({ modelTopology, weightSpecs, weightData, signature }) })
}

/** ‖a - b‖ / ‖b‖ */
export function relativeError(a: Float32Array, b: Float32Array): number {
  assert.equal(a.length, b.length)
  const norm = (values: Float32Array) => Math.sqrt(values.reduce((sum, x) => sum + x * x, 0))
  return norm(a.map((x, index) => x - b[index]!)) / norm(b)
}

export function cosineDistance(a: Float32Array, b: Float32Array): number {
  const dot = (x: Float32Array, y: Float32Array) => x.reduce((sum, value, index) => sum + value * y[index]!, 0)
  return 1 - dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b))
}
