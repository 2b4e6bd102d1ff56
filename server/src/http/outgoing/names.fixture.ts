// What names resolve to in the tests of what the server itself asks, and the sentinel: servers that nothing may reach.
import { createServer } from 'node:net'
import type { Lookup, PinnedAddress } from './resolve.ts'
import { listen } from './servers.fixture.ts'

export interface Sentinel {
  readonly port: number
  /** Connections that came in. */
  reached(): number
  close(): void
}

/** The same port on both families, so that one number in a URL reaches whichever a form leads to. */
export const openSentinel = async (): Promise<Sentinel> => {
  let reached = 0
  const servers = [0, 1].map(() =>
    createServer(socket => {
      reached++
      socket.destroy()
    }),
  )
  const port = await listen(servers[0])
  // A machine may have no IPv6; then what leads there leads nowhere.
  await listen(servers[1], '::1', port).catch(() => {})
  return {
    port,
    reached: () => reached,
    close() {
      for (const server of servers) server.close()
    },
  }
}

export const NAMES: Readonly<Record<string, readonly string[]>> = {
  'loopback.example': ['127.0.0.1'],
  'loopback6.example': ['::1'],
  'any.example': ['0.0.0.0'],
  'mapped.example': ['::ffff:127.0.0.1'],
  'mixed.example': ['8.8.8.8', '127.0.0.1'],
  'mixed6.example': ['2606:4700:4700::1111', '::1'],
  'private.example': ['10.0.0.1'],
  'metadata.google.internal': ['169.254.169.254'],
  'router.local': ['192.168.1.1'],
  'carrier.example': ['100.64.1.1'],
  'metadata6.example': ['fd00:ec2::254'],
  'scoped.example': ['fe80::1%lo'],
  metadata: ['169.254.169.254'],
  'xn--bcher-kva.example': ['127.0.0.1'],
  'under_score.example': ['127.0.0.1'],
}
export const toAddresses = (texts: readonly string[]): PinnedAddress[] =>
  texts.map(address => ({ address, family: address.includes(':') ? 6 : 4 }))

/** A look-up that answers from the table, and notes what it was asked. */
export const createNames = (): { lookup: Lookup; asked: string[] } => {
  const asked: string[] = []
  return {
    asked,
    async lookup(name) {
      asked.push(name)
      if (!NAMES[name]) throw Object.assign(new Error('not found'), { code: 'ENOTFOUND' })
      return toAddresses(NAMES[name])
    },
  }
}
