// Each measure on pictures drawn for it, where the right answer is known without a network.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { QUALITY_COMPONENTS, type QualityMeasure } from '../../core/face-quality.ts'
import { presentIn } from '../pipeline.fixture.ts'
import type { Raster } from '../tensor.ts'
import { measureColour, measureColourfulness } from './colour.ts'
import { measureCompression } from './compression.ts'
import { type FaceCrop, FINE, pixelsOf, quantileOf, WIDE } from './crop.ts'
import { findFaults } from './findings.ts'
import { measureFrame, measurePose, measureSingle } from './frame.ts'
import { compareLight, measureLight } from './light.ts'
import { fall, fallFromZero, measure, rise } from './mapping.ts'
import { measureOcclusion } from './occlusion.ts'
import { measureSharpness } from './sharpness.ts'
import { judge, standardise, UNIFIED_FEATURES, type UnifiedFeatures, type UnifiedModel } from './unified.ts'

type Colour = readonly [red: number, green: number, blue: number]
const SKIN: Colour = [205, 160, 135]

/** A crop whose colour is a function of the place in the face square. */
const draw = (colourAt: (x: number, y: number) => Colour, form = WIDE): FaceCrop => {
  const { size, padding } = form
  const planes = new Float32Array(3 * size * size)
  const luma = new Float32Array(size * size)
  for (let i = 0; i < size * size; i++) {
    const share = (pixel: number): number => ((pixel + 0.5) / size) * (2 * padding + 1) - padding
    const colour = colourAt(share(i % size), share(Math.floor(i / size)))
    colour.forEach((value, channel) => {
      planes[channel * size * size + i] = value
    })
    luma[i] = 0.2126 * colour[0] + 0.7152 * colour[1] + 0.0722 * colour[2]
  }
  return { size, form, planes, luma, toImage: { a: 1, b: 0, c: 0, d: 0, e: 1, f: 0 } }
}

const plain = (colour: Colour): FaceCrop => draw(() => colour)
const wholeFace = (crop: FaceCrop): Int32Array => pixelsOf(crop, [0, 0, 1, 1])
const near = (measured: QualityMeasure, value: number, score: number): void => {
  assert.ok(Math.abs(measured.value! - value) < 0.02, `value ${measured.value}`)
  assert.ok(Math.abs(measured.score! - score) < 1.5, `score ${measured.score}`)
}

test('the curves are 50 in their middle, and scores stay within 0 and 100', () => {
  assert.equal(rise(3, 3, 1), 50)
  assert.equal(fall(3, 3, 1), 50)
  assert.equal(fallFromZero(0, 1), 100)
  assert.ok(rise(4, 3, 1) > 50 && fall(4, 3, 1) < 50)
  assert.deepEqual(measure(1, 'ratio', 130), { value: 1, unit: 'ratio', score: 100 })
  assert.equal(measure(1, 'ratio', -3).score, 0)
})

test('a zone holds the pixels of its shares, and nothing outside the crop', () => {
  const crop = plain(SKIN)
  assert.equal(wholeFace(crop).length, 56 * 56)
  assert.equal(wholeFace(crop)[0], 28 * 112 + 28)
  assert.equal(pixelsOf(crop, [-9, -9, 9, 9]).length, 112 * 112)
  assert.equal(quantileOf(Float32Array.of(5, 1, 3), 0.5), 3)
})

test('an evenly lit face of middle brightness', () => {
  const crop = plain([128, 128, 128])
  const light = measureLight(crop, wholeFace(crop))
  near(light.luminance, 0.5, 99.5)
  near(light.overExposure, 0, 100)
  near(light.underExposure, 0, 100)
  near(light.dynamicRange, 0, 0)
  near(light.illuminationUniformity, 1, 100)
})

test('black and burnt-out faces', () => {
  const black = plain([0, 0, 0])
  near(measureLight(black, wholeFace(black)).underExposure, 1, 36)
  near(measureLight(black, wholeFace(black)).luminance, 0, 2)
  const white = plain([255, 255, 255])
  near(measureLight(white, wholeFace(white)).overExposure, 1, 1)
})

test('light from one side', () => {
  const crop = draw(x => (x < 0.5 ? [60, 60, 60] : [200, 200, 200]))
  near(measureLight(crop, wholeFace(crop)).illuminationUniformity, 0, 0)
  assert.ok(Math.abs(compareLight(crop).sideLight - Math.log(205 / 65)) < 0.01)
})

test('eyes behind dark glasses and a forehead under a brim, whatever the brightness', () => {
  const crop = (brightness: number) =>
    draw((_, y) => {
      const level = (y < 0.1 ? 60 : y < 0.3 ? 30 : 120) * brightness
      return [level, level, level]
    })
  const [one, other] = [compareLight(crop(1)), compareLight(crop(1.8))]
  assert.ok(one.eyeLight < 0.35 && one.foreheadLight < -0.5)
  assert.ok(Math.abs(one.eyeLight - other.eyeLight) < 0.03)
})

test('skin is natural, grey and green are not, and only grey has no colour', () => {
  near(measureColour(plain(SKIN)), 0, 100)
  near(measureColour(plain([140, 140, 140])), 7.07, 17.3)
  assert.ok(measureColour(plain([90, 200, 90])).score! < 1)
  const grey = plain([140, 140, 140])
  assert.ok(measureColourfulness(grey, wholeFace(grey)) < 0.1)
  assert.ok(measureColourfulness(plain(SKIN), wholeFace(grey)) > 15)
})

