// For the tests of pictures by URL: servers on loopback, and a fetcher with limits small enough to reach.
import assert from 'node:assert/strict'
import { AppError, type ErrorCode } from '../../errors.ts'
import { parseAllowList } from '../outgoing/allow-list.ts'
import { createPictureFetcher, type PictureFetcherDeps, type PictureUrlPolicy } from './fetch.ts'

export { type HttpServer, listen, serve, withServer } from '../outgoing/servers.fixture.ts'

export const policy = (allow = '', rest: Partial<PictureUrlPolicy> = {}): PictureUrlPolicy => ({
  mode: 'public',
  allow: parseAllowList(allow, 'allow'),
  ...rest,
})

/** Long enough for loopback on a busy machine; tests of slowness bring a shorter one in their policy. */
const PATIENCE_MS = 20_000

export const SMALL_LIMITS: PictureFetcherDeps['limits'] = {
  maxImageBytes: 10_000,
  urlFetchTimeoutMs: PATIENCE_MS,
  maxUrlRedirects: 3,
  maxConcurrentUrlFetches: 4,
  maxUrlCharacters: 2048,
}

export const createFetcher = (deps: Partial<PictureFetcherDeps> = {}) =>
  createPictureFetcher({ limits: SMALL_LIMITS, ...deps })

/** The error that a fetch was refused with. */
export const refusalOf = async (fetched: Promise<unknown>): Promise<AppError> => {
  try {
    await fetched
  } catch (error) {
    assert.ok(error instanceof AppError, String((error as Error).stack))
    return error
  }
  assert.fail('The picture was fetched.')
}

export const assertRefused = async (fetched: Promise<unknown>, code: ErrorCode, what?: string): Promise<AppError> => {
  const error = await refusalOf(fetched)
  assert.equal(error.code, code, `${what ?? ''} ${error.message} ${error.cause}`)
  return error
}
