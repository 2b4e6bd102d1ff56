// The port of the numbers that some protocols name things by: decimal, counting from 1 per tenant, each an alias of a face's
// or gallery's own id. Holds no biometric data.

/** What is numbered: one row of numbers a tenant, for each. */
export type NumberKind = 'advance.face' | 'advance.faceSet' | 'alibaba.group' | 'alibaba.face'

export interface NumberedThing {
  readonly tenantId: string
  readonly kind: NumberKind
  /** A face's id, or a gallery's uid. */
  readonly uid: string
  /** The uid of the gallery that a face is in; empty for what is in none. */
  readonly parentUid: string
}

export interface Numbered extends NumberedThing {
  /** From 1; never given twice, also when what it stood for is gone. */
  readonly number: number
  /** Set when the face or gallery was erased, by whatever way. */
  readonly deletedAt: Date | null
  /** What the protocol wants to tell of something that was erased; nothing biometric. */
  readonly details: Readonly<Record<string, string | number | null>> | null
}

/** A method that answers null found nothing. What was erased is found until it is forgotten. */
export interface NumberStore {
  /** The thing's number, a new one where it has none yet. */
  assign(thing: NumberedThing): Promise<number>
  find(tenantId: string, kind: NumberKind, number: number): Promise<Numbered | null>
  /** By uid; those without a number are left out. */
  numbersOf(kind: NumberKind, uids: readonly string[]): Promise<ReadonlyMap<string, number>>
  /** In the order of the numbers, after this one, without what was erased. */
  list(
    tenantId: string,
    kind: NumberKind,
    parentUid: string,
    page: { readonly after: number; readonly limit: number },
  ): Promise<readonly Numbered[]>
  /** Of something that was erased; nothing happens where it was not. */
  describeDeleted(kind: NumberKind, uid: string, details: NonNullable<Numbered['details']>): Promise<void>
  /** Forgets what was erased before; returns how many it were. */
  forget(before: Date): Promise<number>
  /** Leaves out this many numbers of every tenant and kind that has any. */
  skip(count: number): Promise<void>
}
