// AES-256-GCM over byte arrays: the form of everything that is sealed. Knows no tenant, no file and no setting.
import { createCipheriv, createDecipheriv, type KeyObject, randomFillSync } from 'node:crypto'

const ALGORITHM = 'aes-256-gcm'
export const KEY_BYTES = 32
/** 96 bits: the length that GCM takes as it is (NIST SP 800-38D, section 8.2). */
const NONCE_BYTES = 12
const TAG_BYTES = 16
const NO_HEADER = new Uint8Array(0)

/**
 * `header | nonce | ciphertext | tag`, 28 bytes longer than header and plaintext. Header and context are authenticated with
 * it. The nonce is random, so that processes need no common counter; one key may then seal 2^32 times (NIST SP 800-38D,
 * section 8.3), which is two thousand million enrolments with a picture each.
 */
export function encrypt(
  key: KeyObject,
  plaintext: Uint8Array,
  context: string,
  header: Uint8Array = NO_HEADER,
): Uint8Array {
  const start = header.length + NONCE_BYTES
  const sealed = Buffer.allocUnsafe(start + plaintext.length + TAG_BYTES)
  sealed.set(header)
  randomFillSync(sealed, header.length, NONCE_BYTES)
  const cipher = createCipheriv(ALGORITHM, key, sealed.subarray(header.length, start), { authTagLength: TAG_BYTES })
  cipher.setAAD(authenticated(header, context))
  sealed.set(cipher.update(plaintext), start)
  cipher.final()
  sealed.set(cipher.getAuthTag(), start + plaintext.length)
  return sealed
}

/** The plaintext of what `encrypt` made with a header of this length; null when a byte, the key or the context differs. */
export function decrypt(key: KeyObject, sealed: Uint8Array, context: string, headerBytes = 0): Uint8Array | null {
  const start = headerBytes + NONCE_BYTES
  const end = sealed.length - TAG_BYTES
  if (end < start) return null
  const nonce = sealed.subarray(headerBytes, start)
  const decipher = createDecipheriv(ALGORITHM, key, nonce, { authTagLength: TAG_BYTES })
  decipher.setAAD(authenticated(sealed.subarray(0, headerBytes), context))
  decipher.setAuthTag(sealed.subarray(end))
  const plaintext = decipher.update(sealed.subarray(start, end))
  try {
    decipher.final()
  } catch {
    return null
  }
  return plaintext
}

function authenticated(header: Uint8Array, context: string): Uint8Array {
  const bytes = Buffer.allocUnsafe(header.length + Buffer.byteLength(context))
  bytes.set(header)
  bytes.write(context, header.length)
  return bytes
}
