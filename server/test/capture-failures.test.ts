// What a capture session comes through: restarts, failures of store, blobs and engine, deletions in the middle, a busy engine.
import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { clearSession } from '../src/core/sessions.ts'
import { deleteSubject } from '../src/core/subjects.ts'
import { AppError } from '../src/errors.ts'
import { type CaptureCore, GALLERY, openCaptureCore, shotOf, visitAll, walk } from './capture-core.ts'
import { countBlobs, type FakePorts } from './fake-core.ts'
import { createFaults, FAULT_KINDS } from './faults.ts'

const enrolAda = { purpose: 'enrol', galleryId: GALLERY, subjectId: 'ada' } as const
const active = { purpose: 'liveness', liveness: 'active' } as const

const countFaces = async ({ region }: CaptureCore, subjectId = 'ada'): Promise<number> => {
  const gallery = await region.store.galleries.find('default', GALLERY)
  return (await region.store.subjects.find(gallery!.uid, subjectId))?.faceCount ?? 0
}

/** An engine whose calls the test answers: with an error, or not before it is told to. */
const withEngine =
  (analyse: (next: () => Promise<never>, options: { lane?: string }) => Promise<never>) =>
  (ports: FakePorts): FakePorts => ({
    ...ports,
    engine: {
      ...ports.engine,
      analyse: (image, options) => analyse(() => ports.engine.analyse(image, options) as Promise<never>, options),
    },
  })

describe('a restart', () => {
  test('in the middle of a try: the page goes on where it was', async () => {
    const core = await openCaptureCore()
    after(() => core.close())
    const { token } = await core.create(active)
    const { visit, session } = await core.capture.start(token)
    const { nonce } = session.attempt!
    const portrait = (await core.capture.nextStep(visit!, { nonce, after: null }))!
    const frame = { nonce, sequence: 1, source: 'camera' as const, atMs: 1, bytes: shotOf({ person: 'ada' }) }
    await core.capture.addFrame(visit!, { ...frame, stepId: portrait.id })
    const capture = await core.restart()
    assert.deepEqual(await capture.nextStep(visit!, { nonce, after: null }), portrait)
    assert.equal((await capture.nextStep(visit!, { nonce, after: portrait.id }))?.challenge, 'turn_left')
  })

  test('before the verdict: what was handed in is judged by the next server', async () => {
    const never = Promise.withResolvers<never>()
    let isStuck = true
    const adapt = withEngine((next, { lane }) => (lane === 'frames' && isStuck ? never.promise : next()))
    const core = await openCaptureCore({ adapt })
    after(() => core.close())
    const { session, token } = await core.create(enrolAda)
    await walk(core, token)
    isStuck = false
    never.reject(new Error('The worker has died.'))
    const capture = await core.restart()
    assert.deepEqual([(await core.read(session.id)).state, await countFaces(core)], ['submitted', 0])
    await Promise.all([capture.resume(), capture.resume()])
    await capture.idle()
    assert.deepEqual([(await core.read(session.id)).state, await countFaces(core)], ['passed', 1])
  })
})

