// What every database must do with capture sessions, their frames and the notices of their ends. Part of store.suite.ts.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, it } from 'node:test'
import type { DeliveryFilter, Store } from '../core/ports.ts'
import type { CaptureSession } from '../core/session-types.ts'
import { AT, addFace, addGallery, LATER, makeId, readPages } from './samples.suite.ts'
import {
  addFrame,
  addSession,
  addStarted,
  makeAttempt,
  makeDelivery,
  makeFrame,
  makeSession,
  makeVerdict,
} from './session-samples.suite.ts'
import type { OpenedStores } from './store.suite.ts'

const MUCH_LATER = new Date(LATER.getTime() + 86_400_000)
const idsOf = (items: readonly { readonly id: string }[]): string[] => items.map(({ id }) => id)

export function testSessions(opened: () => OpenedStores): void {
  testRows(() => opened().store)
  testSealedSessions(opened)
  testWork(() => opened().store)
  testFrames(() => opened().store)
  testDeliveries(() => opened().store)
  testSessionErasures(() => opened().store)
}

function testRows(open: () => Store): void {
  describe('sessions', () => {
    it('come back as they were stored, to their tenant, and by token and public id', async () => {
      const { sessions } = open()
      const publicId = makeId()
      const { tokenHash, ...session } = makeSession({ protocol: 'advance', publicId })
      await sessions.insert({ ...session, tokenHash })
      const { tenantId, id } = session
      assert.deepEqual(await sessions.find(tenantId, id), session)
      assert.equal(await sessions.find(makeId(), id), null)
      assert.deepEqual(await sessions.findByPublicId(tenantId, 'advance', publicId), session)
      assert.equal(await sessions.findByPublicId(tenantId, 'native', publicId), null)
      assert.equal(await sessions.findByPublicId(makeId(), 'advance', publicId), null)
      assert.deepEqual(await sessions.findByToken(tokenHash), { ...session, visitHash: null })
      assert.equal(await sessions.findByToken(randomBytes(32)), null)
      await assert.rejects(sessions.insert(makeSession({ tokenHash })), 'a token stands for one session')
    })

    it('change whole, once for each revision, with the notices of it', async () => {
      const { sessions } = open()
      const session = await addSession(open())
      const visitHash = new Uint8Array(randomBytes(32))
      const started = { state: 'started' as const, startedAt: LATER, attempt: makeAttempt(), visitHash }
      const { visitHash: _, ...shown } = started
      const expected: CaptureSession = { ...session, ...shown, revision: 1 }
      assert.deepEqual(await sessions.update(session.id, 0, started), expected)
      assert.deepEqual(await sessions.findByVisit(visitHash), { ...expected, visitHash })
      assert.equal(await sessions.update(session.id, 0, { state: 'failed' }, [makeDelivery(session)]), null)
      assert.deepEqual(await sessions.find(session.tenantId, session.id), expected)
      assert.ok(!(await sessions.listDeliveries(AT, 1000)).some(({ sessionId }) => sessionId === session.id))
      const verdict = makeVerdict()
      const reason = { name: 'not_matched', message: 'Not alike.', value: 1.5, threshold: 80, details: { a: [1] } }
      const change = {
        state: 'failed' as const,
        ended: true,
        endedAt: LATER,
        verdict,
        reasons: [reason],
        failures: [AT],
      }
      const ended = await sessions.update(session.id, 1, change, [makeDelivery(session)])
      assert.deepEqual(ended, { ...expected, ...change, revision: 2 })
      assert.deepEqual(await sessions.findByVisit(visitHash), { ...ended, visitHash }, 'and as it is stored')
      assert.equal(await sessions.update(makeId(), 0, { state: 'failed' }), null)
    })

    it('are changed by one of many at once', async () => {
      const { sessions } = open()
      const { id } = await addSession(open())
      const changes = Array.from({ length: 8 }, () => sessions.update(id, 0, { state: 'started' }))
      const changed = (await Promise.all(changes)).filter(session => session !== null)
      assert.deepEqual(
        changed.map(({ revision }) => revision),
        [1],
      )
    })

    it('are listed newest first, by what they are about', async () => {
      const { sessions } = open()
      const tenantId = makeId()
      const made: CaptureSession[] = []
      for (let index = 0; index < 7; index++) made.unshift(await addSession(open(), { tenantId }))
      const search = await addSession(open(), { tenantId, purpose: 'search', subjectId: null, protocol: 'advance' })
      const all = await readPages(3, page => sessions.list(tenantId, {}, page))
      assert.deepEqual(all.items, [search, ...made])
      assert.deepEqual(all.sizes, [3, 3, 2])
      const named = await addSession(open(), { tenantId, subjectId: null, verdict: makeVerdict({ subjectId: 'ann' }) })
      const read = async (filter: Parameters<typeof sessions.list>[1]) =>
        idsOf((await sessions.list(tenantId, filter, { limit: 100, cursor: null })).items)
      assert.deepEqual(await read({ subjectId: 'ann' }), idsOf([named, ...made]))
      assert.deepEqual(await read({ protocol: 'advance' }), [search.id])
      assert.deepEqual(await read({ galleryId: 'other' }), [])
      assert.deepEqual(await read({ state: 'passed' }), [])
      assert.deepEqual(await read({ galleryId: 'staff', subjectId: 'ann' }), idsOf([named, ...made]))
      assert.deepEqual(await read({ galleryId: 'other', subjectId: 'ann' }), [])
      assert.ok((await sessions.listTenants()).includes(tenantId))
    })
  })
}

