// Whom a kept answer speaks of, so that it can be erased with them. Hashes with a key, so that the control data holds no
// id that a caller chose.
import { createHmac } from 'node:crypto'

export interface Mention {
  readonly galleryId: string
  /** Null: the gallery itself. */
  readonly id: string | null
  readonly kind: 'gallery' | 'subject' | 'face'
}

/**
 * The galleries, subjects and faces that a body of the native API names. `galleryId` is the one in the call's path.
 * An object that names a gallery of its own is about that one.
 */
export const mentionsOf = (body: unknown, galleryId: string | null): readonly Mention[] => {
  const found = new Map<string, Mention>()
  const add = (mention: Mention): void => {
    found.set(`${mention.kind} ${mention.galleryId} ${mention.id}`, mention)
  }
  const visit = (value: unknown, gallery: string | null, name: string | null): void => {
    if (Array.isArray(value)) for (const item of value) visit(item, gallery, name)
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return
    const fields = value as Readonly<Record<string, unknown>>
    const home = typeof fields.galleryId === 'string' ? fields.galleryId : gallery
    for (const mention of mentionsOfObject(fields, home, name)) add(mention)
    for (const [key, field] of Object.entries(fields)) if (key !== 'metadata') visit(field, home, key)
  }
  visit(body, galleryId, null)
  return [...found.values()]
}

const mentionsOfObject = (
  fields: Readonly<Record<string, unknown>>,
  galleryId: string | null,
  name: string | null,
): Mention[] => {
  const mentions: Mention[] = []
  const { id, subjectId, faceId } = fields
  // Only a gallery counts its people.
  if (typeof id === 'string' && 'subjectCount' in fields) return [{ galleryId: id, id: null, kind: 'gallery' }]
  if (galleryId === null) return mentions
  if (typeof subjectId === 'string') mentions.push({ galleryId, id: subjectId, kind: 'subject' })
  if (typeof faceId === 'string') mentions.push({ galleryId, id: faceId, kind: 'face' })
  if (typeof id === 'string') {
    const isFace = name === 'face' || name === 'faces' || 'confidence' in fields
    if (isFace) mentions.push({ galleryId, id, kind: 'face' })
    else if (name === 'subject' || 'faceCount' in fields) mentions.push({ galleryId, id, kind: 'subject' })
  }
  if (mentions.length > 0) mentions.push({ galleryId, id: null, kind: 'gallery' })
  return mentions
}

/** HMAC-SHA-256, its first 16 bytes as base64url: without the key nobody can try out ids. */
export const hashMention = (key: Uint8Array, tenantId: string, regionId: string, mention: Mention): string =>
  createHmac('sha256', key)
    .update(JSON.stringify(['mention', tenantId, regionId, mention.galleryId, mention.kind, mention.id]))
    .digest()
    .subarray(0, 16)
    .toString('base64url')
