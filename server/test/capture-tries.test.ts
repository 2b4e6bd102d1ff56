// What a visitor may do when: the one-time address, tries and their nonces, steps one at a time, frames and their bounds, the
// lock, the end of time.
import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { createCapture } from '../src/core/capture.ts'
import type { AppError } from '../src/errors.ts'
import { DEFAULT_LIMITS } from '../src/limits.ts'
import { brokenShot, CHALLENGES, namesOf, openCaptureCore, shotOf, visitAll, walk } from './capture-core.ts'
import { makeSecret } from './capture-double.ts'
import { countBlobs } from './fake-core.ts'

const core = await openCaptureCore({ limits: { maxPortraitBytes: 5000, maxFrameBytes: 3000 } })
after(() => core.close())
const { capture } = core
const active = { purpose: 'liveness', liveness: 'active' } as const
const passive = { purpose: 'liveness', liveness: 'passive' } as const
const ada = (): Buffer => shotOf({ person: 'ada' })
const nobody = { portraits: [shotOf()] }

/** A try that was begun, and a hand to send its frames with. */
const begin = async (input: Parameters<typeof core.create>[0] = active) => {
  const { session, token } = await core.create(input)
  const { visit, session: started } = await capture.start(token)
  const { nonce } = started.attempt!
  const next = (after: string | null) => capture.nextStep(visit!, { nonce, after })
  let sequence = 0
  const send = (stepId: string, change: Partial<Parameters<typeof capture.addFrame>[1]> = {}) =>
    capture.addFrame(visit!, {
      nonce,
      stepId,
      sequence: ++sequence,
      source: 'camera',
      atMs: 1,
      bytes: ada(),
      ...change,
    })
  return { id: session.id, token, visit: visit!, nonce, next, send }
}

describe('the one-time address', () => {
  test('is looked at freely, taken up once, and the key that it is taken up with opens the session from then on', async () => {
    const { session, token } = await core.create(active)
    assert.equal((await capture.view(token)).state, 'created')
    const { visit, session: started } = await capture.start(token)
    assert.match(visit ?? '', /^[\w-]{43}$/)
    assert.deepEqual([started.state, started.attempt?.number], ['started', 1])
    for (const call of [capture.view(token), capture.start(token)])
      await assert.rejects(call, { code: 'session_link_used' })
    assert.equal((await capture.view(visit!)).id, session.id)
  })

  test('of two who take it up at once, one gets the key', async () => {
    const { token } = await core.create(active)
    const taken = await Promise.allSettled([capture.start(token), capture.start(token)])
    assert.deepEqual(taken.map(({ status }) => status).sort(), ['fulfilled', 'rejected'])
    const refused = taken.find(each => each.status === 'rejected')
    assert.equal(refused?.reason.code, 'session_link_used')
  })

  test('is taken up once more, as the same try, with the key that it was taken up with, and with no other', async () => {
    const { session, token } = await core.create(active)
    const key = makeSecret()
    const first = await capture.start(token, key)
    assert.equal(first.visit, key)
    const again = await capture.start(token, key)
    assert.deepEqual([again.visit, again.session.attempt], [key, first.session.attempt])
    for (const proposal of [null, makeSecret()])
      await assert.rejects(capture.start(token, proposal), { code: 'session_link_used' })
    await assert.rejects(capture.view(token), { code: 'session_link_used' })
    const { nonce } = first.session.attempt!
    const portrait = await capture.nextStep(key, { nonce, after: null })
    const late = await capture.start(token, key)
    assert.deepEqual(late.session.attempt?.steps, [portrait], 'what came late disturbs nothing')
    assert.equal((await capture.view(key)).id, session.id)
    const next = await capture.start(key, makeSecret())
    assert.deepEqual([next.visit, next.session.attempt?.number], [null, 2])
  })

  test("is not taken up with another session's token or key, nor with its own token", async () => {
    const [one, other] = [await core.create(active), await core.create(active)]
    const { visit } = await capture.start(other.token)
    const third = await core.create(active)
    for (const proposal of [one.token, visit, third.token, 'short'])
      await assert.rejects(capture.start(one.token, proposal), { code: 'request_invalid' })
    assert.equal((await capture.view(one.token)).state, 'created')
  })

  test('is taken up in one process alone', async () => {
    const { session, token } = await core.create(active)
    const { sessions } = core.region.store
    const { update } = sessions
    const context = { ...core.context, regions: new Map([['default', core.region]]) }
    const slow = createCapture({ context: () => context, onTrouble: () => {} })
    let isFirst = true
    sessions.update = async (...change) => {
      if (isFirst) {
        isFirst = false
        await capture.start(token)
      }
      return update(...change)
    }
    await assert.rejects(slow.start(token), { code: 'session_link_used' })
    sessions.update = update
    await slow.close()
    assert.equal((await core.read(session.id)).attempt?.number, 1)
  })

  test('a secret of no session', async () => {
    for (const secret of ['', 'x', 'A'.repeat(43)])
      await assert.rejects(capture.view(secret), { code: 'session_link_invalid' })
  })
})

