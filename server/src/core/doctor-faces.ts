// The doctor's checks of faces: pictures, templates and the index made of them.
import { DOCTOR_BATCH as BATCH, type Checked, type DoctorParts, pause } from './doctor-parts.ts'
import type { PackIndexes } from './pack-indexes.ts'
import type { Store, StoredPicture } from './ports.ts'
import type { Gallery } from './types.ts'

/** A picture lies on disk before its row does; younger ones without a row may belong to an enrolment that is under way. */
export const ORPHAN_AGE_MS = 15 * 60 * 1000
/** What sealing adds to a picture: version, key number, nonce, tag (see seal/). */
const SEAL_BYTES = 33
/** How far from 1 the length of a template may be: float32 of 128 and more components. */
const LENGTH_TOLERANCE = 1e-3
/** Faces of a gallery that are looked for in the index with their own templates. */
const SAMPLES = 20
/** Least cosine of a face with itself, as the index tells it. */
const SAME = 0.9999

export const checkPictures = async (parts: DoctorParts): Promise<Checked> => {
  let pictures = 0
  const suspects: StoredPicture[] = []
  for await (const batch of parts.store.inspection.streamPictures(BATCH)) {
    pictures += batch.length
    for (const picture of batch) if ((await lookAtPicture(parts, picture)) !== null) suspects.push(picture)
  }
  await pause(parts, suspects)
  const problems: string[] = []
  for (const picture of suspects) {
    const face = await parts.store.faces.find(picture.galleryUid, picture.faceId)
    const fault = face?.picture?.key === picture.key ? await lookAtPicture(parts, picture) : null
    if (fault !== null) problems.push(`the picture ${picture.key} of face ${picture.faceId} ${fault}`)
  }
  return { summary: `pictures that faces have, looked up and opened: ${pictures}`, problems }
}

const lookAtPicture = async ({ blobs, vault }: DoctorParts, { key, bytes }: StoredPicture): Promise<string | null> => {
  const sealed = await blobs.get(key)
  if (!sealed) return 'is missing'
  if (sealed.length !== bytes + SEAL_BYTES) return `has ${sealed.length} bytes, not ${bytes + SEAL_BYTES}`
  try {
    await vault.ensureKeysOf([sealed])
    vault.open(sealed, `picture:${key}`)
    return null
  } catch {
    return 'cannot be opened: it was altered, or its key is gone'
  }
}

/** Pictures that no face has. Those of faces erased or refused a moment ago are on their way out. */
export const checkOrphans = async (parts: DoctorParts): Promise<Checked> => {
  const { store, blobs, repair } = parts
  const held = new Set<string>()
  for await (const batch of store.inspection.streamPictures(BATCH)) for (const { key } of batch) held.add(key)
  let young = 0
  const suspects: string[] = []
  for await (const key of blobs.keys()) {
    if (held.has(key)) continue
    if (ageOf(key, parts) < ORPHAN_AGE_MS) young++
    else suspects.push(key)
  }
  await pause(parts, suspects)
  const orphans: string[] = []
  for (let start = 0; start < suspects.length; start += BATCH) {
    const batch = suspects.slice(start, start + BATCH)
    const claimed = new Set(await store.inspection.findPictureKeys(batch))
    for (const key of batch) if (!claimed.has(key) && (await blobs.get(key))) orphans.push(key)
  }
  const rest = young === 0 ? '' : `; too young to tell (${ORPHAN_AGE_MS / 60_000} minutes): ${young}`
  if (orphans.length === 0) return { summary: `no picture without a face${rest}` }
  if (!repair)
    return { summary: `pictures without a face${rest}`, problems: orphans.map(key => `no face has the picture ${key}`) }
  await blobs.delete(orphans)
  return {
    summary: `pictures without a face${rest}`,
    repaired: [`pictures without a face that were deleted: ${orphans.length}`],
  }
}

/** Keys are UUIDv7, which begin with the millisecond of their making; others count as old. */
const ageOf = (key: string, { clock }: DoctorParts): number => {
  const time = /^([0-9a-f]{8})-([0-9a-f]{4})-7/.exec(key)
  return time ? clock.now().getTime() - Number.parseInt(time[1]! + time[2]!, 16) : Number.POSITIVE_INFINITY
}

