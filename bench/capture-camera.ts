// A person before the page's camera: looks straight until the page asks for a movement, and then does it, in real time. The
// frames were drawn before; what the page's own detector would see in them is known from their drawing.
import { CHALLENGES, type Challenge } from '../server/src/core/session-types.ts'
import type { FaceMeasures } from '../web/capture/logic/face-measures.ts'
import type { Sighting } from '../web/capture/logic/guidance.ts'
import { OVAL_OF_STAGE } from '../web/capture/logic/oval.ts'
import type { TryEye, TryScene } from '../web/capture/logic/try.ts'
import type { Film, FilmedPerson, FilmFrame } from './capture-films.ts'
import { withComment } from './jpeg-comment.ts'

export interface Camera extends TryEye {
  /** The person reads what the screen shows. */
  readonly show: (scene: TryScene, step: number) => void
}

// Of a face at rest, and what of it a closed eye loses and a smile adds at their most.
const EYE_OPENNESS = 0.3
const MOUTH_WIDTH = 0.55
const SMILE_GAIN = 0.25

/** `label` is this camera's alone: no two cameras of the world send the same bytes. */
export const createCamera = (person: FilmedPerson, label: string, now: () => number): Camera => {
  let film: Film = []
  let doing: string | null = null
  let sinceMs = now()
  let taken = 0
  let rested = 0

  const current = (): FilmFrame | null => frameAt(film, now() - sinceMs)
  /** A living person is never seen twice in exactly the same place. */
  const rest = (): FilmFrame => person.rest[rested++ % person.rest.length]
  const take = ({ jpeg }: FilmFrame): Blob => {
    taken += 1
    return new Blob([new Uint8Array(withComment(jpeg, `${label} ${taken}`))], { type: 'image/jpeg' })
  }

  return {
    show(scene, step) {
      const task = scene.phase === 'movement' ? `${step} ${scene.challenge}` : null
      if (task === doing) return
      doing = task
      sinceMs = now()
      film = scene.phase === 'movement' && isChallenge(scene.challenge) ? person.movements[scene.challenge] : []
    },
    async look() {
      const face = toMeasures((current() ?? person.rest[0]).state)
      return { faces: 1, face } satisfies Sighting
    },
    oval: () => OVAL_OF_STAGE,
    frame: async () => take(current() ?? rest()),
    portrait: async () => take(person.portraits[taken % person.portraits.length]),
  }
}

const isChallenge = (name: string): name is Challenge => CHALLENGES.some(challenge => challenge === name)

/** Null before the film begins and when it is over. */
export const frameAt = (film: Film, elapsedMs: number): FilmFrame | null => {
  const index = film.findLastIndex(({ atMs }) => atMs <= elapsedMs)
  if (index < 0) return null
  const stepMs = film.length > 1 ? film[1].atMs - film[0].atMs : 0
  return elapsedMs < film[index].atMs + stepMs ? film[index] : null
}

const toMeasures = ({ yaw, pitch, roll, closed, smile }: FilmFrame['state']): FaceMeasures => ({
  x: OVAL_OF_STAGE.x,
  y: OVAL_OF_STAGE.y,
  height: 0.8 * OVAL_OF_STAGE.height,
  yaw,
  pitch,
  roll,
  eyeOpenness: EYE_OPENNESS * (1 - 0.8 * closed),
  mouthWidth: MOUTH_WIDTH * (1 + SMILE_GAIN * smile),
  look: null,
})
