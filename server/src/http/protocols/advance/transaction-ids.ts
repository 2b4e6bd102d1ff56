// The vendor's transaction ids. The id of a call is made before anybody knows who calls, so it goes by the address alone.
import { randomBytes } from 'node:crypto'

const ADDRESS = /^\/(?:advance(?:\/|$)|openapi\/auth\/|intl\/openapi\/)/

/** 16 hexadecimal digits for an address of this protocol; null for another. */
export const transactionIdFor = (url: string): string | null =>
  ADDRESS.test(url.split('?', 1)[0]) ? randomBytes(8).toString('hex') : null
