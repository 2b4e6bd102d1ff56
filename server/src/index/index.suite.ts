// The contract of FaceIndex as tests: every driver runs all of these. Nothing here knows how a driver works.
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { describe, test } from 'node:test'
import type { FaceIndex } from '../core/ports.ts'
import {
  assertSameHits,
  blur,
  DIMENSIONS,
  type IndexFixture,
  type IndexOptions,
  makeTemplates,
  negate,
  rankAll,
  withIndex,
} from './index.fixture.ts'

type Check = (title: string, body: (fixture: IndexFixture) => Promise<void>, maxQueuedSearches?: number) => void

export function testIndex(name: string, create: (options: IndexOptions) => FaceIndex | Promise<FaceIndex>): void {
  const check: Check = (title, body, maxQueuedSearches) => {
    test(title, () => withIndex(create, body, maxQueuedSearches))
  }
  describe(`index: ${name}`, () => {
    testAnswers(check)
    testChanges(check)
    testRefusals(check)
    testFlight(check)
  })
}

function testAnswers(check: Check): void {
  check('an unknown gallery and one without faces have no candidates', async ({ index }) => {
    const [probe] = makeTemplates(1)
    assert.deepEqual(await index.search('nobody', probe!, 10), [])
    index.add('nobody', [])
    assert.deepEqual(await index.search('nobody', probe!, 10), [])
    assert.equal(index.size('nobody'), 0)
    assert.equal(index.stats().faces, 0)
  })

  check('a face is found as soon as it is added and no longer once it is removed', async ({ index, enrol, erase }) => {
    const [face] = enrol('g', makeTemplates(1))
    const [hit] = await index.search('g', face!.template, 10)
    assert.equal(hit!.faceId, face!.faceId)
    assert.ok(Math.abs(hit!.cosine - 1) < 1e-6)
    assert.equal(index.size('g'), 1)
    erase('g', [face!])
    assert.deepEqual(await index.search('g', face!.template, 10), [])
    assert.equal(index.size('g'), 0)
  })

  check('the ten best are those of float32 brute force, in its order', async ({ index, enrol }) => {
    const faces = enrol('g', makeTemplates(6000))
    const strangers = makeTemplates(20, 99)
    const probes = [...faces.slice(0, 80).map(({ template }, i) => blur(template, i)), ...strangers]
    const answers = await Promise.all(probes.map(probe => index.search('g', probe, 10)))
    answers.forEach((hits, i) => {
      assertSameHits(hits, rankAll(faces, probes[i]!).slice(0, 10))
    })
  })

  check('as many as asked for, at most all, none for a limit of 0', async ({ index, enrol }) => {
    const faces = enrol('g', makeTemplates(700))
    const probe = blur(faces[5]!.template)
    for (const limit of [0, 1, 100, 600, 700, 5000]) {
      assertSameHits(await index.search('g', probe, limit), rankAll(faces, probe).slice(0, limit))
    }
  })

  check('galleries do not see each other', async ({ index, enrol, erase }) => {
    const [template] = makeTemplates(1)
    const [inA] = enrol('a', [template!])
    const [inB] = enrol('b', [template!])
    erase('a', [inA!])
    assert.deepEqual(await index.search('a', template!, 10), [])
    assert.deepEqual(
      (await index.search('b', template!, 10)).map(hit => hit.faceId),
      [inB!.faceId],
    )
  })
}

function testChanges(check: Check): void {
  check('a face added again has its new template only', async ({ index, stored, enrol }) => {
    const faces = enrol('g', makeTemplates(50))
    const template = makeTemplates(1, 77)[0]!
    const changed = { faceId: faces[9]!.faceId, template }
    stored.set(changed.faceId, template)
    index.add('g', [changed])
    assert.equal(index.size('g'), 50)
    const now = faces.map(face => (face.faceId === changed.faceId ? changed : face))
    for (const probe of [template, faces[9]!.template]) {
      assertSameHits(await index.search('g', probe, 50), rankAll(now, probe))
    }
  })

  check('a dropped gallery is empty, takes no memory, and can be filled anew', async ({ index, enrol }) => {
    enrol('kept', makeTemplates(10))
    const before = index.stats()
    enrol('g', makeTemplates(3000))
    index.drop('g')
    assert.deepEqual(index.stats(), before)
    assert.equal(index.size('g'), 0)
    assert.deepEqual(await index.search('g', makeTemplates(1)[0]!, 10), [])
    const faces = enrol('g', makeTemplates(5, 3))
    assertSameHits(await index.search('g', faces[0]!.template, 5), rankAll(faces, faces[0]!.template))
    index.drop('unknown')
  })

  check('removed faces never crowd out faces of negative cosine', async ({ index, enrol, erase }) => {
    const [probe] = makeTemplates(1)
    const gone = enrol('g', makeTemplates(4000, 5))
    const faces = enrol(
      'g',
      makeTemplates(40).map((template, i) => blur(negate(template), i)),
    )
    erase('g', gone)
    const opposite = rankAll(faces, probe!)
    assert.ok(opposite.at(-1)!.cosine < 0)
    assertSameHits(await index.search('g', probe!, 40), opposite)
    assertSameHits(await index.search('g', probe!, 3), opposite.slice(0, 3))
  })

  check('removing what is not there changes nothing', async ({ index, enrol }) => {
    const faces = enrol('g', makeTemplates(3))
    index.remove('g', [randomUUID(), 'no uuid at all'])
    index.remove('unknown', [faces[0]!.faceId])
    assert.equal(index.size('g'), 3)
  })

  check('a face that the store no longer has gives its place to the next', async ({ index, stored, enrol }) => {
    const faces = enrol('g', makeTemplates(900))
    const probe = blur(faces[0]!.template)
    const ranking = rankAll(faces, probe)
    for (const { faceId } of ranking.slice(0, 5)) stored.delete(faceId)
    assertSameHits(await index.search('g', probe, 10), ranking.slice(5, 15))
  })

  check('twenty thousand faces added and removed leave nothing behind', async ({ index, enrol, erase }) => {
    const faces = enrol('g', makeTemplates(20_000))
    const probe = faces[12_345]!.template
    assert.equal((await index.search('g', probe, 1))[0]!.faceId, faces[12_345]!.faceId)
    erase('g', faces)
    assert.deepEqual(await index.search('g', probe, 10), [])
    assert.deepEqual(index.stats(), { faces: 0, bytes: 0, waiting: 0 })
  })
}

