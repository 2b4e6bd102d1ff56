// What a passed try does for each purpose of a session, and each reason that a try does not pass.
import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { digestOf } from '../src/core/capture-frames.ts'
import { enrol } from '../src/core/enrol.ts'
import { createGallery } from '../src/core/galleries.ts'
import { hashOf } from '../src/core/keys.ts'
import { readPicture } from '../src/core/pictures.ts'
import type { SessionInput } from '../src/core/sessions.ts'
import {
  brokenShot,
  CHALLENGES,
  GALLERY,
  namesOf,
  openCaptureCore,
  shotOf,
  visitAll,
  type Walk,
  walk,
} from './capture-core.ts'
import { templateOf } from './fake-core.ts'

const core = await openCaptureCore()
after(() => core.close())
const { context, principal, region } = core
const galleryId = GALLERY
const portraitOf = (...portraits: Uint8Array[]): Walk => ({ portraits })
const passive = { liveness: 'passive', galleryId, purpose: 'search' } as const

describe('passed', () => {
  test('liveness: no more than that', async () => {
    const session = await visitAll(core, { purpose: 'liveness' })
    assert.deepEqual([session.state, session.ended, session.reasons], ['passed', true, []])
    const { faceId, similarity, threshold, candidates } = session.verdict!
    assert.deepEqual([faceId, similarity, threshold, candidates], [null, null, null, []])
    assert.equal(session.verdict?.pack, 'fake@1')
    assert.deepEqual(session.verdict?.liveness, { score: 0.9, threshold: 0.4, live: true, model: 'made-up@1' })
  })

  test('enrol: the judged frame is the face that is kept, byte for byte', async () => {
    const best = shotOf({ person: 'eve', quality: 80 })
    const input = { purpose: 'enrol', galleryId, subjectId: 'eve', metadata: { desk: 4 }, liveness: 'passive' } as const
    const others = [shotOf({ person: 'eve', quality: 60 }), shotOf({ person: 'eve', quality: 70 })]
    const session = await visitAll(core, input, portraitOf(others[0], best, others[1]))
    assert.deepEqual([session.state, session.reasons], ['passed', []])
    const { frame, faceId, subjectId, template } = session.verdict!
    assert.equal(frame?.sha256, digestOf(best))
    assert.deepEqual(Buffer.from((await readPicture(context, region, frame!.blobKey))!), best)
    assert.deepEqual(template, templateOf('eve'))
    const gallery = await region.store.galleries.find(principal.tenantId, galleryId)
    const face = await region.store.faces.find(gallery!.uid, faceId!)
    assert.deepEqual([face?.subjectId, subjectId], ['eve', 'eve'])
    assert.deepEqual(Buffer.from((await readPicture(context, region, face!.picture!.key))!), best)
    assert.deepEqual((await region.store.subjects.find(gallery!.uid, 'eve'))?.metadata, { desk: 4 })
  })

  test('enrol without a subject makes one', async () => {
    const session = await visitAll(core, { purpose: 'enrol', galleryId }, portraitOf(shotOf({ person: 'fay' })))
    assert.equal(session.state, 'passed')
    const gallery = await region.store.galleries.find(principal.tenantId, galleryId)
    const subject = await region.store.subjects.find(gallery!.uid, session.verdict!.subjectId!)
    assert.equal(subject?.faceCount, 1)
  })

  test('verify: the similarity and the threshold that it has reached', async () => {
    await enrol(context, principal, { galleryId, subjectId: 'ida', image: shotOf({ person: 'ida' }) })
    const session = await visitAll(
      core,
      { purpose: 'verify', galleryId, subjectId: 'ida' },
      portraitOf(shotOf({ person: 'ida' })),
    )
    const { similarity, threshold, faceId } = session.verdict!
    assert.deepEqual([session.state, similarity, threshold, faceId], ['passed', 100, 80, null])
  })

  test('search: whoever is found; nobody is no failure', async () => {
    await enrol(context, principal, { galleryId, subjectId: 'gia', image: shotOf({ person: 'gia' }) })
    const found = await visitAll(core, passive, portraitOf(shotOf({ person: 'gia' })))
    assert.deepEqual(
      [found.state, found.verdict?.candidates.map(({ subjectId, similarity }) => [subjectId, similarity])],
      ['passed', [['gia', 100]]],
    )
    const nobody = await visitAll(core, { ...passive, threshold: 99 }, portraitOf(shotOf({ person: 'stranger' })))
    assert.deepEqual([nobody.state, nobody.verdict?.candidates, nobody.verdict?.threshold], ['passed', [], 99])
  })

  test('the steps of the judged try are told', async () => {
    const active = await visitAll(core, { purpose: 'liveness', liveness: 'active' })
    assert.deepEqual(
      active.verdict?.events.map(({ challenge, met }) => [challenge, met]),
      [['portrait', true], ...CHALLENGES.map(challenge => [challenge, true])],
    )
    assert.equal(active.verdict?.liveness, null)
    const { verdict } = await visitAll(core, { purpose: 'liveness', liveness: 'passive' })
    assert.deepEqual(
      verdict?.events.map(({ challenge, met }) => [challenge, met]),
      [['portrait', true]],
    )
  })
})

