// The decoded picture's memory: given back at once, and never somebody else's.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DEFAULT_LIMITS } from '../limits.ts'
import { decodeImage, releaseRaster } from './decode.ts'
import { cutPerson, pictureOf } from './pictures.fixture.ts'

test('a released raster has no bytes left, whatever it was decoded from', async () => {
  for (const picture of [await pictureOf('ada'), await cutPerson('ada').ensureAlpha(0.5).png().toBuffer()]) {
    const { raster } = await decodeImage(new Uint8Array(picture), DEFAULT_LIMITS)
    assert.equal(raster.data.length, raster.width * raster.height * 3)
    releaseRaster(raster)
    assert.equal(raster.data.length, 0)
  }
})

test('a raster that shares its buffer with others leaves it to them', () => {
  const shared = new Uint8Array(24)
  releaseRaster({ width: 2, height: 2, data: shared.subarray(12) })
  assert.equal(shared.length, 24)
})
