// Use case: a call with an idempotency key is carried out once, and answered the same however often it is sent.
import { createHmac } from 'node:crypto'
import { AppError } from '../errors.ts'
import { type Context, regionOf } from './context.ts'
import { readAuditKey } from './control-keys.ts'
import type { ClaimOutcome } from './kept-answer-ports.ts'
import { hashMention, type Mention, mentionsOf } from './mentions.ts'
import type { Principal } from './types.ts'

/** What one call with a key asks. */
export interface KeyedCall {
  /** 1-255 visible ASCII characters. */
  readonly key: string
  readonly method: string
  /** The address's pattern: what it is called whoever it is about. */
  readonly route: string
  readonly path: string
  /** SHA-256 over method, path, query and body. */
  readonly requestHash: Uint8Array
}

/** An answer as it is sent. */
export interface KeptAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export type Begun =
  | { readonly outcome: 'claimed'; readonly id: string }
  | { readonly outcome: 'kept'; readonly answer: KeptAnswer }

/** What an ended call has to say of itself. */
export interface EndedCall {
  readonly id: string
  /** The gallery in the call's path. */
  readonly galleryId: string | null
  readonly answer: KeptAnswer
}

export interface Idempotency {
  /** @throws AppError idempotency_conflict, idempotency_in_progress, idempotency_answer_erased */
  begin(context: Context, principal: Principal, call: KeyedCall): Promise<Begun>
  /** On disk when the promise resolves: the answer may be sent only then. */
  keep(context: Context, principal: Principal, ended: EndedCall): Promise<void>
  /** The call came to nothing; the key is free again. */
  release(context: Context, id: string): Promise<void>
}

const KEY = /^[\x21-\x7e]{1,255}$/

/** @throws AppError request_invalid */
export const checkIdempotencyKey = (key: string): void => {
  if (!KEY.test(key))
    throw new AppError('request_invalid', 'The header "Idempotency-Key" must have 1 to 255 visible ASCII characters.', {
      details: { header: 'idempotency-key' },
    })
}

/**
 * Between the commit of a call's work and the keeping of its answer the process may die; the key then counts as running
 * until the next start, and is free after it. The claim's id outlives that: it is the same for every try of the same
 * request, and faces and galleries are made under that id, so the second try finds what the first has made and does not
 * make it again. The same holds after an answer that was not kept (5xx). A deletion has no such id: repeated after that, it
 * says that there is nothing left.
 */
export const createIdempotency = (owner: string): Idempotency => ({
  async begin(context, principal, call) {
    const { clock, control, ids, limits } = context
    const hashKey = await readAuditKey(context)
    const at = clock.now()
    const claimed = await control.keptAnswers.claim({
      id: ids.next(),
      tenantId: principal.tenantId,
      credentialId: principal.credentialId,
      keyHash: hash(hashKey, [call.method, call.route, call.path, call.key]),
      route: `${call.method} ${call.route}`,
      requestHash: hash(hashKey, [Buffer.from(call.requestHash).toString('base64')]),
      owner,
      at,
      keptSince: new Date(at.getTime() - limits.idempotencyKeptMs),
      runningSince: new Date(at.getTime() - limits.idempotencyRunningMs),
      // One process at a time has the data folder. With a store that several share, this has to become false.
      isAlone: true,
    })
    if (claimed.outcome === 'claimed') return claimed
    if (claimed.outcome === 'kept') return { outcome: 'kept', answer: await openAnswer(context, principal, claimed) }
    throw refuse(claimed.outcome)
  },

  async keep({ control, vault }, principal, { id, galleryId, answer }) {
    const hashKey = await readAuditKey({ control, vault })
    const mentions = mentionsOf(readBody(answer), galleryId)
    await vault.ensureTenant(principal.tenantId)
    const plain = new TextEncoder().encode(JSON.stringify({ ...answer, mentions }))
    await control.keptAnswers.keep(id, owner, {
      status: answer.status,
      sealed: vault.seal(principal.tenantId, plain, `answer:${id}`),
      mentions: mentions.map(mention => hashMention(hashKey, principal.tenantId, principal.regionId, mention)),
    })
  },

  release: ({ control }, id) => control.keptAnswers.release(id, owner),
})