describe('failed', () => {
  const reasonsOf = async (input: SessionInput, how: Walk): Promise<readonly string[]> => {
    const session = await visitAll(core, input, how)
    assert.deepEqual([session.state, session.ended, session.endedAt], ['failed', false, null])
    return namesOf(session)
  }

  test('no face, several people, no picture', async () => {
    assert.deepEqual(await reasonsOf(passive, portraitOf(shotOf())), ['no_face'])
    const two = shotOf({ person: 'ada' }, { person: 'bea', width: 60 })
    assert.deepEqual(await reasonsOf(passive, portraitOf(two, shotOf())), ['several_faces'])
    assert.deepEqual(await reasonsOf(passive, portraitOf(brokenShot())), ['picture_unusable'])
    const { verdict } = await visitAll(core, { purpose: 'liveness' }, portraitOf(shotOf()))
    assert.equal(verdict?.frame, null)
    assert.deepEqual(
      verdict?.events.map(({ met }) => met),
      [false, false, false],
    )
  })

  test('a portrait of one person is judged, whatever the others show', async () => {
    const two = shotOf({ person: 'ada', quality: 99 }, { person: 'bea', width: 60 })
    const one = shotOf({ person: 'ada', quality: 10 })
    const session = await visitAll(core, passive, portraitOf(two, one, brokenShot()))
    assert.deepEqual([session.state, session.verdict?.frame?.sha256], ['passed', digestOf(one)])
  })

  test('not live, with the score and its threshold', async () => {
    const session = await visitAll(core, passive, portraitOf(shotOf({ person: 'ada', flaws: ['spoof'] })))
    assert.deepEqual(namesOf(session), ['not_live'])
    const [{ value, threshold }] = session.reasons
    assert.deepEqual([value, threshold], [0.1, 0.4])
    const active = { ...passive, liveness: 'active' } as const
    const unjudged = await visitAll(core, active, portraitOf(shotOf({ person: 'ada', flaws: ['spoof'] })))
    assert.equal(unjudged.state, 'passed', 'nobody asked for passive liveness')
  })

  test('not matched: another person, somebody who is gone', async () => {
    await enrol(context, principal, { galleryId, subjectId: 'dora', image: shotOf({ person: 'dora' }) })
    const input = { purpose: 'verify', galleryId, subjectId: 'dora' } as const
    assert.deepEqual(await reasonsOf(input, {}), ['not_matched'])
    const vanished = { ...input, subjectId: 'nobody', isSubjectUnchecked: true }
    const session = await visitAll(core, vanished, {})
    assert.deepEqual(session.reasons[0].details, { code: 'subject_not_found' })
  })

  test('a refused enrolment says why; the person may try again', async () => {
    await enrol(context, principal, { galleryId, subjectId: 'cleo', image: shotOf({ person: 'cleo' }) })
    const gallery = await region.store.galleries.find(principal.tenantId, galleryId)
    const revert = { policy: { existingSubject: 'append' as const }, updatedAt: new Date() }
    await region.store.galleries.update(gallery!.uid, { ...revert, policy: { existingSubject: 'refuse' } })
    const input = { purpose: 'enrol', galleryId, subjectId: 'cleo' } as const
    const session = await visitAll(core, input, portraitOf(shotOf({ person: 'cleo' })))
    await region.store.galleries.update(gallery!.uid, revert)
    assert.deepEqual([namesOf(session), session.reasons[0].details], [['not_enrolled'], { code: 'subject_exists' }])
    assert.equal(session.verdict?.faceId, null)
  })

  test('frames that another session had before', async () => {
    const portrait = shotOf({ person: 'ada' })
    assert.equal((await visitAll(core, passive, portraitOf(portrait))).state, 'passed')
    assert.deepEqual(await reasonsOf(passive, portraitOf(shotOf({ person: 'ada' }), portrait)), ['frames_replayed'])
  })

  test('frames that the session had in another try, though they are gone', async () => {
    const portrait = shotOf({ person: 'ada', flaws: ['spoof'], quality: 10 })
    const { session, token } = await core.create(passive)
    const { visit } = await walk(core, token, { portraits: [portrait] })
    await core.capture.idle()
    assert.deepEqual(namesOf(await core.read(session.id)), ['not_live'])
    await walk(core, visit, { portraits: [shotOf({ person: 'ada' }), portrait] })
    await core.capture.idle()
    const replayed = await core.read(session.id)
    assert.deepEqual(
      [namesOf(replayed), replayed.reasons[0].details],
      [['frames_replayed'], { sessions: [session.id] }],
    )
  })

  test('the gallery is gone', async () => {
    const { session, token } = await core.create({ ...passive })
    const gallery = await region.store.galleries.find(principal.tenantId, galleryId)
    await region.store.galleries.markErased(gallery!.uid, new Date())
    await walk(core, token, {})
    await core.capture.idle()
    const failed = await core.read(session.id)
    assert.deepEqual(failed.reasons[0].details, { code: 'gallery_not_found' })
    await createGallery(context, principal, { id: GALLERY })
  })
})