function testSealedSessions(opened: () => OpenedStores): void {
  describe('sealed sessions', () => {
    it('show nothing of the person and no address in their rows', async () => {
      const { store, region } = opened()
      const { id, tenantId } = await addSession(store, { metadata: { name: 'Wilhelmina' } })
      const session = await store.sessions.find(tenantId, id)
      const verdict = makeVerdict({ similarity: 12.34567 })
      const reasons = [{ name: 'not_matched', message: 'x', value: 12.34567 }]
      await store.sessions.update(id, 0, { verdict, reasons }, [makeDelivery(session!)])
      const rows = await region.db.selectFrom('sessions').selectAll().where('id', '=', id).execute()
      const waiting = await region.db.selectFrom('deliveries').selectAll().where('session_id', '=', id).execute()
      const text = JSON.stringify([rows, waiting], (_, value) =>
        value?.type === 'Buffer' ? Buffer.from(value.data).toString('latin1') : value,
      )
      for (const secret of ['Wilhelmina', '12.34567', 'shop.example/hook', 'key=secret', '0.987654321'])
        assert.ok(!text.includes(secret), secret)
    })

    it('that were exchanged are refused by name', async () => {
      const { store, region } = opened()
      const [one, other] = [await addSession(store), await addSession(store)]
      const { sealed } = await region.db
        .selectFrom('sessions')
        .select('sealed')
        .where('id', '=', other.id)
        .executeTakeFirstOrThrow()
      await region.db
        .updateTable('sessions')
        .set({ sealed: Buffer.from(sealed) })
        .where('id', '=', one.id)
        .execute()
      const error = { code: 'sealed_data_corrupt', details: { sealed: `session:${one.id}` } }
      await assert.rejects(store.sessions.find(one.tenantId, one.id), error)
      await region.db.deleteFrom('sessions').where('id', '=', one.id).execute()
    })
  })
}

