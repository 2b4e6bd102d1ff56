// The calls of the capture page: JSON, and frames as they are. Who may call is in visits.ts, what a call does in
// core/capture.ts.
import type { FastifyInstance } from 'fastify'
import type { FastifyPluginCallbackZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import type { Capture } from '../../core/capture.ts'
import { AppError } from '../../errors.ts'
import type { Limits } from '../../limits.ts'
import { CaptureView, type EndCodeOf, toView } from './view.ts'
import { guardVisits, secretOf, type VisitDeps } from './visits.ts'

export interface CaptureApiDeps extends VisitDeps {
  readonly capture: Capture
  readonly limits: Limits
  readonly endCodeOf: EndCodeOf
}

/** How often the page sends frames of a movement, milliseconds: a blink of the eyes lasts twice as long. */
const FRAME_INTERVAL_MS = 200
const FRAME_TYPES = ['image/jpeg', 'image/png', 'image/webp']
const MOST_MS = 24 * 60 * 60 * 1000

/** Nonces and ids of steps are random; what is longer is none. */
const Name = z.string().min(1).max(100)
/** The key that the page would have, so that it can ask again where the answer is lost: 32 random bytes, base64url. */
const Start = z.strictObject({
  visit: z
    .string()
    .regex(/^[\w-]{43}$/)
    .optional(),
})
const StartBody = z.strictObject({
  visit: z.string().nullable(),
  attempt: z.int(),
  nonce: z.string(),
  portraits: z.int(),
  stepMs: z.int(),
  frameIntervalMs: z.int(),
})
const StepQuestion = z.strictObject({ nonce: Name, after: Name.nullable() })
const StepBody = z.strictObject({ step: z.strictObject({ id: z.string(), challenge: z.string() }).nullable() })
const FrameQuery = z.strictObject({
  nonce: Name,
  step: Name,
  sequence: z.coerce.number().int().min(1).max(1_000_000),
  at: z.coerce.number().min(0).max(MOST_MS),
  source: z.enum(['camera', 'upload']).default('camera'),
})
const FrameBody = z.strictObject({ pauseMs: z.number() })
const Submission = z.strictObject({ nonce: Name })
const End = z.strictObject({})

export const captureApi: FastifyPluginCallbackZod<CaptureApiDeps> = (
  app,
  { capture, clock, limits, endCodeOf },
  done,
) => {
  guardVisits(app, { clock, limits })
  takeFrames(app)
  const bodyLimit = limits.maxCaptureCallBytes
  const hide = true
  app.get('/session', { schema: { hide, operationId: 'captureView', response: { 200: CaptureView } } }, async request =>
    toView(await capture.view(secretOf(request)), endCodeOf),
  )
  app.post(
    '/start',
    { bodyLimit, schema: { hide, operationId: 'captureStart', body: Start, response: { 200: StartBody } } },
    async request => {
      const { session, visit } = await capture.start(secretOf(request), request.body.visit)
      if (!session.attempt) throw new AppError('internal', 'The session was started and has no try.')
      const { number, nonce } = session.attempt
      const { maxPortraitsPerAttempt: portraits, sessionStepMs: stepMs } = limits
      return { visit, attempt: number, nonce, portraits, stepMs, frameIntervalMs: FRAME_INTERVAL_MS }
    },
  )
  app.post(
    '/steps',
    { bodyLimit, schema: { hide, operationId: 'captureStep', body: StepQuestion, response: { 200: StepBody } } },
    async request => {
      const step = await capture.nextStep(secretOf(request), request.body)
      return { step: step && { id: step.id, challenge: step.challenge } }
    },
  )
  app.post(
    '/frames',
    {
      bodyLimit: Math.max(limits.maxPortraitBytes, limits.maxFrameBytes),
      schema: { hide, operationId: 'captureFrame', querystring: FrameQuery, response: { 202: FrameBody } },
      // Strangers are refused before their bodies are read.
      onRequest: request => capture.admit(secretOf(request)),
    },
    async (request, reply) => {
      const { nonce, step: stepId, sequence, at, source } = request.query
      const frame = { nonce, stepId, sequence, source, atMs: Math.round(at), bytes: readFrame(request.body) }
      return reply.code(202).send(await capture.addFrame(secretOf(request), frame))
    },
  )
  app.post(
    '/submit',
    { bodyLimit, schema: { hide, operationId: 'captureSubmit', body: Submission, response: { 202: CaptureView } } },
    async (request, reply) => {
      const session = await capture.submit(secretOf(request), request.body.nonce)
      return reply.code(202).send(toView(session, endCodeOf))
    },
  )
  app.post(
    '/end',
    { bodyLimit, schema: { hide, operationId: 'captureEnd', body: End, response: { 200: CaptureView } } },
    async request => toView(await capture.end(secretOf(request)), endCodeOf),
  )
  done()
}

/** Bodies as they come; in this plugin only. */
const takeFrames = (app: FastifyInstance): void => {
  app.addContentTypeParser(FRAME_TYPES, { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
}

/** @throws AppError image_missing, image_empty, media_type_unsupported */
const readFrame = (body: unknown): Uint8Array => {
  if (body === undefined || body === null)
    throw new AppError('image_missing', 'The frame is missing: send it as the body.')
  if (!(body instanceof Uint8Array))
    throw new AppError('media_type_unsupported', `A frame must be ${FRAME_TYPES.join(', ')}.`)
  if (body.length === 0) throw new AppError('image_empty', 'The frame has no bytes.')
  return body
}
