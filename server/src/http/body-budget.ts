// Bounds the bytes of request bodies that are in memory at once: a body whose length is announced is refused before it is
// read, one that comes in chunks as soon as it is too much for the moment.
import { type Readable, Transform } from 'node:stream'
import type { FastifyInstance } from 'fastify'
import { retryAfterSeconds } from '../core/retry-after.ts'
import { AppError } from '../errors.ts'
import type { Limits } from '../limits.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** For who reads a body that comes in chunks: counts bytes of it. @throws AppError busy */
    countBodyBytes(bytes: number): void
  }
}

/** Bodies are let go within the time of a few pictures. */
const USUAL_HOLD_MS = 1000
/** Bulk enrolments last from seconds to hours. */
const USUAL_STREAM_MS = 10_000

/** What a body takes counts until its answer is over; bodies that are streamed are counted themselves, not their bytes. */
export const limitBodies = (app: FastifyInstance, limits: Limits): void => {
  const { maxBodyBytes, maxInFlightBodyBytes, maxStreamedBodies } = limits
  let inFlightBytes = 0
  let streams = 0

  app.addHook('onRequest', async (request, { raw }) => {
    const isAnnounced = request.headers['transfer-encoding'] === undefined
    let heldBytes = 0
    const hold = (bytes: number): void => {
      if (inFlightBytes + bytes > maxInFlightBodyBytes) throw tooMuch(maxInFlightBodyBytes)
      heldBytes += bytes
      inFlightBytes += bytes
    }
    request.countBodyBytes = isAnnounced ? () => {} : hold
    request.signal.throwIfAborted()
    if (request.routeOptions.config.takesStream) {
      if (streams >= maxStreamedBodies) throw tooManyStreams(maxStreamedBodies)
      streams++
      raw.once('close', () => streams--)
      return
    }
    raw.once('close', () => {
      inFlightBytes -= heldBytes
      heldBytes = 0
      request.countBodyBytes = () => {}
    })
    // A longer one is refused for its length before more than this is read.
    if (isAnnounced) hold(Math.min(Number(request.headers['content-length'] ?? 0), maxBodyBytes))
  })

  // The parts of a form are counted by who reads them: its parser takes the bytes from the connection itself.
  app.addHook('preParsing', async (request, _reply, payload) => {
    const { headers, routeOptions } = request
    if (headers['transfer-encoding'] === undefined || routeOptions.config.takesStream) return payload
    return /^multipart\//i.test(headers['content-type'] ?? '') ? payload : countChunks(payload, request.countBodyBytes)
  })
}

const tooMuch = (most: number): AppError =>
  new AppError(
    'busy',
    `The bodies of the requests that are being worked on have ${most} bytes; try again in a moment.`,
    {
      details: { maxInFlightBodyBytes: most, retryAfterSeconds: retryAfterSeconds(USUAL_HOLD_MS) },
    },
  )

const tooManyStreams = (most: number): AppError =>
  new AppError('busy', `The server works on ${most} bulk enrolments at a time; try again in a moment.`, {
    details: { maxStreamedBodies: most, retryAfterSeconds: retryAfterSeconds(USUAL_STREAM_MS) },
  })

/** Fails when a chunk is refused; the connection stays open for the answer. */
const countChunks = (payload: Readable, count: (bytes: number) => void): Readable => {
  const counted = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      try {
        count(chunk.length)
        done(null, chunk)
      } catch (error) {
        done(error as Error)
      }
    },
  })
  // Whoever reads the body hears of it; where nobody does, an error without a listener would end the process.
  counted.on('error', () => {})
  payload.once('error', error => counted.destroy(error))
  payload.once('close', () => {
    if (!payload.readableEnded) counted.destroy(new Error('The body broke off.'))
  })
  return payload.pipe(counted)
}
