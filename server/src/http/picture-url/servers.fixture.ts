// Servers for the tests of pictures by URL, on loopback, and a fetcher with limits small enough to reach.
import assert from 'node:assert/strict'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo, Server } from 'node:net'
import { AppError, type ErrorCode } from '../../errors.ts'
import { parseAllowList } from './allow-list.ts'
import { createPictureFetcher, type PictureFetcherDeps, type PictureUrlPolicy } from './fetch.ts'

export const listen = async (server: Server, host = '127.0.0.1', port = 0): Promise<number> => {
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, host, resolve))
  return (server.address() as AddressInfo).port
}

export interface HttpServer {
  readonly port: number
  readonly url: string
  /** Requests that came in, as "GET /path host". */
  readonly requests: string[]
  close(): void
}

export const serve = async (answer: RequestListener, host?: string): Promise<HttpServer> => {
  const requests: string[] = []
  const server = createServer((request, response) => {
    requests.push(`${request.method} ${request.url} ${request.headers.host}`)
    answer(request, response)
  })
  const port = await listen(server, host)
  return {
    port,
    url: `http://${host?.includes(':') ? `[${host}]` : (host ?? '127.0.0.1')}:${port}`,
    requests,
    close() {
      server.close()
      server.closeAllConnections()
    },
  }
}

export const withServer = async (
  answer: RequestListener,
  use: (server: HttpServer) => Promise<void>,
): Promise<void> => {
  const server = await serve(answer)
  try {
    await use(server)
  } finally {
    server.close()
  }
}

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
