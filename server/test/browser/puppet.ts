// Somebody before the camera of the test browser: a photograph's head, turned through the depth of its mesh, that does what it
// is told; or the photograph itself, held and tilted as a sheet. Drawn beforehand, played in real time.
import type { Challenge } from '../../src/core/session-types.ts'
import { movementsOf, PORTRAIT_MS, sheetMovementsOf, stillnessOf } from '../../src/vision/face-scripts.fixture.ts'
import { openScene, renderSequence, type Script } from '../../src/vision/face-sequences.fixture.ts'
import { type Look, openPipeline } from '../../src/vision/pipeline.fixture.ts'
import { type CameraFrame, type FileCamera, toCameraFrame } from './file-camera.ts'

/** Everything that somebody can do, as frames. */
export interface Puppet {
  readonly rest: readonly CameraFrame[]
  readonly moves: Readonly<Partial<Record<Challenge, readonly CameraFrame[]>>>
}

export interface Play {
  /** Does it once; then it is still again. */
  move(challenge: Challenge): void
  stop(): void
}

const FPS = 10
const REST_MS = 3000
/** How far a sheet is tilted, degrees. */
const SHEET_TILT = 35

let pipeline: Promise<Look> | null = null

/** The largest face of an encoded picture: a head that moves, or the picture as a sheet that is tilted. */
export const drawPuppet = async (
  picture: Uint8Array,
  challenges: readonly Challenge[],
  { width, height }: Pick<FileCamera, 'width' | 'height'>,
  as: 'person' | 'sheet' = 'person',
): Promise<Puppet> => {
  pipeline ??= openPipeline()
  const scene = await openScene(picture, await pipeline, width, height)
  const draw = async (script: Script, fromMs: number, seed: number): Promise<CameraFrame[]> => {
    const frames: CameraFrame[] = []
    for await (const { atMs, raster } of renderSequence([scene], script, { fps: FPS, noise: 0, seed }))
      if (atMs >= fromMs) frames.push(toCameraFrame(raster.data, width, height))
    return frames
  }
  const scriptOf = (challenge: Challenge): Script =>
    as === 'person' ? movementsOf([challenge]) : sheetMovementsOf([challenge], { to: SHEET_TILT })
  const still = as === 'person' ? movementsOf(['smile']) : stillnessOf(['smile'])
  const moves: Partial<Record<Challenge, CameraFrame[]>> = {}
  for (const [index, challenge] of challenges.entries())
    moves[challenge] = await draw(scriptOf(challenge), PORTRAIT_MS, index + 2)
  const rest = await draw({ durationMs: REST_MS, at: () => still.at(0) }, 0, 1)
  // There and back, so that it goes on without a jump.
  return { rest: [...rest, ...rest.toReversed()], moves }
}

export const play = (camera: FileCamera, { rest, moves }: Puppet): Play => {
  let frames: Iterator<CameraFrame> = rest.values()
  const timer = setInterval(() => {
    let next = frames.next()
    if (next.done) {
      frames = rest.values()
      next = frames.next()
    }
    camera.show(next.value)
  }, 1000 / FPS)
  return {
    move(challenge) {
      frames = (moves[challenge] ?? []).values()
    },
    stop: () => clearInterval(timer),
  }
}
