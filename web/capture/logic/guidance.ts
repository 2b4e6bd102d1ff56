// What to tell the person whose face is to come into the oval, one thing at a time. Pure; looks at numbers only.
import type { FaceMeasures } from './face-measures.ts'
import type { Oval } from './oval.ts'

export const HINTS = [
  'no_face',
  'several_faces',
  'closer',
  'back',
  'centre',
  'more_light',
  'less_light',
  'straight',
  'upright',
  'take_off_mask',
  'take_off_sunglasses',
  'eyes_open',
  'hold_still',
] as const
export type Hint = (typeof HINTS)[number]

/** What the detector saw in one picture; the face is the largest one. */
export interface Sighting {
  readonly faces: number
  readonly face: FaceMeasures | null
}

/** Hints that a person may be unable to follow, or that the detector may have wrong: the server has the last word. */
const ADVICE: readonly Hint[] = [
  'more_light',
  'less_light',
  'straight',
  'upright',
  'take_off_mask',
  'take_off_sunglasses',
  'eyes_open',
]

// Shares of the oval's height and width, degrees, 0-255: found on the demo photographs and rendered sequences of
// server/src/vision, and wide, as the server has the last word. A mesh reaches from the forehead to the chin, less than a head.
const LEAST_HEIGHT = 0.5
const MOST_HEIGHT = 0.98
const OFF_CENTRE = 0.17
const MOST_TURN = 20
const MOST_TILT = 18
/** What the mesh says of a face that looks straight: the chin lies behind the forehead. */
const STRAIGHT_PITCH = -11
const MOST_ROLL = 18
const DARK = 45
const GLARING = 235
// Own measurement with the server's mesh, which is of the same family: eight people of the demo photographs, also in dark,
// glaring, side and top light; some 640 faces of LFW, NUAA's webcams, CelebA and a mask data set; drawn and real coverings.
/** Of bare faces 99 in 100 have less than 0.13, the demo photographs at most 0.15; two thirds of real masks have more. */
const MASKED = 0.16
/** Bare faces and clear glasses have more (98 in 100 more than 1, the demo photographs 1.3), most dark lenses 0.2-0.75. */
const DARK_LENSES = 0.8
/** Height of the dark of the eye and distance of the lids together: 98 in 100 at a webcam have more, closed eyes 0.39-0.57. */
const EYES_CLOSED = 0.44
/** The same as a part of the person's own so far: closed eyes have 0.59-0.8. */
const EYES_CLOSING = 0.77
/** How far, as a share of the oval, a face may move from one picture to the next. */
const STILL = 0.07
/** Whoever was well may stray by so much more: measures tremble, and at the edge the sentences would come and go. */
const SLACK = 1.25

/**
 * The first thing that is wrong, in the order in which a person can mend it; null when all is well.
 * @param wasWell nothing was wrong in the picture before
 * @param usualEyes `eyesOf` this person so far, where it is known
 */
export const findFault = (
  { faces, face }: Sighting,
  oval: Oval,
  ignored: readonly Hint[] = [],
  wasWell = false,
  usualEyes = 0,
): Hint | null => {
  if (face === null || faces === 0) return 'no_face'
  if (faces > 1) return 'several_faces'
  const slack = wasWell ? SLACK : 1
  const height = face.height / oval.height
  if (height < LEAST_HEIGHT / slack) return 'closer'
  if (height > MOST_HEIGHT * slack) return 'back'
  const away = Math.max(Math.abs(face.x - oval.x) / oval.width, Math.abs(face.y - oval.y) / oval.height)
  if (away > OFF_CENTRE * slack) return 'centre'
  const turn = Math.max(Math.abs(face.yaw) / MOST_TURN, Math.abs(face.pitch - STRAIGHT_PITCH) / MOST_TILT)
  const { look } = face
  const advice: readonly (readonly [Hint, boolean])[] = [
    ['more_light', look !== null && look.brightness < DARK / slack],
    ['less_light', look !== null && look.brightness > GLARING],
    ['straight', turn > slack],
    ['upright', Math.abs(face.roll) > MOST_ROLL * slack],
    ['take_off_mask', look !== null && look.lowerDistance > MASKED],
    ['take_off_sunglasses', look !== null && look.eyeLight < DARK_LENSES],
    ['eyes_open', (eyesOf(face) ?? 1) < Math.max(EYES_CLOSED, EYES_CLOSING * usualEyes)],
  ]
  return advice.find(([hint, holds]) => holds && !ignored.includes(hint))?.[0] ?? null
}

/** The lids of the mesh alone stay apart over closed eyes; see face-look.ts. */
const eyesOf = ({ eyeOpenness, look }: FaceMeasures): number | null => look && eyeOpenness + look.eyeHeight

export interface Guide {
  /** The sentence to show, and whether all has been well for long enough to take the picture. */
  update(sighting: Sighting, oval: Oval, nowMs: number): { hint: Hint; isReady: boolean }
}

const STEADY_MS = 700
/** A sentence stays at least so long, so that it can be read, and read out. */
const SENTENCE_MS = 900
/** Advice that nobody follows for so long is no longer insisted on. */
const PATIENCE_MS = 8000
/** How much one picture counts for what is usual. */
const USUAL_SHARE = 0.2

export const createGuide = (): Guide => {
  let shown: { hint: Hint; sinceMs: number } | null = null
  let steadySinceMs: number | null = null
  let last: FaceMeasures | null = null
  let advisedSinceMs: number | null = null
  let wasWell = false
  let ignored: readonly Hint[] = []
  let usualEyes: number | null = null

  const isStill = (face: FaceMeasures | null, oval: Oval): boolean =>
    face !== null &&
    last !== null &&
    Math.abs(face.x - last.x) < STILL * oval.width &&
    Math.abs(face.y - last.y) < STILL * oval.height

  /** A picture without fault in between is no following yet: at the edge of what is asked for, advice comes and goes. */
  const losePatience = (fault: Hint | null, nowMs: number): void => {
    if (fault === null) return
    if (!ADVICE.includes(fault)) advisedSinceMs = null
    else if (advisedSinceMs === null) advisedSinceMs = nowMs
    else if (nowMs - advisedSinceMs > PATIENCE_MS) {
      ignored = [...ignored, fault]
      advisedSinceMs = null
    }
  }

  const learnEyes = (face: FaceMeasures | null): void => {
    const eyes = face && eyesOf(face)
    if (eyes !== null) usualEyes = usualEyes === null ? eyes : usualEyes + USUAL_SHARE * (eyes - usualEyes)
  }

  return {
    update: (sighting, oval, nowMs) => {
      const fault = findFault(sighting, oval, ignored, wasWell, usualEyes ?? 0)
      wasWell = fault === null
      losePatience(fault, nowMs)
      if (fault === null) learnEyes(sighting.face)
      const still = isStill(sighting.face, oval)
      last = sighting.face
      if (fault !== null || !still) steadySinceMs = null
      else steadySinceMs ??= nowMs
      const hint = fault ?? 'hold_still'
      if (shown === null || (shown.hint !== hint && nowMs - shown.sinceMs >= SENTENCE_MS)) {
        shown = { hint, sinceMs: nowMs }
      }
      const isReady = steadySinceMs !== null && nowMs - steadySinceMs >= STEADY_MS
      if (isReady) advisedSinceMs = null
      return { hint: shown.hint, isReady }
    },
  }
}