describe('failures', () => {
  test('of blobs and store while a frame comes: no bytes without a row, no row without bytes', async () => {
    const faults = createFaults()
    const core = await openCaptureCore({
      adapt: ports => ({ ...ports, blobs: faults.wrap(ports.blobs), store: faults.wrap(ports.store) }),
    })
    after(() => core.close())
    const { session, token } = await core.create(active)
    const { visit, session: started } = await core.capture.start(token)
    const { nonce } = started.attempt!
    const portrait = (await core.capture.nextStep(visit!, { nonce, after: null }))!
    await core.capture.addFrame(visit!, {
      ...{ nonce, stepId: portrait.id, sequence: 1, source: 'camera' as const, atMs: 1 },
      bytes: shotOf({ person: 'ada' }),
    })
    const { id: stepId } = (await core.capture.nextStep(visit!, { nonce, after: portrait.id }))!
    const failed = new Set<string>()
    let sequence = 1
    for (const kind of FAULT_KINDS)
      for (let call = 1; call <= 12; call++) {
        sequence++
        const bytes = shotOf({ person: 'ada' })
        faults.arm(call, kind)
        await core.capture
          .addFrame(visit!, { nonce, stepId, sequence, source: 'camera', atMs: sequence, bytes })
          .catch(() => {})
        await core.capture.idle()
        failed.add(faults.disarm() ?? 'none')
      }
    await core.region.upkeep.run()
    for (const name of ['put', 'sessions.insertFrame', 'sessions.findByVisit'])
      assert.ok(failed.has(name), [...failed].join())
    const frames = await core.region.store.sessions.listFrames(session.id, 1)
    for (const { blobKey } of frames) assert.ok(await core.region.blobs.get(blobKey))
    assert.equal(await countBlobs(core.region), frames.length)
  })

  test('while a try is judged are not the person’s: it is judged again, and enrolled once', async () => {
    const faults = createFaults()
    const core = await openCaptureCore({
      adapt: ports => ({ ...ports, blobs: faults.wrap(ports.blobs), store: faults.wrap(ports.store) }),
    })
    after(() => core.close())
    const failed = new Set<string>()
    for (const kind of FAULT_KINDS)
      for (let call = 1; call <= 24; call++) {
        const subjectId = `${kind}-${call}`
        const { session, token } = await core.create({ ...enrolAda, subjectId, liveness: 'passive' })
        const { visit, session: started } = await core.capture.start(token)
        const { nonce } = started.attempt!
        const { id: stepId } = (await core.capture.nextStep(visit!, { nonce, after: null }))!
        const frame = { nonce, stepId, sequence: 1, source: 'camera' as const, atMs: 1 }
        await core.capture.addFrame(visit!, { ...frame, bytes: shotOf({ person: subjectId }) })
        faults.arm(call, kind)
        await core.capture.submit(visit!, nonce).catch(() => {})
        await core.capture.idle()
        failed.add(faults.disarm() ?? 'none')
        if ((await core.read(session.id)).state === 'started') await core.capture.submit(visit!, nonce)
        await core.capture.resume()
        await core.capture.idle()
        assert.equal((await core.read(session.id)).state, 'passed', `${kind} ${call}`)
        assert.equal(await countFaces(core, subjectId), 1, `${kind} ${call}`)
      }
    for (const name of ['get', 'faces.insert', 'sessions.update', 'sessions.listFrames'])
      assert.ok(failed.has(name), [...failed].join())
  })

  test('of the engine: after a few tries it stays handed in, and nobody is locked out for it', async () => {
    let left = 4
    const adapt = withEngine((next, { lane }) => {
      if (lane !== 'frames' || left === 0) return next()
      left--
      return Promise.reject(new AppError('internal'))
    })
    const core = await openCaptureCore({ adapt })
    after(() => core.close())
    const session = await visitAll(core, { purpose: 'liveness', liveness: 'passive' })
    assert.deepEqual([session.state, session.failures, core.troubles.length], ['submitted', [], 4])
    await core.capture.resume()
    await core.capture.idle()
    assert.equal((await core.read(session.id)).state, 'passed')
  })
})

