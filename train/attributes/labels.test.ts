// Labels are read as they are written, corrections change them, and a word that is no attribute is refused.
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { correct, NOTHING, parseLabels } from './labels.ts'

test('eyewear and hats are read, and what is ambiguous is not known', () => {
  const labels = parseLabels(
    'image,eyewear,hat\na.jpg,none,0\nb.jpg,clear_glasses,1\nc.jpg,sunglasses,0\r\nd.jpg,ambiguous,1\n',
  )
  assert.deepEqual(labels.get('a.jpg'), NOTHING)
  assert.deepEqual(labels.get('b.jpg'), { ...NOTHING, eyeglasses: 1, hat: 1 })
  assert.deepEqual(labels.get('c.jpg'), { ...NOTHING, sunglasses: 1 })
  assert.deepEqual(labels.get('d.jpg'), { ...NOTHING, sunglasses: -1, eyeglasses: -1, hat: 1 })
})

test('what was seen by eye changes the labels', () => {
  assert.deepEqual(correct(NOTHING), NOTHING)
  assert.deepEqual(correct(NOTHING, ['veil', '-hat']), { ...NOTHING, veil: 1, hat: -1 })
  assert.deepEqual(correct({ ...NOTHING, mask: 1 }, ['!mask']), NOTHING)
  assert.throws(() => correct(NOTHING, ['beard']), /"beard" is no attribute/)
})

test('every committed correction names attributes', async () => {
  const corrections = JSON.parse(await readFile(new URL('corrections.json', import.meta.url), 'utf8'))
  for (const words of Object.values(corrections) as string[][]) correct(NOTHING, words)
})
