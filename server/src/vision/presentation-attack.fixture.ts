// Draws what an impostor would hold before a camera: a printed photograph, or a screen that shows one. For training and
// tests; the same random numbers give the same picture.
import type { Box } from '../core/types.ts'
import { addSample, between, clamp, isLikely, type Next, resample } from './camera.fixture.ts'
import type { Raster } from './tensor.ts'

export type Species = 'print' | 'screen'

export interface Scene {
  readonly picture: Raster
  /** Of the person in the picture, pixels. */
  readonly face: Box
  /** What is seen around the sheet or the device. */
  readonly background: Raster
  readonly species: Species
  /** Of the result, pixels. */
  readonly width: number
  readonly height: number
  /** Width of the face in the result, pixels. */
  readonly faceWidth: number
}

type Colour = readonly [number, number, number]

/** Where the sheet lies in the scene, and how it is bent and lit. Lengths are pixels of the result. */
interface Surface {
  readonly centre: readonly [number, number]
  readonly half: readonly [number, number]
  readonly border: number
  readonly borderColour: Colour
  readonly cosine: number
  readonly sine: number
  /** How much larger the sheet looks a pixel further right or down. */
  readonly tilt: readonly [number, number]
  readonly bend: number
  readonly isOval: boolean
}

/** The scene with the attack in its middle. Scale, light, paper or display are drawn by lot. */
export const drawAttack = (scene: Scene, next: Next): Raster => {
  const photo = cutPhoto(scene, next)
  const isPrint = scene.species === 'print'
  const toned = applyTone(photo.raster, isPrint ? printTone(next) : screenTone(next))
  const surface = placeSurface(scene, photo, next)
  const texture = isPrint ? printTexture(next) : screenTexture(next)
  const light = drawLight(scene, isPrint, next)
  return paint(scene, toned, surface, texture, light, next)
}

/** The part of the picture that is shown: about the size that it has in the scene, its face's place in the middle. */
const cutPhoto = ({ picture, face, faceWidth }: Scene, next: Next) => {
  const scale = between(next, 1.5, 3.6)
  const wide = Math.min(picture.width, face.width * scale)
  const high = Math.min(picture.height, face.height * scale * between(next, 0.9, 1.35))
  const centreX = face.x + face.width / 2
  const centreY = face.y + face.height / 2 - face.height * between(next, -0.1, 0.15)
  const left = Math.min(Math.max(0, centreX - wide / 2), picture.width - wide)
  const top = Math.min(Math.max(0, centreY - high / 2), picture.height - high)
  const zoom = faceWidth / face.width
  // Printers and small displays hold less detail than the picture may have.
  const detail = between(next, 0.75, 1.3)
  const width = Math.max(8, Math.round(wide * zoom * detail))
  const height = Math.max(8, Math.round(high * zoom * detail))
  return {
    raster: resample(picture, left, top, wide, high, width, height),
    size: [wide * zoom, high * zoom] as const,
    faceAt: [((centreX - left) / wide - 0.5) * wide * zoom, ((centreY - top) / high - 0.5) * high * zoom] as const,
  }
}

interface Tone {
  readonly black: number
  readonly white: number
  readonly gamma: number
  readonly saturation: number
  readonly cast: Colour
}

/** Ink on paper: never quite black, never brighter than the paper, fewer colours, a cast of the ink or the light. */
const printTone = (next: Next): Tone => ({
  black: 0.02 + 0.22 * next() ** 1.5,
  white: between(next, 0.62, 1.02),
  gamma: between(next, 0.75, 1.35),
  saturation: isLikely(next, 0.12) ? 0 : between(next, 0.4, 1.15),
  cast: [between(next, 0.88, 1.1), between(next, 0.92, 1.05), between(next, 0.82, 1.12)],
})

/** A display: its own gamma, often bluish, its black lit from behind or by the room. */
const screenTone = (next: Next): Tone => ({
  black: between(next, 0, 0.16),
  white: between(next, 0.75, 1.25),
  gamma: between(next, 0.7, 1.5),
  saturation: between(next, 0.7, 1.4),
  cast: [between(next, 0.85, 1.05), between(next, 0.94, 1.04), between(next, 0.98, 1.2)],
})

