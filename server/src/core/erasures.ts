// What follows the commit of an erasure: index, pictures and kept answers are cleared, and the caller is told how much it
// was. Erases no rows itself.
import { AppError } from '../errors.ts'
import type { Context, Region } from './context.ts'
import { forgetAnswers } from './idempotency.ts'
import type { Erased } from './ports.ts'
import type { ErasureFacts } from './receipts.ts'
import type { Gallery, Principal } from './types.ts'

/** What an erasure took away; what a receipt needs beside who asked for it. */
export type Erasure = Omit<ErasureFacts, 'regionId' | 'transactionId'>

export interface ErasedPerson {
  readonly kind: 'face' | 'subject'
  readonly subjectId: string
  readonly faceId: string | null
}

/**
 * Nothing of what was erased can be found by any call, and its pictures are gone, when the promise resolves.
 * @throws AppError erasure_unfinished
 */
export const clearErased = async (
  context: Context,
  principal: Principal,
  region: Region,
  gallery: Gallery,
  erased: Erased,
  person: ErasedPerson,
): Promise<Erasure> => {
  region.index.remove(gallery.uid, erased.faceIds)
  return finishErasure(region, async () => {
    const isCleared = await region.upkeep.clear([...erased.blobKeys, ...(erased.frameKeys ?? [])])
    await region.erasures.record()
    await context.audit.record(principal, {
      action: person.kind === 'face' ? 'face.erase' : 'subject.erase',
      galleryId: gallery.id,
      subjectId: person.subjectId,
      faceId: person.faceId ?? undefined,
    })
    const subjectIds = person.kind === 'subject' ? [person.subjectId] : []
    await forgetAnswers(context, principal, gallery.id, { subjectIds, faceIds: erased.faceIds })
    const counts = { faces: erased.faceIds.length, pictures: erased.blobKeys.length }
    return { isCleared, erasure: { ...person, galleryId: gallery.id, ...counts } }
  })
}

/**
 * The rows are gone and stay gone; what follows may fail. An erasure is acknowledged only when its pictures are gone from
 * the disk and every record of it is made, so the caller is told otherwise: not that the call is to be repeated, which would
 * find nothing, but that the server goes on. Upkeep finishes it, and logs what is in the way.
 * @throws AppError erasure_unfinished
 */
export const finishErasure = async (
  { upkeep }: Pick<Region, 'upkeep'>,
  work: () => Promise<{ readonly isCleared: boolean; readonly erasure: Erasure }>,
): Promise<Erasure> => {
  const { isCleared, erasure } = await work().catch(error => {
    upkeep.request()
    throw unfinished(error)
  })
  if (!isCleared) throw unfinished()
  return erasure
}

const unfinished = (cause?: unknown): AppError =>
  new AppError(
    'erasure_unfinished',
    'It is erased and no call finds it, but its pictures or the record of its erasure are not all dealt with yet; the server goes on with that by itself.',
    { cause },
  )
