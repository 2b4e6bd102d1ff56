import assert from 'node:assert/strict'
import { test } from 'node:test'
import sharp from 'sharp'
import { withComment } from './jpeg-comment.ts'

const draw = () =>
  sharp({ create: { width: 24, height: 16, channels: 3, background: '#8a5a3c' } })
    .jpeg()
    .toBuffer()
const pixelsOf = (jpeg: Uint8Array) => sharp(jpeg).raw().toBuffer()

test('A comment changes the bytes and not the picture', async () => {
  const jpeg = await draw()
  const one = withComment(jpeg, 'session 1, frame 1')
  assert.notDeepEqual(one, withComment(jpeg, 'session 1, frame 2'))
  assert.deepEqual(await pixelsOf(one), await pixelsOf(jpeg))
})

test('What is no JPEG, and a comment that does not fit, are refused', async () => {
  assert.throws(() => withComment(Buffer.from('GIF89a'), 'x'), RangeError)
  const jpeg = await draw()
  await pixelsOf(withComment(jpeg, 'x'.repeat(65_533)))
  assert.throws(() => withComment(jpeg, 'x'.repeat(65_534)), RangeError)
})
