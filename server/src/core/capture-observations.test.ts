// What is remembered of frames: bounded, the oldest try first, waited for while it is being looked at.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createObservations, toObservation, toSeen, tryKeyOf, UNREADABLE } from './capture-observations.ts'

const keyOf = (session: string, attempt = 1): string => tryKeyOf(session, attempt, 'open@1')
const seen = (width: number) => ({ ...UNREADABLE, width })

/** With so many places, and a frame kept for each of these tries. */
const fill = async (most: number, tries: readonly string[]) => {
  const observations = createObservations(() => most)
  for (const [at, tryKey] of tries.entries())
    observations.begin(`frame-${at}`, async () => ({ tryKey, seen: seen(at) }))
  await observations.idle()
  return observations
}

test('the oldest try gives way; a try that has all the places gets no more', async () => {
  const [a, b] = [keyOf('a'), keyOf('b')]
  const observations = await fill(3, [a, a, b, b, b, b])
  assert.equal(observations.count(), 3)
  assert.equal(await observations.find(a, 'frame-0'), null)
  assert.deepEqual(await observations.find(b, 'frame-4'), seen(4))
  assert.equal(await observations.find(b, 'frame-5'), null)
})

test('all tries of a session are dropped, and no other', async () => {
  const observations = await fill(9, [keyOf('a'), keyOf('a', 2), keyOf('ab')])
  observations.drop('a')
  assert.equal(observations.count(), 1)
  assert.ok(await observations.find(keyOf('ab'), 'frame-2'))
})

test('a frame that is being looked at is waited for; one that failed is not there', async () => {
  const observations = createObservations(() => 9)
  const look = Promise.withResolvers<void>()
  observations.begin('slow', () => look.promise.then(() => ({ tryKey: keyOf('a'), seen: seen(7) })))
  observations.begin('failed', () => Promise.reject(new Error('The engine fails.')))
  const found = observations.find(keyOf('a'), 'slow')
  look.resolve()
  assert.deepEqual(await found, seen(7))
  assert.equal(await observations.find(keyOf('a'), 'failed'), null)
  assert.equal(await observations.find(tryKeyOf('a', 1, 'other@1'), 'slow'), null, 'of another pack')
})

test('a face comes out as it went in', () => {
  const at = { x: 1, y: 2 }
  const face = {
    box: { x: 1, y: 2, width: 30, height: 40 },
    confidence: 1,
    landmarks: { leftEye: at, rightEye: at, nose: at, mouthLeft: at, mouthRight: at },
    pose: { yaw: 1, pitch: 2, roll: 3 },
    points: [
      [1, 2, 3],
      [4, 5, 6.5],
    ] as const,
    template: Float32Array.of(1, 0),
  }
  const startedAt = new Date(1000)
  const frame = {
    ...{ sessionId: 's', attempt: 1, stepId: 'p', sequence: 4, source: 'camera' as const, atMs: 20 },
    ...{ receivedAt: new Date(1250), blobKey: 'k', mediaType: 'image/jpeg', bytes: 9, sha256: 'ab' },
  }
  const step = { id: 'p', challenge: 'nod' as const, revealedAt: startedAt }
  const attempt = { number: 1, nonce: 'n', startedAt, challenges: [], steps: [step] }
  const { box, pose, points, template } = face
  const analysis = {
    image: { width: 640, height: 480, mediaType: 'image/jpeg' },
    faces: [face, { ...face, box: { ...box, width: 2 } }],
  }
  assert.deepEqual(toObservation(toSeen(analysis), frame, step, attempt), {
    ...{ sequence: 4, stepId: 'p', challenge: 'nod', atMs: 20, receivedAtMs: 250, sha256: 'ab' },
    ...{ width: 640, height: 480, people: 1 },
    face: { box, pose, points, template },
  })
  assert.deepEqual(toSeen({ ...analysis, faces: [] }), { width: 640, height: 480, people: 0, face: null })
})
