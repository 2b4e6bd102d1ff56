// The codes: every one that the vendor documents is there with its status, and every error of the catalogue has one.
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { AppError, CATALOGUE, type ErrorCode } from '../../../errors.ts'
import { codeOf, PRODUCTS, type WireCode } from './codes.ts'
import { Refusal, spell } from './errors.ts'
import { describeFailOn, type FailOnNumber } from './fail-on.ts'

type Documented = Record<string, Record<string, string[]>> & { samples: Record<string, Record<string, string>> }
const { samples, ...documented } = JSON.parse(
  await readFile(new URL('__fixtures__/codes.json', import.meta.url), 'utf8'),
) as Documented

test("each of the vendor's codes has its status", () => {
  for (const [endpoint, statuses] of Object.entries(documented))
    for (const [status, codes] of Object.entries(statuses))
      for (const code of codes) {
        const [, number] = /^FAIL_ON_(\d+)$/.exec(code) ?? []
        if (number) assert.match(describeFailOn(Number(number) as FailOnNumber), /^fail on /)
        else assert.equal(codeOf(code as WireCode)?.status, Number(status), `${endpoint}: ${code}`)
      }
})

test("the messages are those of the vendor's samples where it has one", () => {
  assert.equal(codeOf('INVALID_PAYLOAD_SUBJECT_ID').message, samples['delete 400']?.message)
  assert.equal(codeOf('INTERNAL_SERVER_ERROR').message, samples['500']?.message)
})

test('every error of the catalogue is spelt, and names its picture where there are two', () => {
  for (const code of Object.keys(CATALOGUE) as ErrorCode[]) {
    const wire = spell(new AppError(code), {})
    assert.ok(codeOf(wire), code)
    const second = spell(new AppError(code, undefined, { details: { image: 'image_2' } }), { pictures: 2 })
    assert.ok(codeOf(second), code)
    if (/_IMAGE/.test(wire) && code !== 'body_too_large') assert.equal(second, wire.replace('_IMAGE', '_IMAGE_2'))
    else if (code !== 'body_too_large') assert.equal(second, wire)
  }
  assert.equal(spell(new Refusal('NOT_FOUND'), {}), 'NOT_FOUND')
})

test('a quota is that of the product that is used up, else of the route', () => {
  for (const product of PRODUCTS) {
    assert.equal(spell(new AppError('quota_exceeded'), { product }), `INSUFFICIENT_QUOTA_${product}`)
    const error = new AppError('quota_exceeded', undefined, { details: { product: 'LIVENESS' } })
    assert.equal(spell(error, { product }), 'INSUFFICIENT_QUOTA_LIVENESS')
  }
})
