// Files that a caller sends before the call that uses them: announced, sent once under a signed policy, used once, and gone.
// In memory, as the three steps follow each other within seconds; a restart forgets them.
import { createHash, createHmac, randomBytes } from 'node:crypto'
import type { Clock } from '../../../core/ports.ts'
import type { Limits } from '../../../limits.ts'
import type { FileForm } from './form-file.ts'
import { isSame } from './signatures.ts'

/** Codes of the vendor's object store. */
export const UPLOAD_CODES = {
  AccessDenied: 403,
  SignatureDoesNotMatch: 403,
  InvalidAccessKeyId: 403,
  MalformedPOSTRequest: 400,
  EntityTooLarge: 400,
  ServiceUnavailable: 503,
} as const

export class UploadError extends Error {
  readonly code: keyof typeof UPLOAD_CODES

  constructor(code: keyof typeof UPLOAD_CODES, message: string) {
    super(message)
    this.name = 'UploadError'
    this.code = code
  }
}

/** What a caller needs to send one file. */
export interface UploadTicket {
  readonly accessKeyId: string
  /** Bucket and endpoint with a dot in between are the host to send it to. */
  readonly bucket: string
  readonly endpoint: string
  readonly encodedPolicy: string
  readonly signature: string
  readonly objectKey: string
}

/** Whose file it is: nobody else's call finds it. */
export interface UploadOwner {
  readonly tenantId: string
  readonly regionId: string
}

export interface Uploads {
  /** Null when too many are under way, of all or of this tenant. `host` as the caller sees it, with the port. */
  announce(owner: UploadOwner, host: SplitHost): UploadTicket | null
  /** Takes a file in; its ETag. @throws UploadError */
  receive(form: FileForm): { readonly key: string; readonly bucket: string; readonly etag: string }
  /** Whether the address that the client gives is of a file of the owner's that is there. */
  has(owner: UploadOwner, address: string): boolean
  /** Its bytes, once: whoever asks next finds nothing. Null where it is no such file. */
  take(owner: UploadOwner, address: string): Uint8Array | null
  /** Deletes the file behind the address, if it is the owner's. */
  discard(owner: UploadOwner, address: string): void
}

export interface SplitHost {
  readonly bucket: string
  readonly endpoint: string
}

/** At its first dot, as clients put the halves together again; null where there is none. */
export const splitHost = (host: string): SplitHost | null => {
  const at = host.indexOf('.')
  return at <= 0 || host.startsWith('[') ? null : { bucket: host.slice(0, at), endpoint: host.slice(at + 1) }
}

interface Upload extends UploadOwner {
  readonly ticket: UploadTicket
  readonly expiresAtMs: number
  /** Null until it was sent. */
  bytes: Uint8Array | null
}

