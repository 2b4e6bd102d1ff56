// Who is calling, and may they: the bearer key of a request → its principal, and the scope that the operation needs.
import type { FastifyRequest, RouteOptions } from 'fastify'
import { authenticate, type KeyCheck, requireScope } from '../core/keys.ts'
import type { Principal, Scope } from '../core/types.ts'

declare module 'fastify' {
  interface FastifyRequest {
    principal: Principal
  }
}

/**
 * An onRequest hook: runs before the body is read.
 * @throws AppError key_missing, key_invalid, tenant_suspended, scope_missing
 */
export const requireKey =
  (check: KeyCheck) =>
  async (request: FastifyRequest): Promise<void> => {
    const key = /^Bearer +(\S+) *$/i.exec(request.headers.authorization ?? '')?.[1]
    request.principal = await authenticate(check, key, request.id)
    requireScope(request.principal, scopeOf(request.routeOptions))
  }

/** An onRoute hook: the server does not start with an operation that says no scope. */
export const refuseWithoutScope = (route: RouteOptions): void => void scopeOf(route)

/** The scope that `describe` wrote into the operation's schema, where OpenAPI has it too. */
const scopeOf = ({ schema, url }: { schema?: unknown; url?: string }): Scope => {
  const [scope] = (schema as { security?: { key: Scope[] }[] } | undefined)?.security?.[0]?.key ?? []
  if (!scope) throw new Error(`The route ${url} says no scope.`)
  return scope
}
