// The port of the control data: tenants, credentials, the audit trail, the log of calls and their counts. Another database
// than the regions'; holds no biometric data.
import type { KeptAnswerStore } from './kept-answer-ports.ts'
import type { AcceptedCount, AcceptedFilter } from './limit-ports.ts'
import type { ReceiptKeyStore } from './receipt-ports.ts'
import type { WrappedKeyStore } from './seal-ports.ts'
import type { TestingStore } from './testing-ports.ts'
import type { Allowance, Credential, ImageUrlMode, Page, PageRequest, PictureShape, Protocol, Tenant } from './types.ts'
import type { WebhookStore } from './webhook-ports.ts'

export interface NewCredential extends Omit<Credential, 'revokedAt'> {
  /** SHA-256 of what the caller shows (a native key, an app key, a security token): it is shown once and never stored. */
  readonly secretHash: Uint8Array | null
  /** The secret that a signature needs, sealed by the vault under "credential:<id>". */
  readonly sealedSecret: Uint8Array | null
}

/** What is not given stays as it is. */
export type TenantChange = Partial<Pick<Tenant, 'status' | 'imageUrls' | 'pictureShape' | 'frameHours' | 'resultDays'>>

/** A credential as whoever checks a call needs it. */
export interface FoundCredential extends Credential {
  readonly secretHash: Uint8Array | null
  readonly sealedSecret: Uint8Array | null
  readonly tenantStatus: Tenant['status']
  readonly tenantImageUrls: ImageUrlMode | null
  readonly tenantPictureShape: PictureShape
}

/** From `from` (included) to `to` (not included); null leaves that end open. */
export interface Period {
  readonly from: Date | null
  readonly to: Date | null
}

/** One change, or one act of an operator. Holds no biometric data and no id that a caller chose for a person. */
export interface AuditEntry {
  readonly id: string
  readonly at: Date
  readonly tenantId: string
  readonly regionId: string | null
  /** The credential that did it, or "operator". */
  readonly actor: string
  /** What was done to what: "face.enrol", "credential.revoke". */
  readonly action: string
  readonly galleryId: string | null
  /** See `subjectHashOf` in audit.ts. */
  readonly subjectHash: string | null
  readonly faceId: string | null
  /** The tenant, credential or capture session that it is about. */
  readonly target: string | null
  readonly transactionId: string | null
}

export type AuditFilter = Period &
  Readonly<Partial<Record<'actor' | 'action' | 'galleryId' | 'subjectHash', string | undefined>>>

/** One call. Holds no biometric data, no score and no id that a caller chose for a person. */
export interface Transaction {
  readonly id: string
  readonly at: Date
  readonly tenantId: string
  readonly regionId: string
  readonly credentialId: string
  readonly protocol: Protocol
  readonly operation: string
  readonly galleryId: string | null
  /** See `subjectHashOf` in audit.ts. */
  readonly subjectHash: string | null
  readonly status: number
  /** "ok", the error's code, or "abandoned": the caller hung up. */
  readonly outcome: string
  readonly durationMs: number
  /** What a protocol has to remember of a call; small, and no id of a person either. */
  readonly facts: CallFacts | null
}

export type CallFacts = Readonly<Record<string, string | number | boolean | null>>

export type TransactionFilter = Period &
  Readonly<Partial<Record<'operation' | 'outcome' | 'galleryId' | 'subjectHash', string | undefined>>>

/** Whether an answer is charged, as one protocol tells its callers. */
export type Pricing = 'FREE' | 'PAY'

/** How often an operation of a tenant ended in one way on one day. */
export interface UsageCount {
  readonly tenantId: string
  readonly regionId: string
  /** UTC, YYYY-MM-DD. */
  readonly day: string
  readonly operation: string
  /** "ok", the error's code, or "abandoned": the caller hung up. */
  readonly outcome: string
  /** Where the protocol says of each answer whether it is charged. */
  readonly pricing?: Pricing
  readonly count: number
}

/** Days are YYYY-MM-DD; both ends are included. */
export interface UsageFilter {
  readonly from: string | null
  readonly to: string | null
  readonly operation?: string
}

/** A method that answers null found nothing; none of them throws for a missing row. Logs are listed newest first. */
export interface ControlStore {
  /** Returns false, and stores nothing, when there is a tenant of this id. */
  insertTenant(tenant: Tenant): Promise<boolean>
  findTenant(id: string): Promise<Tenant | null>
  listTenants(page: PageRequest): Promise<Page<Tenant>>
  updateTenant(id: string, change: TenantChange): Promise<Tenant | null>

  insertCredential(credential: NewCredential): Promise<void>
  readCredential(id: string): Promise<Credential | null>
  /** Revoked and expired ones too: whoever asks decides. */
  findCredentialByHash(protocol: Protocol, secretHash: Uint8Array): Promise<FoundCredential | null>
  findCredentialByPublicId(protocol: Protocol, publicId: string): Promise<FoundCredential | null>
  listCredentials(filter: CredentialFilter, page: PageRequest): Promise<Page<Credential>>
  /** With those made from it. Revoking twice keeps the first time. */
  revokeCredential(id: string, at: Date): Promise<Credential | null>
  countCredentials(protocol: Protocol): Promise<number>
  /** Counts from the next call on. */
  updateAllowance(id: string, allowance: Allowance | null): Promise<Credential | null>
  /** Counts from the next call on. Null when there is none in testing mode. */
  updateTestingQuota(id: string, quota: number): Promise<Credential | null>

  /** All of them or none, on disk when the promise resolves. */
  appendAudit(entries: readonly AuditEntry[]): Promise<void>
  listAudit(tenantId: string, filter: AuditFilter, page: PageRequest): Promise<Page<AuditEntry>>
  /** Sealed; null before its first use. */
  readControlKey(name: string): Promise<Uint8Array | null>
  /** Keeps the key unless there is one of this name already; returns the one that is kept. */
  keepControlKey(name: string, sealed: Uint8Array): Promise<Uint8Array>

  /** Adds the calls to the log and the counts to the counts, all or nothing. A call that is there already is left as it is. */
  recordCalls(
    calls: readonly Transaction[],
    counts: readonly UsageCount[],
    accepted?: readonly AcceptedCount[],
  ): Promise<void>
  /** The sum of what `recordCalls` was told. */
  countAccepted(filter: AcceptedFilter): Promise<number>
  /** Deletes what was counted before this day (YYYY-MM-DD): no quota asks for it any more. */
  deleteAccepted(before: string): Promise<void>
  findTransaction(tenantId: string, id: string): Promise<Transaction | null>
  listTransactions(tenantId: string, filter: TransactionFilter, page: PageRequest): Promise<Page<Transaction>>
  /** Deletes up to `limit` of the oldest calls before `before`; returns how many it were. */
  deleteTransactions(before: Date, limit: number): Promise<number>
  /** Sorted by day, region, operation, outcome, price. */
  listUsage(tenantId: string, filter: UsageFilter, page: PageRequest): Promise<Page<UsageCount>>

  readonly tenantKeys: WrappedKeyStore
  readonly keptAnswers: KeptAnswerStore
  readonly receiptKeys: ReceiptKeyStore
  readonly testing: TestingStore
  readonly webhooks: WebhookStore
  close(): Promise<void>
}

export interface CredentialFilter {
  readonly tenantId?: string
  readonly regionId?: string
  readonly protocol?: Protocol
}
