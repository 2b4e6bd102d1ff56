// What this protocol calls a face of low quality, whatever the gallery's own policy minds.
import type { Acceptance } from '../../../core/finding-profiles.ts'
import { type FindingName, findFindings } from '../../../core/findings.ts'
import type { DetectedFace } from '../../../core/types.ts'

/** Clear, well exposed, neither too dark nor too bright, facing the camera, and not too small: what the page asks for. */
const MINDED: readonly FindingName[] = ['blur', 'dark', 'overExposure', 'interEyeDistance', 'poseYaw', 'posePitch']

const rulesOf = (action: 'refuse' | 'warn') => Object.fromEntries(MINDED.map(name => [name, { action }]))

/** With a check a face of low quality is refused, without it is only told of. */
export const acceptanceOf = (isChecked: boolean): Acceptance => ({
  profile: 'none',
  rules: rulesOf(isChecked ? 'refuse' : 'warn'),
})

/** Of a face whose quality was judged. */
export const isGood = (face: DetectedFace): boolean => findFindings(face, rulesOf('warn')).length === 0
