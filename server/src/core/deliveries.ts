// Tells callers' own servers that their sessions have ended: each notice at least once, again after failures, until it is taken
// or given up. A notice is a row until then, so that a stop or a crash loses none. Opens no connection itself.
import { randomBytes } from 'node:crypto'
import { AppError } from '../errors.ts'
import type { Context, Region } from './context.ts'
import { signDelivery } from './delivery-signature.ts'
import type { Delivery } from './session-types.ts'
import { openWebhook } from './webhooks.ts'

/** Posts the body, follows nothing, and answers the status. Rejects where no answer came, or the address may not be asked. */
export type SendDelivery = (
  url: string,
  headers: Readonly<Record<string, string>>,
  body: string,
  signal: AbortSignal,
) => Promise<number>

/** Runs something later; the answer cancels it. */
export type After = (ms: number, run: () => void) => () => void

export interface DeliveriesDeps {
  /** @throws AppError not_ready until packs and index are loaded */
  readonly context: () => Context
  readonly send: SendDelivery
  /** Told of notices that were given up, and of what keeps others from being looked at. */
  readonly onTrouble: (error: unknown) => void
  /** The clock's own unless given. */
  readonly after?: After
}

export interface Deliveries {
  /** There may be something to send: looked at now, not with the next look of every second. */
  wake(): void
  /** What is on its way is broken off, and sent again on the next start. */
  close(): Promise<void>
}

/** From a failure to the next try; after the last there is none. */
export const RETRY_WAITS_MS = [5_000, 10_000, 20_000] as const
/** Rows of other processes, and those whose writer told nobody, are found so late. */
const LOOK_MS = 1000
/** Due notices that are read at once; more where most of them wait for receivers that are busy. */
const LEAST_LISTED = 64
const MOST_LISTED = 4096
const NONCE_BYTES = 16

const afterBySystem: After = (ms, run) => {
  const timer = setTimeout(run, ms).unref()
  return () => clearTimeout(timer)
}

/** Who is sent to: what one of them does slowly is nobody else's matter. */
const receiverOf = ({ tenantId, kind, url }: Delivery): string =>
  kind === 'webhook' ? tenantId : `${tenantId} ${url === null ? '' : (URL.parse(url)?.origin ?? url)}`

