// What every call of a protocol passes, in the order of the native API: a place in the line, who calls, rate and quotas; and
// the log of calls behind them all. Knows no protocol.
import type { FastifyInstance, onRequestAsyncHookHandler } from 'fastify'
import type { Allowances } from '../../core/allowances.ts'
import type { Context } from '../../core/context.ts'
import type { UsableCredential } from '../../core/credentials.ts'
import type { ControlStore } from '../../core/ports.ts'
import type { Principal } from '../../core/types.ts'
import { limitCalls } from '../call-limits.ts'
import { type CallHookDeps, recordCalls } from '../calls.ts'
import type { ImageDeps } from '../images.ts'

declare module 'fastify' {
  interface FastifyRequest {
    /** The pair that the call was made with; of the protocols' routes only. */
    credential: UsableCredential
  }
}

/** What a protocol works with. */
export interface ProtocolDeps extends ImageDeps, CallHookDeps {
  readonly control: ControlStore
  /** The loaded core. @throws AppError not_ready until packs and index are loaded */
  readonly context: () => Context
  readonly allowances: Allowances
}

/** `authenticate` sets credential, principal and what the log of calls is to say. */
export const guardCalls = (app: FastifyInstance, deps: ProtocolDeps, authenticate: onRequestAsyncHookHandler): void => {
  recordCalls(app, deps)
  app.addHook('onRequest', async request => deps.admission.refuseEarly(request))
  app.addHook('onRequest', authenticate)
  app.addHook('onRequest', limitCalls(deps.allowances))
}

/** Pairs have no scopes: a protocol's operations are what they open. */
export const principalOf = (credential: UsableCredential, transactionId: string): Principal => ({
  credentialId: credential.id,
  tenantId: credential.tenantId,
  regionId: credential.regionId,
  scopes: [],
  imageUrls: credential.tenantImageUrls,
  transactionId,
  allowance: credential.allowance,
})
