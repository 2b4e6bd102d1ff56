// Native API: bulk enrolment, a stream of lines in and a stream of outcomes out.
import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { FastifyPluginCallbackZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { type BatchLine, checkBatch, enrolBatch } from '../../core/enrol-batch.ts'
import { AppError } from '../../errors.ts'
import { type BatchSummary, LineBody, type LineDeps, toBatchLine, toFailure } from '../batch-lines.ts'
import { type LineLimits, limitLines } from '../call-limits.ts'
import { keyOf, pathOf } from '../idempotency.ts'
import { allowLongBody, readLongBody } from '../long-bodies.ts'
import { readLines } from '../ndjson.ts'
import { EnrolResponse, toEnrolBody } from './faces.ts'
import { describe, IMAGE_ERRORS, type NativeDeps, ProblemBody } from './native.ts'
import { GalleryPath } from './schemas.ts'

const TYPES = ['application/x-ndjson', 'application/jsonl']

const Named = z.object({
  line: z.int().meta({ description: 'Counting from 1; blank lines count.' }),
  ref: z.string().nullable(),
})
const Outcome = z
  .union([
    Named.extend({ status: z.literal(201) }).extend(EnrolResponse.shape),
    Named.extend({ status: z.int(), problem: ProblemBody }),
    z.object({
      summary: z
        .object({ lines: z.int(), enrolled: z.int(), refused: z.int(), failed: z.int() })
        .meta({ description: 'The last line. Refused: the line is to blame; failed: the server is.' }),
    }),
  ])
  .meta({ id: 'BatchOutcome' })

/** The body is a stream, so the schema only says what its lines are like. */
const Lines = z.union([z.any(), LineBody]).meta({ description: 'JSON lines, one picture a line.' })

export const facesBatchApi: FastifyPluginCallbackZod<NativeDeps> = (app, deps, done) => {
  // Only this plugin's route takes lines, and it reads them itself.
  app.addContentTypeParser(TYPES, (_request, payload, parsed) => parsed(null, payload))
  app.post(
    // Two colons are one: a single one would begin a parameter.
    '/galleries/:gallery/faces::batch',
    {
      config: { takesStream: true },
      schema: describe(
        'enrolBatch',
        'enrol',
        'Faces',
        'Enrol many pictures in one call, each line with an outcome of its own as it is done',
        {
          consumes: TYPES,
          params: GalleryPath,
          body: Lines,
          response: { 200: { content: { 'application/x-ndjson': { schema: Outcome } } } },
        },
        ...IMAGE_ERRORS,
        'gallery_not_found',
        'pack_mismatch',
        'batch_too_long',
        'session_result_required',
        'session_result_invalid',
      ),
    },
    async (request, reply) => {
      const core = deps.context()
      if (!(request.body instanceof Readable))
        throw new AppError('media_type_unsupported', `Send ${TYPES.join(' or ')}.`)
      await checkBatch(core, request.principal, request.params.gallery)
      const callId = await beginBatch(deps, request)
      request.callNotes = { countsParts: true }
      return reply
        .type('application/x-ndjson; charset=utf-8')
        .send(streamOutcomes(deps, request, reply, callId) as never)
    },
  )
  done()
}

/** The id of the batch with its idempotency key; its answer is not kept, but every try of it has the same id. */
const beginBatch = async (
  { context, idempotency }: NativeDeps,
  request: FastifyRequest,
): Promise<string | undefined> => {
  const key = keyOf(request)
  if (key === undefined) return undefined
  const { method, url, principal } = request
  const route = request.routeOptions.url ?? ''
  const requestHash = createHash('sha256')
    .update(JSON.stringify([method, url]))
    .digest()
  const call = { key, method, route, path: pathOf(request), requestHash }
  const begun = await idempotency.begin(context(), principal, call)
  return begun.outcome === 'claimed' ? begun.id : undefined
}

const streamOutcomes = (
  deps: NativeDeps,
  request: FastifyRequest,
  reply: FastifyReply,
  callId: string | undefined,
): Readable => {
  allowLongBody(request.raw, reply.raw)
  // What the caller still sends after the last outcome would be read to its end for nothing.
  reply.raw.once('finish', () => {
    if (!request.raw.complete) request.raw.socket.destroySoon()
  })
  return Readable.from(writeOutcomes(deps, request, callId), { highWaterMark: 1 })
}

async function* writeOutcomes(
  deps: NativeDeps,
  request: FastifyRequest,
  callId: string | undefined,
): AsyncGenerator<string> {
  const core = deps.context()
  const { gallery } = request.params as z.infer<typeof GalleryPath>
  const summary: BatchSummary = { lines: 0, enrolled: 0, refused: 0, failed: 0 }
  const limits = limitLines(deps.allowances, request.principal)
  const lines = readBatch({ ...deps, principal: request.principal, callId }, request, limits)
  const options = { concurrency: deps.batchConcurrency, signal: request.signal }
  try {
    for await (const outcome of enrolBatch(core, request.principal, gallery, lines, options)) {
      const { number: line, ref, enrolment } = outcome
      limits.settle(line, enrolment !== null)
      const answer = enrolment ? { line, ref, status: 201, ...toEnrolBody(enrolment) } : toFailure(outcome, request.id)
      summary.lines++
      summary[answer.status === 201 ? 'enrolled' : answer.status < 500 ? 'refused' : 'failed']++
      yield `${JSON.stringify(answer)}\n`
    }
    yield `${JSON.stringify({ summary })}\n`
  } finally {
    limits.end()
    if (callId !== undefined) await deps.idempotency.release(core, callId)
  }
}

/** The lines up to the most that there may be, and one more that says so. */
async function* readBatch(deps: LineDeps, request: FastifyRequest, limits: LineLimits): AsyncGenerator<BatchLine> {
  const { maxBatchLines, maxBodyBytes, requestTimeoutMs } = deps.limits
  const chunks = readLongBody(request.raw, requestTimeoutMs)
  for await (const line of readLines(chunks, maxBodyBytes)) {
    if (line.number <= maxBatchLines) {
      yield limits.limit(toBatchLine(line, deps))
      continue
    }
    const tooLong = new AppError('batch_too_long', `A batch takes ${maxBatchLines} lines; the rest was not read.`, {
      details: { line: line.number, maxLines: maxBatchLines },
    })
    yield { number: line.number, ref: null, read: () => Promise.reject(tooLong) }
    return
  }
}
