// FAIL_ON_n: which validations of a call a face fails, as the vendor numbers them. Pure.
import { AppError } from '../../../errors.ts'
import type { Seen } from './map.ts'

/** What a call validates. */
export interface Validations {
  readonly liveness: boolean
  readonly attribute: boolean
  readonly quality: boolean
  readonly nface: boolean
}

/** The sum of the bits of the validations that failed. */
const BITS = { liveness: 1, attribute: 2, quality: 4, nface: 8 } as const satisfies Record<keyof Validations, number>

/** Of verify and compare: everything asked for was fine, but it is somebody else. */
export const FAIL_ON_SIMILARITY = 16

/** The vendor's own words; they follow no rule. */
const DESCRIPTIONS = {
  1: 'fail on liveness',
  2: 'fail on attribute',
  3: 'fail on liveness and attribute',
  4: 'fail on quality',
  5: 'fail on liveness and quality',
  6: 'fail on attribute and quality',
  7: 'fail on liveness, attribute, and quality',
  8: 'fail on number of face (nface)',
  9: 'fail on number of face (nface) and liveness',
  10: 'fail on number of face (nface) and attribute',
  11: 'fail on number of face (nface), attribute, and liveness',
  12: 'fail on number of face (nface) and quality',
  13: 'fail on number of face (nface), quality, and liveness',
  14: 'fail on number of face (nface), quality, and attribute',
  15: 'fail on number of face (nface), quality, attribute, and liveness',
  16: 'fail on similarity status',
} as const

export type FailOnNumber = keyof typeof DESCRIPTIONS

export const describeFailOn = (number: FailOnNumber): string => DESCRIPTIONS[number]

/**
 * Null when all that is validated is fine. Of several pictures each bit counts once. Quality fails on blur, dark or greyscale;
 * attributes on sunglasses or mask only.
 * @throws AppError assessment_unavailable where something is validated that the server does not judge: nothing passes unseen
 */
export const failOn = (seen: readonly Seen[], validations: Validations): FailOnNumber | null => {
  let number = 0
  for (const name of ['liveness', 'attribute', 'quality', 'nface'] as const)
    if (validations[name] && seen.some(each => FAILS[name](each))) number += BITS[name]
  return number === 0 ? null : (number as FailOnNumber)
}

const FAILS: Readonly<Record<keyof Validations, (seen: Seen) => boolean>> = {
  liveness: ({ liveness }) => !(liveness ?? unavailable('liveness')).live,
  attribute: ({ attributes }) => {
    const { sunglasses, mask } = attributes ?? {}
    return (sunglasses ?? unavailable('sunglasses')) || (mask ?? unavailable('mask'))
  },
  quality({ quality }) {
    const { blur, dark, grayscale } = quality ?? unavailable('quality')
    return blur || dark || grayscale
  },
  nface: ({ nface }) => nface > 1,
}

const unavailable = (assessment: string): never => {
  throw new AppError('assessment_unavailable', `"${assessment}" is not judged by this server as it is set up.`, {
    details: { assessment },
  })
}
