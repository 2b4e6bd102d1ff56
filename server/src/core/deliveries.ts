// Tells callers' own servers that their sessions have ended: each notice at least once, again after failures, until it is taken
// or given up. A notice is a row until then, so that a stop or a crash loses none. Opens no connection itself.
import { randomBytes } from 'node:crypto'
import { AppError } from '../errors.ts'
import type { Context, Region } from './context.ts'
import { signDelivery } from './delivery-signature.ts'
import type { DeliveryFilter } from './ports.ts'
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
/** Due notices that are read at once. */
const LISTED = 64
const NONCE_BYTES = 16

const afterBySystem: After = (ms, run) => {
  const timer = setTimeout(run, ms).unref()
  return () => clearTimeout(timer)
}

export const createDeliveries = ({ context, send, onTrouble, after = afterBySystem }: DeliveriesDeps): Deliveries => {
  const closing = new AbortController()
  /** Those on their way, by id. */
  const underWay = new Map<string, Delivery>()
  const works = new Set<Promise<void>>()
  /** Those that came to an end since the rows were read. */
  let settled = new Set<string>()
  let looking: Promise<void> | null = null
  /** Whom there may be more for: all, or those who can be told again. */
  let isEverybodyAsked = false
  let asked = new Set<string>()
  let cancelLook = (): void => {}

  const wake = (): void => {
    isEverybodyAsked = true
    lookSoon()
  }

  const lookSoon = (): void => {
    if (closing.signal.aborted || looking || !(isEverybodyAsked || asked.size > 0)) return
    looking = look().finally(() => {
      looking = null
      lookSoon()
    })
  }

  const look = async (): Promise<void> => {
    const receivers = isEverybodyAsked ? null : asked
    isEverybodyAsked = false
    asked = new Set()
    let waitMs = LOOK_MS
    try {
      const loaded = context()
      for (const region of loaded.regions.values()) {
        if (receivers) for (const receiver of receivers) await startMore(loaded, region, receiver)
        else waitMs = Math.min(waitMs, await startDue(loaded, region))
      }
    } catch (error) {
      const isLoading = error instanceof AppError && error.code === 'not_ready'
      if (!isLoading) onTrouble(error)
    }
    if (receivers) return
    cancelLook()
    if (!closing.signal.aborted) cancelLook = after(waitMs, wake)
  }

  /** Answers when to look again, milliseconds. */
  const startDue = async (loaded: Context, region: Region): Promise<number> => {
    for (let isMore = true; isMore && underWay.size < loaded.limits.maxConcurrentDeliveries; )
      isMore = await startSome(loaded, region, crowdedOf(loaded))
    const nextAt = await region.store.sessions.nextDeliveryAt()
    const untilMs = nextAt === null ? LOOK_MS : nextAt.getTime() - loaded.clock.now().getTime()
    // What is due and was not begun waits for another to end, which wakes us.
    return untilMs > 0 ? untilMs : LOOK_MS
  }

  /** To those who have answered: what waits for others need not be passed over for it. */
  const startMore = async (loaded: Context, region: Region, receiver: string): Promise<void> => {
    await startSome(loaded, region, { receiver }, loaded.limits.maxDeliveriesPerReceiver)
  }

  /** Whether there may be more of the kind. */
  const startSome = async (
    loaded: Context,
    region: Region,
    filter: DeliveryFilter,
    most = LISTED,
  ): Promise<boolean> => {
    settled = new Set()
    const exceptIds = [...underWay.keys()]
    const due = await region.store.sessions.listDeliveries(loaded.clock.now(), most, { ...filter, exceptIds })
    const startable = due.filter(delivery => mayStart(loaded, delivery) && start(loaded, region, delivery))
    return due.length === most && startable.length > 0
  }

  const mayStart = (loaded: Context, { id, receiver, tenantId }: Delivery): boolean => {
    if (closing.signal.aborted || underWay.has(id) || settled.has(id)) return false
    if (underWay.size >= loaded.limits.maxConcurrentDeliveries) return false
    const { exceptReceivers, exceptTenants } = crowdedOf(loaded)
    return !exceptReceivers.includes(receiver) && !exceptTenants.includes(tenantId)
  }

  /** Who has as many on their way as they may. */
  const crowdedOf = ({ limits }: Context) => {
    const now = [...underWay.values()]
    return {
      exceptReceivers: mostFrequent(
        now.map(({ receiver }) => receiver),
        limits.maxDeliveriesPerReceiver,
      ),
      exceptTenants: mostFrequent(
        now.map(({ tenantId }) => tenantId),
        limits.maxDeliveriesPerTenant,
      ),
    }
  }

  const start = (loaded: Context, region: Region, delivery: Delivery): true => {
    const { id, tenantId, receiver } = delivery
    underWay.set(id, delivery)
    const end = (): void => {
      const isFull = underWay.size >= loaded.limits.maxConcurrentDeliveries
      // Others may have waited for this place, and for longer.
      if (isFull || crowdedOf(loaded).exceptTenants.includes(tenantId)) isEverybodyAsked = true
      underWay.delete(id)
      settled.add(id)
      asked.add(receiver)
      lookSoon()
    }
    const work = deliver(loaded, region, delivery).then(end, error => {
      // The row could not be changed, and would be sent again at once.
      onTrouble(error)
      after(RETRY_WAITS_MS[0], end)
    })
    works.add(work)
    void work.finally(() => works.delete(work))
    return true
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

const mostFrequent = (names: readonly string[], least: number): readonly string[] => {
  const counts = new Map<string, number>()
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1)
  return [...counts].flatMap(([name, count]) => (count >= least ? [name] : []))
}

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
