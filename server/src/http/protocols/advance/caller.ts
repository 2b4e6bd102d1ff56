// What every call on the core needs of its request.
import type { FastifyRequest } from 'fastify'
import type { Context } from '../../../core/context.ts'
import type { CaptureSession } from '../../../core/session-types.ts'
import type { Face, Principal } from '../../../core/types.ts'
import type { AddressOf } from '../../capture/addresses.ts'
import type { PictureLinks } from '../../picture-links.ts'
import type { ProtocolDeps } from '../guards.ts'
import type { RegionHosts, UnknownHosts } from '../host-regions.ts'
import { faceImageIdOf, frameNameOf } from './map.ts'

export interface AdvanceDeps extends ProtocolDeps {
  readonly regions: readonly RegionHosts[]
  readonly unknownHosts?: UnknownHosts
  readonly pictureLinks: PictureLinks
  /** Of the hosted page. */
  readonly captureAddressOf: AddressOf
}

export interface Caller {
  readonly core: Context
  readonly principal: Principal
  readonly signal: AbortSignal
  /** Tells the log of calls what the call is about; without a person it is about the whole gallery. */
  readonly note: (galleryId: string, subjectId?: string) => void
  /** The signed address of a face's picture; null where it is not kept. */
  readonly linkTo: (face: Face) => Promise<string | null>
  /** That of the frame of a session that was judged. */
  readonly linkToFrame: (session: CaptureSession) => Promise<string>
}

export const callerOf = ({ context, pictureLinks, limits }: AdvanceDeps, request: FastifyRequest): Caller => {
  const { principal, signal } = request
  return {
    core: context(),
    principal,
    signal,
    note: (galleryId, subjectId) => noteObject(request, galleryId, subjectId),
    linkTo: async face =>
      face.picture && pictureLinks.sign(request, face, faceImageIdOf(face) ?? face.id, limits.pictureLinkMs),
    linkToFrame: session => pictureLinks.signFrame(request, session, frameNameOf(session), limits.advanceFrameLinkMs),
  }
}

export const noteObject = (request: FastifyRequest, galleryId: string, subjectId?: string): void => {
  request.callNotes = { ...request.callNotes, galleryId, ...(subjectId !== undefined && { subjectId }) }
}
