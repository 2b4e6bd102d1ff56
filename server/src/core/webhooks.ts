// Use cases: the tenant's webhook, which is told when a capture session has ended that has no callback of its own. Its secret
// is shown once and kept sealed. Sends nothing.
import { randomBytes } from 'node:crypto'
import { AppError } from '../errors.ts'
import { recordAct } from './audit.ts'
import type { Context } from './context.ts'
import { DELIVERY_ALGORITHMS } from './delivery-signature.ts'
import type { Webhook, WebhookAlgorithm } from './ports.ts'
import { checkNoticeUrl } from './return-urls.ts'
import type { Principal } from './types.ts'

export type { Webhook, WebhookAlgorithm }
export { DELIVERY_ALGORITHMS as WEBHOOK_ALGORITHMS }

/** 256 bits, the length of the shorter of the two hashes that it keys. */
const SECRET_BYTES = 32

export interface WebhookInput {
  /** https; see `checkNoticeUrl` for the rest. */
  readonly url: string
  /** Default: HMAC-SHA256. */
  readonly algorithm?: WebhookAlgorithm
}

const contextOf = (tenantId: string): string => `webhook:${tenantId}`

/** @throws AppError webhook_not_found */
export const readWebhook = async (
  { control }: Pick<Context, 'control'>,
  { tenantId }: Pick<Principal, 'tenantId'>,
): Promise<Webhook> => {
  const found = await control.webhooks.find(tenantId)
  if (!found) throw notFound()
  const { sealedSecret: _, ...webhook } = found
  return webhook
}

/**
 * In the place of the one that there may be, with a new secret, base64 of 32 bytes. What waits for the webhook goes to the new
 * address, signed with the new secret. @throws AppError request_invalid
 */
export const setWebhook = async (
  context: Pick<Context, 'control' | 'vault' | 'clock' | 'ids' | 'limits'>,
  principal: Principal,
  { url, algorithm = 'HMAC-SHA256' }: WebhookInput,
): Promise<{ readonly webhook: Webhook; readonly secret: string }> => {
  const { control, vault, clock, limits } = context
  checkNoticeUrl(url, 'url', limits)
  if (!/^https:/i.test(url))
    throw new AppError('request_invalid', '"url" must have the scheme "https:".', { details: { field: 'url' } })
  const { tenantId, regionId } = principal
  const secret = randomBytes(SECRET_BYTES)
  await vault.ensureTenant(tenantId)
  const webhook: Webhook = { tenantId, url, algorithm, createdAt: clock.now() }
  await control.webhooks.put({ ...webhook, sealedSecret: vault.seal(tenantId, secret, contextOf(tenantId)) })
  await recordAct({ ...context, actor: principal }, { tenantId, regionId, action: 'webhook.set', target: tenantId })
  return { webhook, secret: secret.toString('base64') }
}

/** What waits for it is dropped when its time comes. @throws AppError webhook_not_found */
export const deleteWebhook = async (
  context: Pick<Context, 'control' | 'clock' | 'ids'>,
  principal: Principal,
): Promise<void> => {
  const { tenantId, regionId } = principal
  if (!(await context.control.webhooks.delete(tenantId))) throw notFound()
  await recordAct({ ...context, actor: principal }, { tenantId, regionId, action: 'webhook.delete', target: tenantId })
}

/** With its secret; null where the tenant has none. @throws AppError sealed_data_corrupt */
export const openWebhook = async (
  { control, vault }: Pick<Context, 'control' | 'vault'>,
  tenantId: string,
): Promise<(Webhook & { readonly secret: Uint8Array }) | null> => {
  const found = await control.webhooks.find(tenantId)
  if (!found) return null
  const { sealedSecret, ...webhook } = found
  // Another process may have made the tenant's key.
  await vault.ensureKeysOf([sealedSecret])
  return { ...webhook, secret: vault.open(sealedSecret, contextOf(tenantId)) }
}

const notFound = (): AppError => new AppError('webhook_not_found', 'The tenant has no webhook.')