describe('steps', () => {
  test('are told one at a time, each only when the one before has its frames, and the same when asked again', async () => {
    const { id, next, send } = await begin()
    const portrait = await next(null)
    assert.deepEqual([portrait?.challenge, await next(null)], ['portrait', portrait])
    await assert.rejects(next(portrait!.id), {
      code: 'request_invalid',
      details: { field: 'after', frames: 0, leastFrames: 1 },
    })
    await send(portrait!.id)
    const first = await next(portrait!.id)
    assert.deepEqual([first?.challenge, await next(portrait!.id)], [CHALLENGES[0], first])
    await send(first!.id)
    await send(first!.id)
    await assert.rejects(next(first!.id), { code: 'request_invalid' })
    assert.deepEqual(
      (await core.read(id)).attempt?.steps.map(({ challenge }) => challenge),
      ['portrait', CHALLENGES[0]],
    )
    await send(first!.id)
    const second = await next(first!.id)
    assert.equal(second?.challenge, CHALLENGES[1])
    for (let count = 0; count < 3; count++) await send(second!.id)
    assert.equal(await next(second!.id), null)
    await assert.rejects(next('nonsense'), { code: 'request_invalid' })
  })

  test('without active liveness there is the portrait alone', async () => {
    const { next, send } = await begin(passive)
    const portrait = await next(null)
    await send(portrait!.id)
    assert.equal(await next(portrait!.id), null)
  })

  test('a movement has its time; a portrait takes as long as it takes', async () => {
    const { next, send } = await begin()
    const portrait = await next(null)
    core.pass(5 * DEFAULT_LIMITS.sessionStepMs)
    await send(portrait!.id)
    const first = await next(portrait!.id)
    core.pass(2 * DEFAULT_LIMITS.sessionStepMs)
    await send(first!.id)
    core.pass(1)
    await assert.rejects(send(first!.id), { code: 'session_attempt_stale', message: /time/ })
  })
})

