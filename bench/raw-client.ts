// Sends requests that were made beforehand over bare connections which are kept open: a client that costs the machine little
// even at several times what the server takes. Reads of an answer only its status and its length.
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

export interface RawClient {
  /** Resolves with the status; 0 when the connection failed. */
  send(request: Buffer): Promise<number>
  /** Connections that are open. */
  connections(): number
  close(): void
}

export interface AnswerHead {
  readonly status: number
  /** Bytes of head and body together. */
  readonly bytes: number
  readonly isLast: boolean
}

const HEAD_END = Buffer.from('\r\n\r\n')

/** Null until the head is complete. Answers without a length have no body. */
export const readHead = (received: Buffer): AnswerHead | null => {
  const end = received.indexOf(HEAD_END)
  if (end < 0) return null
  const head = received.toString('latin1', 0, end + 2)
  const length = Number(/\r\ncontent-length: *(\d+)\r\n/i.exec(head)?.[1] ?? 0)
  return {
    status: Number(head.slice('HTTP/1.1 '.length, 'HTTP/1.1 200'.length)),
    bytes: end + HEAD_END.length + length,
    isLast: /\r\nconnection: *close\r\n/i.test(head),
  }
}

export const openRawClient = (address: string): RawClient => {
  const { hostname, port } = new URL(address)
  const idle: Socket[] = []
  const open = new Set<Socket>()

  const takeConnection = async (): Promise<Socket> => {
    const waiting = idle.pop()
    if (waiting) return waiting
    const socket = connect({ host: hostname, port: Number(port), noDelay: true })
    open.add(socket)
    socket.on('error', () => {})
    socket.once('close', () => {
      open.delete(socket)
      if (idle.includes(socket)) idle.splice(idle.indexOf(socket), 1)
    })
    await Promise.race([once(socket, 'connect'), once(socket, 'close')])
    return socket
  }

  return {
    async send(request) {
      const socket = await takeConnection()
      if (socket.destroyed) return 0
      const answer = exchange(socket, request)
      const { status, isLast } = (await answer) ?? { status: 0, isLast: true }
      if (isLast) socket.destroy()
      else idle.push(socket)
      return status
    },
    connections: () => open.size,
    close() {
      for (const socket of open) socket.destroy()
    },
  }
}

/** Null when the connection ends before the answer does. */
const exchange = (socket: Socket, request: Buffer): Promise<AnswerHead | null> =>
  new Promise(resolve => {
    let received: Buffer = Buffer.alloc(0)
    const end = (answer: AnswerHead | null): void => {
      socket.off('data', read)
      socket.off('close', abandon)
      resolve(answer)
    }
    const abandon = (): void => end(null)
    const read = (chunk: Buffer): void => {
      received = received.length === 0 ? chunk : Buffer.concat([received, chunk])
      const head = readHead(received)
      if (head && received.length >= head.bytes) end(head)
    }
    socket.on('data', read)
    socket.once('close', abandon)
    socket.write(request)
  })
