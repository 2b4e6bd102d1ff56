// Fetches one file of a model pack over HTTP: no redirect is followed, no more bytes are taken than the file is known to
// have, and neither silence nor slowness is waited for without end. Writes nothing; the caller checks what came.
import { AppError } from '../errors.ts'
import type { Limits } from '../limits.ts'

export interface Download {
  readonly address: string
  /** How many bytes the file has, as pack.json says. */
  readonly bytes: number
  readonly limits: Pick<Limits, 'packSilenceMs' | 'packFileTimeoutMs'>
  readonly onProgress?: (received: number) => void
}

/** Stable, in `details.reason`. */
type Reason = 'unreachable' | 'status' | 'redirect' | 'too_large' | 'truncated' | 'timeout'

/** Throws `pack_download_failed` that names the address and the reason. */
export const download = async ({ address, bytes, limits, onProgress }: Download): Promise<Uint8Array> => {
  const silence = new AbortController()
  const restart = startTimer(() => silence.abort(), limits.packSilenceMs)
  const late = AbortSignal.timeout(limits.packFileTimeoutMs)
  const signal = AbortSignal.any([silence.signal, late])
  try {
    const response = await fetch(address, {
      redirect: 'manual',
      // Compressed, the bytes on their way would not be those that are counted.
      headers: { 'accept-encoding': 'identity' },
      signal,
    })
    checkStatus(response, address)
    return await collect(response, { address, bytes, limits, onProgress }, signal, restart)
  } catch (error) {
    if (error instanceof AppError) throw error
    if (silence.signal.aborted) throw fail(address, 'timeout', `was silent for ${limits.packSilenceMs / 1000} s`, error)
    if (late.aborted) throw fail(address, 'timeout', `took longer than ${limits.packFileTimeoutMs / 1000} s`, error)
    throw fail(address, 'unreachable', `cannot be reached (${describeCause(error)})`, error)
  } finally {
    restart(false)
  }
}

/** Calls `act` after a while; the answer starts the while anew, or ends it for good. */
const startTimer = (act: () => void, ms: number): ((again?: boolean) => void) => {
  let timer = setTimeout(act, ms)
  return (again = true) => {
    clearTimeout(timer)
    if (again) timer = setTimeout(act, ms)
  }
}

const checkStatus = (response: Response, address: string): void => {
  const { status, headers } = response
  if (status === 200) return
  void response.body?.cancel()
  if (status >= 300 && status < 400)
    throw fail(address, 'redirect', `redirects to ${headers.get('location')}, which is not followed`)
  throw fail(address, 'status', `answered with the status ${status}`, undefined, { status })
}

const collect = async (
  response: Response,
  { address, bytes, onProgress }: Download,
  signal: AbortSignal,
  restart: () => void,
): Promise<Uint8Array> => {
  const content = new Uint8Array(bytes)
  let received = 0
  try {
    for await (const chunk of response.body ?? []) {
      restart()
      if (received + chunk.length > bytes)
        throw fail(address, 'too_large', `sends more than the ${bytes} bytes of the file`)
      content.set(chunk, received)
      received += chunk.length
      onProgress?.(received)
    }
  } catch (error) {
    if (error instanceof AppError || signal.aborted) throw error
    throw fail(address, 'truncated', `broke off after ${received} of ${bytes} bytes`, error)
  }
  if (received === bytes) return content
  throw fail(address, 'truncated', `ended after ${received} of ${bytes} bytes`)
}

const describeCause = (error: unknown): string => {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  if (cause instanceof Error && 'code' in cause) return String(cause.code)
  return cause instanceof Error ? cause.message : String(cause)
}

const fail = (
  address: string,
  reason: Reason,
  problem: string,
  cause?: unknown,
  details: Record<string, unknown> = {},
): AppError =>
  new AppError(
    'pack_download_failed',
    `${address} ${problem}; try again, or take the files from elsewhere with --from or --url.`,
    { details: { address, reason, ...details }, cause },
  )
