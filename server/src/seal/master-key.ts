// The master key: how it is written, where it comes from, how it wraps tenant keys. Seals no data itself.
import { createHmac, createSecretKey, type KeyObject, randomBytes } from 'node:crypto'
import type { WrappedKey, WrappedKeys } from '../core/ports.ts'
import { AppError } from '../errors.ts'
import { decrypt, encrypt, KEY_BYTES } from './aes.ts'
import { createKeyFile } from './key-file.ts'

export interface MasterKey {
  /** The file or the variable that it came from, for messages. */
  readonly origin: string
  readonly key: KeyObject
  /** Tells this key from others, and nothing about it: 32 bytes. */
  readonly check: Uint8Array
}

/** Where new master keys go, in two steps around the change of the database. */
export interface MasterKeyTarget {
  /** The next key, on disk beside the present one when the promise resolves. Throws config_invalid when there is no place or no key. */
  prepare(): Promise<MasterKey>
  /** Puts the prepared key in the place of the present one if it has this check value. Needs the lock of `WrappedKeyStore.change`. */
  promote(check: Uint8Array | null): Promise<void>
}

export interface MasterKeySource extends MasterKeyTarget {
  /** Keys that may be the one in use, the likeliest first. Throws master_key_missing (unreadable), _wrong (malformed), _exposed. */
  candidates(): Promise<readonly MasterKey[]>
  /** Makes a key where there is none, and returns the one that is there then. */
  make(): Promise<MasterKey>
}

export interface MasterKeySettings {
  /** Path of the key's file; not looked at when `masterKey` is given. */
  readonly masterKeyFile: string
  /** 32 bytes in base64 or hex. */
  readonly masterKey?: string
  readonly nextMasterKey?: string
}

/** Throws config_invalid when a setting does not hold a key. */
export function createMasterKeySource(settings: MasterKeySettings): MasterKeySource {
  const next =
    settings.nextMasterKey && readSetting('nextMasterKey', 'LIKENESS_NEXT_MASTER_KEY', settings.nextMasterKey)
  if (settings.masterKey === undefined) return createFileSource(settings.masterKeyFile, next || null)
  return createSettingSource(readSetting('masterKey', 'LIKENESS_MASTER_KEY', settings.masterKey), next || null)
}

function createSettingSource(current: MasterKey, next: MasterKey | null): MasterKeySource {
  return {
    candidates: async () => (next ? [current, next] : [current]),
    make: async () => current,
    async prepare() {
      if (next) return next
      throw new AppError(
        'config_invalid',
        'The master key comes from LIKENESS_MASTER_KEY: set LIKENESS_NEXT_MASTER_KEY to the new key (32 bytes in base64 or hex) for this command, and LIKENESS_MASTER_KEY to it afterwards.',
      )
    },
    promote: async () => {},
  }
}

function createFileSource(path: string, next: MasterKey | null): MasterKeySource {
  const file = createKeyFile(path)
  const draft = createKeyFile(`${path}.next`)

  async function candidates(): Promise<readonly MasterKey[]> {
    const found = [await readKey(file), await readKey(draft)]
    return found.filter(key => key !== null)
  }

  async function make(): Promise<MasterKey> {
    await file.create(createKeyText())
    return (await readKey(file))!
  }

  /** A key that lies here already belongs to a rotation that never got to the database, or is `promote`d by now. */
  async function prepare(): Promise<MasterKey> {
    await draft.replace(next ? writeKey(next) : createKeyText())
    return (await readKey(draft))!
  }

  async function promote(check: Uint8Array | null): Promise<void> {
    const prepared = await readKey(draft)
    if (prepared && check && isSame(prepared.check, check)) await draft.moveTo(path)
  }

  return { candidates, make, prepare, promote }
}

