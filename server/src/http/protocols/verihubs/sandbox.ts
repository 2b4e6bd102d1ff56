// Applications in sandbox mode: a picture's field holds the name of a scenario, and the answer is made up from it. Looks at no
// picture and stores nothing.
import { AppError } from '../../../errors.ts'
import { FailOn, Refusal } from './errors.ts'
import { failOn } from './fail-on.ts'
import { type Seen, toResults } from './map.ts'
import type { Operations } from './operations.ts'
import type { Flags } from './wire.ts'

/** A made-up picture: what is seen of it, and of whom it is. */
export interface Scenario {
  readonly person: string
  readonly seen: Seen & Required<Pick<Seen, 'quality' | 'attributes' | 'liveness'>>
}

/**
 * LIVE_PERSON or SPOOF_PERSON, then BLUR, DARK or BLURDARK, then what is worn (M mask, V veil, S sunglasses), the person's
 * letter, and the number of faces.
 */
const NAME = /^(LIVE|SPOOF)_PERSON(?:_(BLUR|DARK|BLURDARK))?(?:_(M?V?S?))?_([A-J])_([1-9])$/

/** @throws AppError image_too_large, face_not_detected, image_format_unsupported where the text names no scenario */
export const readScenario = (text: string, field: string): Scenario => {
  const details = { image: field }
  if (text === 'IMAGE_EXCEED_LIMIT') throw new AppError('image_too_large', undefined, { details })
  if (text === 'NO_FACE_PHOTO') throw new AppError('face_not_detected', undefined, { details })
  const found = NAME.exec(text)
  if (!found || found[3] === '') throw new AppError('image_format_unsupported', undefined, { details })
  const [, life, flaws = '', worn = '', person = '', faces] = found
  const isLive = life === 'LIVE'
  return {
    person,
    seen: {
      ...FACE,
      nface: Number(faces),
      quality: { blur: flaws.includes('BLUR'), dark: flaws.includes('DARK'), grayscale: false },
      attributes: {
        sunglasses: worn.includes('S'),
        mask: worn.includes('M'),
        veil: worn.includes('V'),
        hat: false,
      },
      liveness: { live: isLive, probability: isLive ? 99 : 1 },
    },
  }
}

/** Where every made-up face is. */
const FACE = {
  rotation: 0,
  box: { x: 120, y: 90, width: 240, height: 300 },
  landmarks: {
    leftEye: { x: 190, y: 200 },
    rightEye: { x: 290, y: 200 },
    nose: { x: 240, y: 260 },
    mouthLeft: { x: 200, y: 320 },
    mouthRight: { x: 280, y: 320 },
  },
}

/** The one subject that there is, and one that there is not. */
const SUBJECT = { id: 'SUB_EXIST', person: 'A' }
const NO_SUBJECT = 'SUB_NOT_EXIST'

/** @throws Refusal INVALID_SANDBOX_SUBJECT_ID, AppError subject_not_found */
const checkSubject = (id: string): void => {
  if (id === NO_SUBJECT) throw new AppError('subject_not_found')
  if (id !== SUBJECT.id) throw new Refusal('INVALID_SANDBOX_SUBJECT_ID')
}

/** What the flags ask for. @throws FailOn */
const look = ({ seen }: Scenario, { quality, attribute, liveness, validate }: Flags): Seen => {
  const asked = asAsked(seen, { quality, attribute, liveness })
  const number = failOn([asked], validate)
  if (number) throw new FailOn(number, toResults(asked))
  return asked
}

const asAsked = (
  seen: Scenario['seen'],
  { quality, attribute, liveness }: Pick<Flags, 'quality' | 'attribute' | 'liveness'>,
): Seen => ({
  ...seen,
  quality: quality ? seen.quality : undefined,
  attributes: attribute ? seen.attributes : undefined,
  liveness: liveness ? seen.liveness : undefined,
})

export const SANDBOX: Operations = {
  enroll: async ({ scenarios, flags }) => look(scenarios.image, flags),

  async verify({ scenarios, flags }) {
    return { seen: look(scenarios.image, flags), match: scenarios.image.person === SUBJECT.person }
  },

  async search({ scenarios, flags }, { returnImage }) {
    const match = { subjectId: SUBJECT.id, ...(returnImage && { image: null }) }
    return {
      seen: look(scenarios.image, flags),
      matches: scenarios.image.person === SUBJECT.person ? [match] : [],
    }
  },

  async compare({ scenarios: { image_1: one, image_2: other }, flags }) {
    const seen = [asAsked(one.seen, flags), asAsked(other.seen, flags)] as const
    const number = failOn(seen, flags.validate)
    if (number) throw new FailOn(number, { image_1: toResults(seen[0]), image_2: toResults(seen[1]) })
    return { seen, match: one.person === other.person }
  },

  liveness: async ({ scenarios, flags }) => look(scenarios.image, flags),

  async requireSubject(_caller, id) {
    checkSubject(id)
  },

  async remove(_caller, id) {
    checkSubject(id)
  },
}
