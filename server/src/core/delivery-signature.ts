// How a receiver knows that a notice is ours: headers with a time, a random text and a keyed hash over both and the body. Pure.
import { createHmac } from 'node:crypto'

export const DELIVERY_ALGORITHMS = ['HMAC-SHA256', 'HMAC-SHA512'] as const
export type DeliveryAlgorithm = (typeof DELIVERY_ALGORITHMS)[number]

const HASHES: Readonly<Record<DeliveryAlgorithm, string>> = { 'HMAC-SHA256': 'sha256', 'HMAC-SHA512': 'sha512' }

export interface DeliveryStamp {
  readonly at: Date
  /** Another for each try. */
  readonly nonce: string
}

/**
 * The headers' names are ADVANCE.AI's, for every webhook: one check serves all. `aai-timestamp` is in seconds since 1970;
 * `aai-signature` is base64 of the HMAC over timestamp, nonce and body as sent, joined by line feeds.
 */
export const signDelivery = (
  { algorithm, secret }: { readonly algorithm: DeliveryAlgorithm; readonly secret: Uint8Array },
  body: string,
  { at, nonce }: DeliveryStamp,
): Readonly<Record<string, string>> => {
  const timestamp = String(Math.floor(at.getTime() / 1000))
  const signed = [timestamp, nonce, body].join('\n')
  return {
    'aai-timestamp': timestamp,
    'aai-nonce': nonce,
    'aai-signature': createHmac(HASHES[algorithm], secret).update(signed, 'utf8').digest('base64'),
  }
}