describe('frames', () => {
  test('of another step, another try, another session, a used sequence', async () => {
    const one = await begin()
    const other = await begin()
    const portrait = (await one.next(null))!
    const stranger = (await other.next(null))!
    const stale = { code: 'session_attempt_stale' }
    await assert.rejects(one.send(stranger.id), stale)
    await assert.rejects(one.send(portrait.id, { nonce: other.nonce }), stale)
    await assert.rejects(other.send(portrait.id), stale)
    await one.send(portrait.id, { sequence: 70 })
    await assert.rejects(one.send(portrait.id, { sequence: 70 }), stale)
    const first = (await one.next(portrait.id))!
    await assert.rejects(one.send(portrait.id), stale, 'the step before')
    await one.send(first.id)
  })

  test('the same frame again, as its answer was lost, is kept once', async () => {
    const { id, next, send } = await begin()
    const portrait = (await next(null))!
    const frame = { sequence: 9, bytes: ada() }
    await send(portrait.id, frame)
    const blobs = await countBlobs(core.region)
    assert.equal((await send(portrait.id, { ...frame, bytes: Buffer.from(frame.bytes) })).pauseMs, 200)
    assert.equal((await core.region.store.sessions.listFrames(id, 1)).length, 1)
    assert.equal(await countBlobs(core.region), blobs)
  })

  test('too many, too large, no picture, no file', async () => {
    const { next, send } = await begin(passive)
    const portrait = (await next(null))!
    const large = Buffer.concat([ada(), Buffer.alloc(5000, ' ')])
    for (const [change, code] of [
      [{ bytes: new Uint8Array() }, 'image_empty'],
      [{ bytes: large }, 'image_too_large'],
      [{ bytes: Buffer.from('GIF89a and more') }, 'image_format_unsupported'],
      [{ bytes: Buffer.from('\x89PNG\r\n\x1a\n', 'latin1') }, 'image_format_unsupported'],
      [{ source: 'upload' }, 'request_invalid'],
      [{ sequence: 0 }, 'request_invalid'],
      [{ sequence: 1.5 }, 'request_invalid'],
      [{ atMs: -1 }, 'request_invalid'],
      [{ atMs: Number.NaN }, 'request_invalid'],
    ] as const)
      await assert.rejects(send(portrait.id, change), { code })
    for (let count = 0; count < 3; count++) await send(portrait.id)
    await assert.rejects(send(portrait.id), { code: 'session_frames_exceeded', details: { portraits: 3 } })
  })

  test('a frame of a movement may be smaller only; a try has so many in all', async () => {
    const few = await openCaptureCore({ limits: { maxFramesPerAttempt: 4, maxFrameBytes: 3000 } })
    after(() => few.close())
    const { token } = await few.create(active)
    const { visit, session } = await few.capture.start(token)
    const { nonce } = session.attempt!
    let sequence = 0
    const send = (stepId: string, bytes: Uint8Array = ada()) =>
      few.capture.addFrame(visit!, { nonce, stepId, sequence: ++sequence, source: 'camera', atMs: 1, bytes })
    const portrait = (await few.capture.nextStep(visit!, { nonce, after: null }))!
    await send(portrait.id, Buffer.concat([ada(), Buffer.alloc(3000, ' ')]))
    const first = (await few.capture.nextStep(visit!, { nonce, after: portrait.id }))!
    await assert.rejects(send(first.id, Buffer.concat([ada(), Buffer.alloc(3000, ' ')])), { code: 'image_too_large' })
    for (let count = 0; count < 3; count++) await send(first.id)
    await assert.rejects(send(first.id), { code: 'session_frames_exceeded', details: { frames: 4 } })
  })

  test('files, where the session takes them: PNG and WebP too', async () => {
    const { next, send } = await begin({ ...passive, uploadAllowed: true })
    const portrait = (await next(null))!
    for (const head of ['\x89PNG\r\n\x1a\n', 'RIFF\0\0\0\0WEBP', '\xff\xd8\xff'])
      await send(portrait.id, { source: 'upload', bytes: Buffer.from(`${head} and more`, 'latin1') })
  })

  test('lie sealed in the blob store, with their digest and their times', async () => {
    const { id, next, send } = await begin()
    const portrait = (await next(null))!
    core.pass(1500)
    const bytes = ada()
    await send(portrait.id, { bytes, atMs: 1400 })
    const [frame] = await core.region.store.sessions.listFrames(id, 1)
    const { attempt } = await core.read(id)
    assert.deepEqual([frame.atMs, frame.receivedAt.getTime() - attempt!.startedAt.getTime()], [1400, 1500])
    const stored = Buffer.from((await core.region.blobs.get(frame.blobKey))!)
    assert.equal(stored.includes('ada'), false)
  })
})

