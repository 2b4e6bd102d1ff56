// Observations of a face that is drawn by numbers alone: a head of 468 points that turns, blinks and smiles, and the frames
// of a try in which it does. For tests of the judgement; no network and no picture has a part in it.
import type { FacePoints, FrameObservation, StepTimes } from './movement-types.ts'
import type { Calibration } from './score.ts'
import type { Challenge } from './session-types.ts'

export interface DrawnFace {
  /** Degrees, signs as in `Pose`. */
  readonly yaw?: number
  readonly pitch?: number
  /** 0 open, 1 closed. */
  readonly closed?: number
  /** 0 at rest, 1 smiling. */
  readonly smile?: number
  /** All on one plane. */
  readonly isFlat?: boolean
  /** The head's breadth, as a ratio. */
  readonly breadth?: number
  /** Where its middle lies, pixels. */
  readonly x?: number
}

type Place = readonly [x: number, y: number]

/** Places on one half of the upright face, in eye distances from between the eyes, and the points at them: left, right. */
const PAIRS: readonly (readonly [Place, number, number])[] = [
  [[0.72, 0], 33, 263],
  [[0.28, 0], 133, 362],
  [[0.6, -0.3], 52, 282],
  [[0.4, -0.3], 65, 295],
  [[0.2, 0.62], 98, 327],
  [[1.05, 0.2], 234, 454],
  [[1.05, 0], 127, 356],
  [[1.02, 0.4], 93, 323],
  [[0.25, -0.97], 109, 338],
  [[0.6, 0.45], 50, 280],
  [[0.45, 0.4], 101, 330],
  [[0.8, 0.3], 116, 345],
  [[1, 0.6], 132, 361],
  [[0.85, -0.5], 21, 251],
]
const MIDDLE: readonly (readonly [number, number])[] = [
  [-0.02, 168],
  [0.1, 6],
  [0.25, 197],
  [0.35, 195],
  [0.45, 5],
  [0.52, 4],
  [0.58, 1],
  [0.68, 2],
  [-1, 10],
  [1.5, 152],
]
/** [across, half the opening, upper and lower point of the left eye, of the right]. */
const LIDS: readonly (readonly [number, number, number, number, number, number])[] = [
  [0.6, 0.06, 160, 144, 387, 373],
  [0.5, 0.08, 159, 145, 386, 374],
  [0.4, 0.06, 158, 153, 385, 380],
]
const COUNT = 468
const PIXELS = 100

const placesOf = ({ closed = 0, smile = 0 }: DrawnFace): Place[] => {
  const places = Array.from({ length: COUNT }, (_, index): Place => {
    const [column, row] = [index % 18, Math.floor(index / 18)]
    return [(column / 17 - 0.5) * 1.6, (row / 25) * 2 - 0.7]
  })
  const mirror = ([x, y]: Place, left: number, right: number): void => {
    places[left] = [-x, y]
    places[right] = [x, y]
  }
  for (const [place, left, right] of PAIRS) mirror(place, left, right)
  for (const [y, index] of MIDDLE) places[index] = [0, y]
  for (const [x, half, upperLeft, lowerLeft, upperRight, lowerRight] of LIDS) {
    mirror([x, -half * (1 - 0.8 * closed)], upperLeft, upperRight)
    mirror([x, half], lowerLeft, lowerRight)
  }
  mirror([0.38 * (1 + 0.3 * smile), 1 - 0.05 * smile], 61, 291)
  return places
}

/** An egg with a nose. */
const depthAt = ([x, y]: Place): number => {
  const round = Math.max(0, 1 - (x / 1.15) ** 2 - ((y - 0.25) / 1.45) ** 2)
  return -1.2 * Math.sqrt(round) - 0.5 * Math.exp(-((x / 0.18) ** 2) - ((y - 0.55) / 0.25) ** 2)
}

export const drawPoints = (face: DrawnFace): FacePoints => {
  const { yaw = 0, pitch = 0, isFlat = false, breadth = 1, x: middle = 320 } = face
  const [a, b] = [(yaw * Math.PI) / 180, (pitch * Math.PI) / 180]
  return placesOf(face).map(place => {
    const [x, y] = [place[0] * breadth, place[1]]
    const z = isFlat ? 0 : depthAt(place)
    const [x1, z1] = [x * Math.cos(a) - z * Math.sin(a), x * Math.sin(a) + z * Math.cos(a)]
    const [y2, z2] = [y * Math.cos(b) + z1 * Math.sin(b), z1 * Math.cos(b) - y * Math.sin(b)]
    return [middle + PIXELS * x1, 240 + PIXELS * y2, PIXELS * z2]
  })
}

/** -8 at a cosine of 1, 0 at 0: a cosine of 0.5 is a false match rate of 1e-4. */
const CURVE = {
  points: [
    [0, 0],
    [1, -8],
  ],
  supportedLog10Fmr: -8,
} as const
export const CALIBRATION: Calibration = { comparison: CURVE, best: [], fused: [] }

/** A template of this cosine to the portrait's. */
export const templateOf = (cosine: number): Float32Array => Float32Array.of(cosine, Math.sqrt(1 - cosine ** 2))

export interface DrawnFrame extends DrawnFace {
  readonly atMs: number
  readonly step: number
  /** Of the template to the portrait's; 1 left out. */
  readonly cosine?: number
  readonly people?: number
  readonly hasNoFace?: boolean
  readonly sha256?: string
  /** From the making to the arrival. */
  readonly delayMs?: number
}

export const REVEAL_EVERY_MS = 3000
export const FIRST_REVEAL_MS = 1000

export const stepsOf = (challenges: readonly Challenge[]): StepTimes[] => [
  { id: 'step-0', challenge: 'portrait', revealedAtMs: 0 },
  ...challenges.map((challenge, index) => ({
    id: `step-${index + 1}`,
    challenge,
    revealedAtMs: FIRST_REVEAL_MS + index * REVEAL_EVERY_MS,
  })),
]

/** Each frame a little elsewhere, as a living head is. */
export const observe = (frames: readonly DrawnFrame[], steps: readonly StepTimes[]): FrameObservation[] =>
  frames.map((frame, index) => {
    const { atMs, step, cosine = 1, people = 1, hasNoFace = false, sha256, delayMs = 60, x } = frame
    const { yaw = 0, pitch = 0 } = frame
    const points = drawPoints({ ...frame, x: x ?? 300 + 1.5 * index })
    const box = { x: 215, y: 140, width: 210, height: 250 }
    return {
      sequence: index + 1,
      stepId: steps[step].id,
      challenge: steps[step].challenge,
      atMs,
      receivedAtMs: atMs + delayMs,
      sha256: sha256 ?? `digest-${index}`,
      width: 640,
      height: 480,
      people: hasNoFace ? 0 : people,
      face: hasNoFace ? null : { box, pose: { yaw, pitch, roll: 0 }, points, template: templateOf(cosine) },
    }
  })

/** Every 200 ms of a step: at rest for 600 ms, then `peak` for 600 ms, then at rest. */
export const play = (step: number, peak: DrawnFace, change: (index: number) => Partial<DrawnFrame> = () => ({})) =>
  Array.from({ length: 11 }, (_, index): DrawnFrame => {
    const atMs = FIRST_REVEAL_MS + (step - 1) * REVEAL_EVERY_MS + 200 * index
    return { atMs, step, ...(index >= 4 && index <= 6 ? peak : {}), ...change(index) }
  })

export const PORTRAIT: readonly DrawnFrame[] = [
  { atMs: 300, step: 0 },
  { atMs: 500, step: 0 },
]
