// Whether one face, and the same person's, is seen throughout a try. Pure; likeness is the pack's own calibration.
import type { FrameObservation, ObservedFace } from './movement-types.ts'
import { type Calibration, dotOf, scoreOf } from './score.ts'
import type { SessionReason } from './session-types.ts'

/** A detector errs now and then: so many frames, and this share of all, may show somebody beside the face. */
const MAX_BESIDE = { frames: 1, share: 0.1 }
/** Motion blurs: so many frames one after the other, and this share of all, may show no face. */
const MAX_FACELESS = { frames: 4, share: 0.34 }

/** Degrees from the portrait, either way; beyond it templates change more. */
const FRONTAL_DEGREES = 15
/**
 * Least similarities to the portrait, of the median of a step's frames. Own measurement with the default pack: frontal
 * frames of one sitting before a webcam (3,878 pairs) 99 % from 94, all from 79, while different people of one region reach
 * 82 in one of twenty comparisons; the same head turned by more than 30° in another photograph (LFW) 90 % from 66, rendered
 * in one sitting all from 83.
 */
const MIDDLE = { frontal: 85, turned: 70 }
/** Two frames in a row below it are somebody else's; one may be blurred. */
const PAIR = { frontal: 75, turned: 60 }

export const checkPerson = (
  frames: readonly FrameObservation[],
  portrait: FrameObservation,
  calibration: Calibration,
): SessionReason[] => [
  ...checkOthers(frames),
  ...checkFaces(frames),
  ...(portrait.face ? checkSame(frames, portrait.face, calibration) : []),
]

const checkOthers = (frames: readonly FrameObservation[]): SessionReason[] => {
  const count = frames.filter(({ people }) => people > 1).length
  if (count <= Math.max(MAX_BESIDE.frames, MAX_BESIDE.share * frames.length)) return []
  const message = `${count} of ${frames.length} frames show more than one person.`
  return [{ name: 'several_faces', message, value: count / frames.length, threshold: MAX_BESIDE.share }]
}

const checkFaces = (frames: readonly FrameObservation[]): SessionReason[] => {
  let [run, longest, count] = [0, 0, 0]
  for (const { face } of frames) {
    run = face ? 0 : run + 1
    longest = Math.max(longest, run)
    if (!face) count++
  }
  if (longest <= MAX_FACELESS.frames && count <= MAX_FACELESS.share * frames.length) return []
  const message = `${count} of ${frames.length} frames show no face, ${longest} of them one after the other.`
  if (longest > MAX_FACELESS.frames)
    return [{ name: 'no_face', message, value: longest, threshold: MAX_FACELESS.frames }]
  return [{ name: 'no_face', message, value: count / frames.length, threshold: MAX_FACELESS.share }]
}

type View = 'frontal' | 'turned'

interface Likeness {
  readonly stepId: string
  readonly view: View
  readonly similarity: number
}

const checkSame = (
  frames: readonly FrameObservation[],
  portrait: ObservedFace,
  { comparison }: Calibration,
): SessionReason[] => {
  const likenesses = frames.flatMap(({ face, stepId }): Likeness[] => {
    if (!face) return []
    const { similarity } = scoreOf(comparison, dotOf(face.template, portrait.template))
    return [{ stepId, view: viewOf(face, portrait), similarity }]
  })
  const worst = [...findMiddles(likenesses), ...findPairs(likenesses)].sort(
    (one, other) => one.value - one.threshold - (other.value - other.threshold),
  )[0]
  if (!worst) return []
  const message = 'Frames show somebody else than the portrait, by their similarity to it.'
  return [{ name: 'different_person', message, ...worst }]
}

const viewOf = ({ pose }: ObservedFace, portrait: ObservedFace): View =>
  Math.max(Math.abs(pose.yaw - portrait.pose.yaw), Math.abs(pose.pitch - portrait.pose.pitch)) < FRONTAL_DEGREES
    ? 'frontal'
    : 'turned'

interface Excess {
  readonly value: number
  readonly threshold: number
}

/** Steps whose frames of one view are, by their median, too unlike the portrait. */
const findMiddles = (likenesses: readonly Likeness[]): Excess[] =>
  [...new Set(likenesses.map(({ stepId }) => stepId))].flatMap(stepId =>
    (['frontal', 'turned'] as const).flatMap(view => {
      const values = likenesses.filter(one => one.stepId === stepId && one.view === view).map(one => one.similarity)
      if (values.length === 0) return []
      const value = values.sort((one, other) => one - other)[values.length >> 1]
      return value < MIDDLE[view] ? [{ value, threshold: MIDDLE[view] }] : []
    }),
  )

const findPairs = (likenesses: readonly Likeness[]): Excess[] =>
  likenesses.slice(1).flatMap((next, index) => {
    const pair = [likenesses[index], next]
    if (!pair.every(({ view, similarity }) => similarity < PAIR[view])) return []
    return pair.map(({ view, similarity }) => ({ value: similarity, threshold: PAIR[view] }))
  })
