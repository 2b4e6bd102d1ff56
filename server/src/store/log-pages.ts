// Pages of the logs: newest first, bounded by a period. Shared by the audit trail and the log of calls.
import { type Expression, type SqlBool, sql } from 'kysely'
import type { Period } from '../core/ports.ts'
import type { PageRequest } from '../core/types.ts'
import { AppError } from '../errors.ts'
import { readCursor } from './pages.ts'

type Tie = 'id' | 'sequence'

/** The key of a row in its log, for the cursor: the instant, then what tells rows of one instant apart. */
export const logKeyOf =
  <Key extends Tie>(tie: Key) =>
  (row: Readonly<Record<'at' | Key, number | string | bigint>>): string =>
    `${row.at}.${row[tie]}`

/** What holds for the rows of the page, as conditions on the columns "at" and `tie`. Throws request_invalid. */
export function logConditions(list: string, tie: Tie, { from, to }: Period, page: PageRequest): Expression<SqlBool>[] {
  const conditions: Expression<SqlBool>[] = []
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
