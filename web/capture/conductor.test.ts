// From view to view with a server, a camera and a detector that are made up.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Problem } from './api/retry.ts'
import type { SessionClient } from './api/session-client.ts'
import { type Conductor, createConductor } from './conductor.ts'
import type { Camera } from './device/camera.ts'
import { seeing } from './logic/face.fixture.ts'
import type { SessionView } from './words.ts'

const SESSION: SessionView = {
  state: 'created',
  ended: false,
  purpose: 'liveness',
  liveness: 'passive',
  language: null,
  colourScheme: 'auto',
  uploadAllowed: true,
  expiresAt: '2030-01-01T00:00:00.000Z',
  attempt: null,
  reasons: [],
  canRetry: true,
  returnUrl: null,
  endCode: null,
  isEmbedded: false,
  iframeOrigins: [],
}

interface Setting {
  readonly session?: Partial<SessionView>
  /** What a try is judged to be. */
  readonly verdict?: Partial<SessionView>
  readonly camera?: Error
  readonly detector?: 'none' | 'breaks'
  readonly isSecure?: boolean
  readonly start?: Error
}

const createSetting = ({ session, verdict, camera, detector, isSecure = true, start }: Setting = {}) => {
  let now: SessionView = { ...SESSION, ...session }
  let nowMs = 0
  const told: string[] = []
  const client: SessionClient = {
    view: async () => {
      if (now.state === 'submitted') now = { ...now, ...verdict }
      return now
    },
    start: async () => {
      if (start) throw start
      now = { ...now, state: 'started', attempt: 1 }
      return { visit: null, attempt: 1, nonce: 'n', portraits: 1, stepMs: 30_000, frameIntervalMs: 200 }
    },
    nextStep: async (_nonce, after) => (after === null ? { id: 'a', challenge: 'portrait' } : null),
    sendFrame: async ({ source }) => {
      told.push(`frame:${source}`)
      return 0
    },
    submit: async () => {
      now = { ...now, state: 'submitted' }
      return now
    },
    end: async () => {
      told.push('end')
      if (now.state === 'failed') now = { ...now, ended: true }
      return now
    },
  }
  const lens: Camera = {
    video: {} as HTMLVideoElement,
    size: () => ({ width: 640, height: 480 }),
    next: async () => undefined,
    draw: () => ({}) as HTMLCanvasElement,
    frame: async () => new Blob(),
    portrait: async () => new Blob(),
    stop: () => told.push('stopped'),
  }
  const conductor = createConductor({
    createClient: () => client,
    openCamera: async () => {
      if (camera) throw camera
      return lens
    },
    loadDetector: async () => {
      if (detector === 'none') throw new Error('no detector here')
      return {
        detect: async () => {
          if (detector === 'breaks') throw new Error('context lost')
          return seeing()
        },
      }
    },
    readPictureFile: async file => {
      if (file.type === 'text/plain') throw new Error('no picture')
      return file
    },
    browser: { isSecure, hasCameras: true },
    now: () => nowMs,
    sleep: async ms => {
      nowMs += ms
      await new Promise(resolve => setImmediate(resolve))
    },
    onOver: ({ state }) => told.push(`over:${state}`),
    onBrowserTrouble: () => told.push('browser trouble'),
    onLeft: () => told.push('left'),
    onMoved: () => undefined,
    onTrouble: () => undefined,
  })
  return { conductor, told }
}
const viewOf = (conductor: Conductor): string => conductor.page().view.name