function testWork(open: () => Store): void {
  describe('sessions that somebody has to look at', () => {
    it('are those to be judged, the overdue, the uncleared and the old', async () => {
      const { sessions } = open()
      const tenantId = makeId()
      const add = (change: Partial<CaptureSession>) => addSession(open(), { tenantId, ...change })
      const waits = await add({ state: 'submitted', submittedAt: LATER })
      const first = await add({ state: 'submitted', submittedAt: AT })
      const running = await add({ expiresAt: MUCH_LATER })
      const overdue = await add({ state: 'failed' })
      const passed = await add({ state: 'passed', ended: true, endedAt: AT })
      const cleared = await add({ state: 'expired', ended: true, endedAt: AT, clearedAt: LATER })
      const mine = (items: readonly CaptureSession[]) => idsOf(items.filter(each => each.tenantId === tenantId))
      assert.deepEqual(mine(await sessions.listSubmitted(1000)), [first.id, waits.id])
      assert.equal((await sessions.listSubmitted(1)).length, 1)
      assert.deepEqual(mine(await sessions.listOverdue(LATER, AT, 1000)), [overdue.id])
      const all = [overdue.id, waits.id, first.id]
      assert.deepEqual(mine(await sessions.listOverdue(LATER, LATER, 1000)).sort(), all.sort())
      assert.ok(mine(await sessions.listOverdue(MUCH_LATER, AT, 1000)).includes(running.id))
      assert.deepEqual(mine(await sessions.listOverdue(AT, AT, 1000)), [])
      assert.deepEqual(idsOf(await sessions.listUncleared(tenantId, LATER, 10)), [passed.id])
      assert.deepEqual(await sessions.listUncleared(tenantId, AT, 10), [])
      assert.deepEqual(idsOf(await sessions.listOlder(tenantId, LATER, 10)).sort(), [passed.id, cleared.id].sort())
      assert.deepEqual(await sessions.listOlder(makeId(), LATER, 10), [])
    })
  })
}

function testFrames(open: () => Store): void {
  describe('frames', () => {
    it('come back by sequence, each once, up to the limit, of the try that is going on', async () => {
      const { sessions } = open()
      const { id } = await addStarted(open())
      const second = await addFrame(open(), id, 2)
      const first = await addFrame(open(), id, 1, { source: 'upload', atMs: 0 })
      assert.deepEqual(await sessions.listFrames(id, 1), [first, second])
      assert.deepEqual(await sessions.listFrames(id, 2), [])
      assert.equal(await sessions.insertFrame(makeFrame(id, 1), 10), false, 'its sequence')
      assert.equal(await sessions.insertFrame(makeFrame(id, 3), 2), false, 'the limit')
      assert.equal(await sessions.insertFrame(makeFrame(id, 3, { attempt: 2 }), 10), false, 'another try')
      assert.equal(await sessions.insertFrame(makeFrame(makeId(), 3), 10), false, 'no session')
      const many = Array.from({ length: 8 }, (_, index) => sessions.insertFrame(makeFrame(id, 10 + index), 5))
      assert.equal((await Promise.all(many)).filter(Boolean).length, 3)
    })

    it('are taken by a session that has begun and not ended only', async () => {
      const { sessions } = open()
      for (const change of [{ state: 'submitted' }, { state: 'failed' }, { ended: true, endedAt: AT }] as const) {
        const { id } = await addStarted(open(), change)
        assert.equal(await sessions.insertFrame(makeFrame(id, 1), 10), false, JSON.stringify(change))
      }
    })

    it('of several sessions at once are each taken or not', async () => {
      const { sessions } = open()
      const started = [await addStarted(open()), await addStarted(open()), await addStarted(open())].map(({ id }) => id)
      const ended = await addStarted(open(), { ended: true, endedAt: AT })
      const sent = [...started, ended.id, ...started].map(id => makeFrame(id, 1))
      const taken = await Promise.all(sent.map(frame => sessions.insertFrame(frame, 10)))
      assert.deepEqual(taken, [true, true, true, false, false, false, false])
      for (const [index, id] of started.entries()) assert.deepEqual(await sessions.listFrames(id, 1), [sent[index]])
    })

    it('are found again by their digests in other sessions of the tenant, and in other tries', async () => {
      const { sessions } = open()
      const tenantId = makeId()
      const [one, other] = [await addStarted(open(), { tenantId }), await addStarted(open(), { tenantId })]
      const foreign = await addStarted(open())
      const { sha256 } = await addFrame(open(), one.id, 1)
      for (const { id } of [other, foreign]) await addFrame(open(), id, 1, { sha256 })
      await addFrame(open(), other.id, 2, { sha256 })
      const replayed = (attempt: number, digest: string) => sessions.findReplayed(tenantId, one.id, attempt, [digest])
      assert.deepEqual(await replayed(1, sha256), [other.id])
      assert.deepEqual(await replayed(2, sha256), [one.id, other.id].sort())
      assert.deepEqual(await replayed(2, 'none'), [])
      await sessions.deleteFrames(other.id)
      assert.deepEqual(await replayed(1, sha256), [other.id], 'those that are gone too')
      await sessions.delete(other.id)
      assert.deepEqual(await replayed(1, sha256), [])
    })

    it('go with their keys: all, or those that are too old', async () => {
      const { sessions, inspection } = open()
      const { id, tenantId } = await addStarted(open())
      const frames = [1, 2, 3].map(sequence =>
        addFrame(open(), id, sequence, sequence === 3 ? { receivedAt: LATER } : {}),
      )
      const [old, judged, fresh] = (await Promise.all(frames)).map(({ blobKey }) => blobKey) as [string, string, string]
      const known = async () => (await inspection.findPictureKeys([old, judged, fresh, 'none'])).toSorted()
      assert.deepEqual(await known(), [old, judged, fresh].sort())
      assert.deepEqual(await sessions.deleteStaleFrames(makeId(), LATER, 10), [])
      assert.equal((await sessions.deleteStaleFrames(tenantId, LATER, 1)).length, 1)
      assert.equal((await known()).length, 2)
      await sessions.update(id, 0, { state: 'submitted', submittedAt: AT })
      assert.deepEqual(await sessions.deleteStaleFrames(tenantId, MUCH_LATER, 10), [], 'they are about to be judged')
      const left = await known()
      assert.deepEqual((await sessions.deleteFrames(id)).toSorted(), left.toSorted())
      assert.deepEqual(await known(), [])
    })
  })
}

