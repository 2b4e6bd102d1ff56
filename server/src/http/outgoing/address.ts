// IP addresses: which of them are on the public internet. Pure: resolves no name and opens no connection.
import { isIP } from 'node:net'
import ipaddr from 'ipaddr.js'

export type Address = ipaddr.IPv4 | ipaddr.IPv6

/** Global unicast; everything else of IPv6 is local, multicast, a transition form or not handed out (IANA, RFC 4291). */
const GLOBAL_UNICAST = ipaddr.IPv6.parseCIDR('2000::/3')

/** RFC 6052: a network without IPv4 reaches an IPv4 host by its address in the last 32 bits. */
const NAT64 = ipaddr.IPv6.parseCIDR('64:ff9b::/96')

/** Outside of every special range, and yet answered by the machine's own platform: Azure's virtual public address. */
const PLATFORM_HOSTS = [ipaddr.IPv4.parse('168.63.129.16')]

/**
 * Reads an address in its canonical spelling (as URL parsers and resolvers give it). IPv4 in its IPv6 dress (mapped,
 * NAT64) comes out as the IPv4 address that it leads to. Null for anything that is no address.
 */
export const parseAddress = (text: string): Address | null => {
  if (isIP(text) === 0) return null
  const address = ipaddr.parse(text)
  if (address instanceof ipaddr.IPv4) return address
  if (address.isIPv4MappedAddress()) return address.toIPv4Address()
  return address.match(NAT64) ? new ipaddr.IPv4(address.toByteArray().slice(12)) : address
}

/** Whether the bits of the address are those of the range; never across IPv4 and IPv6. */
export const isWithin = (address: Address, [first, bits]: readonly [Address, number]): boolean => {
  if (address instanceof ipaddr.IPv4) return first instanceof ipaddr.IPv4 && address.match(first, bits)
  return first instanceof ipaddr.IPv6 && address.match(first, bits)
}

/**
 * True only for addresses that IANA's special-purpose registries leave to the public internet. 6to4, Teredo and
 * documentation are not public, whatever IPv4 address is inside; what is no address is not public either.
 */
export const isPublicAddress = (text: string): boolean => {
  const address = parseAddress(text)
  if (address === null || address.range() !== 'unicast') return false
  if (address instanceof ipaddr.IPv6) return address.match(GLOBAL_UNICAST)
  return !PLATFORM_HOSTS.some(host => address.match(host, 32))
}
