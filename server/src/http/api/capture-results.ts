// Wire schema of what an enrolment takes of a capture session. The session's own bodies are in session-bodies.ts.
import { Image } from './schemas.ts'
import { SignedResult } from './session-bodies.ts'

export const CaptureResult = SignedResult.optional().meta({
  description:
    'The signed result of a passed capture session, exactly as the session gave it; used up with the enrolment. Galleries whose policy has "capture": "required" enrol nothing without one.',
})

export const CAPTURED_IMAGE = `${Image.meta()?.description} May be left out with a captureResult, whose judged frame is then enrolled; else it must be that frame, byte for byte.`
