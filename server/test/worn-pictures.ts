// Pictures of people with things drawn on their faces, as the attribute heads' training draws them: masks, sunglasses …
import sharp from 'sharp'
import { createRandom } from '../../bench/random.ts'
import { type Canvas, cutCanvas, drawOn } from '../../train/attributes/canvas.ts'
import { type Drawing, draw } from '../../train/attributes/drawings.ts'
import { SPAN } from '../../train/attributes/outline.ts'
import { DEFAULT_LIMITS } from '../src/limits.ts'
import { decodeImage } from '../src/vision/decode.ts'
import { type Person, pictureOf } from '../src/vision/pictures.fixture.ts'
import type { Raster } from '../src/vision/tensor.ts'
import { base64, type Client } from './support.ts'

const SEED = 100

export const rasterOf = async (bytes: Uint8Array): Promise<Raster> =>
  (await decodeImage(new Uint8Array(bytes), DEFAULT_LIMITS)).raster

export const jpegOf = ({ width, height, data }: Raster): Promise<Buffer> =>
  sharp(data, { raw: { width, height, channels: 3 } })
    .jpeg({ quality: 92 })
    .toBuffer()

/** The person's face, upright, ready to be drawn on; `server` finds its points. */
export const canvasOf = async (server: Client, person: Person): Promise<Canvas> => {
  const bytes = await pictureOf(person)
  const body = { image: base64(bytes), points: true }
  const found = await server.call<{ faces: { points: [number, number, number][] }[] }>('POST', '/v1/detect', body)
  const points = found.body.faces[0].points.map(([x, y]) => ({ x, y }))
  // The server blocks what it does not read, drawings among them, also in this process.
  sharp.unblock({ operation: ['VipsForeignLoadSvg'] })
  return cutCanvas(await rasterOf(bytes), points, SPAN)
}

/** The face with the thing on it. */
export const wearing = async (canvas: Canvas, thing: Drawing): Promise<Raster> =>
  (await drawOn(canvas, draw(thing, canvas, createRandom(SEED)))).raster
