// Posts one notice to a caller's own server: the address is judged like that of a picture, resolved once and pinned; no
// redirect is followed, and of the answer only the status is read. Tries once and remembers nothing.
import type { SendDelivery } from '../core/deliveries.ts'
import type { Limits } from '../limits.ts'
import { VERSION } from '../version.ts'
import type { AllowList } from './outgoing/allow-list.ts'
import { isTlsFailure, openPinnedClient } from './outgoing/pinned-client.ts'
import { createResolver, type Lookup, systemLookup } from './outgoing/resolve.ts'
import { admitTarget, parseTarget, type TargetRules } from './outgoing/targets.ts'

export interface DeliverySenderDeps {
  readonly limits: Pick<Limits, 'maxReturnUrlCharacters' | 'deliveryTimeoutMs' | 'maxConcurrentDeliveries'>
  /** Hosts that are asked though they are not public, and on any port. */
  readonly allow: AllowList
  readonly lookup?: Lookup
  /** Ports that a public host may be asked on. */
  readonly publicPorts?: readonly number[]
  /** Certificates to trust instead of the system's. */
  readonly ca?: string
}

/** Receivers often stand beside their owner's web server. */
const PUBLIC_PORTS = [80, 443, 8080, 8443]
const HEADERS = { 'content-type': 'application/json', 'user-agent': `Likeness/${VERSION}`, accept: '*/*' }

/** What a refusal says goes into the log and the row, never to a caller. */
const say = (problem: string, cause?: unknown): Error => new Error(`the address ${problem}`, { cause })
const ERRORS: TargetRules['errors'] = { invalid: say, refused: say }
const NAME_ERRORS = {
  nameUnknown: (cause?: unknown) => say('has a host that could not be found', cause),
  busy: () => new Error('too many host names are being resolved'),
}

/** Rejects with what keeps the notice from being posted. */
export const createDeliverySender = (deps: DeliverySenderDeps): SendDelivery => {
  const { limits, allow, lookup = systemLookup, publicPorts = PUBLIC_PORTS, ca } = deps
  const resolve = createResolver(lookup, limits.maxConcurrentDeliveries, NAME_ERRORS)
  const rules: TargetRules = { allow, onlyAllowed: false, publicPorts, errors: ERRORS }
  return async (url, headers, body, signal) => {
    const target = parseTarget(url, limits.maxReturnUrlCharacters, ERRORS)
    const addresses = await admitTarget(target, rules, resolve, signal)
    const client = await openPinnedClient(target.url, addresses, { timeoutMs: limits.deliveryTimeoutMs, ca })
    try {
      const path = target.url.pathname + target.url.search
      const answer = await client
        .request({ method: 'POST', path, headers: { ...HEADERS, ...headers }, body, signal })
        .catch(refuse)
      // A body that is left unread would end the process with its error.
      answer.body.on('error', () => {})
      return answer.statusCode
    } finally {
      client.destroy().catch(() => {})
    }
  }
}

const refuse = (cause: unknown): never => {
  throw say(isTlsFailure(cause) ? 'has no certificate that can be trusted' : 'does not answer', cause)
}
