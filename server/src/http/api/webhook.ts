// Native API, resource "webhook": where the tenant's server is told of the ends of its sessions. The secret that the notices
// are signed with is in the answer that makes it and nowhere else.
import type { FastifyPluginCallbackZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { DELIVERY_ALGORITHMS } from '../../core/delivery-signature.ts'
import type { Webhook } from '../../core/webhook-ports.ts'
import { deleteWebhook, readWebhook, setWebhook } from '../../core/webhooks.ts'
import { DEFAULT_LIMITS } from '../../limits.ts'
import { describe, type NativeDeps } from './native.ts'
import { Instant } from './schemas.ts'

const Algorithm = z.enum(DELIVERY_ALGORITHMS)

const WebhookChange = z
  .strictObject({
    url: z.string().min(1).max(DEFAULT_LIMITS.maxReturnUrlCharacters).meta({
      description: 'https; http and private addresses only where the setting callbackAllow names them.',
    }),
    algorithm: Algorithm.default('HMAC-SHA256'),
  })
  .meta({ id: 'WebhookChange' })

const fields = { url: z.string(), algorithm: Algorithm, createdAt: Instant }
const WebhookBody = z.object(fields).meta({ id: 'Webhook' })
const NewWebhookBody = z
  .object({
    ...fields,
    secret: z.string().meta({ description: 'Base64 of 32 bytes, the key of the signatures. Shown this once.' }),
  })
  .meta({ id: 'NewWebhook' })

const toBody = ({ url, algorithm, createdAt }: Webhook): z.infer<typeof WebhookBody> => ({
  url,
  algorithm,
  createdAt: createdAt.toISOString(),
})

export const webhookApi: FastifyPluginCallbackZod<NativeDeps> = (app, { context }, done) => {
  app.get(
    '/webhook',
    {
      schema: describe(
        'readWebhook',
        'admin',
        'Sessions',
        "Read the tenant's webhook",
        { response: { 200: WebhookBody } },
        'webhook_not_found',
      ),
    },
    async request => toBody(await readWebhook(context(), request.principal)),
  )
  app.put(
    '/webhook',
    {
      schema: describe(
        'setWebhook',
        'admin',
        'Sessions',
        "Set the tenant's webhook, with a new secret; the one before is good for nothing from then on",
        { body: WebhookChange, response: { 200: NewWebhookBody } },
        'request_invalid',
        'body_malformed',
      ),
    },
    async request => {
      const { webhook, secret } = await setWebhook(context(), request.principal, request.body)
      return { ...toBody(webhook), secret }
    },
  )
  app.delete(
    '/webhook',
    {
      schema: describe(
        'deleteWebhook',
        'admin',
        'Sessions',
        "Remove the tenant's webhook; notices that wait for it are dropped",
        { response: { 204: z.void() } },
        'webhook_not_found',
      ),
    },
    async (request, reply) => {
      await deleteWebhook(context(), request.principal)
      return reply.code(204).send()
    },
  )
  done()
}
