// Whole visits with the real engine and the real judgement of movements: a head rendered from one photograph through the depth
// of its mesh, a test's stand-in for a person, passes; the photograph itself, another person and another's answers do not.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { judgeMovements } from '../src/core/movements.ts'
import type { CaptureSession, Challenge } from '../src/core/session-types.ts'
import type { SessionInput } from '../src/core/sessions.ts'
import { DEFAULT_LIMITS } from '../src/limits.ts'
import { changedAt, movementsOf, PORTRAIT_MS, STEP_MS, sheetMovementsOf } from '../src/vision/face-scripts.fixture.ts'
import {
  encodeFrame,
  type FaceScene,
  openScene,
  renderSequence,
  type Script,
} from '../src/vision/face-sequences.fixture.ts'
import { ensurePack } from '../src/vision/packs/install.ts'
import { pictureOf } from '../src/vision/pictures.fixture.ts'
import { createEngine } from '../src/vision/workers/pool.ts'
import { GALLERY, namesOf, openCaptureCore } from './capture-core.ts'
import { PACKS_DIR } from './support.ts'

const CHALLENGES: readonly Challenge[] = ['turn_left', 'smile']
const FPS = 5

const pack = await ensurePack({ id: 'open', packsDir: PACKS_DIR })
const engine = await createEngine({ pack, threads: 2, limits: DEFAULT_LIMITS })
const core = await openCaptureCore({
  judgeMovements,
  chooseChallenges: () => CHALLENGES,
  adapt: ports => ({ ...ports, engine }),
})
after(async () => {
  await core.close()
  await engine.close()
})
const look: Parameters<typeof openScene>[1] = (bytes, options = { templates: 'none' }) =>
  engine.analyse(new Uint8Array(bytes), options)
const ada = await openScene(await pictureOf('ada'), look, 640, 480)
const bea = await openScene(await pictureOf('bea'), look, 640, 480)

/** What the camera shows, sent as the page does it: in real order, at the pace of the server's clock. */
const film = async (input: SessionInput, scenes: readonly FaceScene[], script: Script): Promise<CaptureSession> => {
  const { capture } = core
  const { session, token } = await core.create({ liveness: 'active', ...input })
  const { visit, session: started } = await capture.start(token)
  const { nonce } = started.attempt!
  let step = await capture.nextStep(visit!, { nonce, after: null })
  let [stepAt, sequence] = [0, 0]
  for await (const { atMs, raster } of renderSequence(scenes, script, { fps: FPS })) {
    const now = atMs < PORTRAIT_MS ? 0 : 1 + Math.floor((atMs - PORTRAIT_MS) / STEP_MS)
    for (; stepAt < now; stepAt++) step = await capture.nextStep(visit!, { nonce, after: step!.id })
    core.pass(1000 / FPS)
    const bytes = await encodeFrame(raster, 90)
    const frame = { nonce, stepId: step!.id, sequence: ++sequence, source: 'camera' as const, atMs }
    await capture.addFrame(visit!, { ...frame, bytes })
  }
  await capture.submit(visit!, nonce)
  await capture.idle()
  assert.deepEqual(core.troubles, [])
  return core.read(session.id)
}

test('who does what is asked is enrolled, and verified in the next session', async () => {
  const input = { purpose: 'enrol', galleryId: GALLERY, subjectId: 'ada' } as const
  const enrolled = await film(input, [ada], movementsOf(CHALLENGES))
  assert.deepEqual([enrolled.state, enrolled.reasons], ['passed', []])
  assert.deepEqual(
    enrolled.verdict?.events.map(({ challenge, met }) => [challenge, met]),
    [
      ['portrait', true],
      ['turn_left', true],
      ['smile', true],
    ],
  )
  const verify = { ...input, purpose: 'verify' } as const
  const verified = await film(verify, [ada], movementsOf(CHALLENGES, { shiftX: 4 }))
  assert.deepEqual([verified.state, verified.reasons], ['passed', []])
  assert.ok(verified.verdict!.similarity! > 90, String(verified.verdict?.similarity))
  const other = await film(verify, [bea], movementsOf(CHALLENGES))
  assert.deepEqual([other.state, namesOf(other)], ['failed', ['not_matched']])
})

test('a photograph that is tilted, somebody else from the middle on, an answer to other challenges', async () => {
  const input = { purpose: 'search', galleryId: GALLERY } as const
  for (const [scenes, script, reason] of [
    [[ada], sheetMovementsOf(CHALLENGES, { to: 35 }), 'challenge_not_met'],
    [[ada, bea], changedAt(movementsOf(CHALLENGES), PORTRAIT_MS + STEP_MS), 'different_person'],
    [[ada], movementsOf(['turn_right', 'nod']), 'challenge_not_met'],
  ] as const) {
    const session = await film(input, scenes, script)
    assert.equal(session.state, 'failed')
    assert.ok(namesOf(session).includes(reason), `${namesOf(session).join()} without ${reason}`)
    assert.deepEqual(session.verdict?.candidates, [])
  }
})
