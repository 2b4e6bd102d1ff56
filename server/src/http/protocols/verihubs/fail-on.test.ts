// FAIL_ON_n: all combinations of what can fail with what is validated, as the vendor's table has them.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { describeFailOn, type FailOnNumber, failOn, type Validations } from './fail-on.ts'
import type { Seen } from './map.ts'

type Flaw = keyof Validations

const seenWith = (flaws: readonly Flaw[]): Seen => {
  const point = { x: 0, y: 0 }
  return {
    nface: flaws.includes('nface') ? 2 : 1,
    rotation: 0,
    box: { x: 0, y: 0, width: 1, height: 1 },
    landmarks: { leftEye: point, rightEye: point, nose: point, mouthLeft: point, mouthRight: point },
    quality: { blur: flaws.includes('quality'), dark: false, grayscale: false },
    attributes: { sunglasses: false, mask: flaws.includes('attribute'), veil: true, hat: true },
    liveness: { live: !flaws.includes('liveness'), probability: 50 },
  }
}

const validating = (names: readonly Flaw[]): Validations => ({
  liveness: names.includes('liveness'),
  attribute: names.includes('attribute'),
  quality: names.includes('quality'),
  nface: names.includes('nface'),
})
const ALL: readonly Flaw[] = ['liveness', 'attribute', 'quality', 'nface']

/** The rows of the vendor's page. */
const ROWS: readonly [FailOnNumber, readonly Flaw[], string][] = [
  [1, ['liveness'], 'fail on liveness'],
  [2, ['attribute'], 'fail on attribute'],
  [3, ['liveness', 'attribute'], 'fail on liveness and attribute'],
  [4, ['quality'], 'fail on quality'],
  [5, ['liveness', 'quality'], 'fail on liveness and quality'],
  [6, ['attribute', 'quality'], 'fail on attribute and quality'],
  [7, ['liveness', 'attribute', 'quality'], 'fail on liveness, attribute, and quality'],
  [8, ['nface'], 'fail on number of face (nface)'],
  [9, ['nface', 'liveness'], 'fail on number of face (nface) and liveness'],
  [10, ['nface', 'attribute'], 'fail on number of face (nface) and attribute'],
  [11, ['nface', 'attribute', 'liveness'], 'fail on number of face (nface), attribute, and liveness'],
  [12, ['nface', 'quality'], 'fail on number of face (nface) and quality'],
  [13, ['nface', 'quality', 'liveness'], 'fail on number of face (nface), quality, and liveness'],
  [14, ['nface', 'quality', 'attribute'], 'fail on number of face (nface), quality, and attribute'],
  [
    15,
    ['nface', 'quality', 'attribute', 'liveness'],
    'fail on number of face (nface), quality, attribute, and liveness',
  ],
]

describe('FAIL_ON', () => {
  for (const [number, flaws, description] of ROWS)
    test(`${number}: ${description}`, () => {
      assert.equal(failOn([seenWith(flaws)], validating(ALL)), number)
      assert.equal(failOn([seenWith(ALL)], validating(flaws)), number, 'only what is validated fails')
      assert.equal(describeFailOn(number), description)
      assert.equal(
        failOn(
          flaws.map(flaw => seenWith([flaw])),
          validating(ALL),
        ),
        number,
        'of two pictures each bit once',
      )
    })

  test('nothing fails that is fine, or is not validated', () => {
    assert.equal(failOn([seenWith([])], validating(ALL)), null)
    assert.equal(failOn([seenWith(ALL)], validating([])), null)
  })

  test('each check of quality and attributes fails by itself; veil and hat never do', () => {
    const seen = seenWith([])
    for (const name of ['blur', 'dark', 'grayscale'] as const)
      assert.equal(failOn([{ ...seen, quality: { ...seen.quality!, [name]: true } }], validating(ALL)), 4)
    for (const name of ['sunglasses', 'mask'] as const)
      assert.equal(failOn([{ ...seen, attributes: { ...seen.attributes, [name]: true } }], validating(ALL)), 2)
  })

  test('what is validated and not judged is refused: nothing passes unseen', () => {
    const seen = seenWith([])
    const refused = (change: Partial<Seen>, name: Flaw) =>
      assert.throws(() => failOn([{ ...seen, ...change }], validating([name])), { code: 'assessment_unavailable' })
    refused({ quality: undefined }, 'quality')
    refused({ attributes: undefined }, 'attribute')
    refused({ attributes: { sunglasses: false } }, 'attribute')
    refused({ liveness: undefined }, 'liveness')
  })
})
