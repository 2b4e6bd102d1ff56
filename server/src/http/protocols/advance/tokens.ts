// The vendor's access tokens: JSON Web Tokens (RFC 7519) signed with HMAC-SHA512, and the signature that asks for one. Pure but
// for chance: knows no request and no store.
import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto'

export interface TokenClaims {
  /** The access key of the pair that it was made for. */
  readonly accessKey: string
  readonly regionId: string
  /** Seconds since 1970. */
  readonly issuedAt: number
  /** The last second in which it is good. */
  readonly expiresAt: number
}

const HEADER = Buffer.from('{"alg":"HS512"}').toString('base64url')
const ISSUER = 'likeness'
/** Ours have some 300. */
const MAX_TOKEN_CHARACTERS = 2000

/** Lower-case hex of SHA-256 over the three texts one behind the other, as the vendor's page has it. */
export const signRequest = (accessKey: string, secretKey: string, timestamp: string): string =>
  createHash('sha256')
    .update(accessKey + secretKey + timestamp, 'utf8')
    .digest('hex')

/** In constant time; capitals count too. */
export const matchesSignature = (expected: string, shown: string): boolean => {
  const [one, other] = [Buffer.from(expected), Buffer.from(shown.toLowerCase())]
  return one.length === other.length && timingSafeEqual(one, other)
}

/** Two tokens of one second differ. `key` has 64 bytes. */
export const writeToken = (key: Uint8Array, { accessKey, regionId, issuedAt, expiresAt }: TokenClaims): string => {
  const claims = {
    iss: ISSUER,
    sub: JSON.stringify({ accessKey, region: regionId }),
    aud: 'WEB',
    iat: issuedAt,
    exp: expiresAt,
    jti: randomBytes(8).toString('hex'),
  }
  const text = `${HEADER}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}`
  return `${text}.${macOf(key, text).toString('base64url')}`
}

/** Null for every token that was not written with this key, or whose time is over. */
export const readToken = (key: Uint8Array, token: string, now: Date): TokenClaims | null => {
  if (token.length > MAX_TOKEN_CHARACTERS) return null
  const [header, payload, shown, ...rest] = token.split('.')
  // No other header was ever signed, so no other algorithm is ever read from one.
  if (header !== HEADER || payload === undefined || shown === undefined || rest.length > 0) return null
  const mac = macOf(key, `${header}.${payload}`)
  const claimed = Buffer.from(shown, 'base64url')
  const isOurs =
    claimed.length === mac.length && timingSafeEqual(claimed, mac) && claimed.toString('base64url') === shown
  if (!isOurs) return null
  const { sub, iat, exp } = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8'))
  const { accessKey, region } = JSON.parse(sub)
  return Math.floor(now.getTime() / 1000) > exp ? null : { accessKey, regionId: region, issuedAt: iat, expiresAt: exp }
}

const macOf = (key: Uint8Array, text: string): Buffer => createHmac('sha512', key).update(text, 'utf8').digest()
