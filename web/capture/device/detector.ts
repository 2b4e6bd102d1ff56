// Finds faces in the camera's picture with @vladmandic/human, which is fetched when the page is already there. Every file
// comes from this server. It only guides the person; the server judges for itself.

import plainWasm from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm?url'
import simdWasm from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm?url'
import type { Config, Human } from '@vladmandic/human'
import { type FaceMeasures, MESH_POINTS, measureFace, type Point } from '../logic/face-measures.ts'
import type { Sighting } from '../logic/guidance.ts'

export interface Detector {
  readonly detect: (picture: HTMLCanvasElement) => Promise<Sighting>
}

/** A device that needs longer for one picture is better off without guidance, milliseconds. */
const TOO_SLOW_MS = 1500
/** Side of the picture that the mesh is found in; its depth is in those pixels. */
const MESH_SIDE = 192

// WebAssembly first: it starts at once and is fast enough for two small networks, while WebGL compiles its programs for
// seconds on a phone and may lose its context. WebGL is for browsers without vector instructions in WebAssembly.
const BACKENDS = ['wasm', 'webgl'] as const

/** @throws where this browser can do neither, is too slow, or the files cannot be fetched */
export const loadDetector = async (modelsAddress: string): Promise<Detector> => {
  const library = await import('@vladmandic/human')
  const troubles: unknown[] = []
  for (const backend of BACKENDS) {
    try {
      return await openDetector(new library.default(configure(backend, modelsAddress)), backend)
    } catch (error) {
      troubles.push(error)
    }
  }
  throw new AggregateError(troubles, 'no detector works here')
}

const configure = (backend: (typeof BACKENDS)[number], modelBasePath: string): Partial<Config> => ({
  backend,
  modelBasePath,
  wasmPath: WASM_FILES as unknown as string,
  cacheModels: false,
  cacheSensitivity: 0,
  validateModels: false,
  warmup: 'none',
  filter: { enabled: false, autoBrightness: false },
  gesture: { enabled: false },
  face: {
    enabled: true,
    detector: { rotation: false, maxDetected: 3, minConfidence: 0.4, iouThreshold: 0.1 },
    mesh: { enabled: true },
    iris: { enabled: false },
    emotion: { enabled: false },
    description: { enabled: false },
  },
  body: { enabled: false },
  hand: { enabled: false },
  object: { enabled: false },
  segmentation: { enabled: false },
})

/** The threads' version needs a page that is isolated from all others; it is never asked for, but has to be named. */
const WASM_FILES = {
  'tfjs-backend-wasm.wasm': plainWasm,
  'tfjs-backend-wasm-simd.wasm': simdWasm,
  'tfjs-backend-wasm-threaded-simd.wasm': simdWasm,
}

const openDetector = async (human: Human, backend: string): Promise<Detector> => {
  const tf = human.tf as {
    env(): { set(flag: string, value: boolean): void; getAsync(flag: string): Promise<unknown> }
  }
  if (backend === 'wasm') {
    tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false)
    if (!(await tf.env().getAsync('WASM_HAS_SIMD_SUPPORT'))) throw new Error('WebAssembly has no vectors here')
  }
  await human.init()
  if ((human.tf as { getBackend(): string }).getBackend() !== backend) throw new Error(`${backend} does not start`)
  await human.load()
  if (human.models.stats().numLoadedModels < 2) throw new Error('the models cannot be fetched')
  await warmUp(human)
  const shade = createShade()
  return { detect: picture => detect(human, picture, shade) }
}

/** The first picture takes longer than the others; the second tells how fast the device is. */
const warmUp = async (human: Human): Promise<void> => {
  const canvas = document.createElement('canvas')
  canvas.width = 64
  canvas.height = 64
  await human.detect(canvas)
  const beforeMs = performance.now()
  const { error } = await human.detect(canvas)
  if (error) throw new Error(error)
  if (performance.now() - beforeMs > TOO_SLOW_MS) throw new Error('too slow')
}

const detect = async (human: Human, picture: HTMLCanvasElement, shade: Shade): Promise<Sighting> => {
  const { face: faces } = await human.detect(picture)
  const meshes = faces.filter(({ mesh }) => mesh.length >= MESH_POINTS)
  const [largest] = [...meshes].sort((a, b) => b.box[2] * b.box[3] - a.box[2] * a.box[3])
  if (!largest) return { faces: faces.length, face: null }
  const scale = (largest.size[0] || largest.box[2]) / MESH_SIDE
  const points = largest.mesh.map(([x, y, z]): Point => [x, y, (z ?? 0) * scale])
  const face: FaceMeasures = measureFace(points, picture, shade(picture, largest.box))
  return { faces: faces.length, face }
}

type Shade = (picture: HTMLCanvasElement, box: readonly number[]) => number | null

/** Measures the mean brightness of the middle of a face, 0-255. */
const createShade = (): Shade => {
  const side = 8
  const canvas = document.createElement('canvas')
  canvas.width = side
  canvas.height = side
  const context = canvas.getContext('2d', { willReadFrequently: true })
  return (picture, [x = 0, y = 0, width = 0, height = 0]) => {
    if (!context || width < side || height < side) return null
    context.drawImage(picture, x + width / 4, y + height / 4, width / 2, height / 2, 0, 0, side, side)
    const { data } = context.getImageData(0, 0, side, side)
    let sum = 0
    for (let index = 0; index < data.length; index += 4) {
      // Luma of ITU-R BT.601.
      sum += 0.299 * (data[index] ?? 0) + 0.587 * (data[index + 1] ?? 0) + 0.114 * (data[index + 2] ?? 0)
    }
    return sum / (side * side)
  }
}
