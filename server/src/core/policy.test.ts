// What a policy and a precondition refuse.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DEFAULT_LIMITS } from '../limits.ts'
import { checkPolicy, DEFAULT_POLICY } from './policy.ts'
import { requireVersion, versionOf } from './versions.ts'

test('the default policy is a good one', () => checkPolicy(DEFAULT_POLICY, DEFAULT_LIMITS))

test('a policy has 1 to 100 faces a subject, and a similarity or null', () => {
  for (const change of [{}, { maxFacesPerSubject: 100 }, { duplicateThreshold: 0 }, { duplicateThreshold: null }])
    checkPolicy(change, DEFAULT_LIMITS)
  for (const change of [
    { maxFacesPerSubject: 0 },
    { maxFacesPerSubject: 101 },
    { maxFacesPerSubject: 1.5 },
    { maxFacesPerSubject: Number.NaN },
    { duplicateThreshold: -1 },
    { duplicateThreshold: 100.1 },
    { duplicateThreshold: Number.NaN },
  ])
    assert.throws(() => checkPolicy(change, DEFAULT_LIMITS), { code: 'request_invalid' }, JSON.stringify(change))
})

test('a precondition holds for the version it names, and for no other thing of the same revision', () => {
  const found = { uid: 'a', revision: 3 }
  assert.equal(requireVersion(found, undefined), undefined)
  assert.equal(requireVersion(found, ['x', versionOf(found)]), 3)
  for (const precondition of [
    [],
    ['3'],
    [versionOf({ uid: 'a', revision: 2 })],
    [versionOf({ uid: 'b', revision: 3 })],
  ])
    assert.throws(() => requireVersion(found, precondition), { code: 'precondition_failed' })
})