const applyTone = ({ width, height, data }: Raster, { black, white, gamma, saturation, cast }: Tone): Raster => {
  const curve = Float32Array.from({ length: 256 }, (_, value) => black + (white - black) * (value / 255) ** gamma)
  const result = new Uint8Array(data.length)
  for (let at = 0; at < data.length; at += 3) {
    const [red, green, blue] = [curve[data[at]], curve[data[at + 1]], curve[data[at + 2]]]
    const grey = 0.299 * red + 0.587 * green + 0.114 * blue
    result[at] = clamp((grey + (red - grey) * saturation) * cast[0] * 255)
    result[at + 1] = clamp((grey + (green - grey) * saturation) * cast[1] * 255)
    result[at + 2] = clamp((grey + (blue - grey) * saturation) * cast[2] * 255)
  }
  return { width, height, data: result }
}

const placeSurface = (scene: Scene, photo: ReturnType<typeof cutPhoto>, next: Next): Surface => {
  const isPrint = scene.species === 'print'
  const [wide, high] = photo.size
  const angle = between(next, -0.14, 0.14)
  const hasBorder = isLikely(next, isPrint ? 0.6 : 0.8)
  const longer = Math.max(wide, high)
  const border = hasBorder ? longer * between(next, 0.01, isPrint ? 0.14 : 0.1) : 0
  const paper = between(next, 170, 250)
  const dark = between(next, 5, 70)
  const isWhiteDevice = !isPrint && isLikely(next, 0.2)
  const shade = isPrint || isWhiteDevice ? paper : dark
  return {
    // The face lies near the middle of the scene, wherever it is on the sheet.
    centre: [
      scene.width * between(next, 0.42, 0.58) - photo.faceAt[0],
      scene.height * between(next, 0.42, 0.58) - photo.faceAt[1],
    ],
    half: [wide / 2, high / 2],
    border,
    borderColour: [shade, shade * between(next, 0.95, 1.02), shade * between(next, 0.88, 1.06)],
    cosine: Math.cos(angle),
    sine: Math.sin(angle),
    tilt: [between(next, -0.35, 0.35) / longer, between(next, -0.35, 0.35) / longer],
    bend: isPrint && isLikely(next, 0.5) ? between(next, -0.12, 0.12) : 0,
    isOval: isPrint && isLikely(next, 0.1),
  }
}

/** Added to a colour, in 0-255, by the place on the surface (u, v) and in the scene (x, y). */
type Texture = (u: number, v: number, x: number, y: number, channel: number, value: number) => number

/** Halftone dots at an angle a colour, bands of the print head, the paper's grain. */
const printTexture = (next: Next): Texture => {
  const dots = isLikely(next, 0.35) ? 60 * next() ** 1.5 : 0
  const period = between(next, 1.8, 4.5)
  const angles = [0, 1, 2].map(() => between(next, 0, Math.PI))
  const cosines = angles.map(angle => (Math.cos(angle) * 2 * Math.PI) / period)
  const sines = angles.map(angle => (Math.sin(angle) * 2 * Math.PI) / period)
  const bands = isLikely(next, 0.3) ? between(next, 1, 9) : 0
  const bandPeriod = between(next, 3, 30)
  const grain = between(next, 0, 9)
  return (u, v, _x, _y, channel, value) => {
    let sum = grain * (next() - 0.5) * 2
    if (dots > 0) {
      const ink = (value * (255 - value)) / 16_256
      const [cosine, sine] = [cosines[channel], sines[channel]]
      sum += dots * ink * Math.cos(u * cosine + v * sine) * Math.cos(v * cosine - u * sine)
    }
    if (bands > 0) sum += bands * Math.cos((v / bandPeriod) * 2 * Math.PI)
    return sum
  }
}

/** Moiré of the display's grid and the sensor's, a phase a colour, and lines of the display's refresh. */
const screenTexture = (next: Next): Texture => {
  const waves = Array.from({ length: 1 + Math.floor(3 * next()) }, () => {
    const period = 2 * 2 ** between(next, 0, 4.3)
    const angle = (isLikely(next, 0.6) ? (Math.PI / 2) * Math.floor(2 * next()) : 0) + between(next, -0.6, 0.6)
    const shift = between(next, 0, 2.4)
    return {
      x: (Math.cos(angle) * 2 * Math.PI) / period,
      y: (Math.sin(angle) * 2 * Math.PI) / period,
      warp: between(next, -0.00008, 0.00008) * period,
      phases: [0, shift, 2 * shift].map(phase => phase + between(next, -0.3, 0.3)),
      strength: 0.004 + 0.13 * next() ** 2,
    }
  })
  const grain = between(next, 0, 5)
  return (_u, _v, x, y, channel, value) => {
    let sum = grain * (next() - 0.5) * 2
    for (const wave of waves)
      sum +=
        (value + 20) *
        wave.strength *
        Math.cos(x * wave.x + y * wave.y + wave.warp * (x * x + y * y) + wave.phases[channel])
    return sum
  }
}

