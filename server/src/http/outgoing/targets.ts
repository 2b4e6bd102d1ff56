// Which URLs the server itself may ask: form, port, and where the host leads. Opens no connection, and knows nothing of what
// is asked for.
import { isIP } from 'node:net'
import { isPublicAddress } from './address.ts'
import { type AllowList, allowsAddress, allowsName, allowsSomeAddress } from './allow-list.ts'
import type { PinnedAddress, Resolve } from './resolve.ts'

/** A URL of the right form. */
export interface Target {
  readonly url: URL
  /** Lower case, without brackets and without a dot at the end: a name, or an address in its canonical spelling. */
  readonly host: string
  readonly port: number
}

/** How whoever asks words what is wrong with an address: "must not hold a user name or a password". */
export interface TargetErrors {
  /** Of no form that is asked, whoever allows it. */
  invalid(problem: string): Error
  /** It leads to where nobody may be asked. */
  refused(problem: string): Error
}

const DEFAULT_PORTS: Readonly<Record<string, number>> = { 'http:': 80, 'https:': 443 }

/** Letters, digits, hyphen and underscore, 63 a label, 253 in all (RFC 1035). */
const HOST_NAME = /^(?=.{1,253}$)[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*$/

/** Throws `invalid` of the errors. */
export const parseTarget = (text: string, maxCharacters: number, { invalid }: TargetErrors): Target => {
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

export interface TargetRules {
  readonly allow: AllowList
  /** Whether nothing but what the list names may be asked. */
  readonly onlyAllowed: boolean
  /** Ports that a public host may be asked on. */
  readonly publicPorts: readonly number[]
  readonly errors: TargetErrors
}

/**
 * Resolves the host once and judges every address that it leads to. Returns the addresses that may be connected to. Throws
 * `invalid` (port) or `refused` of the errors, and what `resolve` throws.
 */
export const admitTarget = async (
  { host, port }: Target,
  { allow, onlyAllowed, publicPorts, errors }: TargetRules,
  resolve: Resolve,
  signal: AbortSignal,
): Promise<readonly PinnedAddress[]> => {
  const refuseUnlisted = (): void => {
    if (onlyAllowed) throw errors.refused('is not on the list of allowed hosts')
    if (!publicPorts.includes(port)) throw errors.invalid(`must not name a port other than ${publicPorts.join(' or ')}`)
  }
  if (allowsName(allow, host, port)) return resolve(host, signal)
  // Nothing that the name resolves to could help, so nobody is asked.
  if (!allowsSomeAddress(allow, port)) refuseUnlisted()
  const addresses = await resolve(host, signal)
  const unlisted = addresses.filter(({ address }) => !allowsAddress(allow, address, port))
  if (unlisted.length === 0) return addresses
  refuseUnlisted()
  // One private address among public ones is enough: which of them is connected to is chance.
  if (!unlisted.every(({ address }) => isPublicAddress(address))) throw errors.refused('does not lead to a public host')
  return addresses
}
