// The fuzzer's own parts: chance that repeats, mutations that leave their input alone, verdicts; and the decoder under a
// first share of what the fuzzer sends.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { AppError } from '../../server/src/errors.ts'
import { DEFAULT_LIMITS } from '../../server/src/limits.ts'
import { decodeImage, releaseRaster } from '../../server/src/vision/decode.ts'
import { createRandom } from '../random.ts'
import { tryBare, tryCall, tryForm, tryJson, tryLines, tryPicture } from './attempts.ts'
import { makeSeedPictures, mutatePicture } from './pictures.ts'
import { judge, readReplies } from './verdict.ts'

const seeds = await makeSeedPictures()

test('the same seed tries the same, another one something else', () => {
  const world = { seeds, key: 'k' }
  const tryAll = (seed: number): string => {
    const random = createRandom(seed).fork('a')
    const makers = [tryPicture, tryJson, tryForm, tryLines, tryCall, tryBare]
    return JSON.stringify(Array.from({ length: 60 }, (_, index) => makers[index % makers.length](world, random)))
  }
  assert.equal(tryAll(1), tryAll(1))
  assert.notEqual(tryAll(1), tryAll(2))
})

test('two thousand mutated pictures are decoded, or refused by what is wrong with them', async () => {
  const before = seeds.map(({ bytes }) => bytes.toString('base64'))
  const random = createRandom(20_260_101)
  const outcomes = new Map<string, number>()
  for (let count = 0; count < 2000; count++) {
    const picture = mutatePicture(seeds, random)
    const outcome = await decodeImage(new Uint8Array(picture), DEFAULT_LIMITS).then(
      ({ raster }) => {
        releaseRaster(raster)
        return 'decoded'
      },
      error => (error instanceof AppError && error.kind === 'input' ? error.code : `${error.stack}`),
    )
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
  }
  const expected = /^(decoded|image_(empty|corrupt|format_unsupported|too_many_pixels|too_small|too_complex))$/
  for (const outcome of outcomes.keys()) assert.match(outcome, expected)
  // Enough of both, or nothing was tried.
  assert.ok((outcomes.get('decoded') ?? 0) > 200 && (outcomes.get('image_corrupt') ?? 0) > 200, `${[...outcomes]}`)
  assert.deepEqual(
    seeds.map(({ bytes }) => bytes.toString('base64')),
    before,
  )
})

describe('verdicts', () => {
  const problem = { type: 'urn:x', title: 'T', status: 400, code: 'c', detail: 'D.', instance: 'urn:y' }
  const reply = (status: number, body: object, contentType = 'application/problem+json; charset=utf-8') => ({
    status,
    contentType,
    text: JSON.stringify(body),
  })

  test('answers as they must be', () => {
    assert.equal(judge(reply(200, {}, 'application/json')), null)
    assert.equal(judge({ status: 204, contentType: '', text: '' }), null)
    assert.equal(judge(reply(400, problem)), null)
    assert.equal(judge(reply(503, { ...problem, status: 503, code: 'busy' })), null)
  })

  test('answers as they must not be', () => {
    for (const wrong of [
      reply(500, { ...problem, status: 500 }),
      reply(503, { ...problem, status: 503, code: 'not_ready' }),
      reply(400, problem, 'application/json'),
      reply(404, problem),
      reply(400, { ...problem, code: '' }),
      reply(400, { ...problem, detail: 'at read (/x/node_modules/y.js)' }),
      { status: 400, contentType: 'application/problem+json', text: '{' },
      { status: 200, contentType: 'application/json', text: '' },
    ])
      assert.notEqual(judge(wrong), null, JSON.stringify(wrong))
  })

  test('answers out of a connection', () => {
    const body = JSON.stringify(problem)
    const refused = `HTTP/1.1 400 Bad Request\r\ncontent-type: application/problem+json\r\ncontent-length: ${body.length}\r\n\r\n${body}`
    const goOn = 'HTTP/1.1 100 Continue\r\n\r\n'
    assert.deepEqual(readReplies(''), [])
    assert.deepEqual(
      readReplies(goOn + refused + refused).map(({ status, text }) => [status, text]),
      [
        [400, body],
        [400, body],
      ],
    )
    assert.notEqual(readReplies('nonsense').map(judge)[0], null)
  })
})
