// The part of the store's contract on idempotent calls.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe, it } from 'node:test'
import type { Claim } from '../core/kept-answer-ports.ts'
import type { ControlStore } from '../core/ports.ts'
import { AT, makeId } from './samples.suite.ts'

const HOUR_MS = 3_600_000
const hash = (text: string): Uint8Array => new Uint8Array(createHash('sha256').update(text).digest())
const later = (ms: number): Date => new Date(AT.getTime() + ms)

/** A claim at `AT` plus `ms`, as the core makes it; its key is one of its own. */
const makeClaim = (change: Partial<Claim> = {}, ms = 0): Claim => ({
  id: makeId(),
  tenantId: 'default',
  credentialId: 'credential',
  keyHash: hash(makeId()),
  route: 'POST /v1/galleries',
  requestHash: hash('request'),
  owner: 'process-1',
  at: later(ms),
  keptSince: later(ms - 24 * HOUR_MS),
  runningSince: later(ms - HOUR_MS / 4),
  isAlone: true,
  ...change,
})

/** The same call again, with an id of its own as any call has. */
const again = (claim: Claim, change: Partial<Claim> = {}, ms = 1): Claim =>
  makeClaim({ keyHash: claim.keyHash, ...change }, ms)

const ANSWER = { status: 201, sealed: Uint8Array.of(1, 2, 3), mentions: [] }

export function testKeptAnswers(open: () => ControlStore): void {
  describe('claims', () => {
    it('go to one of any number at the same time', async () => {
      const { keptAnswers } = open()
      const first = makeClaim()
      const outcomes = await Promise.all(Array.from({ length: 20 }, () => keptAnswers.claim(again(first))))
      assert.equal(outcomes.filter(({ outcome }) => outcome === 'claimed').length, 1)
      assert.equal(outcomes.filter(({ outcome }) => outcome === 'running').length, 19)
    })

    it('are by credential and key', async () => {
      const { keptAnswers } = open()
      const first = makeClaim()
      await keptAnswers.claim(first)
      for (const other of [again(first, { credentialId: 'other' }), again(first, { keyHash: hash('other') })])
        assert.deepEqual(await keptAnswers.claim(other), { outcome: 'claimed', id: other.id })
    })

    it('find what was kept, and tell another request from the same', async () => {
      const { keptAnswers } = open()
      const first = makeClaim()
      await keptAnswers.claim(first)
      assert.deepEqual(await keptAnswers.claim(again(first, { requestHash: hash('b') })), { outcome: 'other_request' })
      await keptAnswers.keep(first.id, 'process-1', ANSWER)
      const found = await keptAnswers.claim(again(first))
      assert.ok(found.outcome === 'kept')
      assert.deepEqual([found.id, found.status, Uint8Array.from(found.sealed)], [first.id, 201, ANSWER.sealed])
      assert.deepEqual(await keptAnswers.claim(again(first, { requestHash: hash('b') })), { outcome: 'other_request' })
    })

    it('are free once released: for the same request under the same id, for another under its own', async () => {
      const { keptAnswers } = open()
      const first = makeClaim()
      await keptAnswers.claim(first)
      await keptAnswers.release(first.id, 'process-1')
      assert.deepEqual(await keptAnswers.claim(again(first)), { outcome: 'claimed', id: first.id })
      await keptAnswers.release(first.id, 'process-1')
      const other = again(first, { requestHash: hash('b') })
      assert.deepEqual(await keptAnswers.claim(other), { outcome: 'claimed', id: other.id })
      assert.deepEqual(await keptAnswers.claim(again(first)), { outcome: 'other_request' })
    })

    it('of a process that is gone are taken over under their id, and of one that lives elsewhere only when it is late', async () => {
      const { keptAnswers } = open()
      const first = makeClaim()
      await keptAnswers.claim(first)
      const elsewhere = { owner: 'process-2', isAlone: false }
      assert.deepEqual(await keptAnswers.claim(again(first, elsewhere)), { outcome: 'running' })
      const late = again(first, elsewhere, HOUR_MS)
      assert.deepEqual(await keptAnswers.claim(late), { outcome: 'claimed', id: first.id })
      assert.deepEqual(await keptAnswers.claim(again(first, { owner: 'process-3' }, HOUR_MS)), {
        outcome: 'claimed',
        id: first.id,
      })
      // Who lost the claim changes nothing any more.
      await keptAnswers.keep(first.id, 'process-2', ANSWER)
      await keptAnswers.release(first.id, 'process-1')
      assert.deepEqual(await keptAnswers.claim(again(first, { owner: 'process-3' }, HOUR_MS)), { outcome: 'running' })
    })

    it('are forgotten after their time, and deleted in batches', async () => {
      const { keptAnswers } = open()
      const old = Array.from({ length: 3 }, () => makeClaim({}, -100 * HOUR_MS))
      for (const claim of old) await keptAnswers.claim(claim)
      await keptAnswers.keep(old[0]?.id ?? '', 'process-1', { ...ANSWER, mentions: ['m'] })
      const renewed = again(old[0] as Claim, {}, 0)
      assert.deepEqual(await keptAnswers.claim(renewed), { outcome: 'claimed', id: renewed.id })
      assert.equal(await keptAnswers.prune(later(-25 * HOUR_MS), 1), 1)
      assert.equal(await keptAnswers.prune(later(-25 * HOUR_MS), 100), 1)
      assert.equal(await keptAnswers.prune(later(-25 * HOUR_MS), 100), 0)
      assert.deepEqual(await keptAnswers.claim(again(renewed)), { outcome: 'running' })
    })
  })

  describe('kept answers', () => {
    it('are erased by any of what they mention, and their keys stay used', async () => {
      const { keptAnswers } = open()
      const [one, two, three] = ['a', 'b', 'c'].map(() => makeClaim())
      assert.ok(one && two && three)
      const [ann, ben] = [makeId(), makeId()]
      for (const [claim, mentions] of [
        [one, [ann, ann]],
        [two, [ann, ben]],
        [three, [ben]],
      ] as const) {
        await keptAnswers.claim(claim)
        await keptAnswers.keep(claim.id, 'process-1', { ...ANSWER, mentions })
      }
      assert.equal(await keptAnswers.erase([makeId()]), 0)
      assert.equal(await keptAnswers.erase([]), 0)
      assert.equal(await keptAnswers.erase([ann, makeId()]), 2)
      assert.deepEqual(await keptAnswers.claim(again(one)), { outcome: 'erased' })
      assert.deepEqual(await keptAnswers.claim(again(two)), { outcome: 'erased' })
      assert.deepEqual(await keptAnswers.claim(again(two, { requestHash: hash('b') })), { outcome: 'other_request' })
      assert.equal((await keptAnswers.claim(again(three))).outcome, 'kept')
      assert.equal(await keptAnswers.erase([ann, ben]), 1)
    })
  })
}
