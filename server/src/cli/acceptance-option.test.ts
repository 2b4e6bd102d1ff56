// What a gallery minds as an option's text: read, written, and refused by the word that is wrong.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readAcceptance, writeAcceptance } from './acceptance-option.ts'

test('is written as it is read', () => {
  for (const text of [
    'none',
    'enrolment',
    'document,hat=refuse',
    'enrolment,blur=ignore,sharpness=refuse:30,mask=warn:0.9,notLive=refuse:0.75',
  ])
    assert.equal(writeAcceptance(readAcceptance(text)), text)
  assert.deepEqual(readAcceptance('probe, hat=refuse , sharpness=warn:12.5'), {
    profile: 'probe',
    rules: { hat: { action: 'refuse' }, sharpness: { action: 'warn', threshold: 12.5 } },
  })
})

for (const [text, sentence] of [
  ['', /begin with none, document, enrolment, probe/],
  ['vip', /"vip" is none of them/],
  ['hat=refuse', /begin with/],
  ['none,hat', /"hat" is not a rule/],
  ['none,hat=forbid', /refuse, warn, ignore/],
  ['none,beauty=warn', /"beauty" is nothing that is judged/],
  ['none,blur=refuse:1', /threshold of the model pack/],
  ['none,mask=refuse:2', /from 0 to 1/],
  ['none,sharpness=refuse:101', /from 0 to 100/],
  ['none,sharpness=refuse:-1', /not a rule/],
  ['none,', /not a rule/],
  ['none,hat=refuse,veil=warn,hat=warn', /two rules for "hat"/],
] as const)
  test(`cannot be "${text}"`, () => {
    assert.throws(() => readAcceptance(text), { code: 'commander.invalidArgument', message: sentence })
  })
