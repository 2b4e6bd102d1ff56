// Which region a request's host name leads to. Pure: knows no request and opens no region.

/** A region and the host names, lower case, that lead to it. */
export interface RegionHosts {
  readonly id: string
  /** A name without a dot ("sg-api") stands for every host that begins with it, under whatever domain. */
  readonly hosts: readonly string[]
  /** ISO 3166-1 alpha-2 codes of the countries that it serves; all where none are named. */
  readonly countries?: readonly string[] | null
}

/** What hosts get that no region names: the region of whoever calls, no region at all, or the region of this id. */
export type UnknownHosts = 'credential' | 'refuse' | (string & {})

/** The id of no region: credentials are of none such, so every call is refused. */
export const NO_REGION = ''

/** The region of a host name; null: that of the credential. A whole name goes before the beginning of one. */
export const createHostTable = (
  regions: readonly RegionHosts[],
  unknownHosts: UnknownHosts = 'credential',
): ((host: string) => string | null) => {
  const byName = new Map(regions.flatMap(({ id, hosts }) => hosts.map(host => [host, id] as const)))
  const unknown = unknownHosts === 'credential' ? null : unknownHosts === 'refuse' ? NO_REGION : unknownHosts
  return host => {
    const name = host.toLowerCase().replace(/\.$/, '')
    const [first = ''] = name.split('.', 1)
    return byName.get(name) ?? byName.get(first) ?? unknown
  }
}
