// The hosts and address ranges that an operator allows though they are not public. Resolves no name.
import { isIP } from 'node:net'
import { domainToASCII } from 'node:url'
import { AppError } from '../../errors.ts'
import { type Address, isWithin, parseAddress } from './address.ts'

/** A port of null stands for every port. */
export type AllowEntry =
  | { readonly name: string; readonly port: number | null }
  | { readonly range: readonly [Address, number]; readonly port: number | null }
export type AllowList = readonly AllowEntry[]

/** HOST, HOST:PORT, ADDRESS/BITS, ADDRESS/BITS:PORT; an IPv6 address that has a port stands in brackets. */
const ENTRY = /^(?<host>\[[^[\]]+\]|[^[\]:/]+)(?:\/(?<bits>\d{1,3}))?(?::(?<port>\d{1,5}))?$/
const BARE_IPV6 = /^(?<host>[0-9a-f.]*:[0-9a-f.]*:[0-9a-f:.]*)(?:\/(?<bits>\d{1,3}))?$/i
const HOST_NAME = /^[a-z0-9_-]+(\.[a-z0-9_-]+)*$/
const MAX_PORT = 65_535

/**
 * Reads a list of entries, separated by commas or white space.
 * @throws AppError config_invalid that names the setting and the entry
 */
export const parseAllowList = (text: string, setting: string): AllowList =>
  text
    .split(/[\s,]+/)
    .filter(entry => entry !== '')
    .map(entry => {
      const parsed = parseEntry(entry)
      if (parsed) return parsed
      throw new AppError(
        'config_invalid',
        `${setting}: expected host names, addresses or CIDR ranges, each with or without ":port", found ${JSON.stringify(entry)}.`,
      )
    })

const parseEntry = (entry: string): AllowEntry | null => {
  const { host, bits, port: digits } = (BARE_IPV6.exec(entry) ?? ENTRY.exec(entry))?.groups ?? {}
  const port = digits === undefined ? null : Number(digits)
  if (host === undefined || port === 0 || (port !== null && port > MAX_PORT)) return null
  const bare = host.replace(/^\[|\]$/g, '')
  if (isIP(bare) === 0) return bits === undefined && bare === host ? parseName(host, port) : null
  const range = parseRange(bare, bits)
  return range && { range, port }
}

const parseRange = (text: string, bits: string | undefined): [Address, number] | null => {
  const address = parseAddress(text)
  const most = isIP(text) === 4 ? 32 : 128
  const length = bits === undefined ? most : Number(bits)
  // IPv4 in its IPv6 dress is judged as IPv4, so a range of it has to be written as IPv4.
  if (address === null || length > most || address.toByteArray().length * 8 !== most) return null
  return [address, length]
}

const parseName = (host: string, port: number | null): AllowEntry | null => {
  const name = domainToASCII(host).replace(/\.$/, '')
  const looksNumeric = /(^|\.)(\d+|0x[0-9a-f]*)$/.test(name)
  return HOST_NAME.test(name) && !looksNumeric ? { name, port } : null
}

/** Whether the operator allows this host by its name, wherever it leads. */
export const allowsName = (list: AllowList, name: string, port: number): boolean =>
  list.some(entry => 'name' in entry && entry.name === name && isForPort(entry, port))

/** Whether any address at all is allowed on this port. */
export const allowsSomeAddress = (list: AllowList, port: number): boolean =>
  list.some(entry => 'range' in entry && isForPort(entry, port))

export const allowsAddress = (list: AllowList, text: string, port: number): boolean => {
  const address = parseAddress(text)
  if (address === null) return false
  return list.some(entry => 'range' in entry && isForPort(entry, port) && isWithin(address, entry.range))
}

const isForPort = (entry: AllowEntry, port: number): boolean => entry.port === null || entry.port === port
