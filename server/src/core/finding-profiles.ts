// Ready-made rules for the three uses that ISO/IEC 29794-5 knows, and the check of a gallery's own. Judges nothing.
import { AppError } from '../errors.ts'
import { FINDINGS, type FindingRules, thresholdRange } from './findings.ts'

export const PROFILES = ['none', 'document', 'enrolment', 'probe'] as const
export type Profile = (typeof PROFILES)[number]

/** What is minded of a face: a profile, and rules that go before those of the profile. */
export interface Acceptance {
  readonly profile: Profile
  readonly rules: FindingRules
}

export const ACCEPT_ALL: Acceptance = Object.freeze({ profile: 'none', rules: Object.freeze({}) })

const refuse = (threshold?: number) => ({ action: 'refuse' as const, threshold })
const warn = (threshold?: number) => ({ action: 'warn' as const, threshold })

/**
 * The thresholds are scores of the components; where ISO/IEC 39794-5 has a bound, it is that with room for what the measure
 * errs by. Angles: 100·cos², so 88 is 20, 67 is 35 and 50 is 45 degrees. A head covering that leaves the face free warns and
 * never refuses.
 */
const RULES: Readonly<Record<Profile, FindingRules>> = {
  none: {},
  document: {
    blur: refuse(),
    dark: refuse(),
    grayscale: refuse(),
    overExposure: refuse(30),
    underExposure: warn(50),
    dynamicRange: warn(70),
    naturalColour: warn(30),
    illuminationUniformity: warn(40),
    interEyeDistance: refuse(50),
    headSize: warn(50),
    marginLeft: warn(50),
    marginRight: warn(50),
    marginAbove: warn(50),
    marginBelow: warn(50),
    poseYaw: refuse(88),
    posePitch: refuse(88),
    poseRoll: refuse(88),
    eyesOpen: refuse(50),
    mouthClosed: refuse(50),
    expressionNeutral: warn(40),
    faceOcclusion: warn(50),
    compression: warn(50),
    singleFace: refuse(50),
    backgroundUniformity: warn(50),
    mask: refuse(),
    sunglasses: refuse(),
    eyeglasses: warn(),
    hat: warn(),
    veil: warn(),
    faceBlocker: refuse(),
    notLive: warn(),
  },
  enrolment: {
    blur: refuse(),
    dark: refuse(),
    grayscale: refuse(),
    overExposure: warn(),
    naturalColour: warn(),
    illuminationUniformity: warn(),
    interEyeDistance: refuse(),
    poseYaw: refuse(),
    posePitch: refuse(),
    poseRoll: warn(),
    eyesOpen: warn(),
    mouthClosed: warn(),
    faceOcclusion: warn(),
    compression: warn(),
    singleFace: warn(50),
    mask: refuse(),
    sunglasses: refuse(),
    hat: warn(),
    veil: warn(),
    faceBlocker: warn(),
    notLive: refuse(),
  },
  probe: {
    blur: warn(),
    dark: warn(),
    interEyeDistance: warn(),
    poseYaw: warn(50),
    posePitch: warn(50),
    mask: warn(),
    sunglasses: warn(),
    faceBlocker: warn(),
    notLive: refuse(),
  },
}

/** The rules in force. */
export const rulesOf = ({ profile, rules }: Acceptance): FindingRules => ({ ...RULES[profile], ...rules })

/** @throws AppError request_invalid that names the rule; `name` is the request's field */
export const checkAcceptance = (name: string, { rules }: Acceptance): void => {
  for (const finding of FINDINGS) {
    const threshold = rules[finding]?.threshold
    if (threshold === undefined) continue
    const most = thresholdRange(finding)
    const field = `${name}.rules.${finding}.threshold`
    if (most === null)
      throw new AppError('request_invalid', `"${field}" cannot be set: the model pack has it.`, { details: { field } })
    if (!(threshold >= 0 && threshold <= most))
      throw new AppError('request_invalid', `"${field}" must be from 0 to ${most}; it is ${threshold}.`, {
        details: { field },
      })
  }
}
