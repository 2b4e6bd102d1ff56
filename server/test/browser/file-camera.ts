// A camera for Chromium that is a file: what is written there is what the page sees a moment later, so that a test can
// answer what the page asks for. Draws nothing itself.
import { closeSync, openSync, writeSync } from 'node:fs'
import { createRandom } from '../../../bench/random.ts'

export interface FileCamera {
  readonly path: string
  readonly width: number
  readonly height: number
  /** From now on the camera sees this, with the noise of its sensor, until something else is shown. */
  show(frame: CameraFrame): void
  close(): void
}

/** Luma and two chromas of half the size each way, one after the other. */
export type CameraFrame = Uint8Array

/** The browser reads frame after frame and begins anew at the end: every one of them has to be the present. */
const FRAMES_IN_FILE = 2
const FRAME_HEAD = Buffer.from('FRAME\n')

export const openFileCamera = (path: string, { width = 640, height = 480, fps = 10 } = {}): FileCamera => {
  const head = Buffer.from(`YUV4MPEG2 W${width} H${height} F${fps}:1 Ip A1:1 C420jpeg\n`)
  const descriptor = openSync(path, 'w')
  writeSync(descriptor, head, 0, head.length, 0)
  const random = createRandom(1)
  const noise = Int8Array.from({ length: width * height * 2 }, () =>
    Math.round(2 * NOISE * (random.next() + random.next() + random.next() - 1.5)),
  )
  const show = (clean: CameraFrame): void => {
    const frame = Buffer.concat([FRAME_HEAD, clean])
    const from = random.below(width * height)
    for (let at = 0; at < width * height; at++) {
      const luma = clean[at] + noise[from + at]
      frame[FRAME_HEAD.length + at] = luma < 0 ? 0 : luma > 255 ? 255 : luma
    }
    for (let index = 0; index < FRAMES_IN_FILE; index++)
      writeSync(descriptor, frame, 0, frame.length, head.length + index * frame.length)
  }
  show(new Uint8Array((width * height * 3) / 2).fill(128))
  return { path, width, height, show, close: () => closeSync(descriptor) }
}

/** Deviation of the noise of the sensor, 0-255. */
const NOISE = 2

/** From RGB, in the range and with the weights of BT.601. */
export const toCameraFrame = (rgb: Uint8Array, width: number, height: number): CameraFrame => {
  const planes = new Uint8ClampedArray((width * height * 3) / 2)
  const [cb, cr] = [width * height, (width * height * 5) / 4]
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const at = y * width + x
      const [r, g, b] = [rgb[at * 3], rgb[at * 3 + 1], rgb[at * 3 + 2]]
      planes[at] = 16 + 0.257 * r + 0.504 * g + 0.098 * b
      if (y % 2 === 1 || x % 2 === 1) continue
      const half = (y >> 1) * (width >> 1) + (x >> 1)
      planes[cb + half] = 128 - 0.148 * r - 0.291 * g + 0.439 * b
      planes[cr + half] = 128 + 0.439 * r - 0.368 * g - 0.071 * b
    }
  return new Uint8Array(planes.buffer)
}
