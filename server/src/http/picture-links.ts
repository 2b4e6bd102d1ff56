// Links to kept pictures for callers that get an address in the place of bytes: signed, good for a while, and without a token.
// Whoever has one sees that one picture and no other; the audit trail knows who asked for the link, and when it was used.
import { createHmac, timingSafeEqual } from 'node:crypto'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Context } from '../core/context.ts'
import { readLinkKey } from '../core/control-keys.ts'
import { readFacePicture } from '../core/exports.ts'
import type { Clock } from '../core/ports.ts'
import { readSessionPicture } from '../core/session-picture.ts'
import type { CaptureSession } from '../core/session-types.ts'
import type { Face, Picture } from '../core/types.ts'
import { AppError } from '../errors.ts'

export interface PictureLinks {
  /**
   * The address of a face's picture for `lifeMs` from now. `fileName` is of letters, digits, dots and hyphens: for people, and
   * for clients that look at the ending.
   */
  sign(request: FastifyRequest, face: Face, fileName: string, lifeMs: number): Promise<string>
  /** Of the frame of a capture session that was judged. */
  signFrame(request: FastifyRequest, session: CaptureSession, fileName: string, lifeMs: number): Promise<string>
}

export interface PictureLinkDeps {
  /** @throws AppError not_ready until packs and index are loaded */
  readonly context: () => Context
  readonly clock: Clock
  /** Without a slash at its end; as the request was addressed when it is undefined. */
  readonly publicUrl: string | undefined
}

/**
 * What a link says: who asked for it in which call, which face of which gallery it is (or which session, of no gallery), and
 * the second after which it is good for nothing.
 */
type Claims = readonly [
  tenantId: string,
  regionId: string,
  credentialId: string,
  transactionId: string,
  galleryUid: string | null,
  id: string,
  expiresAt: number,
]
type MacOf = (text: string) => Promise<Buffer>

const PATH = '/pictures'

/** Adds the route that answers the links. To be called once. */
export const addPictureLinks = (app: FastifyInstance, deps: PictureLinkDeps): PictureLinks => {
  const { context, clock, publicUrl } = deps
  const macOf = createMac(context)
  app.get<{ Params: { link: string } }>(`${PATH}/:link/:name`, { schema: { hide: true } }, async (request, reply) => {
    const { facts, bytes } = await readLinked(deps, await readLink(request.params.link, macOf))
    // Any page may show the picture, as whoever has its link may see it.
    return reply
      .type(facts.mediaType)
      .headers({
        'cache-control': 'private, no-store',
        'content-disposition': 'inline',
        'cross-origin-resource-policy': 'cross-origin',
      })
      .send(Buffer.from(bytes))
  })
  const write = async (
    { principal, id: transactionId, protocol, host }: FastifyRequest,
    [galleryUid, id]: readonly [string | null, string],
    fileName: string,
    lifeMs: number,
  ): Promise<string> => {
    const { tenantId, regionId, credentialId } = principal
    const expiresAt = Math.floor((clock.now().getTime() + lifeMs) / 1000)
    const claims: Claims = [tenantId, regionId, credentialId, transactionId, galleryUid, id, expiresAt]
    const text = Buffer.from(JSON.stringify(claims)).toString('base64url')
    const mac = (await macOf(text)).toString('base64url')
    return `${publicUrl ?? `${protocol}://${host}`}${PATH}/${text}.${mac}/${fileName}`
  }
  return {
    sign: (request, { galleryUid, id }, fileName, lifeMs) => write(request, [galleryUid, id], fileName, lifeMs),
    signFrame: (request, { id }, fileName, lifeMs) => write(request, [null, id], fileName, lifeMs),
  }
}

/** HMAC-SHA256 with a key of the installation's. */
const createMac = (context: () => Context): MacOf => {
  let key: Promise<Uint8Array> | null = null
  return async text => {
    key ??= readLinkKey(context())
    const bytes = await key.catch(error => {
      key = null
      throw error
    })
    return createHmac('sha256', bytes).update(text, 'utf8').digest()
  }
}

/** @throws AppError picture_link_invalid */
const readLink = async (link: string, macOf: MacOf): Promise<Claims> => {
  const [text = '', shown = '', ...rest] = link.split('.')
  const mac = await macOf(text)
  const claimed = Buffer.from(shown, 'base64url')
  const isOurs = rest.length === 0 && claimed.length === mac.length && timingSafeEqual(claimed, mac)
  // Base64 has several spellings of the same bytes; a link has one.
  if (!isOurs || claimed.toString('base64url') !== shown) throw new AppError('picture_link_invalid')
  return JSON.parse(Buffer.from(text, 'base64url').toString('utf8')) as Claims
}

interface Linked {
  readonly facts: Pick<Picture, 'mediaType'>
  readonly bytes: Uint8Array
}

/** @throws AppError picture_link_expired, picture_erased */
const readLinked = async (
  { context, clock }: PictureLinkDeps,
  [tenantId, regionId, credentialId, transactionId, galleryUid, id, expiresAt]: Claims,
): Promise<Linked> => {
  if (clock.now().getTime() > expiresAt * 1000) throw new AppError('picture_link_expired')
  const core = context()
  const region = core.regions.get(regionId)
  if (!region) throw new AppError('picture_erased')
  const asker = { tenantId, regionId, credentialId, transactionId, scopes: [], imageUrls: null }
  const read = async (): Promise<Linked> => {
    if (galleryUid === null) return readSessionPicture(core, asker, id)
    const gallery = await region.store.galleries.findByUid(tenantId, galleryUid)
    if (!gallery) throw new AppError('picture_erased')
    return readFacePicture(core, asker, gallery.id, id)
  }
  return read().catch(error => {
    throw error instanceof AppError && error.kind === 'not-found' ? new AppError('picture_erased') : error
  })
}
