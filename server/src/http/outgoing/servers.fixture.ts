// Servers on loopback for the tests of what the server itself asks.
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo, Server } from 'node:net'

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