/** A file of its own for the next key; the present one stays where it is. Throws config_invalid when the file exists. */
export function createNewFileTarget(path: string, nextMasterKey?: string): MasterKeyTarget {
  const next = nextMasterKey && readSetting('nextMasterKey', 'LIKENESS_NEXT_MASTER_KEY', nextMasterKey)
  const file = createKeyFile(path)
  return {
    async prepare() {
      if (!(await file.create(next ? writeKey(next) : createKeyText())))
        throw new AppError(
          'config_invalid',
          `The file ${path} exists already; choose another one for the new master key.`,
        )
      return (await readKey(file))!
    },
    promote: async () => {},
  }
}

/**
 * The candidate that these keys are wrapped with; with no keys yet, the first, or one made now.
 * @throws AppError master_key_missing, master_key_wrong
 */
export async function findMasterKey(source: MasterKeySource, { check, keys }: WrappedKeys): Promise<MasterKey> {
  const candidates = await source.candidates()
  const found = check && candidates.find(candidate => isSame(candidate.check, check))
  if (found) return found
  if (keys.length === 0) return candidates[0] ?? source.make()
  if (candidates.length === 0)
    throw new AppError(
      'master_key_missing',
      'The data was sealed with a master key that is not there: LIKENESS_MASTER_KEY is not set, and there is no key file (setting "masterKeyFile"). Put the key back; without it nothing that was sealed can be read.',
    )
  throw new AppError(
    'master_key_wrong',
    `The master key from ${candidates[0]!.origin} is not the one that the data is sealed with. Give the key that was in use last, as LIKENESS_MASTER_KEY or in the file of LIKENESS_MASTER_KEY_FILE.`,
  )
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0
}

const wrapContext = (number: number, tenantId: string): string => `tenant-key:${number}:${tenantId}`

export function wrapKey(master: MasterKey, number: number, tenantId: string, key: Uint8Array): Uint8Array {
  return encrypt(master.key, key, wrapContext(number, tenantId))
}

/** @throws AppError sealed_data_corrupt when the row was altered or exchanged */
export function unwrapKey(master: MasterKey, { number, tenantId, wrapped }: WrappedKey): Uint8Array {
  const key = decrypt(master.key, wrapped, wrapContext(number, tenantId))
  if (key?.length === KEY_BYTES) return key
  throw new AppError(
    'sealed_data_corrupt',
    `Key ${number} of tenant "${tenantId}" cannot be opened: it was altered in the control database, which a backup can mend.`,
    { details: { tenant: tenantId } },
  )
}

const HEX = /^[0-9a-f]{64}$/i
/** 43 characters for 32 bytes, in the standard or the URL-safe alphabet. */
const BASE64 = /^[\w+/-]{43}=?$/

function parseKey(text: string, origin: string): MasterKey | null {
  const bytes = HEX.test(text) ? Buffer.from(text, 'hex') : BASE64.test(text) ? Buffer.from(text, 'base64') : null
  if (bytes?.length !== KEY_BYTES) return null
  // A keyed hash of a fixed text: 256 random bits cannot be guessed from it.
  const check = createHmac('sha256', bytes).update('likeness master key check 1').digest()
  const key = createSecretKey(bytes)
  bytes.fill(0)
  return { origin, key, check }
}

function readSetting(name: string, variable: string, value: string): MasterKey {
  const key = parseKey(value.trim(), variable)
  if (key) return key
  throw new AppError('config_invalid', `${variable} ("${name}") must be 32 bytes in base64 or hex.`)
}

async function readKey(file: ReturnType<typeof createKeyFile>): Promise<MasterKey | null> {
  const text = await file.read()
  if (text === null) return null
  const key = parseKey(text, `the file ${file.path}`)
  if (key) return key
  throw new AppError('master_key_wrong', `The file ${file.path} must hold 32 bytes in base64 or hex, and nothing else.`)
}

const writeKey = ({ key }: MasterKey): string => `${key.export().toString('base64')}\n`

const createKeyText = (): string => `${randomBytes(KEY_BYTES).toString('base64')}\n`
