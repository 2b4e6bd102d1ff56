// What the engine saw in the frames of tries that go on, so that a verdict need not look at them again. In memory, bounded:
// what is forgotten is looked at again. Judges nothing.
import type { FrameObservation, ObservedFace } from './movement-types.ts'
import { countPeople } from './probe.ts'
import type { SessionAttempt, SessionFrame, SessionStep } from './session-types.ts'
import type { Analysis } from './types.ts'

/** What was seen in one frame; the points one after the other, as arrays of their own take eight times the memory. */
export interface SeenFrame {
  /** Pixels; 0 where the frame could not be read. */
  readonly width: number
  readonly height: number
  readonly people: number
  readonly face: {
    readonly box: ObservedFace['box']
    readonly pose: ObservedFace['pose']
    /** x, y, z of each. */
    readonly points: Float32Array
    readonly template: Float32Array
  } | null
}

export const UNREADABLE: SeenFrame = Object.freeze({ width: 0, height: 0, people: 0, face: null })

export const toSeen = ({ image: { width, height }, faces }: Analysis): SeenFrame => {
  const [face] = faces
  const seen = { width, height, people: countPeople(faces) }
  if (!face?.template || !face.points) return { ...seen, face: null }
  const { box, pose, points, template } = face
  return { ...seen, face: { box, pose, points: Float32Array.from(points.flat()), template } }
}

export const toObservation = (
  seen: SeenFrame,
  frame: SessionFrame,
  { challenge }: SessionStep,
  { startedAt }: SessionAttempt,
): FrameObservation => ({
  sequence: frame.sequence,
  stepId: frame.stepId,
  challenge,
  atMs: frame.atMs,
  receivedAtMs: frame.receivedAt.getTime() - startedAt.getTime(),
  sha256: frame.sha256,
  width: seen.width,
  height: seen.height,
  people: seen.people,
  face: seen.face && { ...seen.face, points: toPoints(seen.face.points) },
})

const toPoints = (flat: Float32Array): readonly (readonly [number, number, number])[] =>
  Array.from({ length: flat.length / 3 }, (_, at) => [flat[3 * at], flat[3 * at + 1], flat[3 * at + 2]] as const)

export interface Observations {
  /** Looks at the frame in the background. What fails is forgotten, and looked at again when it is needed. */
  begin(blobKey: string, look: () => Promise<{ readonly tryKey: string; readonly seen: SeenFrame }>): void
  /** Waits where the frame is being looked at. */
  find(tryKey: string, blobKey: string): Promise<SeenFrame | null>
  /** All tries of a session. */
  drop(sessionId: string): void
  /** Frames of all tries. */
  count(): number
  /** Resolves when nothing is looked at. */
  idle(): Promise<void>
}

/** Of one try, and of the pack ("id@version") whose templates it was seen with. */
export const tryKeyOf = (sessionId: string, attempt: number, pack: string): string => `${sessionId} ${attempt} ${pack}`

export const createObservations = (most: () => number): Observations => {
  const tries = new Map<string, Map<string, SeenFrame>>()
  /** By blob key. */
  const looking = new Map<string, Promise<void>>()
  let count = 0

  const forget = (tryKey: string): void => {
    count -= tries.get(tryKey)?.size ?? 0
    tries.delete(tryKey)
  }

  /** Beyond the bound the oldest other try is forgotten. */
  const makeRoom = (tryKey: string): boolean => {
    if (count < most()) return true
    const oldest = tries.keys().find(key => key !== tryKey)
    if (oldest === undefined) return false
    forget(oldest)
    return true
  }

  const keep = (tryKey: string, blobKey: string, seen: SeenFrame): void => {
    const frames = tries.get(tryKey) ?? new Map<string, SeenFrame>()
    if (frames.has(blobKey) || !makeRoom(tryKey)) return
    tries.set(tryKey, frames.set(blobKey, seen))
    count++
  }

  return {
    begin(blobKey, look) {
      const work = look()
        .then(
          ({ tryKey, seen }) => keep(tryKey, blobKey, seen),
          () => {},
        )
        .finally(() => looking.delete(blobKey))
      looking.set(blobKey, work)
    },
    async find(tryKey, blobKey) {
      await looking.get(blobKey)
      return tries.get(tryKey)?.get(blobKey) ?? null
    },
    drop(sessionId) {
      for (const key of tries.keys()) if (key.startsWith(`${sessionId} `)) forget(key)
    },
    count: () => count,
    async idle() {
      while (looking.size > 0) await Promise.all(looking.values())
    },
  }
}
