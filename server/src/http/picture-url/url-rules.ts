// Which URLs may be fetched: form, port, and where the host leads. Opens no connection.
import { isIP } from 'node:net'
import type { ImageUrlMode } from '../../core/types.ts'
import { AppError } from '../../errors.ts'
import { isPublicAddress } from './address.ts'
import { type AllowList, allowsAddress, allowsName, allowsSomeAddress } from './allow-list.ts'
import type { PinnedAddress, Resolve } from './resolve.ts'

export interface PictureUrlPolicy {
  /** No URL at all, only what the allow-list names, or that and the public internet. */
  readonly mode: ImageUrlMode
  readonly allow: AllowList
  /** Time for one picture where it is shorter than the server's own. */
  readonly timeoutMs?: number
}

/** A URL of the right form. */
export interface Target {
  readonly url: URL
  /** Lower case, without brackets and without a dot at the end: a name, or an address in its canonical spelling. */
  readonly host: string
  readonly port: number
}

const DEFAULT_PORTS: Readonly<Record<string, number>> = { 'http:': 80, 'https:': 443 }

/** Letters, digits, hyphen and underscore, 63 a label, 253 in all (RFC 1035). */
const HOST_NAME = /^(?=.{1,253}$)[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*$/

const invalid = (problem: string): AppError => new AppError('image_url_invalid', `The picture's address ${problem}.`)
const refused = (problem: string): AppError => new AppError('image_url_refused', `The picture's address ${problem}.`)

/** @throws AppError image_url_invalid */
export const parseTarget = (text: string, maxCharacters: number): Target => {
  if (text.length > maxCharacters) throw invalid(`has more than ${maxCharacters} characters`)
  if (!URL.canParse(text)) throw invalid('is not a valid URL')
  const url = new URL(text)
  const defaultPort = DEFAULT_PORTS[url.protocol]
  if (defaultPort === undefined) throw invalid('must begin with http:// or https://')
  if (url.username !== '' || url.password !== '') throw invalid('must not hold a user name or a password')
  const host = url.hostname.replace(/^\[|\]$|\.$/g, '')
  if (isIP(host) === 0) {
    if (!HOST_NAME.test(host)) throw invalid('has no valid host name')
    url.hostname = host
    // What is connected to is read from the URL; it has to be what was judged.
    if (url.hostname !== host) throw invalid('has no valid host name')
  }
  return { url, host, port: url.port === '' ? defaultPort : Number(url.port) }
}

/**
 * Resolves the host once and judges every address that it leads to. Returns the addresses that may be connected to.
 * @throws AppError image_url_invalid (port), image_url_refused (not allowed), image_url_unreachable (no such name), busy
 */
export const admitTarget = async (
  target: Target,
  { mode, allow }: PictureUrlPolicy,
  { resolve, publicPorts, signal }: { resolve: Resolve; publicPorts: readonly number[]; signal: AbortSignal },
): Promise<readonly PinnedAddress[]> => {
  const { host, port } = target
  const refuseUnlisted = (): void => {
    if (mode === 'allow-list') throw refused('is not on the list of allowed hosts')
    if (!publicPorts.includes(port)) throw invalid(`must not name a port other than ${publicPorts.join(' or ')}`)
  }
  if (mode === 'off')
    throw new AppError('image_url_refused', 'No pictures are fetched for this caller; send the picture itself.')
  if (allowsName(allow, host, port)) return resolve(host, signal)
  // Nothing that the name resolves to could help, so nobody is asked.
  if (!allowsSomeAddress(allow, port)) refuseUnlisted()
  const addresses = await resolve(host, signal)
  const unlisted = addresses.filter(({ address }) => !allowsAddress(allow, address, port))
  if (unlisted.length === 0) return addresses
  refuseUnlisted()
  // One private address among public ones is enough: which of them is connected to is chance.
  if (!unlisted.every(({ address }) => isPublicAddress(address))) throw refused('does not lead to a public host')
  return addresses
}