export const createUploads = (
  clock: Clock,
  limits: Pick<Limits, 'alibabaImageBytes' | 'maxUploads' | 'uploadLifeMs' | 'maxUploadedBytes'>,
): Uploads => {
  const { alibabaImageBytes: maxBytes, maxUploads, uploadLifeMs, maxUploadedBytes } = limits
  /** In the order in which they expire. */
  const uploads = new Map<string, Upload>()
  const secret = randomBytes(32)
  const accessKeyId = `upload-${randomBytes(8).toString('hex')}`
  let storedBytes = 0

  const remove = (key: string): void => {
    storedBytes -= uploads.get(key)?.bytes?.length ?? 0
    uploads.delete(key)
  }
  const forgetExpired = (): void => {
    const nowMs = clock.now().getTime()
    for (const [key, { expiresAtMs }] of uploads) {
      if (expiresAtMs > nowMs) return
      remove(key)
    }
  }
  const sign = (policy: string): string => createHmac('sha1', secret).update(policy, 'utf8').digest('base64')
  const keyIn = (owner: UploadOwner, address: string): string | null => {
    forgetExpired()
    const key = KEY.exec(address)?.[0]
    const found = key === undefined ? undefined : uploads.get(key)
    const isOwn = found?.tenantId === owner.tenantId && found.regionId === owner.regionId
    return key && isOwn && isAddressOf(found, address) ? key : null
  }

  const heldBy = (tenantId: string): readonly Upload[] =>
    [...uploads.values()].filter(upload => upload.tenantId === tenantId)
  const bytesOf = (owner: UploadOwner, address: string): Uint8Array | null => {
    const key = keyIn(owner, address)
    return key === null ? null : (uploads.get(key)?.bytes ?? null)
  }
  const discard = (owner: UploadOwner, address: string): void => {
    const key = keyIn(owner, address)
    if (key !== null) remove(key)
  }

  return {
    announce(owner, { bucket, endpoint }) {
      forgetExpired()
      if (uploads.size >= maxUploads || heldBy(owner.tenantId).length >= maxUploads * TENANT_SHARE) return null
      const expiresAtMs = clock.now().getTime() + uploadLifeMs
      const objectKey = `${KEY_PREFIX}${randomBytes(16).toString('hex')}.jpg`
      const encodedPolicy = encodePolicy(new Date(expiresAtMs), maxBytes, objectKey)
      const ticket = { accessKeyId, bucket, endpoint, encodedPolicy, signature: sign(encodedPolicy), objectKey }
      uploads.set(objectKey, { ...owner, ticket, expiresAtMs, bytes: null })
      return ticket
    },
    receive({ fields, file }) {
      const [id, policy, signature, key] = ['OSSAccessKeyId', 'policy', 'Signature', 'key'].map(name =>
        fields.get(name),
      )
      if (!file || !id || !policy || !signature || !key)
        throw new UploadError('MalformedPOSTRequest', 'The form needs OSSAccessKeyId, policy, Signature, key and file.')
      if (id !== accessKeyId) throw new UploadError('InvalidAccessKeyId', 'The OSS access key id is not known.')
      if (!isSame(sign(policy), signature))
        throw new UploadError('SignatureDoesNotMatch', 'The policy was not signed here.')
      forgetExpired()
      const upload = uploads.get(key)
      // The policy that was signed for another key is not this one's; a key is taken once.
      if (!upload || upload.ticket.encodedPolicy !== policy || upload.bytes)
        throw new UploadError(
          'AccessDenied',
          'The policy has expired, is for another key, or the key was used already.',
        )
      if (file.length > maxBytes) throw new UploadError('EntityTooLarge', `The file has more than ${maxBytes} bytes.`)
      const heldBytes = heldBy(upload.tenantId).reduce((sum, { bytes }) => sum + (bytes?.length ?? 0), 0)
      if (storedBytes + file.length > maxUploadedBytes || heldBytes + file.length > maxUploadedBytes * TENANT_SHARE)
        throw new UploadError('ServiceUnavailable', 'Too many files wait for the calls that use them; try again later.')
      // A copy of its own: the form's other bytes need not stay.
      upload.bytes = new Uint8Array(file)
      storedBytes += file.length
      return { key, bucket: upload.ticket.bucket, etag: createHash('md5').update(file).digest('hex').toUpperCase() }
    },
    has: (owner, address) => bytesOf(owner, address) !== null,
    take(owner, address) {
      const bytes = bytesOf(owner, address)
      if (bytes) discard(owner, address)
      return bytes
    },
    discard,
  }
}

/** Of the files and of their bytes, what one tenant may have: the others must get in as well. */
const TENANT_SHARE = 0.5
const KEY_PREFIX = 'upload/'
const KEY = /upload\/[0-9a-f]{32}\.jpg$/

/** As the client puts it together: always http, the two halves of the host, the key as it is. */
const isAddressOf = ({ ticket: { bucket, endpoint, objectKey } }: Upload, address: string): boolean =>
  [`http://${bucket}.${endpoint}/${objectKey}`, `https://${bucket}.${endpoint}/${objectKey}`].includes(address)

const encodePolicy = (expiration: Date, maxBytes: number, key: string): string =>
  Buffer.from(
    JSON.stringify({
      expiration: expiration.toISOString(),
      conditions: [
        ['content-length-range', 0, maxBytes],
        ['eq', '$key', key],
      ],
    }),
  ).toString('base64')