/** The light on the surface: [factor, sheen] at a place of the scene. */
type Light = (x: number, y: number, u: number) => number

interface SurfaceLight {
  readonly factor: Light
  readonly sheen: Light
  readonly sheenColour: Colour
}

const drawLight = ({ width, height }: Scene, isPrint: boolean, next: Next): SurfaceLight => {
  const [across, down] = [between(next, -0.3, 0.3) / width, between(next, -0.3, 0.3) / height]
  const wave = isPrint && isLikely(next, 0.4) ? between(next, 0.02, 0.14) : 0
  const waveLength = between(next, 60, 260)
  const phase = between(next, 0, 6.3)
  const hasSheen = isLikely(next, isPrint ? 0.45 : 0.55)
  const strength = hasSheen ? between(next, 12, isPrint ? 110 : 170) : 0
  const [centreX, centreY] = [between(next, 0.1, 0.9) * width, between(next, 0.1, 0.9) * height]
  const [spreadX, spreadY] = [between(next, 0.06, 0.5) * width, between(next, 0.06, 0.5) * height]
  const veil = isLikely(next, 0.3) ? between(next, 0, 40) : 0
  const warm = between(next, 0.85, 1.1)
  return {
    factor: (x, y, u) =>
      1 + across * (x - width / 2) + down * (y - height / 2) + wave * Math.cos(u / waveLength + phase),
    sheen: (x, y) => {
      const distance = ((x - centreX) / spreadX) ** 2 + ((y - centreY) / spreadY) ** 2
      return veil + (strength > 0 && distance < 8 ? strength * Math.exp(-distance) : 0)
    },
    sheenColour: [1, 1, warm],
  }
}

const paint = (
  { width, height, background }: Scene,
  photo: Raster,
  surface: Surface,
  texture: Texture,
  light: SurfaceLight,
  next: Next,
): Raster => {
  const data = new Uint8Array(width * height * 3)
  const [halfWide, halfHigh] = surface.half
  const room = between(next, 0.4, 1.1)
  const blur = isLikely(next, 0.5) ? between(next, 3, 12) : 1
  const around = resample(background, 0, 0, background.width, background.height, ...sizeBy(width, height, blur))
  const sums = [0, 0, 0]
  for (let y = 0, at = 0; y < height; y++)
    for (let x = 0; x < width; x++, at += 3) {
      const [fromX, fromY] = [x - surface.centre[0], y - surface.centre[1]]
      const depth = 1 + surface.tilt[0] * fromX + surface.tilt[1] * fromY
      const v = (fromY * surface.cosine - fromX * surface.sine) / depth
      const flat = (fromX * surface.cosine + fromY * surface.sine) / depth
      const u = flat + surface.bend * ((v * v) / halfHigh - halfHigh / 3)
      sums.fill(0)
      const isOutside = surface.isOval
        ? (u / halfWide) ** 2 + (v / halfHigh) ** 2 > 1
        : Math.abs(u) > halfWide + surface.border || Math.abs(v) > halfHigh + surface.border
      if (isOutside) {
        addSample(around.data, around.width, around.height, x / blur, y / blur, sums)
        for (let channel = 0; channel < 3; channel++) data[at + channel] = clamp(sums[channel] * room)
        continue
      }
      const isPhoto = Math.abs(u) <= halfWide && Math.abs(v) <= halfHigh
      if (isPhoto) {
        const column = ((u + halfWide) / (2 * halfWide)) * photo.width - 0.5
        const row = ((v + halfHigh) / (2 * halfHigh)) * photo.height - 0.5
        addSample(photo.data, photo.width, photo.height, column, row, sums)
      }
      const factor = light.factor(x, y, u)
      const sheen = light.sheen(x, y, u)
      for (let channel = 0; channel < 3; channel++) {
        const value = isPhoto ? sums[channel] : surface.borderColour[channel]
        const shown = isPhoto ? value + texture(u, v, x, y, channel, value) : value
        data[at + channel] = clamp(shown * factor + sheen * light.sheenColour[channel])
      }
    }
  return { width, height, data }
}

const sizeBy = (width: number, height: number, factor: number): [number, number] => [
  Math.max(2, Math.round(width / factor)),
  Math.max(2, Math.round(height / factor)),
]
