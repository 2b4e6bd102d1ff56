// Whom an answer speaks of.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hashMention, type Mention, mentionsOf } from './mentions.ts'

const gallery = (galleryId: string): Mention => ({ galleryId, id: null, kind: 'gallery' })
const subject = (galleryId: string, id: string): Mention => ({ galleryId, id, kind: 'subject' })
const face = (galleryId: string, id: string): Mention => ({ galleryId, id, kind: 'face' })
const sorted = (mentions: readonly Mention[]) => mentions.map(mention => JSON.stringify(mention)).sort()
const assertMentions = (body: unknown, galleryId: string | null, expected: Mention[]): void =>
  assert.deepEqual(sorted(mentionsOf(body, galleryId)), sorted(expected))

test('an enrolment speaks of its face, its subject, its duplicates and the gallery', () => {
  const body = {
    face: { id: 'f1', subjectId: 'ann', galleryId: 'g', confidence: 1 },
    subject: { id: 'ann', faceCount: 1, metadata: { id: 'not-a-person', subjectId: 'nor-this' } },
    duplicates: [{ subjectId: 'ben', faceId: 'f2', similarity: 90 }],
  }
  assertMentions(body, 'g', [gallery('g'), face('g', 'f1'), face('g', 'f2'), subject('g', 'ann'), subject('g', 'ben')])
})

test('a search over galleries speaks of each candidate in its own', () => {
  const body = {
    candidates: [
      { galleryId: 'a', subjectId: 'ann', faceId: 'f1' },
      { galleryId: 'b', subjectId: 'ann', faceId: 'f2' },
    ],
  }
  assertMentions(body, null, [
    gallery('a'),
    subject('a', 'ann'),
    face('a', 'f1'),
    gallery('b'),
    subject('b', 'ann'),
    face('b', 'f2'),
  ])
})

test('a gallery speaks of itself, a subject and a verification of theirs', () => {
  assertMentions({ id: 'g', subjectCount: 0, faceCount: 0 }, null, [gallery('g')])
  assertMentions({ id: 'ann', galleryId: 'g', faceCount: 1 }, 'g', [gallery('g'), subject('g', 'ann')])
  assertMentions({ match: true, best: { faceId: 'f1' } }, 'g', [gallery('g'), face('g', 'f1')])
})

test('an answer about nobody, and a receipt of who is gone, speak of nobody', () => {
  assertMentions(null, 'g', [])
  assertMentions({ faces: [{ box: {}, confidence: 1 }] }, null, [])
  assertMentions({ receipt: { id: 'r', gallery: 'g', subject: 'x', face: 'f1' }, signature: {} }, 'g', [])
})

test('hashes differ by tenant, region, gallery, kind, id and key', () => {
  const key = new Uint8Array(32)
  const hashes = [
    hashMention(key, 't', 'r', subject('g', 'ann')),
    hashMention(key, 'u', 'r', subject('g', 'ann')),
    hashMention(key, 't', 's', subject('g', 'ann')),
    hashMention(key, 't', 'r', subject('h', 'ann')),
    hashMention(key, 't', 'r', face('g', 'ann')),
    hashMention(key, 't', 'r', subject('g', 'ben')),
    hashMention(new Uint8Array(32).fill(1), 't', 'r', subject('g', 'ann')),
  ]
  assert.equal(new Set(hashes).size, hashes.length)
  assert.equal(hashes[0], hashMention(key, 't', 'r', subject('g', 'ann')))
  assert.match(hashes[0] ?? '', /^[\w-]{22}$/)
})
