// Opens the packs that judge a face besides its quality, each when the first face is judged: most servers judge less than
// they could. For workers; installs nothing.
import { openAttributeJudge } from './attributes.ts'
import type { JudgePacks, Judges } from './judges.ts'
import { openLiveness } from './liveness.ts'
import type { InstalledPack } from './packs/install.ts'

/** `base` has the network whose features the heads read. */
export const openJudges = (base: InstalledPack, { attributes, liveness }: JudgePacks): Judges => ({
  ...(attributes.length > 0 && { attributes: once(() => openAttributeJudge(base, attributes)) }),
  ...(liveness && { liveness: once(() => openLiveness(liveness)) }),
})

/** What failed once is tried again. */
const once = <T>(open: () => Promise<T>): (() => Promise<T>) => {
  let opened: Promise<T> | null = null
  return () => {
    opened ??= open().catch(error => {
      opened = null
      throw error
    })
    return opened
  }
}
