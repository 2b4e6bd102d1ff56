// Galleries, faces and keys for the contract suite: valid, different from each other, and short to write. Tests only.
import assert from 'node:assert/strict'
import { createHash, randomUUID } from 'node:crypto'
import { DEFAULT_POLICY } from '../core/policy.ts'
import type {
  AuditEntry,
  Insertion,
  InsertionRules,
  NewCredential,
  NewFace,
  Store,
  Transaction,
} from '../core/ports.ts'
import type { Gallery, Page } from '../core/types.ts'

export const AT = new Date('2031-02-03T04:05:06.789Z')
export const LATER = new Date(AT.getTime() + 60_000)

let lastId = 0

/** Ids that sort by the order of their making, like the ones in use. */
export function makeId(): string {
  lastId++
  return `0195b0c8-${lastId.toString(16).padStart(4, '0')}-7000-8000-${randomUUID().slice(-12)}`
}

export function makeGallery(change: Partial<Gallery> = {}): Gallery {
  return {
    uid: makeId(),
    tenantId: makeId(),
    id: 'staff',
    name: 'Staff',
    description: null,
    pack: 'pack@1',
    policy: DEFAULT_POLICY,
    revision: 0,
    createdAt: AT,
    updatedAt: AT,
    ...change,
  }
}

export async function addGallery(store: Store, change: Partial<Gallery> = {}): Promise<Gallery> {
  const gallery = makeGallery(change)
  await store.galleries.insert(gallery)
  return gallery
}

export function makeTemplate(dimensions = 128): Float32Array {
  return Float32Array.from({ length: dimensions }, () => Math.random() - 0.5)
}

export function makeFace(galleryUid: string, subjectId: string, change: Partial<NewFace> = {}): NewFace {
  return {
    id: makeId(),
    galleryUid,
    subjectId,
    newSubjectUid: makeId(),
    metadata: null,
    pack: 'pack@1',
    box: { x: 10.25, y: -0.1, width: 100.7, height: 1e-3 },
    confidence: 0.987654321,
    template: makeTemplate(),
    picture: null,
    createdAt: AT,
    ...change,
  }
}

export async function addFace(
  store: Store,
  galleryUid: string,
  subjectId: string,
  change: Partial<NewFace> = {},
): Promise<NewFace> {
  const face = makeFace(galleryUid, subjectId, change)
  await insertFace(store, face)
  return face
}

/** Rules that stand in the way of nothing. */
export const ANY: InsertionRules = { maxFacesPerSubject: 1000, whenFull: 'refuse', existingSubject: 'append' }

/** Inserts a face that nothing forbids. */
export async function insertFace(
  store: Store,
  face: NewFace,
  rules: InsertionRules = ANY,
): Promise<Extract<Insertion, { outcome: 'inserted' }>> {
  const insertion = await store.faces.insert(face, rules)
  assert.ok(insertion.outcome === 'inserted', insertion.outcome)
  return insertion
}

export function makePicture() {
  return { key: makeId(), mediaType: 'image/jpeg', bytes: 54_321 }
}

/** A native key unless the change says otherwise. */
export function makeKey(change: Partial<NewCredential> = {}): NewCredential {
  const id = makeId()
  return {
    id,
    protocol: 'native',
    tenantId: 'default',
    regionId: 'default',
    galleryId: null,
    name: 'Door',
    scopes: ['enrol', 'read'],
    publicId: null,
    secretHash: new Uint8Array(createHash('sha256').update(id).digest()),
    sealedSecret: null,
    parentId: null,
    deniedActions: [],
    allowance: null,
    mode: null,
    testingQuota: null,
    createdAt: AT,
    expiresAt: null,
    ...change,
  }
}

/** A call that went well, unless the change says otherwise. */
export function makeCall(change: Partial<Transaction> = {}): Transaction {
  return {
    id: makeId(),
    at: AT,
    tenantId: 'default',
    regionId: 'default',
    credentialId: makeId(),
    protocol: 'native',
    operation: 'searchGallery',
    galleryId: 'staff',
    subjectHash: null,
    status: 200,
    outcome: 'ok',
    durationMs: 12.5,
    facts: null,
    ...change,
  }
}

export function makeAuditEntry(change: Partial<AuditEntry> = {}): AuditEntry {
  return {
    id: makeId(),
    at: AT,
    tenantId: 'default',
    regionId: 'default',
    actor: makeId(),
    action: 'face.enrol',
    galleryId: 'staff',
    subjectHash: 'hash',
    faceId: makeId(),
    target: null,
    transactionId: makeId(),
    ...change,
  }
}

/** Every item of a list, read in pages of this size, and the sizes of the pages. */
export async function readPages<T>(
  limit: number,
  read: (page: { limit: number; cursor: string | null }) => Promise<Page<T>>,
): Promise<{ items: T[]; sizes: number[] }> {
  const items: T[] = []
  const sizes: number[] = []
  let cursor: string | null = null
  do {
    const page: Page<T> = await read({ limit, cursor })
    items.push(...page.items)
    sizes.push(page.items.length)
    cursor = page.nextCursor
  } while (cursor !== null)
  return { items, sizes }
}
