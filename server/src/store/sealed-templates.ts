// Templates on their way into rows and out of them: float32 bytes, sealed as "face:ID". Knows no index.
import type { FaceTemplate, NewFace, Vault } from '../core/ports.ts'
import { bytesToTemplate, templateToBytes } from './codec.ts'
import type { RegionConnection } from './connection.ts'

export interface TemplateRow {
  readonly id: string
  readonly template: Uint8Array
}

const contextOf = (faceId: string): string => `face:${faceId}`

/**
 * Sealed for the gallery's tenant; null when the gallery is gone. Before the insertion's transaction, not within: a
 * tenant's first key is made in another database, and a gallery never changes its tenant.
 */
export async function sealTemplate({ db }: RegionConnection, vault: Vault, face: NewFace): Promise<Buffer | null> {
  const gallery = await db
    .selectFrom('galleries')
    .select('tenant_id')
    .where('uid', '=', face.galleryUid)
    .executeTakeFirst()
  if (!gallery) return null
  await vault.ensureTenant(gallery.tenant_id)
  return Buffer.from(vault.seal(gallery.tenant_id, templateToBytes(face.template), contextOf(face.id)))
}

/** Throws sealed_data_corrupt, which names the face, when one of them was altered. */
export async function openTemplates(vault: Vault, rows: readonly TemplateRow[]): Promise<readonly FaceTemplate[]> {
  await vault.ensureKeysOf(rows.map(row => row.template))
  return rows.map(({ id, template }) => ({
    faceId: id,
    template: bytesToTemplate(vault.open(template, contextOf(id))),
  }))
}
