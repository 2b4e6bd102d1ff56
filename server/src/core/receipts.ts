// Use case: a signed receipt says what was erased, when, and names nobody. Signs and verifies; erases nothing itself.
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
  verify,
} from 'node:crypto'
import { canonicalJson } from './canonical-json.ts'
import type { Context } from './context.ts'
import type { ReceiptKey } from './receipt-ports.ts'

/** What an erasure took away. */
export interface ErasureFacts {
  readonly kind: 'face' | 'subject' | 'gallery'
  readonly regionId: string
  readonly galleryId: string
  /** Null when it was a whole gallery. */
  readonly subjectId: string | null
  readonly faceId: string | null
  readonly faces: number
  readonly pictures: number
  readonly transactionId: string
}

export interface Receipt {
  readonly id: string
  readonly kind: ErasureFacts['kind']
  /** RFC 3339, UTC. */
  readonly erasedAt: string
  readonly region: string
  readonly gallery: string
  /** Base64url of SHA-256 over the salt's bytes and the id in UTF-8: says whom to those who know both, and nobody else. */
  readonly subject: string | null
  readonly face: string | null
  readonly faces: number
  readonly pictures: number
  readonly transactionId: string
}

export interface Signature {
  readonly algorithm: 'Ed25519'
  readonly keyId: string
  /** Base64url. */
  readonly value: string
}

export interface SignedReceipt {
  readonly receipt: Receipt
  readonly signature: Signature
  /** Base64url, 16 bytes; beside the receipt, so that the receipt can be passed on without it. */
  readonly subjectSalt: string | null
}

/** A public key as RFC 8037 writes it. */
export interface ReceiptJwk {
  readonly kty: 'OKP'
  readonly crv: 'Ed25519'
  readonly x: string
  readonly kid: string
  readonly use: 'sig'
  readonly alg: 'Ed25519'
}

export type ReceiptContext = Pick<Context, 'control' | 'vault' | 'clock' | 'ids'>

/** The keys belong to the installation, and the vault seals for tenants: this one is there from the first start. */
const KEY_TENANT = 'default'
const SALT_BYTES = 16

/** To be called once everything is gone. */
export type IssueReceipt = (facts: ErasureFacts) => SignedReceipt

/**
 * Opens the signing key, and makes it on the first call ever. Before the erasure, so that what can fail fails while there
 * is still something to erase.
 */
export const openReceipts = async (context: ReceiptContext): Promise<IssueReceipt> => {
  const signFacts = await openSigner(context)
  return facts => {
    const salt = facts.subjectId === null ? null : randomBytes(SALT_BYTES)
    const receipt = toReceipt(context, facts, salt)
    return {
      receipt,
      signature: signFacts(receipt),
      subjectSalt: salt === null ? null : salt.toString('base64url'),
    }
  }
}

/** Signs the canonical JSON (RFC 8785) of what it is given, by the key of receipts. */
export const openSigner = async (context: ReceiptContext): Promise<(facts: object) => Signature> => {
  const { id: keyId, privateKey } = await signingKey(context)
  return facts => ({
    algorithm: 'Ed25519',
    keyId,
    value: sign(null, Buffer.from(canonicalJson(facts)), privateKey).toString('base64url'),
  })
}

const toReceipt = ({ ids, clock }: ReceiptContext, facts: ErasureFacts, salt: Uint8Array | null): Receipt => ({
  id: ids.next(),
  kind: facts.kind,
  erasedAt: clock.now().toISOString(),
  region: facts.regionId,
  gallery: facts.galleryId,
  subject: salt && facts.subjectId !== null ? commitTo(facts.subjectId, salt) : null,
  face: facts.faceId,
  faces: facts.faces,
  pictures: facts.pictures,
  transactionId: facts.transactionId,
})

/** Base64url of SHA-256 over salt and id. */
export const commitTo = (subjectId: string, salt: Uint8Array): string =>
  createHash('sha256').update(salt).update(subjectId, 'utf8').digest('base64url')

/** Newest first. Two processes that begin at the same moment make a key each; both are listed, so both verify. */
const signingKey = async (context: ReceiptContext): Promise<{ id: string; privateKey: KeyObject }> => {
  const { control, vault } = context
  const [newest] = await control.receiptKeys.list()
  if (!newest) return makeKey(context)
  await vault.ensureKeysOf([newest.sealedPrivateKey])
  const plain = vault.open(newest.sealedPrivateKey, `receipt-key:${newest.id}`)
  return { id: newest.id, privateKey: createPrivateKey({ key: Buffer.from(plain), format: 'der', type: 'pkcs8' }) }
}

const makeKey = async ({ control, vault, clock, ids }: ReceiptContext) => {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const id = ids.next()
  await vault.ensureTenant(KEY_TENANT)
  const plain = privateKey.export({ format: 'der', type: 'pkcs8' })
  const { x } = publicKey.export({ format: 'jwk' })
  await control.receiptKeys.insert({
    id,
    publicKey: Buffer.from(x ?? '', 'base64url'),
    sealedPrivateKey: vault.seal(KEY_TENANT, plain, `receipt-key:${id}`),
    createdAt: clock.now(),
  })
  return { id, privateKey }
}

/** All keys that ever signed, newest first. */
export const listReceiptKeys = async ({ control }: Pick<Context, 'control'>): Promise<readonly ReceiptJwk[]> =>
  (await control.receiptKeys.list()).map(toJwk)

const toJwk = ({ id, publicKey }: ReceiptKey): ReceiptJwk => ({
  kty: 'OKP',
  crv: 'Ed25519',
  x: Buffer.from(publicKey).toString('base64url'),
  kid: id,
  use: 'sig',
  alg: 'Ed25519',
})

export type ReceiptVerdict = 'valid' | 'key_unknown' | 'signature_wrong' | 'malformed'

/** Whether one of these keys signed the receipt as it is. Pure: asks no server and no clock. */
export const verifyReceipt = (signed: unknown, keys: readonly ReceiptJwk[]): ReceiptVerdict => {
  if (!isSigned(signed)) return 'malformed'
  return verifySignature(signed.receipt, signed.signature, keys)
}

/** Whether one of these keys signed what is given as it is. */
export const verifySignature = (
  facts: object,
  { keyId, value }: Signature,
  keys: readonly ReceiptJwk[],
): Exclude<ReceiptVerdict, 'malformed'> => {
  const jwk = keys.find(({ kid }) => kid === keyId)
  if (!jwk) return 'key_unknown'
  const publicKey = createPublicKey({ key: { kty: jwk.kty, crv: jwk.crv, x: jwk.x }, format: 'jwk' })
  const text = Buffer.from(canonicalJson(facts))
  return verify(null, text, publicKey, Buffer.from(value, 'base64url')) ? 'valid' : 'signature_wrong'
}

const isSigned = (value: unknown): value is SignedReceipt => {
  const { receipt, signature } = (value ?? {}) as Partial<SignedReceipt>
  return (
    typeof receipt === 'object' &&
    receipt !== null &&
    signature?.algorithm === 'Ed25519' &&
    typeof signature.keyId === 'string' &&
    typeof signature.value === 'string'
  )
}