describe('in the middle of the judgement', () => {
  /** Stops where the movements are judged, which is before anything is enrolled. */
  const openStopped = async (meanwhile: (core: CaptureCore, id: string) => Promise<unknown>) => {
    const reached = Promise.withResolvers<void>()
    const released = Promise.withResolvers<void>()
    const adapt = withEngine(async (next, { lane }) => {
      reached.resolve()
      if (lane === 'frames') await released.promise
      return next()
    })
    const core = await openCaptureCore({ adapt })
    after(() => core.close())
    const { session, token } = await core.create({ ...enrolAda, liveness: 'passive' })
    await walk(core, token)
    await reached.promise
    await meanwhile(core, session.id)
    released.resolve()
    await core.capture.idle()
    return { core, id: session.id }
  }

  test('the session is cleared: nothing is enrolled and nothing stored', async () => {
    const { core, id } = await openStopped((core, id) => clearSession(core.context, core.principal, id))
    const { state, ended, verdict } = await core.read(id)
    assert.deepEqual([state, ended, verdict, await countFaces(core)], ['expired', true, null, 0])
    assert.equal(await countBlobs(core.region), 0)
    assert.deepEqual(core.troubles, [])
  })

  test('the session is deleted', async () => {
    const { core, id } = await openStopped(async (core, id) => {
      await core.region.upkeep.clear(await core.region.store.sessions.delete(id))
    })
    assert.equal(await core.region.store.sessions.find('default', id), null)
    assert.deepEqual([await countFaces(core), await countBlobs(core.region)], [0, 0])
    assert.deepEqual(core.troubles, [])
  })

  test('it is cleared between the enrolment and the verdict: the face goes again', async () => {
    let core: CaptureCore | null = null
    let id = ''
    core = await openCaptureCore({
      adapt: ports => ({
        ...ports,
        store: {
          ...ports.store,
          faces: {
            ...ports.store.faces,
            async insert(...parameters) {
              const inserted = await ports.store.faces.insert(...parameters)
              await clearSession(core!.context, core!.principal, id)
              return inserted
            },
          },
        },
      }),
    })
    after(() => core!.close())
    const { session, token } = await core.create(enrolAda)
    id = session.id
    await walk(core, token)
    await core.capture.idle()
    assert.deepEqual([(await core.read(id)).verdict, await countFaces(core)], [null, 0])
    assert.equal(await countBlobs(core.region), 0)
    assert.deepEqual(core.troubles, [])
  })

  test('the subject is erased: its sessions go with it', async () => {
    const core = await openCaptureCore()
    after(() => core.close())
    const { id } = await visitAll(core, enrolAda)
    await deleteSubject(core.context, core.principal, GALLERY, 'ada')
    assert.equal((await core.region.store.sessions.find('default', id))?.verdict ?? null, null)
    assert.equal(await countBlobs(core.region), 0)
  })
})

describe('the engine', () => {
  test('sees each frame of a movement once, as it comes, in the lane of frames', async () => {
    let looks = 0
    const adapt = withEngine((next, { lane }) => {
      looks++
      assert.equal(lane, 'frames')
      return next()
    })
    const core = await openCaptureCore({ adapt })
    after(() => core.close())
    assert.equal((await visitAll(core, active)).state, 'passed')
    assert.equal(looks, 7)
  })

  test('looks again at what is not remembered', async () => {
    let looks = 0
    const adapt = withEngine(next => {
      looks++
      return next()
    })
    const core = await openCaptureCore({ adapt, limits: { maxRememberedFrames: 2 } })
    after(() => core.close())
    const { token } = await core.create(active)
    const { visit } = await core.capture.start(token)
    await walk(core, visit!)
    await core.capture.idle()
    assert.equal((await core.capture.view(visit!)).state, 'passed')
    assert.ok(looks > 7 && looks <= 11, String(looks))
  })

  test('is waited for while it is busy; with a long line frames are not looked at before they have to be', async () => {
    let refusals = 5
    let framesWaiting = 64
    const core = await openCaptureCore({
      adapt: ports => ({
        ...ports,
        engine: {
          ...ports.engine,
          stats: () => ({ ...ports.engine.stats(), framesWaiting }),
          analyse(image, options) {
            if (framesWaiting === 64) throw new Error('Nobody should have asked.')
            if (refusals-- > 0) return Promise.reject(new AppError('busy'))
            return ports.engine.analyse(image, options)
          },
        },
      }),
    })
    after(() => core.close())
    const { session, token } = await core.create(active)
    const { visit, session: started } = await core.capture.start(token)
    const { nonce } = started.attempt!
    const pauses: number[] = []
    let sequence = 0
    for (let step = await core.capture.nextStep(visit!, { nonce, after: null }); step; ) {
      const stepId = step.id
      for (let count = 0; count < 3; count++) {
        const frame = { nonce, stepId, sequence: ++sequence, source: 'camera' as const, atMs: sequence }
        pauses.push((await core.capture.addFrame(visit!, { ...frame, bytes: shotOf({ person: 'ada' }) })).pauseMs)
      }
      step = await core.capture.nextStep(visit!, { nonce, after: stepId })
    }
    assert.ok(
      pauses.every(pause => pause === 400),
      pauses.join(),
    )
    framesWaiting = 0
    await core.capture.submit(visit!, nonce)
    await core.capture.idle()
    assert.deepEqual([(await core.read(session.id)).state, core.troubles], ['passed', []])
  })
})
