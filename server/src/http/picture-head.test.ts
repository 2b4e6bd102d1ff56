// Format and size by the first bytes, against the decoder, and what is no picture.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import sharp from 'sharp'
import { readPictureHead } from './picture-head.ts'

const make = () => sharp({ create: { width: 48, height: 32, channels: 3, background: '#456' } })

describe('the head of a picture', () => {
  test('is read of JPEG, plain and progressive, and of PNG', async () => {
    const size = { width: 48, height: 32 }
    assert.deepEqual(readPictureHead(await make().jpeg().toBuffer()), { mediaType: 'image/jpeg', ...size })
    const progressive = await make().jpeg({ progressive: true }).withIccProfile('p3').toBuffer()
    assert.deepEqual(readPictureHead(progressive), { mediaType: 'image/jpeg', ...size })
    assert.deepEqual(readPictureHead(await make().png().toBuffer()), { mediaType: 'image/png', ...size })
  })

  for (const orientation of [1, 2, 3, 4, 5, 6, 7, 8])
    test(`is that of the upright picture, orientation ${orientation}`, async () => {
      const head = readPictureHead(await make().jpeg().withMetadata({ orientation }).toBuffer())
      assert.deepEqual([head?.width, head?.height], orientation >= 5 ? [32, 48] : [48, 32])
    })

  test('is null for other formats', async () => {
    for (const bytes of [
      await make().webp().toBuffer(),
      await make().gif().toBuffer(),
      Buffer.from('AAAA'),
      Buffer.alloc(0),
    ])
      assert.equal(readPictureHead(bytes), null)
  })

  test('is null or the same wherever the bytes break off, and nothing throws on noise', async () => {
    const whole = await make().jpeg().withMetadata({ orientation: 6 }).toBuffer()
    for (let length = 0; length < whole.length; length++) {
      const head = readPictureHead(whole.subarray(0, length))
      assert.ok(head === null || (head.width === 32 && head.height === 48))
    }
    for (let at = 2; at < whole.length; at++) {
      const spoilt = Buffer.from(whole)
      spoilt[at] ^= 0xff
      readPictureHead(spoilt)
    }
  })
})
