// Use cases: the native API's keys. A key is shown once; only its SHA-256 is kept.
import { createHash, randomBytes } from 'node:crypto'
import { AppError } from '../errors.ts'
import { checkAllowance } from './allowances.ts'
import { recordAct } from './audit.ts'
import { checkName } from './names.ts'
import { checkRegion, type OperatorContext } from './operator.ts'
import type { Clock, ControlStore } from './ports.ts'
import { readTenant } from './tenants.ts'
import { type Allowance, type Credential, type Principal, SCOPES, type Scope } from './types.ts'

/** Marks a string as one of ours, for people and for secret scanners. */
const PREFIX = 'lk_'
/** 256 bits: guessing is out of the question, so a fast hash is enough. */
const SECRET_BYTES = 32

export interface KeyInput {
  readonly tenantId: string
  readonly regionId: string
  readonly name?: string | null
  /** Default: all. */
  readonly scopes?: readonly Scope[]
  readonly expiresAt?: Date | null
  /** Default: as the server's settings have it. */
  readonly allowance?: Allowance | null
}

/** SHA-256, 32 bytes. */
export const hashOf = (secret: string): Uint8Array => createHash('sha256').update(secret, 'utf8').digest()

/** The new credential and, this once, the key itself. @throws AppError tenant_not_found, region_not_found, request_invalid */
export const createKey = async (
  context: OperatorContext,
  input: KeyInput,
): Promise<{ id: string; key: string; credential: Credential }> => {
  checkRegion(context, input.regionId)
  if (input.name) checkName(input.name, context.limits)
  if (input.allowance) checkAllowance(input.allowance, context.limits)
  await readTenant(context.control, input.tenantId)
  const key = PREFIX + randomBytes(SECRET_BYTES).toString('base64url')
  const id = context.ids.next()
  const credential: Omit<Credential, 'revokedAt'> = {
    id,
    protocol: 'native',
    tenantId: input.tenantId,
    regionId: input.regionId,
    galleryId: null,
    name: input.name ?? null,
    scopes: input.scopes ?? SCOPES,
    publicId: null,
    parentId: null,
    deniedActions: [],
    allowance: input.allowance ?? null,
    mode: null,
    testingQuota: null,
    createdAt: context.clock.now(),
    expiresAt: input.expiresAt ?? null,
  }
  await context.control.insertCredential({ ...credential, secretHash: hashOf(key), sealedSecret: null })
  await recordAct(context, {
    tenantId: input.tenantId,
    regionId: input.regionId,
    action: 'credential.create',
    target: id,
  })
  return { id, key, credential: { ...credential, revokedAt: null } }
}

export interface KeyCheck {
  readonly control: ControlStore
  readonly clock: Clock
}

/**
 * Who holds this key. Unknown, revoked and expired keys are not told apart.
 * @throws AppError key_missing, key_invalid, tenant_suspended
 */
export const authenticate = async (
  { control, clock }: KeyCheck,
  key: string | undefined,
  transactionId: string,
): Promise<Principal> => {
  if (!key) throw new AppError('key_missing', 'Send the header "Authorization: Bearer KEY".')
  const found = await control.findCredentialByHash('native', hashOf(key))
  if (!found || found.revokedAt || hasExpired(found, clock))
    throw new AppError('key_invalid', 'The API key is not known, has expired or was revoked.')
  if (found.tenantStatus === 'suspended')
    throw new AppError('tenant_suspended', `The tenant "${found.tenantId}" of this key is suspended.`, {
      details: { tenant: found.tenantId },
    })
  const { id: credentialId, tenantId, regionId, scopes, allowance, tenantImageUrls: imageUrls } = found
  return { credentialId, tenantId, regionId, scopes, imageUrls, transactionId, allowance }
}

export const hasExpired = ({ expiresAt }: Pick<Credential, 'expiresAt'>, clock: Clock): boolean =>
  expiresAt !== null && expiresAt <= clock.now()

/** @throws AppError scope_missing, which names the scope */
export const requireScope = ({ scopes }: Principal, scope: Scope): void => {
  if (scopes.includes(scope) || scopes.includes('admin')) return
  throw new AppError('scope_missing', `This operation needs a key with the scope "${scope}".`, {
    details: { scope, scopes },
  })
}
