// Tests of curve.ts and calibration-figures.ts: counted points against brute force, support, and the tail.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type CalibrationCurve, dotOf, scoreOf } from '../server/src/core/score.ts'
import { type CalibrationFigures, measureCalibration } from './calibration-figures.ts'
import { buildCurve, buildCurveBeside, cosineAt, findSupport, slopeBeyond } from './curve.ts'
import { NO_LABEL_ERRORS } from './label-errors.ts'
import { makePeople } from './samples.ts'
import { createTally, type Tally } from './tally.ts'

const assertFalling = ({ points }: CalibrationCurve): void => {
  points.slice(1).forEach(([cosine, rate], i) => {
    assert.ok(cosine > points[i][0], `cosine ${cosine} after ${points[i][0]}`)
    assert.ok(rate < points[i][1], `rate ${rate} after ${points[i][1]}`)
  })
  assert.ok(points.at(-1)![0] <= 1)
}

/** 100,000 scores of which a share 10 ** -((score - 0.5) / 0.05) lies above each, every one of another couple. */
const makeTally = (move = 0): Tally => {
  const tally = createTally()
  const total = 100_000
  for (let i = 0; i < total; i++) tally.add(0.5 + move - 0.05 * Math.log10((i + 0.5) / total), i, i)
  return tally
}
const nameScore = ({ one }: { one: number }): number => one

const pictures = makePeople(250, 3)
let made: CalibrationFigures | undefined
const figures = (): CalibrationFigures => {
  made ??= measureCalibration(pictures, NO_LABEL_ERRORS)
  return made
}

test('a curve says what brute force counts', () => {
  const strangers = pictures.flatMap((one, i) =>
    pictures
      .slice(i + 1)
      .flatMap(other => (other.identity === one.identity ? [] : [dotOf(one.template, other.template)])),
  )
  const { comparison } = figures()
  assert.equal(comparison.comparisons, strangers.length)
  assertFalling(comparison)
  for (const rate of [-0.3, -1, -2, -3]) {
    const cosine = cosineAt(comparison.points, rate)
    const counted = Math.log10(strangers.filter(score => score >= cosine).length / strangers.length)
    assert.ok(counted <= rate + 1e-9 && counted > rate - 0.03, `${rate}: counted ${counted}`)
  }
})

test('curves of several faces fall, and a person with more faces is matched more easily', () => {
  const { comparison, best, fused, acceptRates } = figures()
  assert.deepEqual(
    best.map(curve => curve.faces),
    [2, 3],
  )
  for (const curve of [...best, ...fused]) assertFalling(curve)
  for (const [i, curve] of best.entries()) {
    const before = i === 0 ? comparison : best[i - 1]
    for (const cosine of [0.9, 0.94]) assert.ok(scoreOf(curve, cosine).log10Fmr > scoreOf(before, cosine).log10Fmr)
  }
  const [rates] = acceptRates
  assert.equal(rates.trials, 250)
  assert.ok(rates.best[0] >= rates.single[0])
})

test('support ends where thirty different couples are left', () => {
  const tally = makeTally()
  assert.equal(findSupport(tally, nameScore), -3.52)
  // Each couple stands behind two of the scores: the thirtieth couple comes at rank 59.
  assert.equal(
    findSupport(tally, ({ one }) => one >> 1),
    -3.22,
  )
  assert.throws(() => findSupport(tally, () => 'one couple'), /too few for a calibration/)
})

test('the tail goes on straight where the counted part is straight', () => {
  const curve = buildCurve(makeTally(), -3.52)
  assertFalling(curve)
  assert.ok(Math.abs(scoreOf(curve, 0.85).log10Fmr - -7) < 0.05)
  assert.equal(scoreOf(curve, 0.6).extrapolated, false)
  assert.equal(scoreOf(curve, 0.85).extrapolated, true)
  assert.ok(curve.points.at(-1)![1] >= -10)
})

test('the tail claims less than a counted part that grows steeper, and no more than its last decade', () => {
  const steeper = [0, 1, 2, 3, 4, 5, 6, 7, 8].map(step => [0.9 + step * 0.01, -(step ** 2) / 16] as const)
  const last = (steeper[8][1] - steeper[7][1]) / 0.01
  assert.ok(slopeBeyond(steeper) > last && slopeBeyond(steeper) < 0)
  const flatter = [0, 1, 2, 3, 4].map(step => [0.9 + step ** 2 * 0.004, -step / 2] as const)
  const lastDecade = (flatter[4][1] - flatter[2][1]) / (flatter[4][0] - flatter[2][0])
  assert.ok(slopeBeyond(flatter) >= lastDecade - 2)
})

test('beyond its own data a curve of several faces runs beside that of one', () => {
  const single = buildCurve(makeTally(), -3.52)
  const moved = buildCurveBeside(makeTally(0.02), -2.5, single)
  assertFalling(moved)
  assert.equal(moved.supportedLog10Fmr, -2.5)
  assert.ok(Math.abs(cosineAt(moved.points, -6) - cosineAt(single.points, -6) - 0.02) < 3e-4)
})

test('too few pictures are refused', () => {
  assert.throws(() => measureCalibration(makePeople(5, 2), NO_LABEL_ERRORS), /too few for a calibration/)
})
