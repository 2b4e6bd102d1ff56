// Who calls: a statement with a signature → the pair that made it, its region, and whether it may. The secret is asked for
// here and goes no further.
import type { Context } from '../../../core/context.ts'
import { findCredential, matchesSecret, secretOf, type UsableCredential } from '../../../core/credentials.ts'
import type { Nonces } from '../../../core/nonces.ts'
import type { Clock, ControlStore } from '../../../core/ports.ts'
import type { Limits } from '../../../limits.ts'
import type { Statement } from './call.ts'
import { GatewayError } from './errors.ts'
import { type Claim, checkSignature, readClaim, type SignatureCheck } from './signatures.ts'

export interface GatewayDeps {
  readonly control: ControlStore
  readonly clock: Clock
  /** @throws AppError not_ready */
  readonly context: () => Context
  readonly nonces: Nonces
  readonly limits: Pick<Limits, 'alibabaClockSkewMs'>
}

/** `action` by its full name. @throws GatewayError of the vendor's gateway; AppError not_ready */
export const authenticate = async (
  deps: GatewayDeps,
  { signed }: Statement,
  action: string,
): Promise<UsableCredential> => {
  const claim = readClaim(signed)
  if (claim === 'missing') throw new GatewayError('MissingAccessKeyId')
  if (claim === 'method') throw new GatewayError('InvalidSignatureMethod')
  if (claim === 'malformed')
    throw new GatewayError('SignatureDoesNotMatch', 'The Authorization header is not well formed.')
  const signedAt = readTime(claim)
  if (!claim.nonce) throw new GatewayError('MissingSignatureNonce')
  const { vault } = deps.context()
  const credential = await findCredential(deps, 'alibaba', claim.accessKeyId)
  if (!credential) throw new GatewayError('InvalidAccessKeyId.NotFound')
  checkTime(deps, signedAt)
  const check = checkSignatureAnywhere(signed, claim, await secretOf({ vault }, credential))
  if (!check.isValid) throw mismatch(check)
  checkToken(credential, claim)
  if (credential.status === 'revoked') throw new GatewayError('InvalidAccessKeyId.Inactive')
  // Only now: whoever cannot sign must not be able to use up what others will sign.
  useNonce(deps, credential, claim.nonce, signedAt)
  if (credential.status === 'suspended')
    throw new GatewayError('Forbidden.AccountAccessDenied', 'The account is suspended; ask whoever runs this server.')
  if (credential.deniedActions.includes(action))
    throw new GatewayError('Forbidden.RAMUserAccessDenied', undefined, { deniedAction: action })
  return credential
}

const TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$/

const readTime = ({ timestamp }: Claim): Date => {
  if (!timestamp) throw new GatewayError('MissingTimestamp')
  const at = new Date(timestamp)
  if (!TIME.test(timestamp) || Number.isNaN(at.getTime())) throw new GatewayError('InvalidTimeStamp.Format')
  return at
}

const checkTime = ({ clock, limits }: GatewayDeps, at: Date): void => {
  if (Math.abs(clock.now().getTime() - at.getTime()) > limits.alibabaClockSkewMs)
    throw new GatewayError('InvalidTimeStamp.Expired')
}

/** A proxy may have put the prefix in front of the path that the client signed. */
const checkSignatureAnywhere = (signed: Statement['signed'], claim: Claim, secret: string): SignatureCheck => {
  const check = checkSignature(signed, claim, secret)
  if (check.isValid || signed.path === '/') return check
  const atRoot = checkSignature({ ...signed, path: '/' }, claim, secret)
  return atRoot.isValid ? atRoot : check
}

const checkToken = (credential: UsableCredential, { securityToken }: Claim): void => {
  const isTemporary = credential.expiresAt !== null
  if (!isTemporary && securityToken === undefined) return
  if (securityToken === undefined) throw new GatewayError('MissingSecurityToken')
  if (!matchesSecret(credential, securityToken)) throw new GatewayError('InvalidSecurityToken')
}

const useNonce = (
  { nonces, limits }: GatewayDeps,
  { id, tenantId }: UsableCredential,
  nonce: string,
  signedAt: Date,
): void => {
  const outcome = nonces.use(
    tenantId,
    JSON.stringify([id, nonce]),
    new Date(signedAt.getTime() + limits.alibabaClockSkewMs),
  )
  if (outcome === 'used') throw new GatewayError('SignatureNonceUsed')
  if (outcome === 'full') throw new GatewayError('ServiceUnavailable')
}

/** What was signed here may be as long as a picture, which nobody compares by eye. */
const MAX_SHOWN_CHARACTERS = 4000

const mismatch = ({ stringToSign, canonicalRequest }: SignatureCheck): GatewayError => {
  const shown = stringToSign.slice(0, MAX_SHOWN_CHARACTERS)
  const sentence =
    canonicalRequest === null
      ? `Specified signature is not matched with our calculation. server string to sign is:${shown}`
      : `Specified signature does not match our calculation. server StringToSign is [${shown}] server CanonicalRequest is [${canonicalRequest.slice(0, MAX_SHOWN_CHARACTERS)}]`
  return new GatewayError('SignatureDoesNotMatch', sentence)
}
