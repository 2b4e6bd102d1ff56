// Equality filters on metadata: a subject passes when it has every value of the filter under the same key, of the same
// type. The store applies the same rule in its lists.
import { AppError } from '../errors.ts'
import type { Limits } from '../limits.ts'
import { checkMetadata } from './names.ts'
import type { Metadata } from './types.ts'

/** At most ten keys, and otherwise what metadata can be. @throws AppError request_invalid */
export const checkFilter = (filter: Metadata, limits: Limits): void => {
  checkMetadata(filter, limits, 'filter')
  const keys = Object.keys(filter).length
  if (keys > limits.maxFilterKeys)
    throw new AppError('request_invalid', `"filter" must have at most ${limits.maxFilterKeys} keys; it has ${keys}.`, {
      details: { field: 'filter' },
    })
}

export const matchesFilter = (metadata: Metadata, filter: Metadata): boolean =>
  Object.entries(filter).every(([key, value]) => Object.hasOwn(metadata, key) && metadata[key] === value)
