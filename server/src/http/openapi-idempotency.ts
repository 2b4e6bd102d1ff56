// Tells in the OpenAPI document what every changing operation takes: the header Idempotency-Key. Pure: JSON in, JSON out.
import { CATALOGUE, type ErrorCode } from '../errors.ts'
import { STATUS } from './errors.ts'

interface Operation {
  parameters?: object[]
  responses?: Record<string, { description?: string; content?: object }>
}

const METHODS = ['post', 'patch', 'delete']
const CODES: readonly ErrorCode[] = ['idempotency_conflict', 'idempotency_in_progress', 'idempotency_answer_erased']
const PARAMETER = {
  in: 'header',
  name: 'Idempotency-Key',
  required: false,
  schema: { type: 'string', minLength: 1, maxLength: 255, pattern: '^[\\x21-\\x7e]+$' },
  description:
    'Names this call for 24 hours: sent again with the same key it is answered as it was, with the header "Idempotency-Replayed: true", and not carried out again.',
}

/** Adds the header and its refusals to each operation of the native API that changes or computes something. */
export const addIdempotencyKeys = <T>(document: T): T => {
  const { paths = {} } = document as { paths?: Record<string, Record<string, Operation>> }
  const changed = Object.entries(paths).map(([path, item]) => [
    path,
    path.startsWith('/v1/') ? mapOperations(item) : item,
  ])
  return { ...document, paths: Object.fromEntries(changed) }
}

const mapOperations = (item: Record<string, Operation>): Record<string, Operation> =>
  Object.fromEntries(
    Object.entries(item).map(([method, operation]) => [
      method,
      METHODS.includes(method) ? addTo(operation) : operation,
    ]),
  )

const addTo = (operation: Operation): Operation => {
  const responses = { ...operation.responses }
  // Every operation can answer "internal", so the form of a problem stands there.
  const content = responses[STATUS.internal]?.content
  for (const code of CODES) {
    const status = String(STATUS[code])
    const before = responses[status]
    const sentence = `${code}: ${CATALOGUE[code].title}.`
    responses[status] = before
      ? { ...before, description: `${before.description ?? ''} ${sentence}`.trim() }
      : { description: sentence, content }
  }
  return { ...operation, parameters: [...(operation.parameters ?? []), PARAMETER], responses }
}