export const createDeliveries = ({ context, send, onTrouble, after = afterBySystem }: DeliveriesDeps): Deliveries => {
  const closing = new AbortController()
  /** Receivers by the ids of the notices that are on their way. */
  const underWay = new Map<string, string>()
  const works = new Set<Promise<void>>()
  /** Those that came to an end since the rows were read. */
  let settled = new Set<string>()
  let looking: Promise<void> | null = null
  let isAskedAgain = false
  let cancelLook = (): void => {}

  const wake = (): void => {
    if (closing.signal.aborted) return
    if (looking) {
      isAskedAgain = true
      return
    }
    cancelLook()
    looking = look().finally(() => {
      looking = null
      if (isAskedAgain) {
        isAskedAgain = false
        wake()
      }
    })
  }

  const look = async (): Promise<void> => {
    let waitMs = LOOK_MS
    try {
      const loaded = context()
      for (const region of loaded.regions.values()) {
        await startDue(loaded, region)
        const nextAt = await region.store.sessions.nextDeliveryAt()
        const untilMs = nextAt === null ? LOOK_MS : nextAt.getTime() - loaded.clock.now().getTime()
        // What is due and was not begun waits for another to end, which wakes us.
        if (untilMs > 0) waitMs = Math.min(waitMs, untilMs)
      }
    } catch (error) {
      const isLoading = error instanceof AppError && error.code === 'not_ready'
      if (!isLoading) onTrouble(error)
    }
    if (!closing.signal.aborted) cancelLook = after(waitMs, wake)
  }

  const startDue = async (loaded: Context, region: Region): Promise<void> => {
    const { maxConcurrentDeliveries: most } = loaded.limits
    for (let listed = LEAST_LISTED; listed <= MOST_LISTED && underWay.size < most; listed *= 4) {
      settled = new Set()
      const due = await region.store.sessions.listDeliveries(loaded.clock.now(), listed)
      for (const delivery of due) if (mayStart(loaded, delivery)) start(loaded, region, delivery)
      if (due.length < listed) return
    }
  }

  const mayStart = ({ limits }: Context, delivery: Delivery): boolean => {
    if (closing.signal.aborted || underWay.has(delivery.id) || settled.has(delivery.id)) return false
    if (underWay.size >= limits.maxConcurrentDeliveries) return false
    const receiver = receiverOf(delivery)
    const busy = [...underWay.values()].filter(other => other === receiver).length
    return busy < limits.maxDeliveriesPerReceiver
  }

  const start = (loaded: Context, region: Region, delivery: Delivery): void => {
    underWay.set(delivery.id, receiverOf(delivery))
    const end = (): void => {
      underWay.delete(delivery.id)
      settled.add(delivery.id)
      wake()
    }
    const work = deliver(loaded, region, delivery).then(end, error => {
      // The row could not be changed, and would be sent again at once.
      onTrouble(error)
      after(RETRY_WAITS_MS[0], end)
    })
    works.add(work)
    void work.finally(() => works.delete(work))
  }

  const deliver = async (loaded: Context, region: Region, delivery: Delivery): Promise<void> => {
    const { sessions } = region.store
    const failure = await attempt(loaded, delivery)
    if (closing.signal.aborted && failure !== null) return
    if (failure === null) return sessions.deleteDelivery(delivery.id)
    const waitMs = RETRY_WAITS_MS[delivery.tries] as number | undefined
    if (waitMs === undefined) {
      onTrouble(givenUp(delivery, failure))
      return sessions.deleteDelivery(delivery.id)
    }
    const nextAt = new Date(loaded.clock.now().getTime() + waitMs)
    await sessions.updateDelivery(delivery.id, { tries: delivery.tries + 1, nextAt, lastError: failure })
  }

  /** Why it was not taken; null when it was, or when nobody wants it any more. */
  const attempt = async (loaded: Context, delivery: Delivery): Promise<string | null> => {
    const timeout = new AbortController()
    const { deliveryTimeoutMs } = loaded.limits
    const cancel = after(deliveryTimeoutMs, () => timeout.abort(new Error(`no answer in ${deliveryTimeoutMs} ms`)))
    try {
      const addressed = await address(loaded, delivery)
      if (addressed === null) return null
      const signal = AbortSignal.any([timeout.signal, closing.signal])
      const status = await send(addressed.url, addressed.headers, delivery.body, signal)
      const isTaken = delivery.kind === 'callback' ? status === 200 : status >= 200 && status < 300
      return isTaken ? null : `status ${status}`
    } catch (error) {
      const cause = timeout.signal.aborted ? timeout.signal.reason : error
      return (cause instanceof Error ? cause.message : String(cause)).slice(0, MAX_ERROR_CHARACTERS)
    } finally {
      cancel()
    }
  }

  wake()
  return {
    wake,
    async close() {
      closing.abort(new Error('the server stops'))
      cancelLook()
      await looking
      await Promise.all(works)
    },
  }
}

const MAX_ERROR_CHARACTERS = 200

interface Addressed {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
}

/** Null where the tenant has no webhook any more. @throws Error for a webhook without TLS */
const address = async (loaded: Context, { kind, url, tenantId, body }: Delivery): Promise<Addressed | null> => {
  if (kind === 'callback') return url === null ? null : { url, headers: {} }
  const webhook = await openWebhook(loaded, tenantId)
  if (!webhook) return null
  if (URL.parse(webhook.url)?.protocol !== 'https:') throw new Error('a webhook needs an https address')
  const nonce = randomBytes(NONCE_BYTES).toString('hex')
  return { url: webhook.url, headers: signDelivery(webhook, body, { at: loaded.clock.now(), nonce }) }
}

/** Names no path and no query: they may hold what opens the receiver. */
const givenUp = ({ kind, sessionId, tries, url }: Delivery, failure: string): Error => {
  const where = url === null ? '' : ` to ${URL.parse(url)?.host ?? 'nowhere'}`
  return new Error(`The ${kind}${where} about session ${sessionId} was given up after ${tries + 1} tries: ${failure}.`)
}
