// Who is calling: the bearer key of a request → its principal.
import type { FastifyRequest } from 'fastify'
import { authenticate } from '../core/keys.ts'
import type { ControlStore } from '../core/ports.ts'
import type { Principal } from '../core/types.ts'

declare module 'fastify' {
  interface FastifyRequest {
    principal: Principal
  }
}

/** An onRequest hook: runs before the body is read. @throws AppError key_missing, key_invalid */
export const requireKey =
  (control: ControlStore) =>
  async (request: FastifyRequest): Promise<void> => {
    const key = /^Bearer +(\S+) *$/i.exec(request.headers.authorization ?? '')?.[1]
    request.principal = await authenticate(control, key)
  }
