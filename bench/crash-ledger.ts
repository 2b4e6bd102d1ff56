// What the callers of the crash benchmark know: what was acknowledged, and what was sent and never answered, which may be
// wholly there or not at all. Talks to nobody.

export interface LedgerFace {
  /** Null while the call that makes it was not answered. */
  readonly id: string | null
  /** The fake person in its picture; nobody else has the name. */
  readonly person: string
}

export interface LedgerSubject {
  readonly metadata: Readonly<Record<string, number>>
  readonly faces: readonly LedgerFace[]
}

/** A gallery's subjects by id. */
export type LedgerGallery = ReadonlyMap<string, LedgerSubject>

/** A call that was sent. Its gallery or subject is as it was before, or as it is after: null is "not there". */
export type Sent =
  | {
      readonly kind: 'gallery'
      readonly gallery: string
      readonly before: LedgerGallery | null
      readonly after: LedgerGallery | null
    }
  | {
      readonly kind: 'subject'
      readonly gallery: string
      readonly subject: string
      readonly before: LedgerSubject | null
      readonly after: LedgerSubject | null
      /** The same call once more, where it had an idempotency key; answers the id of the face that it made. */
      readonly again?: (address: string) => Promise<string>
    }

export interface GoneFace extends LedgerFace {
  readonly gallery: string
}

/** What one caller knows; the callers share galleries, and no subject. */
export interface Ledger {
  subjectOf(gallery: string, subject: string): LedgerSubject | null
  galleryOf(gallery: string): LedgerGallery | null
  galleries(): readonly string[]
  send(sent: Sent): void
  /** The call that was sent is done, with this id for the face that it made. */
  acknowledge(faceId: string | null): void
  /** Calls that were acknowledged so far. */
  acknowledged(): number
  /** What was sent and not answered; taken once. */
  takeUnanswered(): Sent | null
  /** What the server shows takes the place of what was known. */
  settle(sent: Sent, hasTakenPlace: boolean, faceId: string | null): void
  /** Faces whose erasure was acknowledged since the last time of asking. */
  takeGone(): readonly GoneFace[]
}

export const createLedger = (shared: readonly string[]): Ledger => {
  const galleries = new Map<string, Map<string, LedgerSubject>>(shared.map(id => [id, new Map()]))
  let open: Sent | null = null
  let gone: GoneFace[] = []
  let acknowledged = 0

  const settle = (sent: Sent, hasTakenPlace: boolean, faceId: string | null): void => {
    if (!hasTakenPlace) return
    const before = facesOf(sent, sent.before)
    const after = facesOf(sent, sent.after)
    gone.push(...before.filter(face => !after.some(({ person }) => person === face.person)))
    if (sent.kind === 'gallery') {
      if (sent.after) galleries.set(sent.gallery, new Map(sent.after))
      else galleries.delete(sent.gallery)
      return
    }
    const subjects = galleries.get(sent.gallery)
    if (sent.after) subjects?.set(sent.subject, nameFace(sent.after, faceId))
    else subjects?.delete(sent.subject)
  }

  return {
    subjectOf: (gallery, subject) => galleries.get(gallery)?.get(subject) ?? null,
    galleryOf: gallery => galleries.get(gallery) ?? null,
    galleries: () => [...galleries.keys()],
    send(sent) {
      open = sent
    },
    acknowledge(faceId) {
      if (open) settle(open, true, faceId)
      open = null
      acknowledged += 1
    },
    acknowledged: () => acknowledged,
    takeUnanswered() {
      const taken = open
      open = null
      return taken
    },
    settle,
    takeGone() {
      const taken = gone
      gone = []
      return taken
    },
  }
}

const nameFace = (subject: LedgerSubject, id: string | null): LedgerSubject => ({
  ...subject,
  faces: subject.faces.map(face => (face.id === null ? { ...face, id } : face)),
})

const facesOf = (sent: Sent, state: LedgerGallery | LedgerSubject | null): GoneFace[] => {
  if (!state) return []
  const subjects = 'faces' in state ? [state as LedgerSubject] : [...(state as LedgerGallery).values()]
  return subjects.flatMap(({ faces }) => faces.map(face => ({ ...face, gallery: sent.gallery })))
}
