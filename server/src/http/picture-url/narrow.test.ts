// The stricter of two rules wins, whichever of them is the tenant's.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { IMAGE_URL_MODES } from '../../core/types.ts'
import { parseAllowList } from '../outgoing/allow-list.ts'
import { narrowPolicy } from './narrow.ts'

const allow = parseAllowList('pictures.internal', 'the list')

test('a tenant is held to the stricter rule, never freed from the server', () => {
  for (const [server, own, effective] of [
    ['off', 'public', 'off'],
    ['off', 'allow-list', 'off'],
    ['allow-list', 'public', 'allow-list'],
    ['allow-list', 'off', 'off'],
    ['public', 'allow-list', 'allow-list'],
    ['public', 'off', 'off'],
    ...IMAGE_URL_MODES.map(mode => [mode, mode, mode] as const),
    ...IMAGE_URL_MODES.map(mode => [mode, null, mode] as const),
  ] as const)
    assert.deepEqual(narrowPolicy({ mode: server, allow }, own), { mode: effective, allow }, `${server} and ${own}`)
})
