// What every answer of the vendor's APIs has around its data, and what the log of calls is told of it.
import type { FastifyRequest } from 'fastify'
import type { Pricing } from '../../../core/ports.ts'
import type { WireCode } from './codes.ts'

export interface Envelope<T> {
  readonly code: WireCode
  readonly message: string
  readonly data: T | null
  readonly extra: null
  readonly transactionId: string
  readonly pricingStrategy: Pricing
}

export const envelop = <T>(
  request: FastifyRequest,
  { code, message }: { readonly code: WireCode; readonly message: string },
  data: T | null = null,
  pricing: Pricing = 'FREE',
): Envelope<T> => {
  request.callNotes = {
    ...request.callNotes,
    ...(code !== 'SUCCESS' && { outcome: code }),
    pricing,
    facts: { code, pricingStrategy: pricing },
  }
  return { code, message, data, extra: null, transactionId: request.id, pricingStrategy: pricing }
}

export const succeed = <T>(request: FastifyRequest, data: T | null = null, pricing: Pricing = 'FREE'): Envelope<T> =>
  envelop(request, { code: 'SUCCESS', message: 'OK' }, data, pricing)