describe('handing in', () => {
  test('says what is missing, and nothing changes', async () => {
    const { id, visit, nonce, next, send } = await begin()
    const missingOf = async (): Promise<unknown> =>
      ((await capture.submit(visit, nonce).catch((error: AppError) => error)) as AppError).details.missing
    assert.equal(((await missingOf()) as string[]).length, 3)
    const portrait = (await next(null))!
    await send(portrait.id)
    const first = (await next(portrait.id))!
    await send(first.id)
    assert.deepEqual(await missingOf(), [
      `step 2 (${CHALLENGES[0]}) has 1 of at least 3 frames`,
      'step 3 was not asked for',
    ])
    assert.equal((await core.read(id)).state, 'started')
    await assert.rejects(capture.submit(visit, 'wrong'), { code: 'session_attempt_stale' })
  })

  test('twice at once is judged once; afterwards nothing is taken any more', async () => {
    let judged = 0
    const counting = await openCaptureCore({
      judgeMovements: (_frames, steps) => {
        judged++
        return { reasons: [], events: steps.map(({ challenge }) => ({ challenge, met: true, atMs: 0 })) }
      },
    })
    after(() => counting.close())
    const { token } = await counting.create(active)
    const { visit, nonce, steps } = await walk(counting, token)
    const again = await Promise.all([counting.capture.submit(visit, nonce), counting.capture.submit(visit, nonce)])
    assert.ok(again.every(({ state }) => state === 'submitted'))
    await assert.rejects(counting.capture.start(visit), { code: 'session_unfinished' })
    const late = { nonce, stepId: steps[2], sequence: 50, source: 'camera' as const, atMs: 1, bytes: ada() }
    await assert.rejects(counting.capture.addFrame(visit, late), { code: 'session_unfinished' })
    await counting.capture.idle()
    assert.equal((await counting.capture.submit(visit, nonce)).state, 'passed')
    await counting.capture.idle()
    assert.equal(judged, 1)
    await assert.rejects(counting.capture.start(visit), { code: 'session_ended' })
    await assert.rejects(counting.capture.nextStep(visit, { nonce, after: null }), { code: 'session_ended' })
  })
})

describe('another try', () => {
  test('after a failed one: a new nonce, and the frames before are gone', async () => {
    const { session, token } = await core.create(passive)
    const before = await countBlobs(core.region)
    const { visit, nonce } = await walk(core, token, nobody)
    await capture.idle()
    assert.deepEqual(namesOf(await capture.view(visit)), ['no_face'])
    const { session: again, visit: key } = await capture.start(visit)
    assert.deepEqual(
      [again.state, again.attempt?.number, again.reasons, again.verdict, key],
      ['started', 2, [], null, null],
    )
    assert.notEqual(again.attempt?.nonce, nonce)
    assert.equal(await countBlobs(core.region), before)
    assert.deepEqual(await core.region.store.sessions.listFrames(session.id, 1), [])
    await walk(core, visit)
    await capture.idle()
    const passed = await core.read(session.id)
    assert.deepEqual([passed.state, passed.attempt?.number], ['passed', 3])
  })

  test('in a second tab: the first one is told that its try is over', async () => {
    const { visit, nonce, next, send } = await begin()
    const portrait = (await next(null))!
    await send(portrait.id)
    await capture.start(visit, 'the other tab')
    await assert.rejects(send(portrait.id), { code: 'session_attempt_stale' })
    await assert.rejects(next(portrait.id), { code: 'session_attempt_stale' })
    await assert.rejects(capture.submit(visit, nonce), { code: 'session_attempt_stale' })
  })

  test('five failures within three minutes lock the session, and the caller hears why', async () => {
    const { session, token } = await core.create(passive)
    let secret = token
    for (let tries = 1; tries <= 5; tries++) {
      secret = (await walk(core, secret, { portraits: [shotOf()] })).visit
      await capture.idle()
      core.pass(30_000)
    }
    const locked = await core.read(session.id)
    assert.deepEqual([locked.state, locked.ended, namesOf(locked)], ['failed', true, ['no_face', 'too_many_failures']])
    assert.ok(locked.endedAt)
    await assert.rejects(capture.start(secret), { code: 'session_locked' })
  })

  test('failures of long ago count no more', async () => {
    const { session, token } = await core.create(passive)
    let secret = token
    for (let tries = 1; tries <= 7; tries++) {
      secret = (await walk(core, secret, { portraits: [shotOf()] })).visit
      await capture.idle()
      core.pass(50_000)
    }
    assert.deepEqual([(await core.read(session.id)).ended, (await core.read(session.id)).failures.length], [false, 4])
  })

  test('a session has so many tries and no more, however slowly they come', async () => {
    const { visit, id } = await begin()
    const { maxSessionTries } = core.context.limits
    for (let tries = 2; tries <= maxSessionTries; tries++)
      assert.equal((await capture.start(visit)).session.attempt?.number, tries)
    await assert.rejects(capture.start(visit), { code: 'session_locked' })
    const locked = await core.read(id)
    assert.deepEqual([locked.state, locked.ended, namesOf(locked)], ['failed', true, ['too_many_failures']])
  })

  test('a try that is left once a challenge was told counts as failed, one that is left before does not', async () => {
    const { visit } = await begin()
    const leave = async (tellsChallenge: boolean) => {
      const { session } = await capture.start(visit)
      const { nonce } = session.attempt!
      const portrait = (await capture.nextStep(visit, { nonce, after: null }))!
      const frame = { nonce, stepId: portrait.id, sequence: 1, source: 'camera' as const, atMs: 1, bytes: ada() }
      if (!tellsChallenge) return
      await capture.addFrame(visit, frame)
      await capture.nextStep(visit, { nonce, after: portrait.id })
    }
    for (let tries = 0; tries < 10; tries++) await leave(false)
    for (let tries = 0; tries < 5; tries++) await leave(true)
    await assert.rejects(capture.start(visit), { code: 'session_locked' })
    assert.deepEqual(namesOf(await capture.view(visit)), ['too_many_failures'])
  })
})

