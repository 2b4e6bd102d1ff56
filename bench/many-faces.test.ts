// Tests of many-faces.ts: who is enrolled, and that scores are those of the core.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { dotOf, fuseTemplates } from '../server/src/core/score.ts'
import { collectTemplates } from './all-pairs.ts'
import { countManyFaces, countPeopleWith } from './many-faces.ts'
import { makePeople } from './samples.ts'

const pictures = makePeople(20, 5)
const set = collectTemplates(pictures)

test('enrols each person as often as disjoint pictures allow', () => {
  const counted = countManyFaces(set, 2)
  assert.equal(counted.people, 20)
  assert.equal(counted.enrolments, 40)
  assert.equal(counted.best.total(), 40 * 95)
  assert.equal(counted.fused.total(), 40 * 95)
  assert.equal(counted.own.length, 40 * 3)
  assert.equal(countManyFaces(set, 6).enrolments, 0)
  assert.equal(countPeopleWith(set.people, 5), 20)
  assert.equal(countPeopleWith(set.people, 6), 0)
})

test('scores as the core does', () => {
  // All but one picture enrolled: the one left is the only own trial, which tells what was enrolled.
  const [trial] = countManyFaces(set, 4).own
  const own = pictures.filter((_, row) => set.people[row] === trial.person).map(picture => picture.template)
  const isTrial = own.some(probe => {
    const enrolled = own.filter(template => template !== probe)
    const singles = enrolled.map(template => dotOf(template, probe))
    return (
      Math.abs(Math.max(...singles) - trial.best) < 1e-6 &&
      Math.abs(dotOf(fuseTemplates(enrolled), probe) - trial.fused) < 1e-6
    )
  })
  assert.ok(isTrial)
})

test('every run draws the same pictures', () => {
  assert.deepEqual(countManyFaces(set, 3).own, countManyFaces(set, 3).own)
  assert.notDeepEqual(countManyFaces(set, 3, 2).own, countManyFaces(set, 3).own)
})
