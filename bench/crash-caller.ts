// One caller of the crash benchmark: sends one random change after the other, and writes down what was sent and what was
// acknowledged. Judges nothing.
import { fakePicture } from '../server/test/fake-core.ts'
import { createClient } from '../server/test/support.ts'
import type { Ledger, LedgerSubject } from './crash-ledger.ts'
import type { Random } from './random.ts'

export const SHARED_GALLERIES = [
  { id: 'shared', policy: {} },
  { id: 'replacing', policy: { existingSubject: 'replace' } },
] as const

export interface Caller {
  readonly name: string
  readonly ownGallery: string
  readonly ledger: Ledger
  /** Sends changes until the server is gone. @throws when it answers with anything but success */
  work(address: string, key: string): Promise<void>
}

/** What a gallery allows by default. */
const MOST_FACES = 5
/** Above this, a caller deletes more than it enrols. */
const MANY_SUBJECTS = 10

interface Change {
  readonly method: string
  readonly path: string
  readonly body?: object
  readonly headers?: Record<string, string>
}

export const createCaller = (name: string, ledger: Ledger, random: Random): Caller => {
  const ownGallery = `own-${name}`
  let made = 0
  const makeName = (of: string): string => `${name}-${of}${++made}`

  /** Sends it, and writes the outcome down. */
  const send = async (address: string, key: string, { method, path, body, headers }: Change): Promise<void> => {
    const answer = await createClient(address, key)
      .call<{ face?: { id: string } }>(method, path, body, headers)
      .catch(error => {
        throw new ServerGone(error)
      })
    if (answer.status >= 300)
      throw new Error(`${method} ${path} was answered ${answer.status}: ${JSON.stringify(answer.body)}`)
    ledger.acknowledge(answer.body?.face?.id ?? null)
  }

  const enrol = (address: string, key: string, gallery: string, subject: string): Promise<void> => {
    const before = ledger.subjectOf(gallery, subject)
    if (gallery !== 'replacing' && before && before.faces.length >= MOST_FACES)
      return deleteFace(address, key, gallery, subject)
    const person = makeName('person')
    const metadata = random.isLikely(0.3) ? { changed: ++made } : null
    const kept = gallery === 'replacing' ? [] : (before?.faces ?? [])
    const after: LedgerSubject = {
      metadata: metadata ?? before?.metadata ?? {},
      faces: [...kept, { id: null, person }],
    }
    const change: Change = {
      method: 'POST',
      path: `/v1/galleries/${gallery}/faces`,
      body: { image: pictureOf(person).toString('base64'), subjectId: subject, ...(metadata && { metadata }) },
      headers: random.isLikely(0.5) ? { 'idempotency-key': makeName('key') } : undefined,
    }
    const again = async (where: string): Promise<string> => {
      const { status, body } = await createClient(where, key).call<{ face: { id: string } }>(
        change.method,
        change.path,
        change.body,
        change.headers,
      )
      if (status !== 201)
        throw new Error(`${person}, sent again with its key, was answered ${status}: ${JSON.stringify(body)}`)
      return body.face.id
    }
    ledger.send({ kind: 'subject', gallery, subject, before, after, ...(change.headers && { again }) })
    return send(address, key, change)
  }

  const changeSubject = (address: string, key: string, gallery: string, subject: string): Promise<void> => {
    const before = ledger.subjectOf(gallery, subject)
    const path = `/v1/galleries/${gallery}/subjects/${subject}`
    const metadata = { changed: ++made }
    ledger.send({ kind: 'subject', gallery, subject, before, after: { faces: before?.faces ?? [], metadata } })
    return send(address, key, { method: 'PATCH', path, body: { metadata } })
  }

  const deleteSubject = (address: string, key: string, gallery: string, subject: string): Promise<void> => {
    ledger.send({ kind: 'subject', gallery, subject, before: ledger.subjectOf(gallery, subject), after: null })
    return send(address, key, { method: 'DELETE', path: `/v1/galleries/${gallery}/subjects/${subject}` })
  }

  const deleteFace = (address: string, key: string, gallery: string, subject: string): Promise<void> => {
    const before = ledger.subjectOf(gallery, subject)
    const face = before && random.pick(before.faces)
    if (!before || !face) return deleteSubject(address, key, gallery, subject)
    const after = { ...before, faces: before.faces.filter(other => other !== face) }
    ledger.send({ kind: 'subject', gallery, subject, before, after })
    return send(address, key, { method: 'DELETE', path: `/v1/galleries/${gallery}/faces/${face.id}` })
  }

  const makeOrDeleteOwn = (address: string, key: string): Promise<void> => {
    const before = ledger.galleryOf(ownGallery)
    ledger.send({
      kind: 'gallery',
      gallery: ownGallery,
      before: before && new Map(before),
      after: before ? null : new Map(),
    })
    return send(
      address,
      key,
      before
        ? { method: 'DELETE', path: `/v1/galleries/${ownGallery}` }
        : { method: 'POST', path: '/v1/galleries', body: { id: ownGallery } },
    )
  }

  const step = async (address: string, key: string): Promise<void> => {
    if (!ledger.galleryOf(ownGallery) || random.isLikely(0.03)) return makeOrDeleteOwn(address, key)
    const gallery = random.pick(ledger.galleries())!
    const subjects = [...ledger.galleryOf(gallery)!.keys()]
    const subject = random.pick(subjects)
    const isCrowded = subjects.length > MANY_SUBJECTS
    if (subject === undefined || random.isLikely(isCrowded ? 0.1 : 0.4))
      return enrol(address, key, gallery, makeName('subject'))
    const act = random.pick(
      isCrowded
        ? [deleteSubject, deleteSubject, deleteFace, changeSubject]
        : [enrol, enrol, changeSubject, deleteFace, deleteSubject],
    )!
    return act(address, key, gallery, subject)
  }

  return {
    name,
    ownGallery,
    ledger,
    async work(address, key) {
      try {
        while (true) await step(address, key)
      } catch (error) {
        if (!(error instanceof ServerGone)) throw error
      }
    },
  }
}

export const pictureOf = (person: string): Buffer => Buffer.from(fakePicture({ person }))

class ServerGone extends Error {
  constructor(cause: unknown) {
    super('The server is gone.', { cause })
  }
}
