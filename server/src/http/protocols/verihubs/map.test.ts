// What is seen of a face, in the vendor's fields: turns, probabilities, whole pixels.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Probe } from '../../../core/probe.ts'
import type { DetectedFace } from '../../../core/types.ts'
import { toResults, toSeen } from './map.ts'

const point = { x: 1.4, y: 2.6 }
const faceWith = (change: Partial<DetectedFace> = {}): DetectedFace => ({
  box: { x: -3.6, y: 10.2, width: 100.3, height: 99.9 },
  confidence: 1,
  landmarks: { leftEye: point, rightEye: point, nose: point, mouthLeft: point, mouthRight: point },
  pose: { yaw: 0, pitch: 0, roll: 0 },
  ...change,
})
const probeOf = (face: DetectedFace, ...others: DetectedFace[]): Probe => ({
  analysis: { image: { width: 500, height: 400, mediaType: 'image/jpeg' }, faces: [face, ...others] },
  face,
  template: new Float32Array(),
  warnings: [],
})

test('the rotation is in quarter turns, clockwise', () => {
  const turns = { '0': 0, '-44': 0, '44': 0, '46': 90, '91': 90, '-90': 270, '179': 180, '-179': 180 }
  for (const [roll, wanted] of Object.entries(turns))
    assert.equal(toSeen(probeOf(faceWith({ pose: { yaw: 0, pitch: 0, roll: Number(roll) } }))).rotation, wanted, roll)
})

test('the probability is 50 at the threshold, and grows from 0 to 100', () => {
  const probability = (score: number, threshold: number) =>
    toSeen(probeOf(faceWith({ liveness: { score, threshold, live: score >= threshold, model: 'm', bpcer: 0 } })))
      .liveness?.probability
  for (const threshold of [0.2, 0.5, 0.93]) {
    assert.deepEqual(
      [0, threshold, 1].map(score => probability(score, threshold)),
      [0, 50, 100],
    )
    assert.equal(probability(threshold / 2, threshold), 25)
  }
  assert.deepEqual(
    [0, 0.5, 1].map(score => probability(score, 1)),
    [0, 25, 100],
  )
  assert.deepEqual(
    [0, 0.5, 1].map(score => probability(score, 0)),
    [50, 75, 100],
  )
})

test('boxes are whole pixels that agree with each other', () => {
  const { bounding_box, face_landmark, nface } = toResults(toSeen(probeOf(faceWith(), faceWith())))
  assert.deepEqual(bounding_box, {
    top_left_x: -4,
    top_left_y: 10,
    bottom_right_x: 97,
    bottom_right_y: 110,
    width: 101,
    height: 100,
  })
  assert.deepEqual([face_landmark.left_eye_x, face_landmark.left_eye_y, nface], [1, 3, 2])
})

test('who only passes by is not counted, and what is not judged is absent', () => {
  const far = faceWith({ box: { x: 0, y: 0, width: 20, height: 20 } })
  const results = toResults(toSeen(probeOf(faceWith(), far)))
  assert.equal(results.nface, 1)
  assert.deepEqual([results.image_quality, results.attributes, results.liveness], [undefined, undefined, undefined])
  const attributes = { mask: { probability: 1, threshold: 0.5, present: true } }
  assert.equal(JSON.stringify(toResults(toSeen(probeOf(faceWith({ attributes })))).attributes), '{"mask_on":true}')
})