function testRefusals(check: Check): void {
  check('a template or probe of another length is a TypeError, and nothing is added', async ({ index }) => {
    const [good] = makeTemplates(1)
    const short = new Float32Array(DIMENSIONS - 1)
    const entries = [good!, short].map(template => ({ faceId: randomUUID(), template }))
    assert.throws(() => index.add('g', entries), TypeError)
    assert.equal(index.size('g'), 0)
    await assert.rejects(index.search('g', short, 10), TypeError)
  })

  check('an aborted search fails with the reason of its signal', async ({ index, enrol }) => {
    const [face] = enrol('g', makeTemplates(100))
    const reason = new Error('the caller left')
    await assert.rejects(index.search('g', face!.template, 10, AbortSignal.abort(reason)), reason)
    const controller = new AbortController()
    const searches = [1, 2, 3].map(() => index.search('g', face!.template, 10, controller.signal))
    const outcomes = Promise.allSettled(searches)
    controller.abort(reason)
    for (const outcome of await outcomes) assert.equal(outcome.status === 'rejected' && outcome.reason, reason)
    assert.equal((await index.search('g', face!.template, 1)).length, 1)
  })

  check(
    'more searches than may wait are refused as busy, and the others answered',
    async ({ index, enrol }) => {
      const [face] = enrol('g', makeTemplates(100))
      const outcomes = await Promise.allSettled(Array.from({ length: 40 }, () => index.search('g', face!.template, 1)))
      const refused = outcomes.filter(outcome => outcome.status === 'rejected')
      assert.ok(refused.length > 0 && refused.length < 40)
      for (const { reason } of refused) assert.equal(reason.code, 'busy')
      assert.equal((await index.search('g', face!.template, 1)).length, 1)
    },
    2,
  )
}

/** What happens to a search while it is under way. */
function testFlight(check: Check): void {
  check('a removal during a search leaves no gap in its answer', async ({ index, enrol, erase }) => {
    const faces = enrol('g', makeTemplates(5000))
    const probe = blur(faces[0]!.template)
    const ranking = rankAll(faces, probe)
    const goneIds = new Set(ranking.slice(0, 400).map(hit => hit.faceId))
    const search = index.search('g', probe, 10)
    erase(
      'g',
      faces.filter(({ faceId }) => goneIds.has(faceId)),
    )
    assertSameHits(await search, ranking.slice(400, 410))
  })

  check('faces that take removed faces’ places during a search do no harm', async ({ index, enrol, erase }) => {
    let faces = enrol('g', makeTemplates(5000))
    for (let round = 0; round < 8; round += 1) {
      const probe = blur(faces[round]!.template)
      const goneIds = new Set(
        rankAll(faces, probe)
          .slice(0, 300)
          .map(hit => hit.faceId),
      )
      const searches = [1, 2, 3].map(() => index.search('g', probe, 10))
      erase(
        'g',
        faces.filter(({ faceId }) => goneIds.has(faceId)),
      )
      const kept = faces.filter(({ faceId }) => !goneIds.has(faceId))
      const added = enrol('g', makeTemplates(300, 1000 + round))
      faces = [...kept, ...added]
      // New faces may be in the answer or not; those that were there all the time must all be, in order.
      const newIds = new Set(added.map(({ faceId }) => faceId))
      const expected = rankAll(kept, probe)
      for (const hits of await Promise.all(searches)) {
        assert.equal(hits.length, 10)
        const old = hits.filter(hit => !newIds.has(hit.faceId))
        assertSameHits(old, expected.slice(0, old.length))
        assertSameHits(
          hits,
          rankAll(
            faces.filter(face => hits.some(hit => hit.faceId === face.faceId)),
            probe,
          ),
        )
      }
    }
  })

  check('a gallery dropped during a search gives an empty answer or the old one', async ({ index, enrol }) => {
    const faces = enrol('g', makeTemplates(2000))
    const searches = [0, 1, 2, 3, 4, 5, 6, 7].map(i => index.search('g', faces[i]!.template, 1))
    index.drop('g')
    const again = enrol('g', makeTemplates(3, 8))
    for (const [i, hits] of (await Promise.all(searches)).entries()) {
      assert.ok(hits.length === 0 || hits[0]!.faceId === faces[i]!.faceId)
    }
    assert.equal((await index.search('g', again[0]!.template, 1))[0]!.faceId, again[0]!.faceId)
  })
}
