// Frames of a camera that never was: a photograph's head turned through the depth of its mesh, or the photograph itself
// moved about as a sheet. For tests and the camera file of a test browser; the same seed gives the same frames.
import sharp from 'sharp'
import { clamp } from './camera.fixture.ts'
import { drawExpression, type Expression } from './face-expression.fixture.ts'
import { makeSurface, type SpacePoint, type Surface } from './face-surface.fixture.ts'
import type { Look } from './pipeline.fixture.ts'
import { createRandom, type Random } from './random.fixture.ts'
import { paintSurface } from './surface-painter.fixture.ts'
import type { Raster } from './tensor.ts'

/** What one frame shows. Angles in degrees against the photograph, signs as in `Pose`; shifts in pixels of the frame. */
export interface FrameState extends Expression {
  readonly yaw: number
  readonly pitch: number
  readonly roll: number
  readonly shiftX: number
  readonly shiftY: number
  readonly scale: number
  /** The picture is a sheet: the angles and the expression are the whole sheet's, not a head's. */
  readonly isSheet: boolean
  /** A sheet's bend about its upright axis: the angle between its left and right edge, degrees; positive: its middle nearer. */
  readonly bend: number
  /** Which of the pictures, from 0. */
  readonly picture: number
}

export const NEUTRAL: FrameState = {
  yaw: 0,
  pitch: 0,
  roll: 0,
  closed: 0,
  smile: 0,
  shiftX: 0,
  shiftY: 0,
  scale: 1,
  isSheet: false,
  bend: 0,
  picture: 0,
}

export interface Script {
  readonly durationMs: number
  at(atMs: number): FrameState
}

export interface SequenceSettings {
  readonly width: number
  readonly height: number
  readonly fps: number
  /** Of the sensor's noise and the picture's tremble. */
  readonly seed?: number
  /** Deviation of the sensor's noise, 0-255. */
  readonly noise?: number
  /** How much a living head and the hand with the camera tremble; 0: not at all. */
  readonly tremble?: number
}

export interface RenderedFrame {
  readonly atMs: number
  readonly state: FrameState
  /** RGB, `width` × `height`. */
  readonly raster: Raster
}

/** A photograph laid out as a camera's frame, and the head in it. */
export interface FaceScene {
  readonly raster: Raster
  readonly points: readonly SpacePoint[]
  readonly head: Surface
}

const NOISE = 2.5

/** The largest face of an encoded picture, which is fitted into the frame and continued, blurred, beyond its edges. */
export const openScene = async (picture: Uint8Array, look: Look, width: number, height: number): Promise<FaceScene> => {
  const around = await sharp(picture).resize(width, height, { fit: 'cover' }).blur(12).toBuffer()
  const inside = await sharp(picture).resize(width, height, { fit: 'inside' }).toBuffer()
  const composed = sharp(around).composite([{ input: inside, gravity: 'south' }])
  const data = await composed.removeAlpha().raw().toBuffer()
  const raster = { width, height, data: new Uint8Array(data) }
  const { faces } = await look(await encodeFrame(raster, 95), { templates: 'none', points: true })
  if (faces.length === 0) throw new Error('The picture of the scene shows no face; choose another one.')
  const points = faces[0].points!
  return { raster, points, head: makeSurface(points, width, height) }
}

/** Frames as the camera would deliver them; noise and tremble included. */
export async function* renderSequence(
  scenes: readonly FaceScene[],
  script: Script,
  { fps, seed = 1, noise = NOISE, tremble = 1 }: Omit<SequenceSettings, 'width' | 'height'>,
): AsyncGenerator<RenderedFrame> {
  const random = createRandom(seed)
  const sway = trembler(random.fork('tremble'), tremble)
  const chance = random.fork('noise')
  const grain = makeGrain(chance)
  for (let index = 0; (index * 1000) / fps < script.durationMs; index++) {
    const atMs = (index * 1000) / fps
    const state = sway(script.at(atMs), atMs)
    yield { atMs, state, raster: addNoise(renderFrame(scenes[state.picture], state), noise, grain, chance) }
  }
}

