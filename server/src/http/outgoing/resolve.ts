// Host names to addresses, once for each hop. Judges no address.
import { lookup as lookupSystem } from 'node:dns/promises'
import { isIP } from 'node:net'

export interface PinnedAddress {
  readonly address: string
  readonly family: number
}

/** All addresses of a host name. */
export type Lookup = (name: string) => Promise<readonly PinnedAddress[]>

/** Throws `nameUnknown` or `busy` of its `ResolveErrors`; the signal's reason when it aborts first. */
export type Resolve = (host: string, signal: AbortSignal) => Promise<readonly PinnedAddress[]>

/** How whoever resolves names words what goes wrong. */
export interface ResolveErrors {
  nameUnknown(cause?: unknown): Error
  /** Too many names are being resolved. */
  busy(): Error
}

/** The system's resolver, hosts file included. */
export const systemLookup: Lookup = name => lookupSystem(name, { all: true, order: 'verbatim' })

/** RFC 6761: names that are the machine itself everywhere, so nobody is asked. */
const LOOPBACK_NAME = /(^|\.)localhost$/
const LOOPBACK: readonly PinnedAddress[] = [
  { address: '127.0.0.1', family: 4 },
  { address: '::1', family: 6 },
]

/** `maxPending` look-ups at once; those that nobody waits for any more count until the system gives them up. */
export const createResolver = (lookup: Lookup, maxPending: number, errors: ResolveErrors): Resolve => {
  let pending = 0
  const ask = async (name: string): Promise<readonly PinnedAddress[]> => {
    pending++
    try {
      return await lookup(name)
    } catch (cause) {
      throw errors.nameUnknown(cause)
    } finally {
      pending--
    }
  }
  return async (host, signal) => {
    signal.throwIfAborted()
    const family = isIP(host)
    if (family !== 0) return [{ address: host, family }]
    if (LOOPBACK_NAME.test(host)) return LOOPBACK
    if (pending >= maxPending) throw errors.busy()
    const addresses = await orAborted(ask(host), signal)
    if (addresses.length === 0) throw errors.nameUnknown()
    return addresses
  }
}

/** The system's resolver cannot be interrupted, but it need not be waited for. */
const orAborted = <T>(work: Promise<T>, signal: AbortSignal): Promise<T> =>
  new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason)
    signal.addEventListener('abort', abort, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
