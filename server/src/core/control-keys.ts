// Keys that belong to the control data itself, made on first use and kept sealed. Hashes and signs nothing.
import { randomBytes } from 'node:crypto'
import type { ControlStore, Vault } from './ports.ts'

export interface ControlKeyContext {
  readonly control: ControlStore
  readonly vault: Vault
}

/** The keys belong to the installation, and the vault seals for tenants: this one is there from the first start. */
const KEY_TENANT = 'default'
/** 256 bits, the length of the hash that it keys. */
const KEY_BYTES = 32
/** 512 bits, the least that RFC 7518 (section 3.2) lets HS512 have. */
const TOKEN_KEY_BYTES = 64

/**
 * What hashes people for the audit trail and the mentions of kept answers: 32 bytes, never changed, the same in every
 * process. @throws AppError sealed_data_corrupt, master_key_* (where it is made)
 */
export const readAuditKey = (context: ControlKeyContext): Promise<Uint8Array> => readControlKey(context, 'audit')

/** What signs links to kept pictures: 32 bytes, as long-lived as the audit key. @throws as `readAuditKey` */
export const readLinkKey = (context: ControlKeyContext): Promise<Uint8Array> => readControlKey(context, 'picture-links')

/** What signs the tokens of a protocol that gives out some: 64 bytes. @throws as `readAuditKey` */
export const readTokenKey = (context: ControlKeyContext): Promise<Uint8Array> =>
  readControlKey(context, 'tokens', TOKEN_KEY_BYTES)

const readControlKey = async (
  { control, vault }: ControlKeyContext,
  name: string,
  bytes = KEY_BYTES,
): Promise<Uint8Array> => {
  const sealed = (await control.readControlKey(name)) ?? (await makeControlKey({ control, vault }, name, bytes))
  // A command beside the server may have made the tenant's key.
  await vault.ensureKeysOf([sealed])
  return vault.open(sealed, contextOf(name))
}

/** The first one stays, whoever makes one at the same moment. */
const makeControlKey = async (
  { control, vault }: ControlKeyContext,
  name: string,
  bytes: number,
): Promise<Uint8Array> => {
  await vault.ensureTenant(KEY_TENANT)
  return control.keepControlKey(name, vault.seal(KEY_TENANT, randomBytes(bytes), contextOf(name)))
}

const contextOf = (name: string): string => `control-key:${name}`
