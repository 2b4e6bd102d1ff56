// Finds faces in the camera's picture with @vladmandic/human, which is fetched when the page is already there. Every file
// comes from this server. It only guides the person; the server judges for itself.

import plainWasm from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm.wasm?url'
import simdWasm from '@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm?url'
import type { Config, Human } from '@vladmandic/human'
import { CUT_SIDE, type FaceLook, measureLook, placeCut } from '../logic/face-look.ts'
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
  const look = createLook()
  return { detect: picture => detect(human, picture, look) }
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

const detect = async (human: Human, picture: HTMLCanvasElement, look: Look): Promise<Sighting> => {
  const { face: faces } = await human.detect(picture)
  const meshes = faces.filter(({ mesh }) => mesh.length >= MESH_POINTS)
  const [largest] = [...meshes].sort((a, b) => b.box[2] * b.box[3] - a.box[2] * a.box[3])
  if (!largest) return { faces: faces.length, face: null }
  const scale = (largest.size[0] || largest.box[2]) / MESH_SIDE
  const points = largest.mesh.map(([x, y, z]): Point => [x, y, (z ?? 0) * scale])
  const face: FaceMeasures = measureFace(points, picture, look(picture, points))
  return { faces: faces.length, face }
}

type Look = (picture: HTMLCanvasElement, points: readonly Point[]) => FaceLook | null

/** Cuts the face out, upright and small, and measures its pixels. */
const createLook = (): Look => {
  const canvas = document.createElement('canvas')
  canvas.width = CUT_SIDE
  canvas.height = CUT_SIDE
  const context = canvas.getContext('2d', { willReadFrequently: true })
  return (picture, points) => {
    if (!context) return null
    const place = placeCut(points)
    context.setTransform(place.a, place.b, place.c, place.d, place.e, place.f)
    context.drawImage(picture, 0, 0)
    const { data } = context.getImageData(0, 0, CUT_SIDE, CUT_SIDE)
    return measureLook({ side: CUT_SIDE, data }, place, points)
  }
}
