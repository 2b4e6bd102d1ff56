// Use cases: the pairs with which callers of the other protocols identify themselves, their sub-users and temporary pairs.
// A secret that a signature needs is kept sealed; one that is sent as it is, is kept as its hash.
import { randomBytes, randomInt, randomUUID, timingSafeEqual } from 'node:crypto'
import { AppError } from '../errors.ts'
import { checkAllowance } from './allowances.ts'
import { modeOf } from './application-modes.ts'
import { recordAct } from './audit.ts'
import { hasExpired, hashOf } from './keys.ts'
import { checkGalleryId, checkName } from './names.ts'
import { checkRegion, type OperatorContext } from './operator.ts'
import type { Clock, ControlStore, FoundCredential, NewCredential, Vault } from './ports.ts'
import { readTenant } from './tenants.ts'
import type { Allowance, Credential, CredentialMode, Protocol } from './types.ts'

export type PairProtocol = Exclude<Protocol, 'native'>

/** What the caller gets, this once. */
export interface Pair {
  /** The half that calls show: access key, App-ID, access key id. */
  readonly publicId: string
  /** Secret key, app key, access key secret. */
  readonly secret: string
  /** Of a temporary pair: sent along with every call. */
  readonly securityToken?: string
}

export interface CreatedCredential {
  readonly credential: Credential
  readonly pair: Pair
}

const LETTERS_AND_DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'
const randomText = (length: number): string =>
  Array.from({ length }, () => LETTERS_AND_DIGITS[randomInt(LETTERS_AND_DIGITS.length)]).join('')
const randomHex = (bytes: number): string => randomBytes(bytes).toString('hex')

/**
 * In the forms that each vendor gives out, as callers' settings and secret scanners may check them: ADVANCE 16 and 32
 * hexadecimal digits (which are base64 too, as which some of its clients read the secret of callbacks), Verihubs a UUID and a
 * text, Alibaba Cloud "LTAI" with 20 more characters and a secret of 30. Every secret has at least 128 bits.
 */
const MAKE_PAIR: Readonly<Record<PairProtocol, () => Pair>> = {
  advance: () => ({ publicId: randomHex(8), secret: randomHex(16) }),
  verihubs: () => ({ publicId: randomUUID(), secret: randomBytes(32).toString('base64url') }),
  alibaba: () => ({ publicId: `LTAI${randomText(20)}`, secret: randomText(30) }),
}

/** As Alibaba Cloud's STS gives them out: "STS." with 25 more characters, a secret of 44. */
const makeTemporaryPair = (): Required<Pair> => ({
  publicId: `STS.${randomText(25)}`,
  secret: randomText(44),
  securityToken: randomBytes(96).toString('base64'),
})

export interface CredentialInput {
  readonly protocol: PairProtocol
  readonly tenantId: string
  readonly regionId: string
  readonly galleryId?: string | null
  readonly name?: string | null
  /** Default: as the server's settings have it. */
  readonly allowance?: Allowance | null
  /** Of protocol verihubs; live unless given. */
  readonly mode?: CredentialMode
  /** In testing mode: uses of each product; `limits.testingQuota` unless given. */
  readonly testingQuota?: number
}

/** @throws AppError tenant_not_found, region_not_found, request_invalid */
export const createCredential = async (
  context: OperatorContext,
  input: CredentialInput,
): Promise<CreatedCredential> => {
  const { protocol, tenantId, regionId } = input
  checkRegion(context, regionId)
  if (input.name) checkName(input.name, context.limits)
  await readTenant(context.control, tenantId)
  if (input.galleryId != null) checkGalleryId(input.galleryId, context.limits, 'galleryId')
  if (input.allowance) checkAllowance(input.allowance, context.limits)
  const pair = MAKE_PAIR[protocol]()
  return save(context, pair, {
    protocol,
    tenantId,
    regionId,
    galleryId: input.galleryId ?? ownGalleryOf(protocol, pair),
    ...modeOf(context, input),
    name: input.name ?? null,
    allowance: input.allowance ?? null,
  })
}

