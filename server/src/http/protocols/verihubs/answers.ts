// What every answer that is no error has around its results.
import type { FastifyRequest } from 'fastify'
import type { Clock } from '../../../core/ports.ts'
import { describeFailOn, type FailOnNumber } from './fail-on.ts'

interface Envelope {
  readonly message: string
  readonly status_code: string
  readonly session_id: string
  /** Seconds since 1970, with a fraction. */
  readonly timestamp: number
}

export const succeed = <T extends object>({ id }: FastifyRequest, clock: Clock, fields: T): Envelope & T => ({
  message: 'Request Success',
  status_code: '200',
  session_id: id,
  timestamp: clock.now().getTime() / 1000,
  ...fields,
})

/** A validation failed: status 200, and the code where either reading of the vendor's page looks for it. The call was carried out. */
export const fail = <T extends object>(
  request: FastifyRequest,
  clock: Clock,
  number: FailOnNumber,
  fields: T,
): Envelope & { readonly error_code: string } & T => {
  const code = `FAIL_ON_${number}`
  request.callNotes = { ...request.callNotes, outcome: code, isAccepted: true }
  return {
    ...succeed(request, clock, fields),
    message: describeFailOn(number),
    error_code: code,
    status_code: code,
  }
}
