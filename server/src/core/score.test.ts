// Similarity, false match rates and thresholds: exact at the points of the scale, arithmetic in between, never reversed.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  type Calibration,
  curveFor,
  dotOf,
  fuseTemplates,
  reaches,
  scoreOf,
  thresholdOfFmr,
  thresholdOfFpir,
  thresholdOfSimilarity,
} from './score.ts'

/** Log10(FMR) falls by 10 from cosine 0.5 to 1: easy to reckon with. */
const CURVE = {
  points: [
    [0.5, 0],
    [0.7, -4],
    [1, -10],
  ],
  supportedLog10Fmr: -5,
} as const

const SCALE = [
  [50, 1e-1],
  [60, 1e-2],
  [70, 1e-3],
  [80, 1e-4],
  [90, 1e-6],
  [100, 1e-8],
] as const

describe('the scale', () => {
  test('a similarity of 50, 60, 70, 80, 90, 100 is a false match rate of 1e-1, 1e-2, 1e-3, 1e-4, 1e-6, 1e-8', () => {
    for (const [similarity, fmr] of SCALE) {
      assert.equal(thresholdOfFmr(fmr).similarity, similarity)
      assert.ok(Math.abs(thresholdOfSimilarity(similarity).log10Fmr - Math.log10(fmr)) < 1e-12)
    }
    assert.equal(thresholdOfSimilarity(0).log10Fmr, 0)
  })

  test('it is linear in the logarithm in between, and stops at 100', () => {
    assert.equal(thresholdOfFmr(1e-5).similarity, 85)
    assert.equal(thresholdOfFmr(1e-7).similarity, 95)
    assert.equal(thresholdOfFmr(10 ** -0.5).similarity, 25)
    assert.equal(thresholdOfFmr(1e-12).similarity, 100)
    assert.equal(thresholdOfSimilarity(85).log10Fmr, -5)
  })
})

describe('a score', () => {
  test('has the rate of its cosine, interpolated', () => {
    assert.deepEqual(scoreOf(CURVE, 0.7), { similarity: 80, falseMatchRate: 1e-4, log10Fmr: -4, extrapolated: false })
    const between = scoreOf(CURVE, 0.6)
    assert.ok(Math.abs(between.log10Fmr + 2) < 1e-9)
    assert.equal(between.similarity, 60)
  })

  test('says when it lies beyond the data', () => {
    assert.equal(scoreOf(CURVE, 0.74).extrapolated, false)
    assert.equal(scoreOf(CURVE, 0.76).extrapolated, true)
  })

  test('stays within 0 and 100 and a rate of 1, also beyond the curve', () => {
    for (const cosine of [-1, 0, 0.3]) {
      const { similarity, falseMatchRate } = scoreOf(CURVE, cosine)
      assert.equal(similarity, 0)
      assert.equal(falseMatchRate, 1)
    }
    assert.equal(scoreOf(CURVE, 1).similarity, 100)
    assert.ok(scoreOf(CURVE, 1.0000001).log10Fmr <= -10)
  })

  test('never falls while the cosine rises', () => {
    let last = scoreOf(CURVE, -1)
    for (let cosine = -1; cosine <= 1; cosine += 0.001) {
      const score = scoreOf(CURVE, cosine)
      assert.ok(score.similarity >= last.similarity && score.log10Fmr <= last.log10Fmr)
      assert.ok(score.falseMatchRate <= last.falseMatchRate)
      last = score
    }
  })

  test('is rounded down and a threshold up, so that what is shown never promises too much', () => {
    const score = scoreOf(CURVE, 0.69999)
    assert.equal(score.similarity, 79.99)
    assert.equal(reaches(score, thresholdOfSimilarity(80)), false)
    assert.equal(reaches(scoreOf(CURVE, 0.7), thresholdOfSimilarity(80)), true)
    assert.equal(thresholdOfFmr(0.99e-4).similarity, 80.03)
  })

  test('beyond 100 the rate itself decides', () => {
    const strict = thresholdOfFmr(1e-9)
    assert.equal(strict.similarity, 100)
    assert.equal(reaches(scoreOf(CURVE, 0.92), strict), false)
    assert.equal(reaches(scoreOf(CURVE, 0.96), strict), true)
    assert.equal(reaches(scoreOf(CURVE, 0.92), thresholdOfSimilarity(100)), true)
  })
})

describe('the threshold for a false alarm rate', () => {
  test('with one face is that of the false match rate', () => {
    assert.ok(Math.abs(thresholdOfFpir(0.01, 1).log10Fmr + 2) < 1e-12)
    assert.equal(thresholdOfFpir(0.01, 0).similarity, thresholdOfFpir(0.01, 1).similarity)
  })

  test('gives the false alarm rate back: 1 - (1 - FMR)^size', () => {
    for (const size of [2, 10, 1000, 1_000_000])
      for (const fpir of [0.5, 0.01, 1e-6]) {
        const fmr = 10 ** thresholdOfFpir(fpir, size).log10Fmr
        const back = -Math.expm1(size * Math.log1p(-fmr))
        assert.ok(Math.abs(back / fpir - 1) < 1e-9, `${size} faces, ${fpir}: ${back}`)
      }
  })

  test('rises with the gallery and with strictness', () => {
    let last = -1
    for (const size of [1, 10, 100, 1000, 10_000, 100_000]) {
      const { similarity } = thresholdOfFpir(0.01, size)
      assert.ok(similarity > last)
      last = similarity
    }
    assert.ok(thresholdOfFpir(0.001, 100).similarity > thresholdOfFpir(0.01, 100).similarity)
  })
})

test('the curve for a number of faces is that of the next entry that is not smaller, or the last', () => {
  const curve = (faces: number) => ({ ...CURVE, faces })
  const calibration: Calibration = { comparison: CURVE, best: [curve(2), curve(4)], fused: [curve(2)] }
  assert.equal(curveFor(calibration, 'best', 1), calibration.comparison)
  assert.equal(curveFor(calibration, 'best', 2), calibration.best[0])
  assert.equal(curveFor(calibration, 'best', 3), calibration.best[1])
  assert.equal(curveFor(calibration, 'best', 9), calibration.best[1])
  assert.equal(curveFor(calibration, 'fused', 9), calibration.fused[0])
  assert.equal(curveFor({ ...calibration, fused: [] }, 'fused', 9), calibration.comparison)
})

test('fusing takes the middle of templates as a unit vector', () => {
  const fused = fuseTemplates([Float32Array.of(1, 0), Float32Array.of(0, 1)])
  assert.ok(Math.abs(dotOf(fused, fused) - 1) < 1e-6)
  assert.ok(Math.abs(fused[0] - fused[1]) < 1e-9)
  assert.deepEqual([...fuseTemplates([Float32Array.of(1, 0), Float32Array.of(-1, 0)])], [0, 0])
})