test('what the movements show is a reason, and stops what would follow', async () => {
  const reason = { name: 'different_person', message: 'Somebody else.', value: 3, threshold: 50 }
  const strict = await openCaptureCore({
    judgeMovements: (frames, steps, portrait) => {
      assert.equal(frames.length, 7)
      assert.deepEqual(
        frames.map(({ sequence }) => sequence),
        [1, 2, 3, 4, 5, 6, 7],
      )
      assert.deepEqual([portrait.challenge, portrait.people, portrait.face?.points.length], ['portrait', 1, 3])
      assert.deepEqual(
        steps.map(({ challenge }) => challenge),
        ['portrait', ...CHALLENGES],
      )
      return { reasons: [reason], events: steps.map(({ challenge }) => ({ challenge, met: false, atMs: 1 })) }
    },
  })
  after(() => strict.close())
  const session = await visitAll(strict, { purpose: 'enrol', galleryId, subjectId: 'ada' })
  assert.deepEqual([session.state, session.reasons], ['failed', [reason]])
  const gallery = await strict.region.store.galleries.find('default', GALLERY)
  assert.equal(await strict.region.store.subjects.find(gallery!.uid, 'ada'), null)
  assert.deepEqual(strict.troubles, [])
})

test("the gallery's rules hold: those for enrolment, or those for probes", async () => {
  const acceptance = {
    profile: 'none',
    rules: { blur: { action: 'refuse' }, unifiedQuality: { action: 'refuse', threshold: 40 } },
  } as const
  const probeAcceptance = { profile: 'none', rules: { notLive: { action: 'refuse', threshold: 0.95 } } } as const
  const ruled = await openCaptureCore({ policy: { acceptance, probeAcceptance } })
  after(() => ruled.close())
  const poor = (): Walk => portraitOf(shotOf({ person: 'ada', quality: 20, flaws: ['blur'] }))
  const enrolled = await visitAll(ruled, { purpose: 'enrol', galleryId }, poor())
  assert.deepEqual(namesOf(enrolled), ['blur', 'unifiedQuality'])
  assert.deepEqual([enrolled.reasons[1].value, enrolled.reasons[1].threshold], [20, 40])
  const searched = await visitAll(ruled, passive, poor())
  assert.deepEqual(
    searched.reasons.map(({ name, threshold }) => [name, threshold]),
    [['not_live', 0.95]],
  )
})

test('a server that lost its liveness network passes nobody', async () => {
  const poor = await openCaptureCore({ assessments: ['quality'] })
  after(() => poor.close())
  const { session, token } = await poor.create({ purpose: 'liveness', liveness: 'active' })
  const row = await poor.read(session.id)
  await poor.region.store.sessions.delete(session.id)
  await poor.region.store.sessions.insert({ ...row, liveness: 'passive', tokenHash: hashOf(token) })
  await walk(poor, token)
  await poor.capture.idle()
  const failed = await poor.read(session.id)
  assert.deepEqual([namesOf(failed), failed.reasons[0].details], [['not_live'], { code: 'assessment_unavailable' }])
})
