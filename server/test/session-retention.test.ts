// What time does to capture sessions: they run out, their frames' files go, and at last all that is left of them.
import assert from 'node:assert/strict'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, beforeEach, describe, test } from 'node:test'
import { openFsBlobStore } from '../src/blobs/fs.ts'
import { enrol } from '../src/core/enrol.ts'
import { createGallery } from '../src/core/galleries.ts'
import { endSession } from '../src/core/session-ends.ts'
import { expireSessions, forgetSessions, sweepSessions } from '../src/core/session-retention.ts'
import type { CaptureSession } from '../src/core/session-types.ts'
import { clearSession, createSession, readSession } from '../src/core/sessions.ts'
import { createTenant, suspendTenant, updateTenant } from '../src/core/tenants.ts'
import { addFrame, begin, change, createTestClock, DAY_MS, HOUR_MS, verdictOn } from './capture-sessions.ts'
import { type FakePorts, fakePicture, openFakeCore } from './fake-core.ts'
import { createFaults, FAULT_KINDS } from './faults.ts'
import { assertSound } from './soundness.ts'

const folder = await mkdtemp(join(tmpdir(), 'likeness-test-'))
const files = await openFsBlobStore(folder)
const clock = createTestClock()
const faults = createFaults()
const adapt = (ports: FakePorts): FakePorts => ({
  ...ports,
  blobs: faults.wrap(files),
  store: { ...ports.store, sessions: faults.wrap(ports.store.sessions) },
})
const core = await openFakeCore({ clock }, adapt)
after(async () => {
  await core.close()
  await rm(folder, { recursive: true })
})
const { context, principal, region } = core
await createGallery(context, principal, { id: 'people' })
await enrol(context, principal, { galleryId: 'people', image: fakePicture({ person: 'ann' }), subjectId: 'ann' })

/** The files of all pictures, but for the one that is enrolled. */
const countFiles = async (): Promise<number> => {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  return entries.filter(entry => entry.isFile()).length - 1
}

const create = async (more = {}, who = principal): Promise<CaptureSession> =>
  (await createSession(context, who, { purpose: 'liveness', ...more })).session

const submit = async (session: CaptureSession) => {
  const started = await begin(context, region, session)
  await addFrame(context, region, started, 1)
  const frame = await addFrame(context, region, started, 2)
  const submitted = await change(region, started, { state: 'submitted', submittedAt: clock.now() })
  return { submitted, verdict: verdictOn(context, frame) }
}

const pass = async (session: CaptureSession): Promise<CaptureSession> => {
  const { submitted, verdict } = await submit(session)
  const ended = await endSession(context, region, submitted, { state: 'passed', verdict })
  assert.ok(ended)
  return ended
}

const fail = async (session: CaptureSession): Promise<CaptureSession> => {
  const { submitted, verdict } = await submit(session)
  return change(region, submitted, { state: 'failed', verdict, reasons: [{ name: 'not_live', message: 'x' }] })
}

const stateOf = async ({ id, tenantId }: CaptureSession) => {
  const found = await region.store.sessions.find(tenantId, id)
  return found && [found.state, found.ended]
}

const waitUntil = async (isSo: () => Promise<boolean>): Promise<void> => {
  while (!(await isSo())) await new Promise(resolve => setTimeout(resolve, 5))
}

/** Nothing of an earlier test is left. */
beforeEach(async () => {
  clock.go(100 * DAY_MS)
  // What waits to be judged never runs out by itself.
  for (const { id, revision } of await region.store.sessions.listSubmitted(100))
    await region.store.sessions.update(id, revision, { state: 'failed' })
  await sweepSessions(context)
  clock.go(100 * DAY_MS)
  await sweepSessions(context)
  assert.deepEqual([await region.store.sessions.listTenants(), await countFiles()], [[], 0])
})

describe('a session whose time is over', () => {
  test('has run out, or stays failed; what is handed in is judged first', async () => {
    const untouched = await create({ callbackUrl: 'https://shop.example/hook' })
    const begun = await begin(context, region, await create())
    const failed = await fail(await create())
    const again = await begin(context, region, await fail(await create()))
    const { submitted } = await submit(await create())
    const longer = await create({ expiresInSeconds: 86_400 })
    await expireSessions(context)
    assert.deepEqual(await stateOf(untouched), ['created', false])
    clock.go(1_800_000)
    await expireSessions(context)
    assert.deepEqual(await stateOf(untouched), ['expired', true])
    assert.deepEqual(await stateOf(begun), ['expired', true])
    assert.deepEqual(await stateOf(failed), ['failed', true])
    assert.deepEqual(await stateOf(again), ['failed', true])
    assert.deepEqual(await stateOf(submitted), ['submitted', false])
    assert.deepEqual(await stateOf(longer), ['created', false])
    const { reasons, endedAt } = await readSession(context, principal, failed.id)
    assert.deepEqual([reasons[0]?.name, endedAt], ['not_live', clock.now()])
    const notices = await region.store.sessions.listDeliveries(clock.now(), 100)
    assert.deepEqual(
      notices.map(({ sessionId }) => sessionId),
      [untouched.id],
    )
  })

  test('is ended however many there are', async () => {
    const sessions: CaptureSession[] = []
    for (let index = 0; index < 250; index++) sessions.push(await create())
    clock.go(1_800_000)
    await expireSessions(context)
    for (const session of sessions) assert.deepEqual(await stateOf(session), ['expired', true])
  })
})

