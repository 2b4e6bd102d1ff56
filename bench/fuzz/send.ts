// Sends attempts and brings back what is wrong with the answers.
import { connect } from 'node:net'
import type { Attempt, AttemptKind, BareAttempt } from './attempts.ts'
import { judge, judgeEnvelope, judgeFlat, readReplies } from './verdict.ts'

export interface Outcome {
  readonly status: number
  /** Null when all is as it must be. */
  readonly fault: string | null
}

/** An answer takes no longer, however busy the server is, milliseconds. */
const PATIENCE_MS = 60_000
/** After this silence a bare connection has said what it had to say, milliseconds. */
const SILENCE_MS = 1000

/** Of the APIs that do not answer problem documents. */
const VERDICTS: Readonly<Partial<Record<AttemptKind, typeof judge>>> = { verihubs: judgeFlat, advance: judgeEnvelope }

export const send = async (address: string, key: string, attempt: Attempt): Promise<Outcome> => {
  const { method, path, headers, body } = attempt
  try {
    const response = await fetch(address + path, {
      method,
      headers: { authorization: `Bearer ${key}`, ...headers },
      body: body as RequestInit['body'],
      signal: AbortSignal.timeout(PATIENCE_MS),
    })
    const text = await response.text()
    const { status } = response
    if (method === 'HEAD') return { status, fault: status >= 500 && status !== 503 ? `answered ${status}` : null }
    const verdict = VERDICTS[attempt.kind] ?? judge
    return { status, fault: verdict({ status, contentType: response.headers.get('content-type') ?? '', text }) }
  } catch (error) {
    const { message, cause } = error as Error
    return { status: 0, fault: `no answer: ${message} ${cause instanceof Error ? cause.message : ''}` }
  }
}

/** What is no request may stay without an answer, but an answer must be one. */
export const sendBare = async (address: string, { bytes }: BareAttempt): Promise<Outcome> => {
  const replies = readReplies(await talk(Number(new URL(address).port), bytes))
  const faults = replies.map(judge).filter(fault => fault !== null)
  return { status: replies[0]?.status ?? 0, fault: faults[0] ?? null }
}

const talk = (port: number, bytes: Buffer): Promise<string> =>
  new Promise(resolve => {
    const chunks: Buffer[] = []
    const socket = connect(port, '127.0.0.1')
    const end = (): void => {
      socket.destroy()
      resolve(Buffer.concat(chunks).toString('latin1'))
    }
    socket.setTimeout(SILENCE_MS, end)
    socket.on('data', chunk => chunks.push(chunk))
    socket.on('error', () => {})
    socket.once('close', end)
    socket.end(bytes)
  })
