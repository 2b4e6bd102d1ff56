// The sentences of the reasons that a try did not pass, for the caller's backend. The page has its own, by name and language.
import type { Finding } from './findings.ts'
import type { SessionReason, SessionReasonName } from './session-types.ts'

const SENTENCES = {
  no_face: 'No portrait shows a face.',
  several_faces: 'Every portrait that shows a face shows several people.',
  not_live: 'The judged frame does not look like a person before the camera.',
  frames_replayed: 'Frames of this try were sent to another session, or in another try, before.',
  not_matched: 'The face is not that of the subject.',
  not_enrolled: 'The face could not be enrolled.',
  picture_unusable: 'No portrait could be read as a picture.',
  too_many_failures: 'Too many tries failed.',
  gave_up: 'The person gave up.',
} as const satisfies Partial<Record<SessionReasonName, string>>

export const reasonOf = (
  name: keyof typeof SENTENCES,
  particulars: Omit<SessionReason, 'name' | 'message'> = {},
): SessionReason => ({ name, message: SENTENCES[name], ...particulars })

/** A finding of the gallery's policy; what it calls "notLive" has the name that a session has for it. */
export const toReason = ({ name, message, value, threshold }: Finding): SessionReason =>
  name === 'notLive' ? reasonOf('not_live', { value, threshold }) : { name, message, value, threshold }
