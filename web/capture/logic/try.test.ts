// A whole try against a server and a face that are made up; the clock is moved by whoever sleeps.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Problem } from '../api/retry.ts'
import type { Frame, SessionView, Step } from '../words.ts'
import { NOBODY, seeing } from './face.fixture.ts'
import type { Sighting } from './guidance.ts'
import { ovalInPicture } from './oval.ts'
import { runTry, type TryPorts, type TryScene } from './try.ts'
import { runUploadTry } from './upload-try.ts'

const STEPS: readonly Step[] = [
  { id: 'a', challenge: 'portrait' },
  { id: 'b', challenge: 'turn_left' },
  { id: 'c', challenge: 'nod' },
]
const SUBMITTED = { state: 'submitted' } as SessionView

interface Setting {
  /** What is seen, by the movement that is asked for (null before) and for how long it has been. */
  readonly see: (challenge: string | null, sinceMs: number) => Sighting | null
  readonly steps?: readonly Step[]
  readonly stepMs?: number
  readonly sendMs?: number
  readonly pauseMs?: number
  readonly isTakeAsked?: (nowMs: number) => boolean
}

const createSetting = ({ see, steps = STEPS, stepMs = 30_000, sendMs = 20, pauseMs = 0, isTakeAsked }: Setting) => {
  let nowMs = 0
  let starts = 0
  let asked: { challenge: string; sinceMs: number } | null = null
  const frames: Frame[] = []
  const scenes: TryScene[] = []
  const stopping = new AbortController()
  const pass = async (ms: number): Promise<void> => {
    nowMs += ms
    await new Promise(resolve => setImmediate(resolve))
  }
  const ports: TryPorts = {
    client: {
      start: async () => {
        starts += 1
        return { visit: null, attempt: starts, nonce: `n${starts}`, portraits: 3, stepMs, frameIntervalMs: 200 }
      },
      nextStep: async (_nonce, after) => {
        const step = steps[steps.findIndex(({ id }) => id === after) + 1] ?? null
        if (step && step.challenge !== 'portrait') asked = { challenge: step.challenge, sinceMs: nowMs }
        return step
      },
      sendFrame: async frame => {
        frames.push(frame)
        if (frame.step === 'a') await pass(sendMs)
        return pauseMs
      },
      submit: async () => SUBMITTED,
    },
    eye: {
      look: async () => see(asked?.challenge ?? null, nowMs - (asked?.sinceMs ?? 0)),
      oval: () => ovalInPicture({ width: 640, height: 480 }, { width: 3, height: 4 }),
      frame: async () => new Blob(['small']),
      portrait: async () => new Blob(['large']),
    },
    now: () => nowMs,
    sleep: pass,
    show: scene => scenes.push(scene),
    isTakeAsked: () => isTakeAsked?.(nowMs) ?? false,
    signal: stopping.signal,
  }
  const stepFrames = (step: string): Frame[] => frames.filter(frame => frame.step === step)
  return { ports, frames, scenes, stepFrames, stop: () => stopping.abort(), starts: () => starts, now: () => nowMs }
}

/** Moves for a second, half a second after it is asked. */
const obedient: Setting['see'] = (challenge, sinceMs) => {
  const moves = sinceMs > 500 && sinceMs < 1500
  if (challenge === 'turn_left' && moves) return seeing({ yaw: 30 })
  return seeing(challenge === 'nod' && moves ? { pitch: -30 } : {})
}

