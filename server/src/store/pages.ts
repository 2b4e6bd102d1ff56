// Pages of sorted lists: a cursor is the key of the last item, tied to the list it came from. Knows no SQL.
import type { Page, PageRequest } from '../core/types.ts'
import { AppError } from '../errors.ts'

/**
 * The key after which the page begins; empty, which sorts before every key, for the first page. Throws request_invalid.
 */
export function readCursor(list: string, page: PageRequest): string {
  if (page.cursor === null) return ''
  const text = Buffer.from(page.cursor, 'base64url').toString('utf8')
  const key = text.slice(list.length + 1)
  // Control characters, which no key has, would upset some databases.
  if (key === '' || /\p{Cc}/u.test(key) || createCursor(list, key) !== page.cursor) {
    throw new AppError(
      'request_invalid',
      'Expected "cursor" to be the nextCursor of an earlier page of the same list.',
      {
        details: { name: 'cursor' },
      },
    )
  }
  return key
}

/** Makes a page of up to limit + 1 rows: the one too many only tells that there are more. */
export function createPage<Row, Item>(
  list: string,
  page: PageRequest,
  rows: readonly Row[],
  keyOf: (row: Row) => string,
  toItem: (row: Row) => Item,
): Page<Item> {
  const shown = rows.slice(0, page.limit)
  const last = shown.at(-1)
  return {
    items: shown.map(toItem),
    nextCursor: rows.length > page.limit && last !== undefined ? createCursor(list, keyOf(last)) : null,
  }
}

function createCursor(list: string, key: string): string {
  return Buffer.from(`${list}:${key}`, 'utf8').toString('base64url')
}