/** Path, body and the caller's key may name a person, and outlive an erasure: without our key nobody can try out names. */
const hash = (key: Uint8Array, parts: readonly string[]): Uint8Array =>
  createHmac('sha256', key).update(JSON.stringify(parts)).digest()

const refuse = (outcome: Exclude<ClaimOutcome['outcome'], 'claimed' | 'kept'>): AppError => {
  if (outcome === 'running')
    return new AppError('idempotency_in_progress', 'The first call with this Idempotency-Key is still running.')
  if (outcome === 'erased') return new AppError('idempotency_answer_erased')
  return new AppError(
    'idempotency_conflict',
    'This Idempotency-Key came with another request before; use a new key for a new request.',
  )
}

const openAnswer = async (
  context: Context,
  principal: Principal,
  kept: { readonly id: string; readonly sealed: Uint8Array },
): Promise<KeptAnswer> => {
  await context.vault.ensureKeysOf([kept.sealed])
  const plain = new TextDecoder().decode(context.vault.open(kept.sealed, `answer:${kept.id}`))
  const { mentions, ...answer } = JSON.parse(plain) as KeptAnswer & { readonly mentions: readonly Mention[] }
  if (!(await areThere(context, principal, mentions))) throw refuse('erased')
  return answer
}

/**
 * Erasing removes the answers that speak of the erased, but an answer may be kept a moment after that, and faces also go
 * when they give way to newer ones: so what an answer speaks of is looked up before it is given again.
 */
const areThere = async (context: Context, principal: Principal, mentions: readonly Mention[]): Promise<boolean> => {
  const { store } = regionOf(context, principal)
  for (const [galleryId, group] of Map.groupBy(mentions, mention => mention.galleryId)) {
    const gallery = await store.galleries.find(principal.tenantId, galleryId)
    if (!gallery) return false
    const idsOf = (kind: Mention['kind']) => group.flatMap(({ kind: its, id }) => (its === kind && id ? [id] : []))
    const faceIds = idsOf('face')
    if ((await store.faces.subjectsOf(gallery.uid, faceIds)).length < faceIds.length) return false
    for (const id of idsOf('subject')) if (!(await store.subjects.find(gallery.uid, id))) return false
  }
  return true
}

const readBody = ({ headers, body }: KeptAnswer): unknown =>
  /json/.test(headers['content-type'] ?? '') ? JSON.parse(body) : null

/** Erases what was answered about a gallery, or about these subjects and faces of it. */
export const forgetAnswers = async (
  context: Pick<Context, 'control' | 'vault'>,
  principal: Pick<Principal, 'tenantId' | 'regionId'>,
  galleryId: string,
  erased: { readonly subjectIds: readonly string[]; readonly faceIds: readonly string[] } | 'gallery',
): Promise<void> => {
  const key = await readAuditKey(context)
  const mentions: Mention[] =
    erased === 'gallery'
      ? [{ galleryId, id: null, kind: 'gallery' }]
      : [
          ...erased.subjectIds.map(id => ({ galleryId, id, kind: 'subject' as const })),
          ...erased.faceIds.map(id => ({ galleryId, id, kind: 'face' as const })),
        ]
  await context.control.keptAnswers.erase(
    mentions.map(mention => hashMention(key, principal.tenantId, principal.regionId, mention)),
  )
}

/** Claims deleted in one step, so that others get their turn in between. */
const PRUNE_BATCH = 500

/** Forgets what was kept long enough. At start and every hour. */
export const pruneAnswers = async ({
  clock,
  control,
  limits,
}: Pick<Context, 'clock' | 'control' | 'limits'>): Promise<void> => {
  const before = new Date(clock.now().getTime() - limits.idempotencyKeptMs)
  while ((await control.keptAnswers.prune(before, PRUNE_BATCH)) === PRUNE_BATCH)
    await new Promise(resolve => setImmediate(resolve))
}
