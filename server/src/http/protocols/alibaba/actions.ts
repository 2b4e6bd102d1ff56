// What all actions share: what they work with, and how they find groups. Knows no single action.
import { findByCode, findByNumber } from '../../../core/records.ts'
import type { Gallery } from '../../../core/types.ts'
import { AppError } from '../../../errors.ts'
import type { Limits } from '../../../limits.ts'
import type { PictureLinks } from '../../picture-links.ts'
import type { Call } from './call.ts'
import { GatewayError } from './errors.ts'
import type { Answer } from './map.ts'
import type { PictureDeps } from './pictures.ts'

export interface ActionDeps extends PictureDeps {
  readonly limits: Limits
  readonly links: Pick<PictureLinks, 'sign'>
}

/** What an action adds to an answer of success. @throws GatewayError, AppError */
export type Run = (deps: ActionDeps, call: Call) => Promise<Answer>

/** The vendor numbers groups, and faces for both of their ids. */
export const GROUP = 'alibaba.group'
export const FACE = 'alibaba.face'

/** A pair may be bound to one gallery; the others are not there for it. */
const requireVisible = ({ request }: Call, gallery: Gallery): Gallery => {
  const { galleryId } = request.credential
  if (galleryId === null || galleryId === gallery.id) return gallery
  throw new AppError('gallery_not_found', 'There is no such face group.')
}

export const isVisible = (call: Call, { id }: Gallery): boolean =>
  call.request.credential.galleryId === null || call.request.credential.galleryId === id

/** @throws GatewayError InvalidParameter, which names the code */
export const findGroup = async (call: Call, code: string): Promise<Gallery> => {
  try {
    return requireVisible(call, await findByCode(call.core, call.principal, code))
  } catch (error) {
    if (error instanceof AppError && error.code === 'gallery_not_found')
      throw new GatewayError('InvalidParameter', `There is no face group with the code "${code}".`)
    throw error
  }
}

/** @throws AppError gallery_not_found */
export const findGroupByNumber = async (call: Call, number: number): Promise<Gallery> =>
  requireVisible(call, await findByNumber(call.core, call.principal, GROUP, number))

/** For the log of calls: what the call was about. */
export const note = ({ request }: Call, about: { readonly galleryId: string; readonly subjectId?: string }): void => {
  request.callNotes = { ...request.callNotes, ...about }
}
