// What a camera makes of a scene: its framing, exposure, colours, softness and noise; and the sampling that drawings need.
// For training and tests; the same random numbers give the same picture.
import type { Box } from '../core/types.ts'
import type { Raster } from './tensor.ts'

/** From 0 up to 1. */
export type Next = () => number

export const between = (next: Next, low: number, high: number): number => low + (high - low) * next()
export const isLikely = (next: Next, probability: number): boolean => next() < probability

export const clamp = (value: number): number => Math.min(255, Math.max(0, value))

/** What a camera does to any scene, real or drawn: exposure, white balance, contrast, softness, noise. */
export const capture = ({ width, height, data }: Raster, next: Next): Raster => {
  const gain = between(next, 0.75, 1.25)
  const balance = [between(next, 0.92, 1.08), 1, between(next, 0.92, 1.08)]
  const gamma = between(next, 0.85, 1.18)
  const lift = isLikely(next, 0.3) ? between(next, 0, 18) : 0
  const curves = balance.map(channel =>
    Float32Array.from({ length: 256 }, (_, value) => lift + 255 * ((value / 255) * gain * channel) ** gamma),
  )
  const soft = isLikely(next, 0.6) ? soften(data, width, height, between(next, 0, 0.45)) : data
  const noise = isLikely(next, 0.6) ? between(next, 0, 11) : 0
  const result = new Uint8Array(data.length)
  for (let at = 0; at < data.length; at++) {
    const grain = noise > 0 ? noise * (next() + next() - 1) : 0
    result[at] = clamp(curves[at % 3][soft[at]] + grain)
  }
  return { width, height, data: result }
}

/** Each pixel takes this share of its neighbours' mean, across and then down. */
const soften = (data: Uint8Array, width: number, height: number, share: number): Uint8Array => {
  const pass = (source: Uint8Array, step: number): Uint8Array => {
    const result = Uint8Array.from(source)
    for (let at = step; at < width * height * 3 - step; at++)
      result[at] = source[at] * (1 - share) + ((source[at - step] + source[at + step]) * share) / 2
    return result
  }
  return pass(pass(data, 3), 3 * width)
}

/** A part of a picture around the face as a camera further away or nearer would have it; the face is real. */
export const reframe = (picture: Raster, face: Box, faceWidth: number, next: Next): { raster: Raster; face: Box } => {
  const scale = between(next, 1.7, 6)
  const wide = Math.min(picture.width, face.width * scale)
  const high = Math.min(picture.height, face.height * scale * between(next, 0.75, 1.3))
  const x = startOf(face.x, face.width, wide, picture.width, next)
  const y = startOf(face.y, face.height, high, picture.height, next)
  const zoom = faceWidth / face.width
  const raster = resample(picture, x, y, wide, high, Math.round(wide * zoom), Math.round(high * zoom))
  return {
    raster,
    face: { x: (face.x - x) * zoom, y: (face.y - y) * zoom, width: faceWidth, height: face.height * zoom },
  }
}

/** Where a run of `length` starts that holds the face and lies inside the picture. */
const startOf = (face: number, faceLength: number, length: number, limit: number, next: Next): number => {
  const first = Math.max(0, face + faceLength - length)
  const last = Math.max(first, Math.min(face, limit - length))
  return Math.min(between(next, first, last), limit - length)
}

/** A part of a raster at another size: means of the pixels when it gets smaller, bilinear when larger. */
export const resample = (
  { width, height, data }: Raster,
  left: number,
  top: number,
  wide: number,
  high: number,
  columns: number,
  rows: number,
): Raster => {
  const result = new Uint8Array(columns * rows * 3)
  const taps = Math.min(6, Math.max(1, Math.round(Math.max(wide / columns, high / rows))))
  for (let row = 0, at = 0; row < rows; row++)
    for (let column = 0; column < columns; column++, at += 3) {
      const sums = [0, 0, 0]
      for (let tap = 0; tap < taps * taps; tap++) {
        const x = left + ((column + ((tap % taps) + 0.5) / taps) * wide) / columns
        const y = top + ((row + (Math.floor(tap / taps) + 0.5) / taps) * high) / rows
        addSample(data, width, height, x - 0.5, y - 0.5, sums)
      }
      for (let channel = 0; channel < 3; channel++) result[at + channel] = sums[channel] / (taps * taps)
    }
  return { width: columns, height: rows, data: result }
}

/** Adds the bilinear sample at (x, y), which is moved inside the raster first. */
export const addSample = (
  data: Uint8Array,
  width: number,
  height: number,
  x: number,
  y: number,
  sums: number[],
): void => {
  const insideX = Math.min(Math.max(x, 0), width - 1)
  const insideY = Math.min(Math.max(y, 0), height - 1)
  const column = Math.min(Math.floor(insideX), Math.max(0, width - 2))
  const row = Math.min(Math.floor(insideY), Math.max(0, height - 2))
  const right = insideX - column
  const below = insideY - row
  const upper = (row * width + column) * 3
  const lower = height > 1 ? upper + width * 3 : upper
  const beside = width > 1 ? 3 : 0
  for (let channel = 0; channel < 3; channel++)
    sums[channel] +=
      (data[upper + channel] * (1 - right) + data[upper + beside + channel] * right) * (1 - below) +
      (data[lower + channel] * (1 - right) + data[lower + beside + channel] * right) * below
}
