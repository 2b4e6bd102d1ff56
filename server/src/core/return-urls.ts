// The rules for addresses that a capture session leads or reports to: where the page goes at its end, and who is told of it.
// Resolves no name and asks no address.
import { AppError } from '../errors.ts'
import type { Limits } from '../limits.ts'
import { isPlainText } from './names.ts'

/** Schemes that run code, show what is local, or lead a phone to any part of any app. */
const REFUSED_SCHEMES = ['javascript', 'data', 'file', 'about', 'blob', 'intent']
const NOTICE_SCHEMES = ['https', 'http']

/** RFC 3986, section 3.1; then what begins the host. */
const BEGINNING = /^([a-z][a-z0-9+.-]*):\/\/[^/?#\\]/i

/**
 * Not empty, at most 2,048 characters without control characters, an address that can be parsed, with a host, of https, http
 * or the scheme of an app ("myapp://done"). @throws AppError request_invalid, which names the field
 */
export const checkReturnUrl = (url: string, field: string, limits: Pick<Limits, 'maxReturnUrlCharacters'>): void => {
  const scheme = checkAddress(url, field, limits)
  if (REFUSED_SCHEMES.includes(scheme)) throw refuse(field, `another scheme than "${scheme}:"`)
}

/**
 * The same, and https or http, without a user name or a password, which nobody is told with. @throws AppError request_invalid,
 * which names the field
 */
export const checkNoticeUrl = (url: string, field: string, limits: Pick<Limits, 'maxReturnUrlCharacters'>): void => {
  if (!NOTICE_SCHEMES.includes(checkAddress(url, field, limits))) throw refuse(field, 'the scheme "https:" or "http:"')
  const { username, password } = new URL(url)
  if (username !== '' || password !== '') throw refuse(field, 'no user name or password')
}

/** Answers the scheme, in lower case. */
const checkAddress = (
  url: string,
  field: string,
  { maxReturnUrlCharacters: most }: Pick<Limits, 'maxReturnUrlCharacters'>,
): string => {
  if (url.length === 0 || url.length > most) throw refuse(field, `1 to ${most} characters (it has ${url.length})`)
  // Before parsing, which drops tabs and line feeds and what surrounds an address.
  if (!isPlainText(url)) throw refuse(field, 'well-formed Unicode text without control characters')
  if (/\s/.test(url)) throw refuse(field, 'no blanks')
  const parsed = URL.parse(url)
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(url)?.[1]?.toLowerCase()
  if (!parsed || !scheme) throw refuse(field, 'a whole address with its scheme, such as https://shop.example/done')
  if (REFUSED_SCHEMES.includes(scheme)) return scheme
  if (!BEGINNING.test(url) || parsed.hostname === '') throw refuse(field, 'a host, as in scheme://host/path')
  return scheme
}

const MOST_ORIGIN_CHARACTERS = 255

/**
 * Origins that may show a page in an iframe, or "*" alone. As browsers write them: scheme, host and a port that is not the
 * scheme's own, in lower case. @throws AppError request_invalid
 */
export const checkOrigins = (
  origins: readonly string[],
  field: string,
  { maxIframeOrigins: most }: Pick<Limits, 'maxIframeOrigins'>,
): void => {
  if (origins.length > most) throw refuse(field, `at most ${most} origins (it has ${origins.length})`)
  if (origins.length === 1 && origins[0] === '*') return
  for (const origin of origins)
    if (!isOrigin(origin)) throw refuse(field, 'origins such as "https://shop.example", or "*" alone')
}

/** Also keeps out of the header that names them whatever would end it. */
const isOrigin = (text: string): boolean => {
  if (text.length > MOST_ORIGIN_CHARACTERS || !/^https?:\/\/[a-z0-9.:[\]-]+$/.test(text)) return false
  return URL.parse(text)?.origin === text
}

const refuse = (field: string, expected: string): AppError =>
  new AppError('request_invalid', `"${field}" must have ${expected}.`, { details: { field } })
