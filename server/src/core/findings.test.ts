// Rules and what they find: thresholds from either side, what needs to be judged, what cannot be, profiles, their check.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { QUALITY_COMPONENTS, QUALITY_FINDINGS } from './face-quality.ts'
import { checkAcceptance, PROFILES, rulesOf } from './finding-profiles.ts'
import { sentenceOf } from './finding-sentences.ts'
import { FINDINGS, type FindingRules, findFindings, USUAL_THRESHOLDS, wantedOf } from './findings.ts'
import type { DetectedFace } from './types.ts'

const at = { x: 0, y: 0 }
const FACE: DetectedFace = {
  box: { ...at, width: 1, height: 1 },
  confidence: 1,
  landmarks: { leftEye: at, rightEye: at, nose: at, mouthLeft: at, mouthRight: at },
  pose: { yaw: 0, pitch: 0, roll: 0 },
}
const measure = (score: number | null) => ({ value: score, unit: 'share' as const, score })
const judged = (components: Record<string, number | null> = {}, others: Partial<DetectedFace> = {}): DetectedFace => ({
  ...FACE,
  quality: {
    components: Object.fromEntries(
      QUALITY_COMPONENTS.map(name => [name, measure(name in components ? components[name] : 100)]),
    ) as NonNullable<DetectedFace['quality']>['components'],
    unified: { score: 50, expectedFnmr: 0.01 },
    findings: Object.fromEntries(
      QUALITY_FINDINGS.map(name => [
        name,
        { present: name === 'dark', component: 'luminance', value: 0.1, unit: 'share', threshold: 0.2 },
      ]),
    ) as NonNullable<NonNullable<DetectedFace['quality']>['findings']>,
  },
  attributes: { mask: { probability: 0.7, threshold: 0.5, present: true } },
  liveness: { score: 0.3, threshold: 0.4, live: false, model: 'fake@1', bpcer: 0.05 },
  ...others,
})
const namesOf = (face: DetectedFace, rules: FindingRules): string[] => findFindings(face, rules).map(({ name }) => name)

describe('findings', () => {
  it('hold a component below its threshold, its own or the usual one, and not at it', () => {
    const rule = { action: 'refuse', threshold: 40 } as const
    assert.deepEqual(namesOf(judged({ sharpness: 39.9 }), { sharpness: rule }), ['sharpness'])
    assert.deepEqual(namesOf(judged({ sharpness: 40 }), { sharpness: rule }), [])
    const usual = { poseYaw: { action: 'warn' } } as const
    assert.deepEqual(namesOf(judged({ poseYaw: USUAL_THRESHOLDS.poseYaw - 0.1 }), usual), ['poseYaw'])
    assert.deepEqual(namesOf(judged({ poseYaw: USUAL_THRESHOLDS.poseYaw }), usual), [])
  })

  it('say what was measured, against what, and what the person can do', () => {
    const [dark, mask, notLive] = findFindings(judged(), {
      dark: { action: 'refuse' },
      mask: { action: 'warn' },
      notLive: { action: 'refuse', threshold: 0.5 },
    })
    assert.deepEqual(dark, {
      name: 'dark',
      action: 'refuse',
      component: 'luminance',
      value: 0.1,
      unit: 'share',
      threshold: 0.2,
      wanted: 'at_least',
      message: sentenceOf('dark'),
    })
    assert.deepEqual(
      [mask.action, mask.value, mask.threshold, mask.wanted, mask.unit],
      ['warn', 0.7, 0.5, 'below', 'probability'],
    )
    assert.deepEqual([notLive.component, notLive.value, notLive.threshold], ['liveness', 0.3, 0.5])
  })

  it('take the thresholds of rules before those of packs', () => {
    assert.deepEqual(namesOf(judged(), { mask: { action: 'refuse', threshold: 0.71 } }), [])
    assert.deepEqual(namesOf(judged(), { mask: { action: 'refuse', threshold: 0.7 } }), ['mask'])
    assert.deepEqual(namesOf(judged(), { notLive: { action: 'refuse', threshold: 0.3 } }), [])
    assert.deepEqual(namesOf(judged(), { notLive: { action: 'refuse' } }), ['notLive'])
    assert.deepEqual(namesOf(judged(), { unifiedQuality: { action: 'warn', threshold: 51 } }), ['unifiedQuality'])
    assert.deepEqual(namesOf(judged(), { unifiedQuality: { action: 'warn' } }), [])
  })

  it('leave out what is ignored, not named, or could not be measured', () => {
    assert.deepEqual(namesOf(judged(), { dark: { action: 'ignore' } }), [])
    assert.deepEqual(namesOf(judged(), {}), [])
    assert.deepEqual(namesOf(judged({ compression: null }), { compression: { action: 'refuse' } }), [])
  })

  it('refuse to pass what a rule refuses and nobody judged, but let a warning go', () => {
    const code = { code: 'assessment_unavailable' }
    for (const name of ['blur', 'sharpness', 'unifiedQuality', 'hat', 'notLive'] as const) {
      assert.throws(() => findFindings(FACE, { [name]: { action: 'refuse' } }), code, name)
      assert.deepEqual(namesOf(FACE, { [name]: { action: 'warn' } }), [], name)
    }
  })
})