describe('the conductor', () => {
  it('leads from the beginning to the end', async () => {
    const { conductor, told } = createSetting({ verdict: { state: 'passed', ended: true } })
    const seen: string[] = []
    conductor.subscribe(() => {
      if (seen.at(-1) !== viewOf(conductor)) seen.push(viewOf(conductor))
    })
    await conductor.open()
    await conductor.startCamera()
    assert.deepEqual(seen, ['intro', 'permission', 'capture', 'judging', 'over'])
    assert.deepEqual(told, ['frame:camera', 'stopped', 'over:passed'])
  })

  it('lets a failed person try again, or finish', async () => {
    const { conductor, told } = createSetting({ verdict: { state: 'failed', reasons: [{ name: 'blur' }] } })
    await conductor.open()
    await conductor.startCamera()
    assert.equal(viewOf(conductor), 'failed')
    await conductor.startCamera()
    assert.equal(viewOf(conductor), 'failed')
    await conductor.finish()
    assert.equal(viewOf(conductor), 'over')
    assert.deepEqual(told.slice(-2), ['end', 'over:failed'])
  })

  it('explains a refused camera, and lets the person stop', async () => {
    const { conductor, told } = createSetting({ camera: new DOMException('no', 'NotAllowedError') })
    await conductor.open()
    await conductor.startCamera()
    assert.deepEqual(conductor.page().view, { name: 'camera_trouble', trouble: 'refused' })
    await conductor.leave()
    assert.equal(viewOf(conductor), 'left')
    assert.deepEqual(told, ['end', 'left'])
  })

  it('explains an insecure address at once', async () => {
    const { conductor, told } = createSetting({ isSecure: false })
    await conductor.open()
    assert.deepEqual(conductor.page().view, { name: 'camera_trouble', trouble: 'insecure' })
    assert.deepEqual(told, ['browser trouble'])
  })

  for (const detector of ['none', 'breaks'] as const) {
    it(`goes on by the button where the detector ${detector === 'none' ? 'cannot be had' : 'breaks'}`, async () => {
      const { conductor } = createSetting({ detector, verdict: { state: 'passed', ended: true } })
      await conductor.open()
      const done = conductor.startCamera()
      for (let turn = 0; turn < 100; turn++) await new Promise(resolve => setImmediate(resolve))
      assert.equal(viewOf(conductor), 'capture')
      assert.equal(conductor.hasDetector(), false)
      conductor.take()
      await done
      assert.equal(viewOf(conductor), 'over')
    })
  }

  it('stops the camera when the page is left, and begins again', async () => {
    const { conductor, told } = createSetting({ detector: 'none' })
    await conductor.open()
    const done = conductor.startCamera()
    for (let turn = 0; turn < 20; turn++) await new Promise(resolve => setImmediate(resolve))
    conductor.interrupt()
    await done
    assert.deepEqual(conductor.page().view, { name: 'intro', isAgain: true })
    assert.ok(told.includes('stopped'))
    assert.equal(conductor.video(), null)
  })

  it('shows what the server says of the session when it refuses a try', async () => {
    const { conductor } = createSetting({ start: new Problem('session_locked', 423), session: { state: 'failed' } })
    await conductor.open()
    await conductor.startCamera()
    assert.equal(viewOf(conductor), 'failed')
    const used = createSetting({ start: new Problem('session_link_used', 409) })
    await used.conductor.open()
    await used.conductor.startCamera()
    assert.deepEqual(used.conductor.page().view, { name: 'dead_end', reason: 'link_used' })
  })

  it('sends a picture from a file, and says when it is none', async () => {
    const { conductor, told } = createSetting({ verdict: { state: 'passed', ended: true } })
    await conductor.open()
    await conductor.upload(new Blob(['x'], { type: 'text/plain' }))
    assert.equal(conductor.page().isFileUnreadable, true)
    assert.equal(viewOf(conductor), 'intro')
    await conductor.upload(new Blob(['x'], { type: 'image/jpeg' }))
    assert.equal(viewOf(conductor), 'over')
    assert.deepEqual(told, ['frame:upload', 'over:passed'])
  })

  it('follows a judgement that was under way before a reload', async () => {
    const { conductor } = createSetting({ session: { state: 'submitted' }, verdict: { state: 'passed', ended: true } })
    await conductor.open()
    assert.equal(viewOf(conductor), 'over')
  })
})
