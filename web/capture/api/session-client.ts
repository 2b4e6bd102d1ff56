// Speaks to the server's capture API with the token or the visit key. Knows no view and keeps no state but the key.
import type { Frame, SessionView, StartedTry, Step } from '../words.ts'
import { Busy, callUntilAnswered, Problem, type RetryPorts } from './retry.ts'
import type { VisitKey } from './visit-key.ts'

export interface SessionClient {
  view(): Promise<SessionView>
  /** Begins a try, or begins it anew. */
  start(): Promise<StartedTry>
  /** The step after the given one; null when there is none left. */
  nextStep(nonce: string, after: string | null): Promise<Step | null>
  /** Answers what to wait before the next frame, milliseconds. */
  sendFrame(frame: Frame): Promise<number>
  submit(nonce: string): Promise<SessionView>
  /** The person is done: ends a session whose tries have failed, and leaves any other as it is. */
  end(): Promise<SessionView>
}

export interface ClientDeps extends RetryPorts {
  readonly fetch: typeof fetch
  /** "/capture/api". */
  readonly base: string
  readonly key: VisitKey
  /** Once it is aborted no call is made again. */
  readonly signal?: AbortSignal | undefined
}

const CALL_TIMEOUT_MS = 30_000
const FRAME_TIMEOUT_MS = 60_000
/** Answers that mean "again, later", whoever gave them. */
const PASSING = [408, 425, 429, 500, 502, 503, 504]

export const createSessionClient = ({ fetch, base, key, signal, ...retry }: ClientDeps): SessionClient => {
  const call = async (
    path: string,
    init: RequestInit,
    { timeoutMs = CALL_TIMEOUT_MS, secret = key.secret() } = {},
  ): Promise<unknown> => {
    const patience = new AbortController()
    const timer = setTimeout(() => patience.abort(), timeoutMs)
    try {
      const response = await fetch(`${base}/${path}`, {
        ...init,
        cache: 'no-store',
        credentials: 'omit',
        headers: { ...init.headers, authorization: `Bearer ${secret}` },
        signal: patience.signal,
      })
      if (response.ok) return await response.json()
      throw await readProblem(response)
    } finally {
      clearTimeout(timer)
    }
  }
  const post = (path: string, body: object): Promise<unknown> =>
    callUntilAnswered(
      () => call(path, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
      retry,
      signal,
    )

  const view = async (secret?: string): Promise<SessionView> =>
    (await callUntilAnswered(() => call('session', { method: 'GET' }, { secret }), retry, signal)) as SessionView

  /** The token was taken up: by this tab, where it was loaded anew before the answer to its start had come. */
  const viewProposed = async (refusal: unknown): Promise<SessionView> => {
    const proposed = key.proposed()
    if (!(refusal instanceof Problem) || refusal.code !== 'session_link_used' || proposed === null) throw refusal
    const found = await view(proposed).catch(error => {
      throw error instanceof Problem && error.code === 'session_link_invalid' ? refusal : error
    })
    key.keep(proposed)
    return found
  }

  return {
    view: () => view().catch(viewProposed),
    start: async () => {
      const visit = key.propose()
      const started = (await post('start', visit === null ? {} : { visit })) as StartedTry
      if (started.visit !== null) key.keep(started.visit)
      return started
    },
    nextStep: async (nonce, after) => ((await post('steps', { nonce, after })) as { step: Step | null }).step,
    sendFrame: frame =>
      callUntilAnswered(
        async isAgain => {
          const { nonce, step, sequence, atMs, source, picture } = frame
          const query = new URLSearchParams({ nonce, step, sequence: `${sequence}`, at: `${Math.round(atMs)}`, source })
          const init = { method: 'POST', headers: { 'content-type': picture.type }, body: picture }
          try {
            return ((await call(`frames?${query}`, init, { timeoutMs: FRAME_TIMEOUT_MS })) as { pauseMs: number })
              .pauseMs
          } catch (error) {
            // The first sending arrived and its answer was lost: the server has seen this sequence.
            if (isAgain && error instanceof Problem && error.code === 'session_attempt_stale') return 0
            throw error
          }
        },
        retry,
        signal,
      ),
    submit: async nonce => (await post('submit', { nonce })) as SessionView,
    end: async () => (await post('end', {})) as SessionView,
  }
}

const readProblem = async (response: Response): Promise<Problem> => {
  const body: unknown = await response.json().catch(() => null)
  const code =
    typeof body === 'object' && body !== null && 'code' in body && typeof body.code === 'string' ? body.code : 'unknown'
  if (!PASSING.includes(response.status)) return new Problem(code, response.status)
  const seconds = Number.parseInt(response.headers.get('retry-after') ?? '', 10)
  return new Busy(code, response.status, Number.isNaN(seconds) ? null : seconds * 1000)
}