describe('what has to be judged', () => {
  const everything = { assessments: ['quality', 'attributes', 'liveness'] } as const

  it('is what is asked for and what active rules need, each once', () => {
    assert.deepEqual(wantedOf(everything, [], []), [])
    assert.deepEqual(
      wantedOf(everything, ['liveness'], [{ blur: { action: 'warn' }, sharpness: { action: 'warn' } }]),
      ['quality', 'liveness'],
    )
    assert.deepEqual(wantedOf(everything, [], [{ mask: { action: 'ignore' } }, { hat: { action: 'warn' } }]), [
      'attributes',
    ])
  })

  it('is refused where a caller asks for what is switched off, and left to the rules where they do', () => {
    const some = { assessments: ['quality'] } as const
    assert.throws(() => wantedOf(some, ['attributes'], []), { code: 'assessment_unavailable' })
    assert.deepEqual(wantedOf(some, [], [{ mask: { action: 'refuse' }, blur: { action: 'refuse' } }]), ['quality'])
  })
})

describe('profiles', () => {
  it('never refuse a head covering that leaves the face free', () => {
    for (const profile of PROFILES)
      for (const name of ['hat', 'veil'] as const)
        assert.notEqual(rulesOf({ profile, rules: {} })[name]?.action, 'refuse', `${profile} ${name}`)
  })

  it('give way to rules of their own', () => {
    const rules = rulesOf({ profile: 'enrolment', rules: { hat: { action: 'refuse' }, blur: { action: 'ignore' } } })
    assert.deepEqual([rules.hat?.action, rules.blur?.action, rules.mask?.action], ['refuse', 'ignore', 'refuse'])
  })

  it('none minds nothing', () => {
    assert.deepEqual(rulesOf({ profile: 'none', rules: {} }), {})
  })

  it('are within the range of each threshold', () => {
    for (const profile of PROFILES) checkAcceptance('acceptance', { profile, rules: rulesOf({ profile, rules: {} }) })
  })
})

it('a threshold out of its range is refused by the name of its rule', () => {
  const check = (name: string, threshold: number) =>
    checkAcceptance('policy.acceptance', { profile: 'none', rules: { [name]: { action: 'warn', threshold } } })
  for (const [name, threshold] of [
    ['sharpness', 100.1],
    ['sharpness', -1],
    ['mask', 1.1],
    ['notLive', 2],
    ['blur', 0],
    ['unifiedQuality', Number.NaN],
  ] as const)
    assert.throws(() => check(name, threshold), {
      code: 'request_invalid',
      details: { field: `policy.acceptance.rules.${name}.threshold` },
    })
  check('sharpness', 100)
  check('mask', 1)
})

it('every finding has a sentence of its own words', () => {
  for (const name of FINDINGS) assert.match(sentenceOf(name), /^[A-Z].*\.$/)
})