test('an edge is as sharp as it is steep, at any contrast', () => {
  const edge = (width: number, contrast: number) =>
    measureSharpness(
      draw(x => {
        const level = 128 + contrast * Math.max(-0.5, Math.min(0.5, (x - 0.5) / width))
        return [level, level, level]
      }, FINE),
    ).value!
  assert.ok(edge(0.02, 100) > 1.5 * edge(0.04, 100))
  assert.ok(edge(0.04, 100) > 1.5 * edge(0.1, 100))
  assert.ok(Math.abs(edge(0.04, 200) / edge(0.04, 50) - 1) < 0.05)
  assert.equal(measureSharpness(plain(SKIN)).score, rise(0, 0.55, 0.08))
})

test('blocks of eight pixels are seen at any phase; other steps, small faces and reduced pictures are not', () => {
  const noise = (i: number): number => ((i * 2654435761) >>> 24) % 5
  const raster = (block: number, shift: number): Raster => {
    const data = new Uint8Array(3 * 128 * 128)
    for (let i = 0; i < 128 * 128; i++) {
      const [x, y] = [Math.floor(((i % 128) + shift) / block), Math.floor((Math.floor(i / 128) + shift) / block)]
      data.fill(100 + noise(i) + 10 * ((x * 7 + y * 3) % 4), 3 * i, 3 * i + 3)
    }
    return { width: 128, height: 128, data }
  }
  const box = { x: 0, y: 0, width: 128, height: 128 }
  for (const shift of [0, 3]) assert.ok(measureCompression(raster(8, shift), box, 1).score! < 55)
  assert.ok(measureCompression(raster(7, 0), box, 1).score! > 90)
  assert.equal(measureCompression(raster(8, 0), { ...box, width: 20 }, 1).value, null)
  assert.equal(measureCompression(raster(8, 0), box, 1.2).value, null)
})

test('a lower face of another colour and eyes without light are covered', () => {
  assert.ok(measureOcclusion(plain(SKIN)).score! > 99)
  assert.ok(measureOcclusion(draw((_, y) => (y > 0.45 ? [240, 240, 240] : SKIN))).score! < 10)
  assert.ok(measureOcclusion(draw((_, y) => (y > 0.1 && y < 0.3 ? [12, 12, 12] : SKIN))).score! < 10)
})

test('size and margins in a picture made to measure', () => {
  const points = Array.from({ length: 468 }, () => ({ x: 0, y: 0 }))
  for (const [index, x, y] of [
    [33, 150, 200],
    [133, 170, 200],
    [362, 230, 200],
    [263, 250, 200],
    [152, 200, 380],
  ])
    points[index] = { x, y }
  const box = { x: 100, y: 150, width: 200, height: 250 }
  const frontal = { points, box, width: 400, height: 400, pose: { yaw: 0, pitch: 0, roll: 0 } }
  const frame = measureFrame(frontal)
  assert.equal(frame.interEyeDistance.value, 80)
  near(frame.headSize, 0.45, 100)
  near(frame.marginLeft, 2, 100)
  near(frame.marginRight, 2, 100)
  near(frame.marginAbove, 1.11, 5)
  near(frame.marginBelow, 1.11, 0)
  const turned = measureFrame({ ...frontal, pose: { yaw: -60, pitch: 0, roll: 0 } })
  assert.ok(Math.abs(turned.interEyeDistance.value! - 160) < 1e-9)
  assert.equal(measureSingle(box, []).score, 100)
  assert.equal(measureSingle(box, [{ ...box, width: 100 }]).score, 50)
})

test('a turned head scores by the square of the cosine, and upside down 0', () => {
  const pose = measurePose({ yaw: -45, pitch: 0, roll: 170 })
  near(pose.poseYaw, -45, 50)
  near(pose.posePitch, 0, 100)
  near(pose.poseRoll, 170, 0)
})

const features = (value: number): UnifiedFeatures =>
  Object.fromEntries(UNIFIED_FEATURES.map(name => [name, value])) as Record<(typeof UNIFIED_FEATURES)[number], number>

test('the unified score: the mean picture has 50, a better one more, and a rarer miss', () => {
  const model: UnifiedModel = {
    features: [
      { name: 'stability', mean: 1, deviation: 2, weight: 1, squareWeight: 0 },
      { name: 'sharpness', mean: 1, deviation: 1, weight: 0, squareWeight: -0.5 },
    ],
    intercept: -3,
    mean: 0,
    deviation: 1,
  }
  assert.equal(judge(features(1), model).score, 50)
  assert.ok(Math.abs(judge(features(1), model).expectedFnmr - 1 / (1 + Math.exp(3))) < 1e-12)
  const better = judge({ ...features(1), stability: 3 }, model)
  assert.ok(Math.abs(better.score - 84.6) < 0.1)
  assert.ok(better.expectedFnmr < judge(features(1), model).expectedFnmr)
  assert.ok(judge({ ...features(1), sharpness: 3 }, model).score < 50)
  assert.equal(standardise(1000, 0, 1), 4)
})

test('findings hold a measure against its threshold', () => {
  const good = Object.fromEntries(QUALITY_COMPONENTS.map(name => [name, measure(0.6, 'share', 90)])) as never
  const thresholds = { blur: 0.4, dark: 0.25, grayscale: 4 }
  const { grayscale } = findFaults(good, 3, thresholds)
  assert.deepEqual(grayscale, { present: true, component: 'naturalColour', value: 3, unit: 'deltaE', threshold: 4 })
  assert.deepEqual(presentIn(findFaults(good, 20, thresholds)), { blur: false, dark: false, grayscale: false })
  assert.deepEqual(presentIn(findFaults(good, 3, { ...thresholds, blur: 0.7, dark: 0.61 })), {
    blur: true,
    dark: true,
    grayscale: true,
  })
})
