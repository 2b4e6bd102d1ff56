// A rendered sequence as a capture session sees it: frames encoded, looked at by the engine, and sorted into the steps of a
// try. For tests of the judgement with real networks.
import { createHash } from 'node:crypto'
import type { FrameObservation, StepTimes } from '../core/movements.ts'
import type { Challenge } from '../core/session-types.ts'
import { PORTRAIT_MS, STEP_MS } from './face-scripts.fixture.ts'
import {
  encodeFrame,
  type FaceScene,
  renderSequence,
  type Script,
  type SequenceSettings,
} from './face-sequences.fixture.ts'
import type { Look } from './pipeline.fixture.ts'

/** As the page sends frames. */
const FPS = 5
const DELAY_MS = 60

/** Each step told when the script comes to it. */
export const stepsOfScript = (challenges: readonly Challenge[]): StepTimes[] => [
  { id: 'step-0', challenge: 'portrait', revealedAtMs: 0 },
  ...challenges.map((challenge, index) => ({
    id: `step-${index + 1}`,
    challenge,
    revealedAtMs: PORTRAIT_MS + index * STEP_MS,
  })),
]

/** The frames of a script that was made for as many challenges as there are. */
export const observeScript = async (
  look: Look,
  scenes: readonly FaceScene[],
  script: Script,
  challenges: readonly Challenge[],
  settings: Partial<Omit<SequenceSettings, 'width' | 'height'>> = {},
): Promise<FrameObservation[]> => {
  const steps = stepsOfScript(challenges)
  const observed: FrameObservation[] = []
  for await (const { atMs, raster } of renderSequence(scenes, script, { fps: FPS, ...settings })) {
    const bytes = await encodeFrame(raster)
    const sha256 = createHash('sha256').update(bytes).digest('hex')
    const { image, faces } = await look(bytes, { templates: 'largest', points: true, onlyLargest: true })
    const { id, challenge } = steps.findLast(({ revealedAtMs }) => revealedAtMs <= atMs)!
    const [face] = faces
    observed.push({
      sequence: observed.length + 1,
      stepId: id,
      challenge,
      atMs,
      receivedAtMs: atMs + DELAY_MS,
      sha256,
      width: image.width,
      height: image.height,
      people: faces.length,
      face: face ? { box: face.box, pose: face.pose, points: face.points!, template: face.template! } : null,
    })
  }
  return observed
}
