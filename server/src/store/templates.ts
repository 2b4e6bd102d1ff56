// The queries that read templates: of a few faces for exact scoring, of a whole gallery for building its index.
import type { FaceStore, FaceTemplate, Vault } from '../core/ports.ts'
import type { RegionConnection } from './connection.ts'
import { openTemplates } from './sealed-templates.ts'

type TemplateQueries = Pick<FaceStore, 'templatesOfSubject' | 'templatesOf' | 'streamTemplates'>

export function createTemplateQueries({ db, dialect }: RegionConnection, vault: Vault): TemplateQueries {
  async function templatesOfSubject(galleryUid: string, subjectId: string): Promise<readonly FaceTemplate[]> {
    const rows = await db
      .selectFrom('subjects')
      .innerJoin('faces', 'faces.subject_uid', 'subjects.uid')
      .select(['faces.id', 'faces.template'])
      .where('subjects.gallery_uid', '=', galleryUid)
      .where('subjects.id', '=', subjectId)
      .orderBy('faces.id')
      .execute()
    return openTemplates(vault, rows)
  }

  async function templatesOf(faceIds: readonly string[]): Promise<readonly FaceTemplate[]> {
    const rows = await db.selectFrom('faces').select(['id', 'template']).where(dialect.anyOf('id', faceIds)).execute()
    return openTemplates(vault, rows)
  }

  /** Asks for one batch after the other, so that other queries run in between and faces may come and go meanwhile. */
  async function* streamTemplates(galleryUid: string, batchSize: number): AsyncGenerator<readonly FaceTemplate[]> {
    let after = ''
    while (true) {
      const rows = await db
        .selectFrom('faces')
        .select(['id', 'template'])
        .where('gallery_uid', '=', galleryUid)
        .where('id', '>', after)
        .orderBy('id')
        .limit(batchSize)
        .execute()
      const last = rows.at(-1)
      if (last) yield await openTemplates(vault, rows)
      if (!last || rows.length < batchSize) return
      after = last.id
    }
  }

  return { templatesOfSubject, templatesOf, streamTemplates }
}
