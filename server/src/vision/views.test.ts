// The squares that the detector looks at: the frame shows everything, tiles leave no face to nobody.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Box } from '../core/types.ts'
import { applyAffine, invertAffine, scaleOf } from './geometry.ts'
import { frameView, tileViews, type View } from './views.ts'

const SIZE = 256
const RASTERS = [
  { width: 1920, height: 1080 },
  { width: 700, height: 2560 },
  { width: 512, height: 512 },
  { width: 2560, height: 300 },
]

/** Whether a box of the raster is within the view's square. */
const shows = ({ toRaster }: View, box: Box): boolean => {
  const toView = invertAffine(toRaster)
  return [box.x, box.x + box.width].every(x =>
    [box.y, box.y + box.height].every(y => {
      const at = applyAffine(toView, x, y)
      return at.x >= -1e-6 && at.y >= -1e-6 && at.x <= SIZE + 1e-6 && at.y <= SIZE + 1e-6
    }),
  )
}

const trusts = ({ inner }: View, box: Box): boolean =>
  box.x >= inner.left && box.y >= inner.top && box.x + box.width <= inner.right && box.y + box.height <= inner.bottom

test('the frame shows the whole picture, however it is turned, and as large as fits', () => {
  for (const raster of RASTERS)
    for (const turn of [0, 90, 180, 270] as const) {
      const view = frameView(raster, SIZE, turn)
      const centre = applyAffine(view.toRaster, SIZE / 2, SIZE / 2)
      assert.deepEqual([centre.x, centre.y], [raster.width / 2, raster.height / 2])
      assert.ok(shows(view, { x: 0, y: 0, ...raster }))
      assert.equal(scaleOf(view.toRaster), Math.max(raster.width, raster.height) / SIZE)
      assert.equal(scaleOf(frameView(raster, SIZE, turn, 2).toRaster), 2 * scaleOf(view.toRaster))
    }
})

test('a turned frame shows the picture turned clockwise by as much as a lying face needs', () => {
  const { toRaster } = frameView({ width: 256, height: 256 }, SIZE, 90)
  // What points right in the view points down in the picture.
  assert.deepEqual(applyAffine(toRaster, 256, 128), { x: 128, y: 256 })
})

test('tiles cover every pixel', () => {
  for (const raster of RASTERS)
    for (const side of [256, 480, 960]) {
      const views = tileViews(raster, side, 0.4, SIZE)
      for (let x = 0; x < raster.width; x += 61)
        for (let y = 0; y < raster.height; y += 61)
          assert.ok(
            views.some(view => shows(view, { x, y, width: 0, height: 0 })),
            `${x},${y} of ${side}`,
          )
    }
})

test('a face of up to two fifths of a tile is shown whole by a tile that is trusted with it, wherever it lies', () => {
  for (const raster of RASTERS)
    for (const side of [256, 480]) {
      const views = tileViews(raster, side, 0.4, SIZE)
      const face = Math.min(side * 0.4, raster.width, raster.height)
      for (let x = 0; x <= raster.width - face; x += 37)
        for (let y = 0; y <= raster.height - face; y += 37) {
          const box = { x, y, width: face, height: face }
          assert.ok(
            views.some(view => shows(view, box) && trusts(view, box)),
            `${x},${y} of ${side}`,
          )
        }
    }
})

test('a tile as large as the picture is one tile', () => {
  assert.equal(tileViews({ width: 300, height: 200 }, 300, 0.4, SIZE).length, 1)
  assert.equal(tileViews({ width: 300, height: 200 }, 900, 0.4, SIZE).length, 1)
})