describe('what is kept of a session', () => {
  test('loses its frames and template after 24 hours, and is gone after 60 days', async () => {
    const passed = await pass(await create())
    const { frame, template } = passed.verdict ?? {}
    assert.ok(frame && template)
    assert.equal(await countFiles(), 2)
    clock.go(24 * HOUR_MS)
    await sweepSessions(context)
    assert.equal(await countFiles(), 2)
    clock.go(1)
    await sweepSessions(context)
    assert.equal(await countFiles(), 0)
    const cleared = await readSession(context, principal, passed.id)
    assert.deepEqual([cleared.state, cleared.clearedAt], ['passed', clock.now()])
    assert.deepEqual(cleared.verdict, { ...passed.verdict, template: null })
    clock.go(58 * DAY_MS)
    await sweepSessions(context)
    assert.ok(await stateOf(passed))
    clock.go(DAY_MS)
    await sweepSessions(context)
    assert.equal(await stateOf(passed), null)
  })

  test('goes at once where it is asked for', async () => {
    const passed = await pass(await create())
    assert.equal(await countFiles(), 2)
    await clearSession(context, principal, passed.id)
    assert.equal(await countFiles(), 0)
  })

  test('goes with the tries that failed, while the session goes on', async () => {
    const failed = await fail(await create({ expiresInSeconds: 3 * 86_400 }))
    clock.go(24 * HOUR_MS + 1)
    const again = await begin(context, region, failed)
    const fresh = await addFrame(context, region, again, 1)
    assert.equal(await countFiles(), 3)
    await sweepSessions(context)
    assert.equal(await countFiles(), 1)
    assert.deepEqual(await region.store.sessions.listFrames(again.id, 2), [fresh])
    assert.deepEqual(await stateOf(again), ['started', false])
  })

  test('is kept for as long as its tenant has set, also while that is suspended', async () => {
    await createTenant(context, { id: 'short' })
    await updateTenant(context, 'short', { frameHours: 1, resultDays: 2 })
    const passed = await pass(await create({}, { ...principal, tenantId: 'short' }))
    const other = await pass(await create())
    await suspendTenant(context, 'short')
    clock.go(HOUR_MS + 1)
    await sweepSessions(context)
    assert.equal(await countFiles(), 2)
    clock.go(2 * DAY_MS)
    await sweepSessions(context)
    assert.equal(await stateOf(passed), null)
    assert.ok(await stateOf(other))
  })

  test('has times within bounds', async () => {
    const bad = [{ frameHours: 0 }, { frameHours: 8761 }, { frameHours: 1.5 }, { resultDays: 0 }, { resultDays: 3651 }]
    for (const change of bad)
      await assert.rejects(updateTenant(context, 'default', change), error => {
        assert.ok(error instanceof Error && 'code' in error && 'details' in error)
        assert.equal(error.code, 'request_invalid')
        assert.deepEqual((error.details as { field: string }).field, Object.keys(change)[0])
        return true
      })
  })
})

describe('a sweep that fails', () => {
  test('at a file leaves no row of it, and upkeep deletes the file later', async () => {
    let failed: string | null = ''
    for (let call = 1; failed !== 'delete' && failed !== null; call++) {
      const passed = await pass(await create())
      clock.go(25 * HOUR_MS)
      faults.arm(call, 'before')
      await sweepSessions(context).catch(() => {})
      failed = faults.disarm()
      if (failed !== 'delete') continue
      assert.deepEqual(await region.store.sessions.listFrames(passed.id, 1), [])
      assert.ok((await readSession(context, principal, passed.id)).clearedAt)
    }
    assert.equal(failed, 'delete')
    await waitUntil(async () => (await countFiles()) === 0)
    await assertSound(region)
  })

  test('at any of its calls loses nothing, and the next one does the rest', async () => {
    for (const kind of FAULT_KINDS) {
      let failures = 0
      for (let call = 1; ; call++) {
        const passed = await pass(await create())
        const running = await fail(await create({ expiresInSeconds: 3 * 86_400 }))
        clock.go(25 * HOUR_MS)
        faults.arm(call, kind)
        await sweepSessions(context).catch(() => {})
        const failed = faults.disarm()
        await sweepSessions(context)
        assert.ok((await readSession(context, principal, passed.id)).clearedAt, `${kind} ${failed}`)
        await waitUntil(async () => (await countFiles()) === 0)
        await assertSound(region)
        await region.store.sessions.delete(passed.id)
        await region.store.sessions.delete(running.id)
        if (failed === null) break
        failures++
      }
      assert.ok(failures >= 5, `${failures}`)
    }
  })
})

test('a database that is a copy from before keeps nothing of the people in its sessions', async () => {
  const passed = await pass(await create({ callbackUrl: 'https://shop.example/hook' }))
  const begun = await begin(context, region, await create())
  await addFrame(context, region, begun, 1)
  const { submitted } = await submit(await create())
  await forgetSessions({ store: region.store, blobs: region.blobs, clock })
  assert.equal(await countFiles(), 0)
  assert.deepEqual(await stateOf(passed), ['passed', true])
  for (const session of [begun, submitted]) assert.deepEqual(await stateOf(session), ['expired', true])
  for (const { id } of [passed, begun, submitted]) {
    const { verdict, clearedAt, callbackUrl } = await readSession(context, principal, id)
    assert.deepEqual([verdict, clearedAt, callbackUrl], [null, clock.now(), null])
  }
  assert.equal(await region.store.sessions.nextDeliveryAt(), null)
})