function testDeliveries(open: () => Store): void {
  describe('notices', () => {
    it('wait for their time, and are there until they are deleted', async () => {
      const { sessions } = open()
      const session = await addSession(open())
      await sessions.deleteAllDeliveries()
      assert.equal(await sessions.nextDeliveryAt(), null)
      const now = makeDelivery(session)
      const later = makeDelivery(session, { nextAt: LATER, kind: 'webhook', url: null })
      await sessions.update(session.id, 0, { state: 'failed' }, [later, now])
      assert.deepEqual(await sessions.nextDeliveryAt(), AT)
      assert.deepEqual(await sessions.listDeliveries(AT, 10), [now])
      assert.deepEqual(await sessions.listDeliveries(LATER, 10), [now, later])
      assert.deepEqual(await sessions.listDeliveries(LATER, 1), [now])
      const change = { tries: 1, nextAt: MUCH_LATER, lastError: 'status 500' }
      await sessions.updateDelivery(now.id, change)
      assert.deepEqual(await sessions.listDeliveries(MUCH_LATER, 10), [later, { ...now, ...change }])
      await sessions.deleteDelivery(later.id)
      assert.deepEqual(await sessions.nextDeliveryAt(), MUCH_LATER)
      assert.equal(await sessions.deleteAllDeliveries(), 1)
    })

    it('are listed of one receiver, or without those of some', async () => {
      const { sessions } = open()
      const session = await addSession(open())
      await sessions.deleteAllDeliveries()
      const made = ['one', 'two', 'two', 'three'].map(receiver => makeDelivery(session, { receiver }))
      await sessions.update(session.id, 0, { state: 'failed' }, made)
      const list = async (filter?: DeliveryFilter) =>
        (await sessions.listDeliveries(AT, 10, filter)).map(({ receiver }) => receiver)
      assert.deepEqual(await list(), ['one', 'two', 'two', 'three'])
      assert.deepEqual(await list({ receiver: 'two' }), ['two', 'two'])
      assert.deepEqual(await list({ exceptReceivers: ['one', 'two'] }), ['three'])
      assert.deepEqual(await list({ exceptIds: [made[0].id, made[1].id] }), ['two', 'three'])
      assert.deepEqual(await list({ receiver: 'two', exceptIds: [made[2].id] }), ['two'])
      assert.deepEqual(await list({ exceptTenants: ['another'] }), ['one', 'two', 'two', 'three'])
      assert.deepEqual(await list({ exceptTenants: [session.tenantId] }), [])
      await sessions.deleteAllDeliveries()
    })
  })
}

