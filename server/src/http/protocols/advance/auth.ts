// Who is calling: the header X-ACCESS-TOKEN → the pair that the token was made for; and the call that makes tokens.
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { z } from 'zod'
import { readTokenKey } from '../../../core/control-keys.ts'
import { findCredential, secretOf, type UsableCredential } from '../../../core/credentials.ts'
import { limitCalls } from '../../call-limits.ts'
import { type ProtocolDeps, principalOf } from '../guards.ts'
import { Refusal } from './errors.ts'
import { matchesSignature, readToken, signRequest, writeToken } from './tokens.ts'
import type { TokenBody } from './wire.ts'

export interface TokenKey {
  /** Of the installation; made on the first call ever. @throws AppError not_ready */
  read(): Promise<Uint8Array>
}

export const createTokenKey = ({ context }: Pick<ProtocolDeps, 'context'>): TokenKey => {
  let key: Promise<Uint8Array> | null = null
  return {
    read() {
      key ??= readTokenKey(context()).catch(error => {
        key = null
        throw error
      })
      return key
    },
  }
}

/** An onRequest hook. The pair is looked up each time, so that revoking it ends its tokens with the next call. */
export const requireToken =
  (deps: ProtocolDeps, key: TokenKey) =>
  async (request: FastifyRequest): Promise<void> => {
    const token = request.headers['x-access-token']
    if (typeof token !== 'string' || token === '') throw new Refusal('tokenUnknown')
    const claims = readToken(await key.read(), token, deps.clock.now())
    if (!claims) throw new Refusal('tokenUnknown')
    const found = await findCredential(deps, 'advance', claims.accessKey)
    if (found?.status === 'suspended') throw new Refusal('accountDisabled')
    if (found?.status !== 'active') throw new Refusal('keyRevoked')
    // A token is good in the region that it was made in.
    if (claims.regionId !== found.regionId) throw new Refusal('tokenUnknown')
    requireRegion(request, found)
    noteCaller(request, found)
  }

/** @throws Refusal otherHost */
const requireRegion = ({ hostRegion }: FastifyRequest, { regionId }: UsableCredential): void => {
  if (hostRegion !== null && hostRegion !== regionId) throw new Refusal('otherHost')
}

const noteCaller = (request: FastifyRequest, credential: UsableCredential): void => {
  request.credential = credential
  request.principal = principalOf(credential, request.id)
  request.callNotes = { protocol: 'advance' }
}

export interface IssuedToken {
  readonly token: string
  /** Milliseconds since 1970. */
  readonly expiredTime: number
}

/** The checks in the order of the vendor's page: the time, the key, its signature, and then whether it may call. */
export const issueToken = async (
  deps: ProtocolDeps,
  key: TokenKey,
  request: FastifyRequest,
  reply: FastifyReply,
  { accessKey, timestamp, signature, periodSecond }: z.infer<typeof TokenBody>,
): Promise<IssuedToken> => {
  const core = deps.context()
  const nowMs = deps.clock.now().getTime()
  if (!isTimely(timestamp, nowMs, deps.limits.advanceClockSkewMs)) throw new Refusal('timestamp')
  const found = await findCredential(deps, 'advance', accessKey)
  if (!found) throw new Refusal('keyUnknown')
  const expected = signRequest(accessKey, await secretOf(core, found), timestamp)
  if (!matchesSignature(expected, signature)) throw new Refusal('signature')
  requireRegion(request, found)
  if (found.status !== 'active') throw new Refusal('accountDisabled')
  noteCaller(request, found)
  await limitCalls(deps.allowances)(request, reply)
  const expiredTime = nowMs + periodSecond * 1000
  const claims = {
    accessKey,
    regionId: found.regionId,
    issuedAt: Math.floor(nowMs / 1000),
    expiresAt: Math.floor(expiredTime / 1000),
  }
  return { token: writeToken(await key.read(), claims), expiredTime }
}

const isTimely = (timestamp: string, nowMs: number, mostMs: number): boolean =>
  /^\d{13}$/.test(timestamp) && Math.abs(Number(timestamp) - nowMs) <= mostMs
