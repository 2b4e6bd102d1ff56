// Weights are decoded value for value as TensorFlow.js decodes them, and shards of a wrong size are refused.
import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { test } from 'node:test'
import { decodeHalf, readWeights, type WeightGroups } from './tfjs-weights.ts'

const tf: typeof import('@tensorflow/tfjs') = createRequire(import.meta.url)('@tensorflow/tfjs')

const GROUPS: WeightGroups = [
  {
    paths: ['first', 'second'],
    weights: [
      { name: 'plain', shape: [2, 2], dtype: 'float32' },
      { name: 'whole', shape: [3], dtype: 'int32' },
      { name: 'half', shape: [5], dtype: 'float32', quantization: { dtype: 'float16' } },
      {
        name: 'byte',
        shape: [256],
        dtype: 'float32',
        quantization: { dtype: 'uint8', scale: 0.0123456789, min: -1.1 },
      },
    ],
  },
]
const BYTES = Buffer.concat([
  Buffer.from(Float32Array.of(0.1, -2, 3e-30, 4e30).buffer),
  Buffer.from(Int32Array.of(1, -1, 2 ** 31 - 1).buffer),
  Buffer.from(Uint16Array.of(0x3c00, 0xc001, 0x0001, 0x83ff, 0x7bff).buffer),
  Buffer.from(Array.from({ length: 256 }, (_, index) => index)),
])

/** The bytes in two shards, cut in the middle of a tensor. */
const shards = (bytes: Buffer) => (path: string) => (path === 'first' ? bytes.subarray(0, 19) : bytes.subarray(19))

test('float32, int32, float16 and uint8 are decoded as TensorFlow.js does', () => {
  const specification = GROUPS[0]!.weights as import('@tensorflow/tfjs').io.WeightsManifestEntry[]
  const expected = tf.io.decodeWeights(Uint8Array.from(BYTES).buffer, specification)
  const actual = readWeights(GROUPS, shards(BYTES))
  for (const { name, shape } of GROUPS[0]!.weights) {
    assert.deepEqual(actual.get(name)!.data, expected[name]!.dataSync(), name)
    assert.deepEqual(actual.get(name)!.shape, shape)
  }
})

test('all 65536 half-precision numbers are decoded', () => {
  for (let bits = 0; bits < 0x10000; bits++) {
    const sign = bits >> 15 ? -1 : 1
    const exponent = (bits >> 10) & 31
    const value = decodeHalf(bits)
    if (exponent === 31) assert.ok(bits & 1023 ? Number.isNaN(value) : value === sign * Number.POSITIVE_INFINITY)
    else assert.equal(value, sign * ((bits & 1023) + (exponent ? 1024 : 0)) * 2 ** (Math.max(exponent, 1) - 25))
  }
})

test('shards that are too short or too long are refused with the file, the sizes and the cure', () => {
  for (const bytes of [BYTES.subarray(1), Buffer.concat([BYTES, BYTES])]) {
    assert.throws(() => readWeights(GROUPS, shards(bytes)), {
      code: 'pack_source_corrupt',
      message: /The weight file first \+ second has \d+ bytes where 294 were expected; .*npm ci\./,
    })
  }
})