function testSessionErasures(open: () => Store): void {
  describe('erased sessions', () => {
    it('go with frames and notices, and leave others alone', async () => {
      const { sessions, inspection } = open()
      const session = await addStarted(open())
      const other = await addStarted(open(), { tenantId: session.tenantId })
      const frame = await addFrame(open(), session.id, 1)
      const kept = await addFrame(open(), other.id, 1)
      await sessions.update(session.id, 0, { state: 'failed' }, [makeDelivery(session)])
      assert.deepEqual(await sessions.delete(session.id), [frame.blobKey])
      assert.equal(await sessions.find(session.tenantId, session.id), null)
      assert.deepEqual(await inspection.findPictureKeys([frame.blobKey, kept.blobKey]), [kept.blobKey])
      assert.ok(!(await sessions.listDeliveries(LATER, 1000)).some(({ sessionId }) => sessionId === session.id))
      assert.deepEqual(await sessions.delete(session.id), [])
      assert.ok(await sessions.find(session.tenantId, other.id))
    })

    it('are those about an erased subject, asked for or enrolled', async () => {
      const store = open()
      const { tenantId, uid, id: galleryId } = await addGallery(store)
      await addFace(store, uid, 'ann')
      const asked = await addStarted(store, { tenantId, galleryId })
      const frame = await addFrame(store, asked.id, 1)
      const enrolled = await addSession(store, {
        tenantId,
        subjectId: null,
        verdict: makeVerdict({ subjectId: 'ann' }),
      })
      const others = [
        await addSession(store, { tenantId, subjectId: 'bob' }),
        await addSession(store, { tenantId, galleryId: 'other' }),
        await addSession(store),
      ]
      const erased = await store.subjects.erase(uid, 'ann', LATER)
      assert.ok(erased && erased !== 'changed')
      assert.deepEqual(erased.frameKeys, [frame.blobKey])
      for (const { id } of [asked, enrolled]) assert.equal(await store.sessions.find(tenantId, id), null)
      for (const each of others) assert.ok(await store.sessions.find(each.tenantId, each.id))
    })

    it('are those of an erased gallery, and none of the next one of its id', async () => {
      const store = open()
      const { tenantId, uid, id: galleryId } = await addGallery(store)
      const sessions: CaptureSession[] = []
      const frames: string[] = []
      for (let index = 0; index < 5; index++) {
        const session = await addStarted(store, { tenantId, galleryId })
        sessions.push(session)
        frames.push((await addFrame(store, session.id, 1)).blobKey)
      }
      await store.galleries.markErased(uid, LATER)
      await addGallery(store, { tenantId })
      const next = await addSession(store, { tenantId, createdAt: MUCH_LATER })
      const keys: string[] = []
      for (let done = false; !done; ) {
        const batch = await store.galleries.eraseBatch(uid, 2, LATER)
        assert.ok(batch.frameKeys.length <= 2)
        keys.push(...batch.frameKeys)
        done = batch.done
      }
      assert.deepEqual(keys.sort(), frames.sort())
      for (const { id } of sessions) assert.equal(await store.sessions.find(tenantId, id), null)
      assert.ok(await store.sessions.find(tenantId, next.id))
    })
  })
}
