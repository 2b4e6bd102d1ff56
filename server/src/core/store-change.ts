// A change of the store whose failure says nothing of whether it took place: an answer that is lost after the commit. Knows
// no particular change.
import type { Region } from './context.ts'

/**
 * Makes the change. Where that fails, `hasTakenPlace` asks the store; if it did take place, or nobody can tell, the index is
 * loaded anew before the gallery's next search, and what the change left behind is looked after. The error stays the
 * caller's: what it was told is that nothing is certain, and what it finds is the whole change or nothing of it.
 */
export const changeStore = async <T>(
  { index, upkeep }: Pick<Region, 'index' | 'upkeep'>,
  galleryUid: string,
  change: () => Promise<T>,
  hasTakenPlace: () => Promise<boolean>,
): Promise<T> => {
  try {
    return await change()
  } catch (error) {
    if (await hasTakenPlace().catch(() => true)) {
      index.doubt(galleryUid)
      upkeep.request()
    }
    throw error
  }
}
