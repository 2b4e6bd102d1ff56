// Use cases: API keys. A key is shown once; only its SHA-256 is kept.
import { createHash, randomBytes } from 'node:crypto'
import { AppError } from '../errors.ts'
import type { Clock, ControlStore, IdSource } from './ports.ts'
import type { ApiKey, Page, PageRequest, Principal } from './types.ts'

/** Marks a string as one of ours, for people and for secret scanners. */
const PREFIX = 'lk_'
/** 256 bits: guessing is out of the question, so a fast hash is enough. */
const SECRET_BYTES = 32

export interface KeyContext {
  readonly control: ControlStore
  readonly clock: Clock
  readonly ids: IdSource
}

export interface KeyInput {
  readonly tenantId: string
  readonly regionId: string
  readonly name?: string | null
}

const hashOf = (key: string): Uint8Array => createHash('sha256').update(key, 'utf8').digest()

/** The new key's id and, this once, the key itself. */
export const createKey = async (
  { control, clock, ids }: KeyContext,
  input: KeyInput,
): Promise<{ id: string; key: string }> => {
  const key = PREFIX + randomBytes(SECRET_BYTES).toString('base64url')
  const id = ids.next()
  const createdAt = clock.now()
  await control.insertKey({
    id,
    tenantId: input.tenantId,
    regionId: input.regionId,
    name: input.name ?? null,
    secretHash: hashOf(key),
    createdAt,
  })
  await control.appendAudit({
    id: ids.next(),
    at: createdAt,
    tenantId: input.tenantId,
    actor: 'operator',
    action: 'key.create',
    target: id,
  })
  return { id, key }
}

/** Who holds this key. @throws AppError key_missing, key_invalid (unknown and revoked are not told apart) */
export const authenticate = async (control: ControlStore, key: string | undefined): Promise<Principal> => {
  if (!key) throw new AppError('key_missing', 'Send the header "Authorization: Bearer KEY".')
  const found = await control.findKeyByHash(hashOf(key))
  if (!found || found.revokedAt) throw new AppError('key_invalid', 'The API key is not known or was revoked.')
  return { keyId: found.id, tenantId: found.tenantId, regionId: found.regionId }
}

export const listKeys = (control: ControlStore, tenantId: string, page: PageRequest): Promise<Page<ApiKey>> =>
  control.listKeys(tenantId, page)

/** Null when there is no such key. Takes effect with the next request. */
export const revokeKey = async (
  { control, clock, ids }: KeyContext,
  tenantId: string,
  id: string,
): Promise<ApiKey | null> => {
  const at = clock.now()
  const key = await control.revokeKey(tenantId, id, at)
  if (key)
    await control.appendAudit({ id: ids.next(), at, tenantId, actor: 'operator', action: 'key.revoke', target: id })
  return key
}
