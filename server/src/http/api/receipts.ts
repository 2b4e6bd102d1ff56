// Native API, resource "receipts": the public keys that erasure receipts are verified with.
import type { FastifyPluginCallbackZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { listReceiptKeys } from '../../core/receipts.ts'
import { describe, type NativeDeps } from './native.ts'

const ReceiptKeys = z
  .object({
    keys: z.array(
      z.object({
        kty: z.literal('OKP'),
        crv: z.literal('Ed25519'),
        x: z.string(),
        kid: z.string(),
        use: z.literal('sig'),
        alg: z.literal('Ed25519'),
      }),
    ),
  })
  .meta({ id: 'ReceiptKeys', description: 'A JWK set (RFC 7517, RFC 8037), newest key first.' })

export const receiptsApi: FastifyPluginCallbackZod<NativeDeps> = (app, { context }, done) => {
  app.get(
    '/receipts/keys',
    {
      schema: describe('listReceiptKeys', 'read', 'Receipts', 'List the keys that sign erasure receipts', {
        response: { 200: ReceiptKeys },
      }),
    },
    async () => ({ keys: [...(await listReceiptKeys(context()))] }),
  )
  done()
}
