// The audit trail: who changed what, when, in which call. An entry is on disk before its change is acknowledged; entries of
// concurrent calls share one flush. Holds no biometric data.
import { createHmac } from 'node:crypto'
import { AppError } from '../errors.ts'
import { type ControlKeyContext, readAuditKey } from './control-keys.ts'
import { createGroupCommit } from './group-commit.ts'
import type { AuditEntry, AuditFilter, Clock, ControlStore, IdSource, Vault } from './ports.ts'
import type { Page, PageRequest, Principal } from './types.ts'

/** The actor of what is done at the command line. */
export const OPERATOR = 'operator'

export type ChangeAction =
  | 'gallery.create'
  | 'gallery.update'
  | 'gallery.delete'
  | 'face.enrol'
  | 'face.erase'
  | 'subject.update'
  | 'subject.erase'
  | 'subject.export'
  | 'picture.read'
  | 'session.create'
  | 'session.clear'
  | 'session.picture'

/** What a caller changed; the subject by the id that the caller gave it. */
export interface Change {
  readonly action: ChangeAction
  readonly galleryId?: string
  /** Of the gallery. */
  readonly subjectId?: string
  readonly faceId?: string
  /** A capture session. */
  readonly target?: string
}

export interface AuditLog {
  /** On disk when the promise resolves. */
  record(principal: Principal, change: Change): Promise<void>
}

export interface SubjectName {
  readonly tenantId: string
  readonly regionId: string
  readonly galleryId: string
  readonly subjectId: string
}

/**
 * How the trail names a person: HMAC-SHA-256 of tenant, region, gallery and subject id under `readAuditKey`'s key,
 * base64url. Whoever knows the id can ask the trail about it, also after the gallery is gone; from the trail nobody can
 * read it, so that no personal id outlives an erasure. Not the gallery's `uid`, which nobody knows after its deletion.
 */
export const subjectHashOf = (key: Uint8Array, { tenantId, regionId, galleryId, subjectId }: SubjectName): string =>
  createHmac('sha256', key)
    .update(JSON.stringify([tenantId, regionId, galleryId, subjectId]))
    .digest('base64url')

export interface AuditContext {
  readonly control: ControlStore
  readonly clock: Clock
  readonly ids: IdSource
  /** Who acts, in which call; the operator at the command line unless given. */
  readonly actor?: Pick<Principal, 'credentialId' | 'transactionId'>
}

/** Reads its key once; entries are written in the order of their coming. */
export const openAuditLog = async ({
  control,
  vault,
  clock,
  ids,
}: AuditContext & ControlKeyContext): Promise<AuditLog> => {
  const key = await readAuditKey({ control, vault })
  const entries = createGroupCommit<AuditEntry>(group => control.appendAudit(group))
  return {
    record({ tenantId, regionId, credentialId, transactionId }, { action, galleryId, subjectId, faceId, target }) {
      return entries.append({
        id: ids.next(),
        at: clock.now(),
        tenantId,
        regionId,
        actor: credentialId,
        action,
        galleryId: galleryId ?? null,
        subjectHash:
          subjectId === undefined || galleryId === undefined
            ? null
            : subjectHashOf(key, { tenantId, regionId, galleryId, subjectId }),
        faceId: faceId ?? null,
        target: target ?? null,
        transactionId,
      })
    },
  }
}

export interface OperatorAct {
  readonly tenantId: string
  readonly action:
    | 'tenant.create'
    | 'tenant.update'
    | 'tenant.suspend'
    | 'tenant.resume'
    | 'credential.create'
    | 'credential.limit'
    | 'credential.reset'
    | 'credential.revoke'
    | 'webhook.set'
    | 'webhook.delete'
  /** The tenant or credential that was changed. */
  readonly target: string
  readonly regionId?: string
}

/** On disk when the promise resolves. */
export const recordAct = ({ control, clock, ids, actor }: AuditContext, act: OperatorAct): Promise<void> =>
  control.appendAudit([
    {
      id: ids.next(),
      at: clock.now(),
      tenantId: act.tenantId,
      regionId: act.regionId ?? null,
      actor: actor?.credentialId ?? OPERATOR,
      action: act.action,
      galleryId: null,
      subjectHash: null,
      faceId: null,
      target: act.target,
      transactionId: actor?.transactionId ?? null,
    },
  ])

export interface AuditQuestion extends Omit<AuditFilter, 'subjectHash'> {
  /** By the caller's id; needs `galleryId`. */
  readonly subjectId?: string
}

/** The vault is asked for where somebody asks about a subject. */
export interface AuditReading {
  readonly control: ControlStore
  readonly vault: () => Promise<Vault>
}

/** Newest first. @throws AppError request_invalid: a subject without its gallery, or a foreign cursor */
export const listAudit = async (
  asked: AuditReading,
  principal: Pick<Principal, 'tenantId' | 'regionId'>,
  { subjectId, ...filter }: AuditQuestion,
  page: PageRequest,
): Promise<Page<AuditEntry>> => {
  const subjectHash = await findSubjectHash(asked, principal, { galleryId: filter.galleryId, subjectId })
  return asked.control.listAudit(principal.tenantId, { ...filter, subjectHash }, page)
}

/** Undefined where nobody is asked for. @throws AppError request_invalid: a subject without its gallery */
export const findSubjectHash = async (
  { control, vault }: AuditReading,
  { tenantId, regionId }: Pick<Principal, 'tenantId' | 'regionId'>,
  { galleryId, subjectId }: Readonly<Partial<Record<'galleryId' | 'subjectId', string | undefined>>>,
): Promise<string | undefined> => {
  if (subjectId === undefined) return undefined
  if (galleryId === undefined)
    throw new AppError('request_invalid', 'Expected "gallery" beside "subject": a subject is a subject of a gallery.', {
      details: { field: 'gallery' },
    })
  const key = await readAuditKey({ control, vault: await vault() })
  return subjectHashOf(key, { tenantId, regionId, galleryId, subjectId })
}
