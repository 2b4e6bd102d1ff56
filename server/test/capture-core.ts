// A core with a capture page's visitors for tests: everything is real but the engine, which reads its faces out of pictures
// that only look like JPEGs from outside, and the judgement of movements, which says what the test wants.
import { randomUUIDv7 } from 'node:crypto'
import { type Capture, type CaptureDeps, createCapture } from '../src/core/capture.ts'
import type { JudgeMovements } from '../src/core/capture-verdict.ts'
import { createGallery } from '../src/core/galleries.ts'
import type { FaceEngine } from '../src/core/ports.ts'
import type { CaptureSession, Challenge } from '../src/core/session-types.ts'
import { createSession, type SessionInput } from '../src/core/sessions.ts'
import type { EnrolmentPolicy } from '../src/core/types.ts'
import { DEFAULT_LIMITS, type Limits } from '../src/limits.ts'
import { type FakeCore, type FakePorts, openFakeCore } from './fake-core.ts'
import { createJudgingEngine, type PhotoFace, photoOf } from './protocols/judging-engine.ts'

export interface Shot extends PhotoFace {
  /** The unified score; 50 unless given. */
  readonly quality?: number
}

let shots = 0
/** A frame of these people, unlike every other. */
export const shotOf = (...faces: readonly Shot[]): Buffer =>
  Buffer.concat([photoOf(...faces), Buffer.alloc(++shots, ' ')])

/** Bytes that are a JPEG by their head only. */
export const brokenShot = (): Buffer => Buffer.concat([Buffer.from([0xff, 0xd8, 0xff, 0]), Buffer.alloc(++shots)])

const readShots = (image: Uint8Array): readonly Shot[] => {
  try {
    return JSON.parse(Buffer.from(image.subarray(3)).toString('utf8'))
  } catch {
    return []
  }
}

/** A mesh of three points that says nothing. */
const POINTS = [
  [0, 0, 0],
  [1, 0, 0],
  [0, 1, 0],
] as const

export const createShotEngine = (base: FaceEngine, assessments: FaceEngine['assessments']): FaceEngine => {
  const engine = createJudgingEngine(base, assessments)
  return {
    ...engine,
    async analyse(image, options) {
      const known = readShots(image)
      const analysis = await engine.analyse(image, options)
      const faces = analysis.faces.map((face, at) => ({
        ...face,
        points: POINTS,
        quality: face.quality && {
          ...face.quality,
          unified: { score: known[at].quality ?? 50, expectedFnmr: 0.01 },
        },
      }))
      return { ...analysis, faces }
    },
  }
}

export const allMet: JudgeMovements = (_frames, steps) => ({
  reasons: [],
  events: steps.map(({ challenge, revealedAtMs }) => ({ challenge, met: true, atMs: revealedAtMs + 500 })),
})

export interface CaptureCore extends FakeCore {
  readonly capture: Capture
  /** What the server could not do, in order. */
  readonly troubles: readonly unknown[]
  pass(ms: number): void
  /** The capture of a server that was started again over the same data. */
  restart(): Promise<Capture>
  create(input: SessionInput): Promise<{ session: CaptureSession; token: string }>
  read(id: string): Promise<CaptureSession>
}

export interface CaptureCoreOptions extends Partial<Omit<CaptureDeps, 'context' | 'onTrouble'>> {
  readonly limits?: Partial<Limits>
  readonly policy?: Partial<EnrolmentPolicy>
  readonly assessments?: FaceEngine['assessments']
  readonly adapt?: (ports: FakePorts) => FakePorts
}

export const GALLERY = 'people'
export const CHALLENGES: readonly Challenge[] = ['turn_left', 'blink']

/** With a gallery, and a clock that the test moves. */
export const openCaptureCore = async (options: CaptureCoreOptions = {}): Promise<CaptureCore> => {
  const { limits, policy, assessments = ['quality', 'liveness'], adapt = ports => ports, ...rest } = options
  let nowMs = Date.now()
  const core = await openFakeCore(
    { limits: { ...DEFAULT_LIMITS, ...limits }, clock: { now: () => new Date(nowMs) }, ids: { next: randomUUIDv7 } },
    ports => adapt({ ...ports, engine: createShotEngine(ports.engine, assessments) }),
  )
  const { context, principal, region } = core
  await createGallery(context, principal, { id: GALLERY, policy })
  const troubles: unknown[] = []
  const open = (): Capture =>
    createCapture({
      context: () => context,
      onTrouble: error => troubles.push(error),
      judgeMovements: allMet,
      chooseChallenges: () => CHALLENGES,
      firstWaitMs: 1,
      ...rest,
    })
  let capture = open()
  return {
    ...core,
    get capture() {
      return capture
    },
    troubles,
    pass(ms) {
      nowMs += ms
    },
    async restart() {
      await capture.close()
      capture = open()
      return capture
    },
    create: input => createSession(context, principal, input),
    async read(id) {
      const session = await region.store.sessions.find(principal.tenantId, id)
      if (!session) throw new Error(`There is no session ${id}.`)
      return session
    },
    async close() {
      await capture.close()
      await core.close()
    },
  }
}

export interface Walk {
  /** One each; one of ada unless given. */
  readonly portraits?: readonly Uint8Array[]
  /** Three each; of ada unless given. */
  readonly movements?: (challenge: Challenge) => readonly Uint8Array[]
  readonly source?: 'camera' | 'upload'
}

const usualMovements = (): readonly Uint8Array[] => Array.from({ length: 3 }, () => shotOf({ person: 'ada' }))

/** What the page does in one try, up to handing it in; answers the key to go on with, and the try's nonce. */
export const walk = async (
  { capture }: Pick<CaptureCore, 'capture'>,
  secret: string,
  { portraits = [shotOf({ person: 'ada' })], movements = usualMovements, source = 'camera' }: Walk = {},
): Promise<{ visit: string; nonce: string; steps: readonly string[]; session: CaptureSession }> => {
  const { visit: taken, session: started } = await capture.start(secret)
  const visit = taken ?? secret
  const { nonce } = started.attempt!
  const steps: string[] = []
  let sequence = 0
  for (let step = await capture.nextStep(visit, { nonce, after: null }); step; ) {
    const { id: stepId, challenge } = step
    steps.push(stepId)
    for (const bytes of challenge === 'portrait' ? portraits : movements(challenge)) {
      sequence++
      await capture.addFrame(visit, { nonce, stepId, sequence, source, atMs: sequence * 200, bytes })
    }
    step = await capture.nextStep(visit, { nonce, after: stepId })
  }
  return { visit, nonce, steps, session: await capture.submit(visit, nonce) }
}

/** The whole visit, and the session once it is judged. */
export const visitAll = async (core: CaptureCore, input: SessionInput, how: Walk = {}): Promise<CaptureSession> => {
  const { session, token } = await core.create(input)
  await walk(core, token, how)
  await core.capture.idle()
  return core.read(session.id)
}

export const namesOf = ({ reasons }: Pick<CaptureSession, 'reasons'>): readonly string[] =>
  reasons.map(({ name }) => name)
