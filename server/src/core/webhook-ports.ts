// The port of tenants' webhooks: where a tenant's server is told that capture sessions have ended. Part of the control store.
import type { DeliveryAlgorithm } from './delivery-signature.ts'

export type WebhookAlgorithm = DeliveryAlgorithm

export interface Webhook {
  readonly tenantId: string
  readonly url: string
  readonly algorithm: WebhookAlgorithm
  readonly createdAt: Date
}

export interface StoredWebhook extends Webhook {
  /** Sealed as "webhook:TENANT". */
  readonly sealedSecret: Uint8Array
}

/** At most one a tenant. */
export interface WebhookStore {
  find(tenantId: string): Promise<StoredWebhook | null>
  /** In the place of the one that there may be. */
  put(webhook: StoredWebhook): Promise<void>
  /** Whether there was one. */
  delete(tenantId: string): Promise<boolean>
}
