// Reads a list of the control data to its end, page by page.
import type { Page, PageRequest } from '../core/types.ts'
import { DEFAULT_LIMITS } from '../limits.ts'

/** Every item, or the first `most`. */
export const readPages = async <T>(
  read: (page: PageRequest) => Promise<Page<T>>,
  most = Number.POSITIVE_INFINITY,
): Promise<T[]> => {
  const items: T[] = []
  let cursor: string | null = null
  do {
    const limit = Math.min(DEFAULT_LIMITS.maxPageItems, most - items.length)
    const page: Page<T> = await read({ limit, cursor })
    items.push(...page.items)
    cursor = page.nextCursor
  } while (cursor !== null && items.length < most)
  return items
}