describe('a try', () => {
  it('takes the portraits, follows every movement and hands in', async () => {
    const { ports, frames, scenes, stepFrames, now } = createSetting({ see: obedient })
    assert.equal(await runTry(ports), SUBMITTED)
    assert.equal(stepFrames('a').length, 3)
    assert.deepEqual(
      frames.map(({ sequence }) => sequence),
      frames.map((_, index) => index + 1),
    )
    for (const step of ['b', 'c']) {
      const count = stepFrames(step).length
      // Two seconds of movement and half a second of rest, five pictures a second.
      assert.ok(count >= 8 && count <= 12, `${count} frames of ${step}`)
    }
    assert.ok(frames.every(({ nonce, source, atMs }) => nonce === 'n1' && source === 'camera' && atMs >= 0))
    assert.ok(scenes.some(scene => scene.phase === 'movement' && scene.amount === 1))
    assert.ok(now() < 8000)
  })

  it('asks the server for nothing before the face is in its place', async () => {
    const setting = createSetting({
      see: (_, sinceMs) => (sinceMs < 60_000 ? NOBODY : seeing()),
      steps: STEPS.slice(0, 1),
    })
    await runTry(setting.ports)
    assert.equal(setting.starts(), 1)
    assert.ok((setting.frames[0]?.atMs ?? 9999) < 1000)
  })

  it('goes on when a movement is not seen', async () => {
    const { ports, stepFrames } = createSetting({ see: () => seeing() })
    await runTry(ports)
    assert.ok(stepFrames('b').length > 30 && stepFrames('b').length <= 45)
    assert.ok(stepFrames('c').length > 30)
  })

  it('needs no detector: the button takes the picture, and movements have their time', async () => {
    const { ports, stepFrames, scenes } = createSetting({ see: () => null, isTakeAsked: nowMs => nowMs > 2000 })
    await runTry(ports)
    assert.equal(stepFrames('a').length, 3)
    assert.ok(stepFrames('b').length >= 25 && stepFrames('b').length <= 32)
    assert.ok(scenes.some(scene => scene.phase === 'position' && scene.hint === null))
  })

  it('sends one portrait over a slow line', async () => {
    const { ports, stepFrames } = createSetting({ see: obedient, sendMs: 4000 })
    await runTry(ports)
    assert.equal(stepFrames('a').length, 1)
  })

  it('sends the least frames even where the server asks for long pauses', async () => {
    const { ports, stepFrames } = createSetting({ see: obedient, pauseMs: 4000 })
    await runTry(ports)
    assert.equal(stepFrames('b').length, 3)
  })

  it('begins anew when the face stays away for too long', async () => {
    const see: Setting['see'] = (_, sinceMs) => (sinceMs < 1000 || sinceMs > 20_000 ? seeing() : NOBODY)
    const setting = createSetting({ see, stepMs: 10_000, steps: STEPS.slice(0, 1) })
    // Lost just after the server has begun the try.
    let started = false
    const { start } = setting.ports.client
    setting.ports.client.start = async () => {
      const answer = await start()
      if (!started) await setting.ports.sleep(500)
      started = true
      return answer
    }
    await runTry(setting.ports)
    assert.equal(setting.starts(), 2)
    assert.ok(setting.frames.every(({ nonce }) => nonce === 'n2'))
  })

  it('says during a movement when there are several people', async () => {
    const { ports, scenes } = createSetting({ see: challenge => seeing({}, challenge ? 2 : 1) })
    await runTry(ports)
    assert.ok(scenes.some(scene => scene.phase === 'movement' && scene.hint === 'several_faces'))
  })

  it('ends with what the server refuses, and when the page is left', async () => {
    const refused = createSetting({ see: obedient })
    refused.ports.client.sendFrame = async () => {
      throw new Problem('session_ended', 409)
    }
    await assert.rejects(runTry(refused.ports), /session_ended/)
    const left = createSetting({ see: () => NOBODY })
    setImmediate(left.stop)
    await assert.rejects(runTry(left.ports), { name: 'AbortError' })
  })
})

it('hands in a picture from a file', async () => {
  const { ports, frames } = createSetting({ see: () => null, steps: STEPS.slice(0, 1) })
  assert.equal(await runUploadTry(ports.client, new Blob(['file'])), SUBMITTED)
  assert.deepEqual(
    frames.map(({ source, sequence, step }) => [source, sequence, step]),
    [['upload', 1, 'a']],
  )
})
