// The answer to a deletion: nothing, or a signed receipt for those who ask for one. Deletes nothing itself.
import type { FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { Context } from '../core/context.ts'
import type { Erasure } from '../core/erasures.ts'
import { openReceipts } from '../core/receipts.ts'

export const ReceiptQuery = z.object({
  receipt: z.enum(['true', 'false']).default('false').meta({
    description: 'Whether the answer is a signed receipt. The header "Prefer: return=representation" asks for one too.',
  }),
})

const Base64Url = z.string().regex(/^[\w-]+$/)

export const ReceiptBody = z
  .object({
    receipt: z.object({
      id: z.string(),
      kind: z.enum(['face', 'subject', 'gallery']),
      erasedAt: z.string().meta({ format: 'date-time' }),
      region: z.string(),
      gallery: z.string(),
      subject: Base64Url.nullable().meta({ description: "SHA-256 over the salt's bytes and the subject's id." }),
      face: z.string().nullable(),
      faces: z.int().meta({ description: 'Faces that were erased.' }),
      pictures: z.int().meta({ description: 'Kept pictures that were erased.' }),
      transactionId: z.string(),
    }),
    signature: z
      .object({ algorithm: z.literal('Ed25519'), keyId: z.string(), value: Base64Url })
      .meta({ description: 'Over the receipt as JSON with sorted keys and no spaces (RFC 8785).' }),
    subjectSalt: Base64Url.nullable().meta({
      description: 'Who knows it and the id can tell whom the receipt is for.',
    }),
  })
  .meta({ id: 'ErasureReceipt' })

/** The responses that `answerErasure` gives. */
export const ERASURE_RESPONSES = { 200: ReceiptBody, 204: z.void() }

const prefersReceipt = ({ headers }: FastifyRequest): boolean =>
  /(^|[\s,;])return=representation($|[\s,;])/i.test(String(headers.prefer ?? ''))

/** Erases by `erase`, and answers 204, or 200 with a receipt. */
export const answerErasure = async (
  core: Context,
  request: FastifyRequest,
  reply: FastifyReply,
  erase: () => Promise<Erasure>,
): Promise<FastifyReply> => {
  const isPreferred = prefersReceipt(request)
  if (!isPreferred && (request.query as z.infer<typeof ReceiptQuery>).receipt !== 'true') {
    await erase()
    return reply.code(204).send()
  }
  const issue = await openReceipts(core)
  const { regionId, transactionId } = request.principal
  const receipt = issue({ ...(await erase()), regionId, transactionId })
  if (isPreferred) reply.header('preference-applied', 'return=representation')
  return reply.code(200).send(receipt)
}