/** Subjects belong to the App-ID; the other protocols' belong to the tenant and region, or to galleries of the caller's. */
const ownGalleryOf = (protocol: PairProtocol, { publicId }: Pair): string | null =>
  protocol === 'verihubs' ? `verihubs-${publicId}` : null

export interface SubUserInput {
  readonly parentId: string
  /** The protocol's actions that it may not call, e.g. "DeleteFaceRecordV2". */
  readonly deniedActions: readonly string[]
  readonly name?: string | null
}

/** A pair of its own on its parent's tenant, region and gallery. @throws AppError credential_not_found, request_invalid */
export const createSubUser = async (context: OperatorContext, input: SubUserInput): Promise<CreatedCredential> => {
  const parent = await findParent(context, input.parentId)
  if (parent.parentId !== null)
    throw new AppError('request_invalid', `The credential ${parent.id} is itself a sub-user or temporary pair.`)
  const deniedActions = [...new Set(input.deniedActions)]
  checkDenied(deniedActions, context.limits.maxDeniedActions)
  return save(context, MAKE_PAIR.alibaba(), { ...bindingsOf(parent), deniedActions, name: input.name ?? null })
}

/** A pair that ends by itself, with the rights of its parent. @throws AppError credential_not_found, request_invalid */
export const createTemporary = async (
  context: OperatorContext,
  { parentId, seconds }: { parentId: string; seconds: number },
): Promise<CreatedCredential> => {
  const { minTemporarySeconds: least, maxTemporarySeconds: most } = context.limits
  if (!Number.isInteger(seconds) || seconds < least || seconds > most)
    throw new AppError('request_invalid', `A temporary pair lasts ${least} to ${most} seconds; found ${seconds}.`, {
      details: { field: 'ttl', least, most },
    })
  const parent = await findParent(context, parentId)
  if (parent.expiresAt !== null)
    throw new AppError('request_invalid', `The credential ${parent.id} is itself a temporary pair.`)
  return save(context, makeTemporaryPair(), {
    ...bindingsOf(parent),
    deniedActions: parent.deniedActions,
    name: null,
    seconds,
  })
}

/** Null when there is none; with it its sub-users and temporary pairs, from the next request on. Native keys too. */
export const revokeCredential = async (context: OperatorContext, id: string): Promise<Credential | null> => {
  const credential = await context.control.revokeCredential(id, context.clock.now())
  if (!credential) return null
  const { tenantId, regionId } = credential
  await recordAct(context, { tenantId, regionId, action: 'credential.revoke', target: id })
  return credential
}

/**
 * Changes how much it may call, from the next call on; with it its sub-users and temporary pairs, each for itself. Native
 * keys too. Null when there is none. @throws AppError request_invalid
 */
export const limitCredential = async (
  context: OperatorContext,
  id: string,
  allowance: Allowance | null,
): Promise<Credential | null> => {
  if (allowance) checkAllowance(allowance, context.limits)
  const credential = await context.control.updateAllowance(id, allowance)
  if (!credential) return null
  const { tenantId, regionId } = credential
  await recordAct(context, { tenantId, regionId, action: 'credential.limit', target: id })
  return credential
}

/** Whether the call that shows this credential may go on. Protocols spell the last two differently. */
export type CredentialStatus = 'active' | 'revoked' | 'suspended'

export interface UsableCredential extends FoundCredential {
  readonly status: CredentialStatus
}

/** Null when there is none, or when it has expired, which is the same to whoever calls. */
export const findCredential = async (
  { control, clock }: { readonly control: ControlStore; readonly clock: Clock },
  protocol: PairProtocol,
  publicId: string,
): Promise<UsableCredential | null> => {
  const found = await control.findCredentialByPublicId(protocol, publicId)
  if (!found || hasExpired(found, clock)) return null
  const status = found.revokedAt ? 'revoked' : found.tenantStatus === 'suspended' ? 'suspended' : 'active'
  return { ...found, status }
}