export const checkTemplates = async (parts: DoctorParts): Promise<Checked> => {
  let templates = 0
  const others = new Map<string, number>()
  const suspects: { readonly gallery: Gallery; readonly faceId: string }[] = []
  for (const gallery of await parts.store.galleries.listAll()) {
    if (!parts.packs.has(gallery.pack)) others.set(gallery.pack, (others.get(gallery.pack) ?? 0) + 1)
    for await (const faceIds of listFaceIds(parts, gallery)) {
      templates += faceIds.length
      for (const faceId of await findBadTemplates(parts, gallery, faceIds)) suspects.push({ gallery, faceId })
    }
  }
  await pause(parts, suspects)
  const problems: string[] = []
  for (const { gallery, faceId } of suspects) {
    if (!(await parts.store.faces.find(gallery.uid, faceId))) continue
    const fault = await lookAtTemplate(parts, gallery, faceId)
    if (fault !== null) problems.push(`the template of face ${faceId} in gallery "${gallery.id}" ${fault}`)
  }
  const note = [...others].map(([pack, count]) => `; galleries of ${pack}, which is not installed: ${count}`).join('')
  return { summary: `templates, opened and measured: ${templates}${note}`, problems }
}

async function* listFaceIds({ store }: DoctorParts, { uid }: Gallery): AsyncGenerator<readonly string[]> {
  let cursor: string | null = null
  do {
    const page: Awaited<ReturnType<Store['faces']['listOfGallery']>> = await store.faces.listOfGallery(uid, {
      limit: BATCH,
      cursor,
    })
    if (page.items.length > 0) yield page.items.map(face => face.id)
    cursor = page.nextCursor
  } while (cursor !== null)
}

/** One that cannot be opened fails all that are read with it, so they are then read one by one. */
const findBadTemplates = async (
  parts: DoctorParts,
  gallery: Gallery,
  faceIds: readonly string[],
): Promise<readonly string[]> => {
  try {
    const templates = await parts.store.faces.templatesOf(faceIds)
    return templates.flatMap(({ faceId, template }) => (faultOf(parts, gallery, template) === null ? [] : [faceId]))
  } catch {
    const bad: string[] = []
    for (const faceId of faceIds) if ((await lookAtTemplate(parts, gallery, faceId)) !== null) bad.push(faceId)
    return bad
  }
}

const lookAtTemplate = async (parts: DoctorParts, gallery: Gallery, faceId: string): Promise<string | null> => {
  try {
    const [found] = await parts.store.faces.templatesOf([faceId])
    return found ? faultOf(parts, gallery, found.template) : null
  } catch {
    return 'cannot be opened: it was altered, or its key is gone'
  }
}

const faultOf = ({ packs }: DoctorParts, gallery: Gallery, template: Float32Array): string | null => {
  const dimensions = packs.get(gallery.pack) ?? template.length
  if (template.length !== dimensions) return `has ${template.length} components, and the pack makes ${dimensions}`
  const length = Math.sqrt(template.reduce((sum, value) => sum + value * value, 0))
  return Math.abs(length - 1) <= LENGTH_TOLERANCE ? null : `has the length ${length.toFixed(4)} in place of 1`
}

/** Builds the index as a start does, and looks some faces up with their own templates. */
export const checkIndex = async (parts: DoctorParts): Promise<Checked> => {
  const index = parts.createIndex()
  try {
    const galleries = (await parts.store.galleries.listAll()).filter(({ pack }) => parts.packs.has(pack))
    const problems: string[] = []
    let faces = 0
    for (const gallery of galleries) {
      faces += await fillIndex(parts, index, gallery)
      problems.push(...(await lookUpSamples(parts, index, gallery)))
    }
    return { summary: `faces, loaded anew, and some looked up by their own templates: ${faces}`, problems }
  } finally {
    await index.close()
  }
}

const fillIndex = async ({ store }: DoctorParts, index: PackIndexes, gallery: Gallery): Promise<number> => {
  for await (const batch of store.faces.streamTemplates(gallery.uid, BATCH)) index.add(gallery, batch)
  return index.size(gallery.uid)
}

const lookUpSamples = async (
  { store }: DoctorParts,
  index: PackIndexes,
  gallery: Gallery,
): Promise<readonly string[]> => {
  const { uid, id } = gallery
  const { items } = await store.faces.listOfGallery(uid, { limit: SAMPLES, cursor: null })
  const problems: string[] = []
  for (const { faceId, template } of await store.faces.templatesOf(items.map(face => face.id))) {
    const [best] = await index.search(gallery, template, 1)
    // Another face may be enrolled from the same picture.
    if (best && best.cosine >= SAME) continue
    if (await store.faces.find(uid, faceId)) problems.push(`face ${faceId} of gallery "${id}" does not find itself`)
  }
  return problems
}
