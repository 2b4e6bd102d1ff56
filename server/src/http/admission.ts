// Which pictures the server takes on, decided by the head of a request: what is refused before its body is read costs next to
// nothing, so a server that is asked for too much still does as much as it can.
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Context } from '../core/context.ts'
import { retryAfterSeconds } from '../core/retry-after.ts'
import { AppError } from '../errors.ts'
import type { Limits } from '../limits.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** The call's places among the pictures that are taken on. */
    places?: Places
  }
  interface FastifyContextConfig {
    /** Pictures of one call of the route. */
    pictures?: number
  }
}

interface Places {
  /** The pictures have come; asks again where they took so long that the places were given to others. @throws AppError busy */
  confirm(): void
}

export interface Admission {
  /**
   * For every route, before it is asked who calls: a call for which there is no place now costs nothing more. `pictures`
   * where the route does not say how many. @throws AppError busy, not_ready
   */
  refuseEarly(request: FastifyRequest, pictures?: number): void
  /** Takes places for so many pictures until the answer is over. @throws AppError busy, not_ready */
  admit(request: FastifyRequest, reply: FastifyReply, pictures: number): void
}

export interface AdmissionDeps {
  /** @throws AppError not_ready */
  readonly context: () => Context
  readonly limits: Pick<Limits, 'maxQueuedImages' | 'maxQueueWaitMs' | 'placeKeptMs'>
}

/**
 * Counts the pictures of calls in all stages, from their heads to their answers, as many as can be worked on and wait. The
 * engine's own line behind it also has those of bulk enrolments.
 */
export const createAdmission = ({ context, limits }: AdmissionDeps): Admission => {
  let taken = 0

  /** @throws AppError busy */
  const check = (pictures: number, timeoutMs: number): void => {
    const { waiting, working, places, pictureMs } = context().engine.stats()
    const ahead = Math.max(taken, waiting + working)
    const waitMs = (Math.max(0, ahead + pictures - places) / places) * pictureMs
    const isFull = taken + pictures > places + limits.maxQueuedImages || waiting >= limits.maxQueuedImages
    if (isFull || waitMs > Math.min(limits.maxQueueWaitMs, timeoutMs))
      throw new AppError('busy', 'More pictures wait than the server takes; try again in a moment.', {
        details: { retryAfterSeconds: retryAfterSeconds(waitMs) },
      })
  }

  return {
    refuseEarly({ routeOptions, timeoutMs }, pictures = routeOptions.config.pictures) {
      if (pictures !== undefined) check(pictures, timeoutMs)
    },
    admit(request, { raw }, pictures) {
      request.signal.throwIfAborted()
      let isHeld = false
      const take = (): void => {
        check(pictures, request.timeoutMs)
        taken += pictures
        isHeld = true
      }
      const release = (): void => {
        if (isHeld) taken -= pictures
        isHeld = false
      }
      take()
      // Whoever sends slowly must not keep others out.
      const timer = setTimeout(release, limits.placeKeptMs)
      raw.once('close', () => {
        clearTimeout(timer)
        release()
      })
      request.places = {
        confirm() {
          clearTimeout(timer)
          if (isHeld || request.signal.aborted) return
          take()
        },
      }
    },
  }
}
