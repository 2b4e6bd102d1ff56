// Pages of the logs: newest first, bounded by a period. Shared by the audit trail and the log of calls.
import { type Expression, type SqlBool, sql } from 'kysely'
import type { Period } from '../core/ports.ts'
import type { PageRequest } from '../core/types.ts'
import { AppError } from '../errors.ts'
import { readCursor } from './pages.ts'

type Tie = 'id' | 'sequence'

/** A log's name in cursors, what tells rows of one instant apart, and the columns that filters must equal. */
export interface Log<Filter extends Period> {
  readonly list: string
  readonly tie: Tie
  readonly columns: { readonly [Field in Exclude<keyof Filter, keyof Period>]-?: string }
}

/** The key of a row in its log, for the cursor: the instant, then what tells rows of one instant apart. */
export const logKeyOf =
  <Key extends Tie>(tie: Key) =>
  (row: Readonly<Record<'at' | Key, number | string | bigint>>): string =>
    `${row.at}.${row[tie]}`

/**
 * What holds for the rows of the page, as conditions on the columns "at" and `tie`, and on those that `columns` names for a
 * field of the filter. Throws request_invalid.
 */
export function logConditions<Filter extends Period>(
  { list, tie, columns }: Log<Filter>,
  filter: Filter,
  page: PageRequest,
): Expression<SqlBool>[] {
  const { from, to } = filter
  const conditions: Expression<SqlBool>[] = []
  for (const [field, column] of Object.entries<string>(columns)) {
    const value = filter[field as keyof Filter]
    if (value !== undefined) conditions.push(sql<SqlBool>`${sql.ref(column)} = ${value}`)
  }
  if (from) conditions.push(sql<SqlBool>`at >= ${from.getTime()}`)
  if (to) conditions.push(sql<SqlBool>`at < ${to.getTime()}`)
  const key = readCursor(list, page)
  if (key === '') return conditions
  const [, at, rest] = (tie === 'id' ? /^(\d{1,15})\.(.+)$/ : /^(\d{1,15})\.(\d{1,15})$/).exec(key) ?? []
  if (at === undefined)
    throw new AppError(
      'request_invalid',
      'Expected "cursor" to be the nextCursor of an earlier page of the same list.',
      {
        details: { name: 'cursor' },
      },
    )
  conditions.push(sql<SqlBool>`(at, ${sql.ref(tie)}) < (${Number(at)}, ${tie === 'id' ? rest : Number(rest)})`)
  return conditions
}