/** The secret that a signature is checked with. @throws AppError sealed_data_corrupt; internal where only a hash is kept */
export const secretOf = async (
  { vault }: { readonly vault: Vault },
  { id, sealedSecret }: FoundCredential,
): Promise<string> => {
  if (!sealedSecret) throw new AppError('internal', `The secret of the credential ${id} is not kept.`)
  // A command beside the server may have made the tenant's key.
  await vault.ensureKeysOf([sealedSecret])
  return Buffer.from(vault.open(sealedSecret, contextOf(id))).toString('utf8')
}

/** Whether this is the app key (Verihubs) or the security token (a temporary pair), in constant time. */
export const matchesSecret = ({ secretHash }: FoundCredential, shown: string): boolean =>
  secretHash !== null && timingSafeEqual(secretHash, hashOf(shown))

const contextOf = (id: string): string => `credential:${id}`

const bindingsOf = ({ id, protocol, tenantId, regionId, galleryId, allowance }: Credential) => ({
  allowance,
  protocol,
  tenantId,
  regionId,
  galleryId,
  parentId: id,
})

const findParent = async ({ control, clock }: OperatorContext, id: string): Promise<Credential> => {
  const parent = await control.readCredential(id)
  if (!parent || parent.revokedAt || hasExpired(parent, clock))
    throw new AppError('credential_not_found', `There is no valid credential with the id ${id}.`, {
      details: { credential: id },
    })
  if (parent.protocol !== 'alibaba')
    throw new AppError(
      'request_invalid',
      `Sub-users and temporary pairs are of protocol alibaba; the credential ${id} is of ${parent.protocol}.`,
    )
  return parent
}

const checkDenied = (actions: readonly string[], most: number): void => {
  const isFine = actions.length >= 1 && actions.length <= most && actions.every(each => /^\w{1,64}$/.test(each))
  if (!isFine)
    throw new AppError('request_invalid', `A sub-user is denied 1 to ${most} actions, each by its name.`, {
      details: { field: 'deny', most },
    })
}

type Bindings = Pick<Credential, 'protocol' | 'tenantId' | 'regionId' | 'galleryId' | 'name'> &
  Partial<Pick<Credential, 'parentId' | 'deniedActions' | 'allowance' | 'mode' | 'testingQuota'>> & {
    /** Its life; without end unless given. */ readonly seconds?: number
  }

const save = async (
  context: OperatorContext,
  pair: Pair,
  { seconds, ...bindings }: Bindings,
): Promise<CreatedCredential> => {
  const id = context.ids.next()
  const createdAt = context.clock.now()
  const credential: Omit<Credential, 'revokedAt'> = {
    parentId: null,
    deniedActions: [],
    allowance: null,
    mode: null,
    testingQuota: null,
    ...bindings,
    id,
    publicId: pair.publicId,
    scopes: [],
    createdAt,
    expiresAt: seconds === undefined ? null : new Date(createdAt.getTime() + seconds * 1000),
  }
  await context.control.insertCredential({ ...credential, ...(await keepSecret(context, credential, pair)) })
  const { tenantId, regionId } = credential
  await recordAct(context, { tenantId, regionId, action: 'credential.create', target: id })
  return { credential: { ...credential, revokedAt: null }, pair }
}

const keepSecret = async (
  context: OperatorContext,
  { id, protocol, tenantId }: Pick<Credential, 'id' | 'protocol' | 'tenantId'>,
  { secret, securityToken }: Pair,
): Promise<Pick<NewCredential, 'secretHash' | 'sealedSecret'>> => {
  if (protocol === 'verihubs') return { secretHash: hashOf(secret), sealedSecret: null }
  const vault = await context.vault()
  await vault.ensureTenant(tenantId)
  return {
    secretHash: securityToken === undefined ? null : hashOf(securityToken),
    sealedSecret: vault.seal(tenantId, Buffer.from(secret, 'utf8'), contextOf(id)),
  }
}
