// One request to one pinned address: head judged, body streamed under a cap. Follows no redirect and resolves no name.
import type { Dispatcher } from 'undici'
import { AppError } from '../../errors.ts'
import { VERSION } from '../../version.ts'
import { isTlsFailure, openPinnedClient } from '../outgoing/pinned-client.ts'
import type { PinnedAddress } from '../outgoing/resolve.ts'
import type { Target } from './url-rules.ts'

export interface DownloadOptions {
  /** The deadline and the caller's hanging up. */
  readonly signal: AbortSignal
  /** Largest picture, bytes. */
  readonly maxBytes: number
  /** For connecting alone; the signal ends the rest. */
  readonly timeoutMs: number
  /** Certificates to trust instead of the system's. */
  readonly ca?: string
}

/** The picture, or where it is said to be (null: the answer did not say). */
export type Download = { readonly bytes: Uint8Array } | { readonly location: string | null }

const OK = 200
const REDIRECTS = [301, 302, 303, 307, 308]
const HEADERS = {
  'user-agent': `Likeness/${VERSION}`,
  accept: 'image/*',
  // A picture is compressed already; what unpacks to more than it weighs never comes in.
  'accept-encoding': 'identity',
}

/**
 * @throws AppError image_url_unreachable, image_url_status, image_url_not_image, image_url_truncated, image_too_large;
 * anything when the signal aborts
 */
export const download = async (
  { url }: Target,
  addresses: readonly PinnedAddress[],
  { signal, maxBytes, timeoutMs, ca }: DownloadOptions,
): Promise<Download> => {
  const client = await openPinnedClient(url, addresses, { timeoutMs, ca })
  try {
    const path = url.pathname + url.search
    const answer = await client.request({ method: 'GET', path, headers: HEADERS, signal }).catch(refuseUnreachable)
    // A body that is refused unread would end the process with its error.
    answer.body.on('error', () => {})
    if (REDIRECTS.includes(answer.statusCode)) return { location: firstOf(answer.headers.location) ?? null }
    checkHead(answer, maxBytes)
    return { bytes: await readBody(answer, maxBytes) }
  } finally {
    client.destroy().catch(() => {})
  }
}

const checkHead = ({ statusCode, headers }: Dispatcher.ResponseData, maxBytes: number): void => {
  if (statusCode !== OK)
    throw new AppError('image_url_status', `The picture's address answered with status ${statusCode}, not 200.`, {
      details: { status: statusCode },
    })
  const encoding = firstOf(headers['content-encoding']) ?? 'identity'
  if (encoding.trim().toLowerCase() !== 'identity')
    throw new AppError('image_url_not_image', "The picture's address answered in a compression that was not asked for.")
  const type = firstOf(headers['content-type'])
  if (!mayBePicture(type))
    throw new AppError('image_url_not_image', "The picture's address answered with something that is not a picture.", {
      details: { mediaType: type?.slice(0, MAX_SHOWN_CHARACTERS) },
    })
  if (Number(headers['content-length'] ?? 0) > maxBytes) throw tooLarge(maxBytes)
}

const MAX_SHOWN_CHARACTERS = 100

/** Stores that do not know what they hold say nothing or "octet-stream"; then the bytes decide, as they always do. */
const mayBePicture = (type: string | undefined): boolean =>
  type === undefined || /^\s*($|;|image\/|(application|binary)\/(x-)?octet-stream\s*($|;))/i.test(type)

const readBody = async ({ body, headers }: Dispatcher.ResponseData, maxBytes: number): Promise<Uint8Array> => {
  const chunks: Uint8Array[] = []
  let length = 0
  try {
    for await (const chunk of body) {
      chunks.push(chunk)
      length += chunk.length
      if (length > maxBytes) throw tooLarge(maxBytes)
    }
  } catch (cause) {
    throw cause instanceof AppError ? cause : truncated(length, cause)
  }
  if (length < Number(headers['content-length'] ?? 0)) throw truncated(length)
  return Buffer.concat(chunks, length)
}

const truncated = (bytes: number, cause?: unknown): AppError =>
  new AppError('image_url_truncated', `The picture's address stopped sending after ${bytes} bytes.`, {
    cause,
    details: { bytes },
  })

const tooLarge = (maxBytes: number): AppError =>
  new AppError('image_too_large', `The picture's address sends more than ${maxBytes} bytes.`, { details: { maxBytes } })

const refuseUnreachable = (cause: unknown): never => {
  const isTls = isTlsFailure(cause)
  throw new AppError(
    'image_url_unreachable',
    isTls
      ? "The host of the picture's address has no certificate that can be trusted."
      : "The host of the picture's address does not answer.",
    { cause, details: { reason: isTls ? 'certificate' : 'connection' } },
  )
}

const firstOf = (header: string | string[] | undefined): string | undefined =>
  Array.isArray(header) ? header[0] : header
