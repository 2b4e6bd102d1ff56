// Metadata filters in addresses: `metadata.department=sales&metadata.floor=3`.
import { z } from 'zod'
import type { Metadata, MetadataValue } from '../../core/types.ts'
import { AppError } from '../../errors.ts'
import { PageQuery } from './schemas.ts'

/** A page of a list that can be filtered; the filter's own parameters have names of the caller's making. */
export const FilteredPageQuery = z.looseObject(PageQuery.shape)

export const FILTER_HELP =
  'Parameters `metadata.KEY=VALUE` filter by metadata, at most 10 of them; all must hold. A value that is a JSON number, `true`, `false`, `null` or a text in double quotes is compared as such, any other as text.'

const PREFIX = 'metadata.'

/** @throws AppError request_invalid */
export const readFilter = (query: Readonly<Record<string, unknown>>): Metadata =>
  Object.fromEntries(
    Object.entries(query)
      .filter(([name]) => name.startsWith(PREFIX))
      .map(([name, value]) => {
        if (name === PREFIX || typeof value !== 'string')
          throw new AppError('request_invalid', `"${name}" must be given once, with a key after the dot.`, {
            details: { field: name },
          })
        return [name.slice(PREFIX.length), readValue(value)]
      }),
  )

const readValue = (text: string): MetadataValue => {
  try {
    const value: unknown = JSON.parse(text)
    if (value === null || typeof value === 'boolean' || typeof value === 'string') return value
    if (typeof value === 'number' && Number.isFinite(value)) return value
  } catch {
    // No JSON: a text.
  }
  return text
}
