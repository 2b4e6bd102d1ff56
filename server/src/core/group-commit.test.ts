// Group commit: one write for what comes together, and a failure for everyone in the group.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createGroupCommit } from './group-commit.ts'

test('what comes together is written together, in order, and nobody is answered before', async () => {
  const groups: string[][] = []
  const finish: (() => void)[] = []
  const { append } = createGroupCommit<string>(items => {
    groups.push([...items])
    return new Promise(resolve => finish.push(resolve))
  })
  const answered: string[] = []
  const nextTurn = () => new Promise(resolve => setImmediate(resolve))
  const untilWritten = async (count: number) => {
    while (groups.length < count) await nextTurn()
  }
  const add = (item: string) => append(item).then(() => answered.push(item))
  const first = [add('a'), add('b')]
  await untilWritten(1)
  const second = [add('c'), add('d'), add('e')]
  await nextTurn()
  assert.deepEqual([groups, answered], [[['a', 'b']], []])
  finish[0]()
  await Promise.all(first)
  assert.deepEqual(answered, ['a', 'b'])
  await untilWritten(2)
  finish[1]()
  await Promise.all(second)
  assert.deepEqual(groups, [
    ['a', 'b'],
    ['c', 'd', 'e'],
  ])
})

test('a group that cannot be written fails whole; the next one is tried', async () => {
  let fails = true
  const { append } = createGroupCommit<number>(async () => {
    if (fails) throw new Error('disk full')
  })
  const results = await Promise.allSettled([append(1), append(2)])
  assert.deepEqual(
    results.map(({ status }) => status),
    ['rejected', 'rejected'],
  )
  fails = false
  await append(3)
})
