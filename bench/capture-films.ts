// What the cameras of the capture benchmark see: people of the npm pictures at rest and in each movement, drawn by the
// renderer of the tests and encoded before any clock runs. Sends nothing.
import sharp from 'sharp'
import { CHALLENGES, type Challenge } from '../server/src/core/session-types.ts'
import { movementsOf, PORTRAIT_MS } from '../server/src/vision/face-scripts.fixture.ts'
import {
  encodeFrame,
  type FaceScene,
  type FrameState,
  NEUTRAL,
  openScene,
  renderSequence,
  type Script,
} from '../server/src/vision/face-sequences.fixture.ts'
import { type Person, pictureOf } from '../server/src/vision/pictures.fixture.ts'
import { type Look, openPipeline } from '../server/src/vision/pipeline.fixture.ts'
import type { Raster } from '../server/src/vision/tensor.ts'

export interface FilmFrame {
  /** From the beginning of the film, milliseconds. */
  readonly atMs: number
  readonly state: FrameState
  readonly jpeg: Buffer
}

export type Film = readonly FilmFrame[]

export interface FilmedPerson {
  readonly name: Person
  /** At rest, as large as portraits are sent. */
  readonly portraits: Film
  /** At rest, as large as frames of movements are sent; none of these is a portrait made smaller. */
  readonly rest: Film
  readonly movements: Readonly<Record<Challenge, Film>>
}

/** Those of the npm pictures who look ahead far enough for a head turned to either side to be seen as one. */
const PEOPLE: readonly Person[] = ['ada', 'bea', 'dora', 'fay', 'ida']
const WIDTH = 640
const HEIGHT = 480
/** Longer side of a movement's frames, pixels. */
const FRAME_SIDE = 480
/** Twice as often as the page looks, so that its frames are not those of another page. */
const FRAMES_PER_SECOND = 10
const PORTRAIT_QUALITY = 90
const FRAME_QUALITY = 80
/** Longer than anybody rests in one try. */
const REST_MS = 6000

export const filmPeople = async (): Promise<readonly FilmedPerson[]> => {
  const look = await openPipeline()
  const filmed: FilmedPerson[] = []
  for (const name of PEOPLE) filmed.push(await filmPerson(name, look, filmed.length + 1))
  return filmed
}

const filmPerson = async (name: Person, look: Look, seed: number): Promise<FilmedPerson> => {
  const scene = await openScene(await pictureOf(name), look, WIDTH, HEIGHT)
  const stillness: Script = { durationMs: REST_MS, at: () => NEUTRAL }
  const [portraits, rest] = [await film(scene, stillness, 10 * seed, true), await film(scene, stillness, 10 * seed + 1)]
  const movements: Partial<Record<Challenge, Film>> = {}
  for (const [index, challenge] of CHALLENGES.entries()) {
    const frames = await film(scene, movementsOf([challenge]), 10 * seed + 2 + index)
    // Before it lies the portrait of the script.
    const movement = frames.filter(({ atMs }) => atMs >= PORTRAIT_MS)
    movements[challenge] = movement.map(frame => ({ ...frame, atMs: frame.atMs - PORTRAIT_MS }))
  }
  return { name, portraits, rest, movements: movements as Record<Challenge, Film> }
}

const film = async (scene: FaceScene, script: Script, seed: number, isLarge = false): Promise<Film> => {
  const frames: FilmFrame[] = []
  for await (const { atMs, state, raster } of renderSequence([scene], script, { fps: FRAMES_PER_SECOND, seed }))
    frames.push({ atMs, state, jpeg: isLarge ? await encodeFrame(raster, PORTRAIT_QUALITY) : await shrink(raster) })
  return frames
}

const shrink = ({ width, height, data }: Raster): Promise<Buffer> =>
  sharp(data, { raw: { width, height, channels: 3 } })
    .resize(FRAME_SIDE)
    .jpeg({ quality: FRAME_QUALITY })
    .toBuffer()
