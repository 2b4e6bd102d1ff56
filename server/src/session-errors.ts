// The part of the error catalogue about capture sessions and the notices of their ends. See errors.ts.
export const SESSION_ERRORS = {
  session_not_found: {
    kind: 'not-found',
    title: 'There is no such capture session',
    cure: 'Check the id; sessions are deleted with their results after the time that the tenant has set.',
  },
  session_link_invalid: {
    kind: 'not-found',
    title: 'The address of the capture page is none of this server, or its session is gone',
    cure: 'Open the address exactly as it was given, or ask for a new one.',
  },
  session_link_used: {
    kind: 'conflict',
    title: 'The one-time address was taken up in another browser already',
    cure: 'Go on where the capture was begun, or ask for a new address.',
  },
  session_ended: {
    kind: 'conflict',
    title: 'The capture session is over',
    cure: 'Make a new session.',
  },
  session_locked: {
    kind: 'conflict',
    title: 'The capture session is locked after too many failed tries',
    cure: 'Make a new session.',
  },
  session_unfinished: {
    kind: 'conflict',
    title: 'The capture session is not finished',
    cure: 'Wait until its state is passed, failed or expired.',
  },
  session_attempt_stale: {
    kind: 'conflict',
    title: 'What was sent belongs to another try of the capture session',
    cure: 'Begin a new try, and send frames with its nonce and steps only.',
  },
  session_frames_exceeded: {
    kind: 'conflict',
    title: 'The try has as many frames as it may have',
    cure: 'Hand the try in, or begin a new one.',
  },
  session_result_required: {
    kind: 'input',
    title: 'The gallery enrols faces of passed capture sessions only',
    cure: 'Send the signed result of a passed capture session as `captureResult`.',
  },
  session_result_invalid: {
    kind: 'input',
    title: 'The result of the capture session cannot be used for this enrolment',
    cure: 'Send the result exactly as the session gave it: of this server, passed, fresh, for this picture, gallery and subject, and not used before.',
  },
  webhook_not_found: {
    kind: 'not-found',
    title: 'The tenant has no webhook',
    cure: 'Set one with `PUT /v1/webhook` or `npx likeness webhook set`.',
  },
} as const
