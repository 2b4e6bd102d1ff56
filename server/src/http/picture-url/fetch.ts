// A picture by URL: each hop is judged, resolved once, pinned and downloaded, all within one deadline. Decodes nothing.
import { AppError } from '../../errors.ts'
import type { Limits } from '../../limits.ts'
import { createResolver, type Lookup, systemLookup } from '../outgoing/resolve.ts'
import { download } from './download.ts'
import { admitTarget, NAME_ERRORS, type PictureUrlPolicy, parseTarget, type Target } from './url-rules.ts'

export type { PictureUrlPolicy } from './url-rules.ts'

/** Whether a text is meant as an address; everything else in a picture field is base64. */
export const isPictureUrl = (text: string): boolean => /^https?:\/\//i.test(text)

/**
 * Fetches the bytes behind an address; whether they are a picture is for the decoder to say.
 * @throws AppError image_url_*, image_too_large, busy; the signal's reason when the caller hangs up
 */
export type FetchPicture = (url: string, policy: PictureUrlPolicy, signal?: AbortSignal) => Promise<Uint8Array>

export interface PictureFetcherDeps {
  readonly limits: Pick<
    Limits,
    'maxImageBytes' | 'urlFetchTimeoutMs' | 'maxUrlRedirects' | 'maxConcurrentUrlFetches' | 'maxUrlCharacters'
  >
  readonly lookup?: Lookup
  /** Ports that a public host may be asked on. */
  readonly publicPorts?: readonly number[]
  /** Certificates to trust instead of the system's. */
  readonly ca?: string
}

export const createPictureFetcher = (deps: PictureFetcherDeps): FetchPicture => {
  const { limits, lookup = systemLookup, publicPorts = [80, 443], ca } = deps
  const resolve = createResolver(lookup, limits.maxConcurrentUrlFetches, NAME_ERRORS)
  let running = 0

  const followTo = async (url: string, policy: PictureUrlPolicy, signal: AbortSignal, timeoutMs: number) => {
    let target = parseTarget(url, limits.maxUrlCharacters)
    for (let redirects = 0; ; redirects++) {
      const addresses = await admitTarget(target, policy, { resolve, publicPorts, signal })
      const found = await download(target, addresses, { signal, maxBytes: limits.maxImageBytes, timeoutMs, ca })
      if ('bytes' in found) return found.bytes
      if (redirects === limits.maxUrlRedirects)
        throw redirectError(`redirects more than ${limits.maxUrlRedirects} times`)
      target = followLocation(found.location, target, limits.maxUrlCharacters)
    }
  }

  return async (url, policy, signal) => {
    signal?.throwIfAborted()
    if (running >= limits.maxConcurrentUrlFetches)
      throw new AppError('busy', 'Too many pictures are being fetched; try again in a moment.')
    const timeoutMs = Math.min(policy.timeoutMs ?? Number.POSITIVE_INFINITY, limits.urlFetchTimeoutMs)
    const deadline = new AbortController()
    const timer = setTimeout(() => deadline.abort(), timeoutMs)
    running++
    try {
      const either = signal ? AbortSignal.any([deadline.signal, signal]) : deadline.signal
      return await followTo(url, policy, either, timeoutMs)
    } catch (error) {
      signal?.throwIfAborted()
      throw deadline.signal.aborted ? timeoutError(timeoutMs, error) : error
    } finally {
      running--
      clearTimeout(timer)
    }
  }
}

/** The next hop; it is judged like the first. @throws AppError image_url_redirects */
const followLocation = (location: string | null, { url }: Target, maxCharacters: number): Target => {
  if (location === null) throw redirectError('redirects without saying where to')
  // Longer ones are refused by their length, which resolving them could only make longer.
  const next =
    location.length <= maxCharacters && URL.canParse(location, url.href) ? new URL(location, url).href : location
  try {
    return parseTarget(next, maxCharacters)
  } catch (cause) {
    throw redirectError('redirects to something that is not a plain http or https address', cause)
  }
}

const redirectError = (problem: string, cause?: unknown): AppError =>
  new AppError('image_url_redirects', `The picture's address ${problem}.`, { cause })

const timeoutError = (timeoutMs: number, cause: unknown): AppError =>
  new AppError('image_url_timeout', `The picture did not arrive within ${timeoutMs} milliseconds.`, {
    cause,
    details: { timeoutMs },
  })