/** The same frames as bare bytes of RGB, from the picture alone: what a camera file is made of. */
export async function* renderFrames(
  pictures: readonly Uint8Array[],
  script: Script,
  look: Look,
  settings: SequenceSettings,
): AsyncGenerator<Uint8Array> {
  const scenes: FaceScene[] = []
  for (const picture of pictures) scenes.push(await openScene(picture, look, settings.width, settings.height))
  for await (const { raster } of renderSequence(scenes, script, settings)) yield raster.data
}

/** One frame without noise. */
export const renderFrame = ({ raster, points, head }: FaceScene, state: FrameState): Raster => {
  const picture = drawExpression(raster, points, state)
  if (!state.isSheet) return paintSurface(picture, head, state, raster)
  return paintSurface(picture, sheetOf(raster, state.bend), state, wall(raster))
}

/** The whole picture, flat or bent about its upright axis. */
const sheetOf = ({ width, height }: Raster, bend: number): Surface => {
  const [columns, rows] = [33, 25]
  const count = columns * rows
  const surface = {
    columns,
    rows,
    xs: new Float32Array(count),
    ys: new Float32Array(count),
    zs: new Float32Array(count),
    placesX: new Float32Array(count),
    shares: new Float32Array(count).fill(1),
    pivot: [width / 2, height / 2, 0] as const,
    faceWidth: width / 3,
  }
  const angle = (bend * Math.PI) / 180
  for (let i = 0; i < count; i++) {
    const across = (i % columns) / (columns - 1) - 0.5
    surface.xs[i] = (across + 0.5) * (width - 1)
    surface.ys[i] = (Math.floor(i / columns) / (rows - 1)) * (height - 1)
    const turned = across * angle
    const radius = angle === 0 ? 0 : width / angle
    surface.placesX[i] = angle === 0 ? surface.xs[i] : width / 2 + radius * Math.sin(turned)
    surface.zs[i] = angle === 0 ? 0 : radius * (1 - Math.cos(turned))
  }
  return surface
}

/** What is seen beside a sheet. */
const wall = ({ width, height }: Raster): Raster => ({
  width,
  height,
  data: new Uint8Array(width * height * 3).fill(118),
})

/** Slow waves that no two seeds have alike: degrees of the head, pixels and hundredths of the frame. */
const trembler = (random: Random, strength: number) => {
  const wave = (amplitude: number) => {
    const parts = [0.31, 0.83, 1.7].map(hertz => ({
      rate: (2 * Math.PI * hertz * (0.8 + 0.4 * random.next())) / 1000,
      phase: 2 * Math.PI * random.next(),
    }))
    return (atMs: number): number =>
      strength * amplitude * parts.reduce((sum, { rate, phase }) => sum + Math.sin(rate * atMs + phase) / 3, 0)
  }
  const [yaw, pitch, roll] = [wave(2), wave(1.5), wave(1.5)]
  const [shiftX, shiftY, scale] = [wave(5), wave(4), wave(0.012)]
  return (state: FrameState, atMs: number): FrameState => ({
    ...state,
    yaw: state.yaw + (state.isSheet ? 0 : yaw(atMs)),
    pitch: state.pitch + (state.isSheet ? 0 : pitch(atMs)),
    roll: state.roll + roll(atMs),
    shiftX: state.shiftX + shiftX(atMs),
    shiftY: state.shiftY + shiftY(atMs),
    scale: state.scale * (1 + scale(atMs)),
  })
}

/** Enough numbers that a row of a frame, from any place on, looks like no other. */
const GRAINS = 1 << 16

/** Normal enough, as sums of three even numbers, with a deviation of 1. */
const makeGrain = (random: Random): Float32Array =>
  Float32Array.from({ length: GRAINS }, () => 2 * (random.next() + random.next() + random.next() - 1.5))

const addNoise = ({ width, height, data }: Raster, deviation: number, grain: Float32Array, random: Random): Raster => {
  if (deviation <= 0) return { width, height, data }
  const noisy = new Uint8Array(data.length)
  for (let row = 0; row < height; row++) {
    const from = random.below(GRAINS)
    const end = (row + 1) * width * 3
    for (let at = row * width * 3; at < end; at++)
      noisy[at] = clamp(Math.round(data[at] + deviation * grain[(from + at) % GRAINS]))
  }
  return { width, height, data: noisy }
}

export const encodeFrame = ({ width, height, data }: Raster, quality = 85): Promise<Buffer> =>
  sharp(data, { raw: { width, height, channels: 3 } })
    .jpeg({ quality })
    .toBuffer()