describe('the end', () => {
  test('of time, before the sweep came: expired where nothing was judged, failed where something was', async () => {
    const { visit } = await begin()
    const judged = await core.create(passive)
    const { visit: other } = await walk(core, judged.token, { portraits: [shotOf()] })
    await capture.idle()
    const untouched = await core.create(active)
    core.pass(1800_000)
    for (const [secret, state] of [
      [visit, 'expired'],
      [other, 'failed'],
      [untouched.token, 'expired'],
    ]) {
      await assert.rejects(capture.start(secret), { code: 'session_ended' })
      const session = await capture.view(secret)
      assert.deepEqual([session.state, session.ended], [state, true])
    }
  })

  test('of time while it is judged: the verdict comes first', async () => {
    const { session, token } = await core.create(passive)
    const { visit } = await walk(core, token, { portraits: [shotOf()] })
    core.pass(1800_000)
    assert.equal((await capture.view(visit)).state, 'submitted')
    await capture.idle()
    const failed = await core.read(session.id)
    assert.deepEqual([failed.state, failed.ended, namesOf(failed)], ['failed', true, ['no_face']])
  })

  test('by the person: after a failed try it fails, before any it waits', async () => {
    const { visit, id } = await begin()
    assert.deepEqual([(await capture.end(visit)).state, (await core.read(id)).ended], ['started', false])
    const { token } = await core.create(passive)
    const { visit: other } = await walk(core, token, { portraits: [brokenShot()] })
    await capture.idle()
    const ended = await capture.end(other)
    assert.deepEqual([ended.state, ended.ended, namesOf(ended)], ['failed', true, ['picture_unusable']])
    assert.equal((await capture.end(other)).endedAt?.getTime(), ended.endedAt?.getTime())
    const retried = await core.create(passive)
    const { visit: third } = await walk(core, retried.token, { portraits: [shotOf()] })
    await capture.idle()
    await capture.start(third)
    const given = await capture.end(third)
    assert.deepEqual([given.state, given.ended, namesOf(given)], ['failed', true, ['gave_up']])
  })
})

test('a tenant that is suspended lets nobody begin', async () => {
  const { token } = await core.create(passive)
  const { control } = core.context
  if (!(await control.findTenant('default'))) return assert.fail('the tests’ tenant is there')
  await control.updateTenant('default', { status: 'suspended' })
  await assert.rejects(capture.start(token), { code: 'tenant_suspended' })
  await control.updateTenant('default', { status: 'active' })
  assert.ok(await capture.start(token))
})

test('nothing of all this was trouble for the server', async () => {
  await visitAll(core, passive)
  assert.deepEqual(core.troubles, [])
})
