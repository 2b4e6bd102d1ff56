// A connection to addresses that were judged, and to no others. Judges nothing and resolves no name.
import type { Client } from 'undici'
import type { PinnedAddress } from './resolve.ts'

export interface PinnedClientOptions {
  /** For connecting alone. */
  readonly timeoutMs: number
  /** Certificates to trust instead of the system's. */
  readonly ca?: string
}

/** One connection to the origin of the URL; whoever asks for it destroys it. Certificates are checked against the URL's host. */
export const openPinnedClient = async (
  { origin }: URL,
  addresses: readonly PinnedAddress[],
  { timeoutMs, ca }: PinnedClientOptions,
): Promise<Client> => {
  // Loaded with the first: many servers never ask anybody.
  const { buildConnector, Client } = await import('undici')
  return new Client(origin, {
    connect: buildConnector({ ...pinTo(addresses), allowH2: false, maxCachedSessions: 0, timeout: timeoutMs, ca }),
    headersTimeout: 0,
    bodyTimeout: 0,
  })
}

/** Answers the one look-up of a connection with what was judged, so that no second answer of the name's server counts. */
const pinTo = (addresses: readonly PinnedAddress[]) => ({
  lookup: (
    _name: string,
    { all }: { all?: boolean },
    callback: (error: null, found: string | PinnedAddress[], family?: number) => void,
  ): void => {
    if (all) callback(null, [...addresses])
    else callback(null, addresses[0].address, addresses[0].family)
  },
})

const TLS_CODES = /CERT|TLS|SSL|SELF_SIGNED|EPROTO|VERIFY/

/** Why nobody answered: a certificate that cannot be trusted, or anything else. */
export const isTlsFailure = (error: unknown): boolean => TLS_CODES.test(String((error as { code?: unknown }).code))
