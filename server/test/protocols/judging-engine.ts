// An engine for tests of protocols: reads the faces, and what is wrong with them, out of a picture that only looks like a JPEG
// or a PNG from outside.
import { type FaceQuality, QUALITY_COMPONENTS } from '../../src/core/face-quality.ts'
import type { FaceEngine } from '../../src/core/ports.ts'
import type { Assessment, DetectedFace } from '../../src/core/types.ts'
import { AppError } from '../../src/errors.ts'
import { templateOf } from '../fake-core.ts'

/** A face of the made-up photo; what is not named is fine. */
export interface PhotoFace {
  readonly person: string
  readonly width?: number
  readonly flaws?: readonly ('blur' | 'dark' | 'grayscale' | 'sunglasses' | 'mask' | 'veil' | 'hat' | 'spoof')[]
}

/** Nothing is wrong with a face but its flaws. */
const COMPONENTS = Object.fromEntries(
  QUALITY_COMPONENTS.map(name => [name, { value: 1, unit: 'share', score: 100 }]),
) as FaceQuality['components']

const JPEG = [0xff, 0xd8, 0xff]
const PNG = [0x89, 0x50, 0x4e, 0x47]

/** A photo of these people, the widest first; without anybody it has no face. */
export const photoOf = (...faces: readonly PhotoFace[]): Buffer => write(JPEG, faces)
export const pngOf = (...faces: readonly PhotoFace[]): Buffer => write(PNG, faces)

const write = (magic: readonly number[], faces: readonly PhotoFace[]): Buffer =>
  Buffer.concat([Buffer.from(magic), Buffer.from(JSON.stringify(faces))])

export const base64Of = (...faces: readonly PhotoFace[]): string => photoOf(...faces).toString('base64')

const read = (image: Uint8Array): readonly PhotoFace[] => {
  const magic = image[0] === PNG[0] ? PNG : JPEG
  try {
    return JSON.parse(Buffer.from(image.subarray(magic.length)).toString('utf8'))
  } catch (cause) {
    throw new AppError('image_corrupt', undefined, { cause })
  }
}

/** Counts the pictures that it was given: each must be looked at once. */
export const createJudgingEngine = (
  base: FaceEngine,
  assessments: readonly Assessment[] = ['quality', 'attributes', 'liveness'],
): FaceEngine & { analysed(): number } => {
  let analysed = 0
  return {
    ...base,
    assessments,
    analysed: () => analysed,
    async analyse(image, { assess = [], onlyLargest }) {
      analysed++
      const faces = read(image).map(face => toFace(face, assess))
      await new Promise(resolve => setImmediate(resolve))
      return {
        image: { width: 1000, height: 1000, mediaType: 'image/jpeg' },
        faces: onlyLargest ? faces.slice(0, 1) : faces,
      }
    },
  }
}

const toFace = ({ person, width = 100, flaws = [] }: PhotoFace, assess: readonly Assessment[]): DetectedFace => {
  const has = (flaw: (typeof flaws)[number]): boolean => flaws.includes(flaw)
  const finding = (flaw: 'blur' | 'dark' | 'grayscale') =>
    ({ present: has(flaw), component: 'sharpness', value: 0, unit: 'ratio', threshold: 0 }) as const
  const worn = (name: 'sunglasses' | 'mask' | 'veil' | 'hat') => ({
    probability: has(name) ? 1 : 0,
    threshold: 0.5,
    present: has(name),
  })
  return {
    box: { x: 10.4, y: 20.6, width, height: width },
    confidence: 1,
    landmarks: {
      leftEye: { x: 30.2, y: 40 },
      rightEye: { x: 80, y: 40 },
      nose: { x: 55, y: 60 },
      mouthLeft: { x: 40, y: 90 },
      mouthRight: { x: 70, y: 90.7 },
    },
    pose: { yaw: 0, pitch: 0, roll: 3 },
    template: templateOf(person),
    ...(assess.includes('quality') && {
      quality: {
        components: COMPONENTS,
        unified: null,
        findings: { blur: finding('blur'), dark: finding('dark'), grayscale: finding('grayscale') },
      },
    }),
    ...(assess.includes('attributes') && {
      attributes: { sunglasses: worn('sunglasses'), mask: worn('mask'), veil: worn('veil'), hat: worn('hat') },
    }),
    ...(assess.includes('liveness') && {
      liveness: {
        score: has('spoof') ? 0.1 : 0.9,
        threshold: 0.4,
        live: !has('spoof'),
        model: 'made-up@1',
        bpcer: 0.05,
      },
    }),
  }
}
