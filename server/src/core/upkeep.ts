// What is finished later where a step failed or a crash came between: the content of erased galleries, pictures that no face
// refers to, the log of erasures. Runs in the background after every start and after every failure, until all is done.
import { AppError } from '../errors.ts'
import type { ErasureRecorder } from './erasure-log.ts'
import type { BlobStore, Clock, FaceIndex, Store } from './ports.ts'

export interface Upkeep {
  /** A picture on its way to a face is left alone while the work goes on; a row that is committed keeps it after that. */
  hold<T>(pictureKey: string, work: () => Promise<T>): Promise<T>
  /**
   * Deletes those of these pictures that no face refers to. Never rejects: where it cannot be done now it is done later,
   * and the answer is false.
   */
  clear(pictureKeys: readonly string[]): Promise<boolean>
  /** Erases the content of a gallery that is marked as erased; where that fails it is done later, and this rejects. */
  eraseGallery(galleryUid: string): Promise<{ readonly pictures: number; readonly isCleared: boolean }>
  /** Something may have been left behind: looked after soon, and again until it is done. */
  request(): void
  /** Looks after everything now. Never rejects: false, and tried again later, where something is in the way. */
  run(): Promise<boolean>
  /** Stops it; what is left is looked after on the next start. */
  close(): Promise<void>
}

export interface UpkeepDeps {
  readonly store: Pick<Store, 'galleries' | 'inspection'>
  readonly blobs: BlobStore
  readonly index: Pick<FaceIndex, 'drop'>
  readonly erasures: Pick<ErasureRecorder, 'record'>
  readonly clock: Clock
  /** Told of what is in the way. */
  readonly onTrouble: (error: unknown) => void
  /** Before the first try after a failure; doubles up to ten minutes. Default: a second. */
  readonly firstWaitMs?: number
}

const LONGEST_WAIT_MS = 600_000
/** Faces erased in one step of deleting a gallery, so that others get their turn in between. */
const ERASE_BATCH = 500
/** Pictures looked up in one query. */
const PICTURE_BATCH = 250

const yieldTurn = (): Promise<void> => new Promise(resolve => setImmediate(resolve))

export const createUpkeep = (deps: UpkeepDeps): Upkeep => {
  const { store, blobs, index, erasures, clock, onTrouble, firstWaitMs = 1000 } = deps
  const held = new Set<string>()
  let waitMs = firstWaitMs
  let timer: NodeJS.Timeout | null = null
  let running: Promise<boolean> | null = null
  let isClosed = false

  /**
   * What is held is looked at before the rows are: by then a picture of this list is either held, or has its row, or is
   * nobody's. With several processes over one store that would not be enough: their pictures are held elsewhere.
   */
  const deleteLoose = async (keys: readonly string[]): Promise<void> => {
    const free = keys.filter(key => !held.has(key))
    if (free.length === 0) return
    const referenced = new Set(await store.inspection.findPictureKeys(free))
    const loose = free.filter(key => !referenced.has(key))
    if (loose.length > 0) await blobs.delete(loose)
  }

  const clear = async (keys: readonly string[]): Promise<boolean> => {
    try {
      await deleteLoose(keys)
      return true
    } catch (error) {
      onTrouble(error)
      request()
      return false
    }
  }

  const eraseGallery = async (uid: string): Promise<{ pictures: number; isCleared: boolean }> => {
    let pictures = 0
    let isCleared = true
    try {
      for (let done = false; !done; ) {
        if (isClosed) throw new AppError('stopping')
        const batch = await store.galleries.eraseBatch(uid, ERASE_BATCH, clock.now())
        isCleared = (await clear([...batch.blobKeys, ...batch.frameKeys])) && isCleared
        pictures += batch.blobKeys.length
        done = batch.done
        await yieldTurn()
      }
    } catch (error) {
      request()
      throw error
    }
    return { pictures, isCleared }
  }

  const clearAll = async (): Promise<void> => {
    let batch: string[] = []
    const clearBatch = async (): Promise<void> => {
      await deleteLoose(batch)
      batch = []
      await yieldTurn()
    }
    for await (const key of blobs.keys()) {
      if (isClosed) return
      if (batch.push(key) === PICTURE_BATCH) await clearBatch()
    }
    await clearBatch()
  }

  const lookAfterAll = async (): Promise<boolean> => {
    try {
      await erasures.record()
      for (const uid of await store.galleries.listErased()) {
        index.drop(uid)
        await eraseGallery(uid)
      }
      await clearAll()
      waitMs = firstWaitMs
      return true
    } catch (error) {
      onTrouble(error)
      waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS)
      request()
      return false
    }
  }

  const run = (): Promise<boolean> => {
    running ??= lookAfterAll().finally(() => {
      running = null
    })
    return running
  }

  const request = (): void => {
    if (isClosed) return
    timer ??= setTimeout(() => {
      timer = null
      // What is asked for while a run goes on may lie behind it: the next one begins when it has ended.
      void (running ?? Promise.resolve()).then(run)
    }, waitMs).unref()
  }

  return {
    async hold(key, work) {
      held.add(key)
      try {
        return await work()
      } finally {
        held.delete(key)
      }
    },
    clear,
    eraseGallery,
    request,
    run,
    async close() {
      isClosed = true
      if (timer) clearTimeout(timer)
      await running
    },
  }
}
