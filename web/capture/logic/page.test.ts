// What is shown follows from the session's state and from what has happened on the page.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { SessionView } from '../words.ts'
import { endingCode, messageTargets, safeReturn } from './ending.ts'
import {
  browserTroubleOf,
  cameraTroubleOf,
  deadEndOf,
  FIRST_PAGE,
  isAboutState,
  type Page,
  reducePage,
  secureAddress,
  viewOf,
} from './page.ts'

const SESSION: SessionView = {
  state: 'created',
  ended: false,
  purpose: 'enrol',
  liveness: 'both',
  language: null,
  colourScheme: 'auto',
  uploadAllowed: false,
  expiresAt: '2030-01-01T00:00:00.000Z',
  attempt: null,
  reasons: [],
  canRetry: true,
  returnUrl: null,
  endCode: null,
  isEmbedded: false,
  iframeOrigins: [],
}
const opened = (change: Partial<SessionView> = {}): Page =>
  reducePage(FIRST_PAGE, { type: 'session', session: { ...SESSION, ...change } })

describe('the view', () => {
  it("follows the session's state", () => {
    assert.deepEqual(viewOf(SESSION), { name: 'intro', isAgain: false })
    assert.deepEqual(viewOf({ ...SESSION, state: 'started' }), { name: 'intro', isAgain: true })
    assert.deepEqual(viewOf({ ...SESSION, state: 'submitted' }), { name: 'judging' })
    assert.deepEqual(viewOf({ ...SESSION, state: 'failed' }), { name: 'failed' })
    for (const state of ['failed', 'passed', 'expired'] as const) {
      assert.deepEqual(viewOf({ ...SESSION, state, ended: true }), { name: 'over' })
    }
  })

  it('goes back to the beginning when a try is interrupted, and nowhere while the server judges', () => {
    const capturing = reducePage(opened(), { type: 'scene', scene: { phase: 'moved' }, step: 1 })
    assert.deepEqual(reducePage(capturing, { type: 'interrupted' }).view, { name: 'intro', isAgain: true })
    const judging = opened({ state: 'submitted' })
    assert.equal(reducePage(judging, { type: 'interrupted' }), judging)
  })

  it('says what is wrong with a link', () => {
    assert.equal(deadEndOf('session_link_used'), 'link_used')
    assert.equal(deadEndOf('session_link_invalid'), 'not_found')
    assert.equal(deadEndOf('internal'), 'broken')
    assert.equal(isAboutState('session_locked'), true)
    assert.equal(isAboutState('session_link_used'), false)
    assert.deepEqual(reducePage(opened(), { type: 'problem', code: 'x' }).view, { name: 'dead_end', reason: 'broken' })
  })

  it('keeps the notice of a bad line apart from the view', () => {
    const waiting = reducePage(opened(), { type: 'waiting', isWaiting: true })
    assert.equal(waiting.isWaiting, true)
    assert.deepEqual(waiting.view, opened().view)
    assert.equal(reducePage(waiting, { type: 'waiting', isWaiting: true }), waiting)
  })
})

describe('the camera', () => {
  it('is missed for a reason', () => {
    assert.equal(cameraTroubleOf('NotAllowedError'), 'refused')
    assert.equal(cameraTroubleOf('NotFoundError'), 'missing')
    assert.equal(cameraTroubleOf('NotReadableError'), 'busy')
    assert.equal(cameraTroubleOf(''), 'busy')
    assert.equal(browserTroubleOf(false, false), 'insecure')
    assert.equal(browserTroubleOf(true, false), 'unsupported')
    assert.equal(browserTroubleOf(true, true), null)
    assert.equal(secureAddress('http://10.0.0.5:8080/capture/x'), 'https://10.0.0.5:8080/capture/x')
  })
})

describe('the end', () => {
  it('has one word for the page around', () => {
    assert.equal(endingCode({ ...SESSION, state: 'passed' }), 'SUCCESS')
    assert.equal(endingCode({ ...SESSION, state: 'expired' }), 'EXPIRED')
    assert.equal(endingCode({ ...SESSION, state: 'failed', reasons: [{ name: 'not_live' }] }), 'NOT_LIVE')
    assert.equal(endingCode({ ...SESSION, state: 'failed', reasons: [{ name: 'eyesOpen' }] }), 'EYES_OPEN')
    assert.equal(endingCode({ ...SESSION, state: 'failed' }), 'FAILED')
    const spelled = {
      ...SESSION,
      state: 'failed',
      reasons: [{ name: 'not_live' }],
      endCode: 'LIVENESS_ATTACK',
    } as const
    assert.equal(endingCode(spelled), 'LIVENESS_ATTACK')
  })

  it('is told to the allowed pages only', () => {
    const iframeOrigins = ['https://a.example', 'https://b.example']
    assert.deepEqual(messageTargets({ ...SESSION, iframeOrigins }), iframeOrigins)
    assert.deepEqual(messageTargets({ ...SESSION, iframeOrigins: ['*'] }), ['*'])
    assert.deepEqual(messageTargets(SESSION), [])
  })

  it('goes to addresses that run no code', () => {
    assert.equal(safeReturn('https://example.com/done'), 'https://example.com/done')
    assert.equal(safeReturn('myapp://callback/success'), 'myapp://callback/success')
    for (const address of ['javascript:alert(1)', 'data:text/html,x', 'blob:x', 'not an address', null]) {
      assert.equal(safeReturn(address), null)
    }
  })
})
