// Rendered heads make every movement before the real networks and pass; photographs that are tilted, bent, shifted or held
// still, changed people and repeated frames are refused, each for its own reason.
import assert from 'node:assert/strict'
import { before, test } from 'node:test'
import { type FrameObservation, judgeMovements } from '../core/movements.ts'
import type { Calibration } from '../core/score.ts'
import { CHALLENGES, type Challenge } from '../core/session-types.ts'
import {
  changedAt,
  movementsOf,
  PORTRAIT_MS,
  STEP_MS,
  sheetMovementsOf,
  shiftsOf,
  stillnessOf,
} from './face-scripts.fixture.ts'
import { type FaceScene, NEUTRAL, openScene, renderFrames, type Script } from './face-sequences.fixture.ts'
import { observeScript, stepsOfScript } from './observed-sequences.fixture.ts'
import { ensurePack } from './packs/install.ts'
import { calibrationOf } from './packs/manifest.ts'
import { type Person, pictureOf } from './pictures.fixture.ts'
import { type Look, openPipeline, PACKS_DIR } from './pipeline.fixture.ts'

const SIZE = { width: 640, height: 480 }
/** Whose photographs look into the camera; some others look aside by more than a portrait may. */
const FACES = ['ada', 'bea', 'fay', 'ida'] as const satisfies readonly Person[]

let look: Look
let calibration: Calibration
const scenes = new Map<Person, FaceScene>()

before(async () => {
  look = await openPipeline()
  calibration = calibrationOf((await ensurePack({ id: 'open', packsDir: PACKS_DIR })).manifest)
})

const sceneOf = async (person: Person): Promise<FaceScene> => {
  const scene = scenes.get(person) ?? (await openScene(await pictureOf(person), look, SIZE.width, SIZE.height))
  scenes.set(person, scene)
  return scene
}

const judge = (frames: readonly FrameObservation[], challenges: readonly Challenge[]) => {
  const { reasons, events } = judgeMovements(frames, stepsOfScript(challenges), frames[0], calibration)
  return { names: [...new Set(reasons.map(({ name }) => name))].sort(), reasons, events }
}

const judgeScript = async (people: readonly Person[], script: Script, challenges: readonly Challenge[]) => {
  const opened = await Promise.all(people.map(sceneOf))
  return judge(await observeScript(look, opened, script, challenges), challenges)
}

for (const person of FACES)
  test(`${person} makes every movement and passes`, async () => {
    const { reasons, events } = await judgeScript([person], movementsOf(CHALLENGES), CHALLENGES)
    assert.deepEqual(reasons, [])
    assert.deepEqual(
      events.map(({ challenge, met }) => [challenge, met]),
      ['portrait', ...CHALLENGES].map(challenge => [challenge, true]),
    )
  })

test('the same movements answer no other challenges', async () => {
  const made = ['turn_left', 'nod', 'smile'] as const
  const frames = await observeScript(look, [await sceneOf('bea')], movementsOf(made), made)
  const asked = ['turn_right', 'blink', 'nod'] as const
  const steps = stepsOfScript(asked)
  const answered = frames.map(frame => ({
    ...frame,
    challenge: steps.find(({ id }) => id === frame.stepId)!.challenge,
  }))
  const { names, events } = judge(answered, asked)
  assert.deepEqual(names, ['challenge_not_met'])
  assert.deepEqual(
    events.map(({ met }) => met),
    [true, false, false, false],
  )
})

const HEAD = ['turn_left', 'turn_right', 'nod'] as const

/** Some who hold a photograph of theirs before the camera. */
for (const person of ['ada', 'fay'] as const) {
  test(`a photograph of ${person} tilted by 45° is flat`, async () => {
    const { names, events } = await judgeScript([person], sheetMovementsOf(HEAD, { to: 45 }), HEAD)
    assert.deepEqual(names, ['challenge_not_met', 'flat_picture'])
    assert.ok(events.slice(1).every(({ met }) => !met))
  })

  test(`a photograph of ${person} bent to nearly half a tube and tilted is flat`, async () => {
    const { names, events } = await judgeScript([person], sheetMovementsOf(HEAD, { to: 45, bends: 150 }), HEAD)
    assert.ok(names.includes('flat_picture'), names.join())
    assert.ok(events.slice(1).every(({ met }) => !met))
  })
}

test('a photograph that is shifted about, or held still, is a still picture', async () => {
  const challenges = ['turn_left', 'blink'] as const
  for (const script of [shiftsOf(challenges), stillnessOf(challenges)]) {
    const { names } = await judgeScript(['ida'], script, challenges)
    assert.deepEqual(names, ['challenge_not_met', 'still_picture'])
  }
})

test('a photograph without any tremble or noise repeats itself', async () => {
  const challenges = ['nod'] as const
  const settings = { noise: 0, tremble: 0 }
  const frames = await observeScript(look, [await sceneOf('bea')], stillnessOf(challenges), challenges, settings)
  assert.deepEqual(judge(frames, challenges).names, ['challenge_not_met', 'frames_repeated', 'still_picture'])
})

test('frames of an earlier step that are sent again are repeated ones', async () => {
  const challenges = ['turn_left', 'smile'] as const
  const frames = await observeScript(look, [await sceneOf('bea')], movementsOf(challenges), challenges)
  const again = frames.map((frame, index) => {
    const { sha256, face } = index === 20 ? frames[6] : frame
    return { ...frame, sha256, face }
  })
  assert.deepEqual(judge(frames, challenges).names, [])
  assert.deepEqual(judge(again, challenges).names, ['frames_repeated'])
})

test('somebody else from one frame on is found, before and within the movements', async () => {
  const challenges = ['turn_left', 'smile'] as const
  for (const [first, second, atMs] of [
    ['ada', 'bea', PORTRAIT_MS],
    ['fay', 'ida', PORTRAIT_MS + STEP_MS + 1200],
  ] as const) {
    const { names } = await judgeScript([first, second], changedAt(movementsOf(challenges), atMs), challenges)
    assert.ok(names.includes('different_person'), `${first}, ${second}: ${names.join() || 'nothing'}`)
  }
})

test('the frames of a camera file have the size that was asked for, and are the same for the same seed', async () => {
  const script = { durationMs: 300, at: () => NEUTRAL }
  const settings = { width: 320, height: 240, fps: 10, seed: 3 }
  const draw = async () => {
    const frames: Uint8Array[] = []
    for await (const frame of renderFrames([await pictureOf('ada')], script, look, settings)) frames.push(frame)
    return frames
  }
  const [once, again] = [await draw(), await draw()]
  assert.deepEqual(
    once.map(({ length }) => length),
    Array(3).fill(320 * 240 * 3),
  )
  assert.deepEqual(once, again)
  assert.notDeepEqual(once[0], once[1])
})
