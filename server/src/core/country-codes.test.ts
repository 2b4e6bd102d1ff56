// Every code of ISO 3166-1 is known by both spellings, and nothing else is.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ALPHA2_CODES, alpha2Of, alpha3Of } from './country-codes.ts'

test('there are 249 codes, each known by its other spelling', () => {
  assert.equal(ALPHA2_CODES.length, 249)
  for (const code of ALPHA2_CODES) {
    assert.match(code, /^[A-Z]{2}$/)
    const long = alpha3Of(code)
    assert.match(String(long), /^[A-Z]{3}$/)
    assert.equal(alpha2Of(long!), code)
  }
})

test('Node knows each of them as a region of the world', () => {
  const names = new Intl.DisplayNames('en', { type: 'region', fallback: 'none' })
  for (const code of ALPHA2_CODES) assert.ok(names.of(code), code)
})

test('codes that differ from the first letters of the other', () => {
  for (const [alpha2, alpha3] of ['PH PHL', 'ID IDN', 'SG SGP', 'NG NGA', 'MG MDG', 'CH CHE', 'AT AUT', 'AU AUS'].map(
    pair => pair.split(' ') as [string, string],
  ))
    assert.equal(alpha2Of(alpha3), alpha2)
})

test('what is no assigned code is none', () => {
  for (const code of ['XKX', 'EUR', 'UNK', 'ZZZ', 'PH', 'phl', '', 'SUN', 'PHL ', '__proto__'])
    assert.equal(alpha2Of(code), null, code)
  for (const code of ['UK', 'EU', 'XK', 'ph', '', 'PHL', 'constructor']) assert.equal(alpha3Of(code), null, code)
})
