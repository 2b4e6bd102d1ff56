// The parameters of a call: address and form, decoded once and merged. Knows no action.
import { isUtf8 } from 'node:buffer'
import { GatewayError } from './errors.ts'

/** In the order of arrival. */
export type Pairs = readonly (readonly [name: string, value: string])[]

/** Most parameters of one call; the longest action has about thirty. */
const MAX_PARAMETERS = 100

/** What stands after the "?" of an address, and in a form. @throws GatewayError InvalidParameter */
export const parsePairs = (text: string): Pairs => {
  if (text === '') return []
  const parts = text.split('&', MAX_PARAMETERS + 1)
  if (parts.length > MAX_PARAMETERS)
    throw new GatewayError('InvalidParameter', `A call has at most ${MAX_PARAMETERS} parameters.`)
  return parts.filter(part => part !== '').map(parsePair)
}

const parsePair = (part: string): readonly [string, string] => {
  const at = part.indexOf('=')
  return at < 0 ? [decode(part), ''] : [decode(part.slice(0, at)), decode(part.slice(at + 1))]
}

/** "+" is a space in forms and in addresses. */
const decode = (text: string): string => {
  const spaced = text.includes('+') ? text.replaceAll('+', ' ') : text
  if (!spaced.includes('%')) return spaced
  try {
    return decodeURIComponent(spaced)
  } catch {
    throw new GatewayError('InvalidParameter', 'A parameter is not percent-encoded UTF-8.')
  }
}

/** @throws GatewayError InvalidParameter */
export const parseForm = (body: Uint8Array): Pairs => {
  if (!isUtf8(body)) throw new GatewayError('InvalidParameter', 'The form is not UTF-8.')
  return parsePairs(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8'))
}

/**
 * By name; the form goes before the address. An empty value counts as absent, as generated clients send those of fields that
 * were never set. @throws GatewayError InvalidParameter where a name comes twice in one place
 */
export const mergePairs = (query: Pairs, form: Pairs): ReadonlyMap<string, string> =>
  new Map([...toEntries(query), ...toEntries(form)])

const toEntries = (pairs: Pairs): Pairs => {
  const names = new Set(pairs.map(([name]) => name))
  if (names.size === pairs.length) return pairs.filter(([, value]) => value !== '')
  throw new GatewayError('InvalidParameter', 'A parameter is given twice.')
}
