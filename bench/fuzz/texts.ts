// Random JSON, and mutations of good bodies: of their structure and of their text.

import type { Random } from '../random.ts'
import { mutateBytes } from './bytes.ts'

const TEXTS = [
  '',
  ' ',
  'x',
  'a'.repeat(300),
  'a'.repeat(20_000),
  '\0',
  'a\u0001b',
  '\ud800',
  '🙂',
  '../..',
  '%00',
  "'; --",
  '{}',
  'null',
  '__proto__',
  'constructor',
  'http://127.0.0.1/',
  'http://[::1]:80/x',
  'data:image/png;base64,AAAA',
  '-1',
  'NaN',
  '1e999',
  'people',
  'ada',
]
const NUMBERS = [0, -0, 1, -1, 0.5, 100, 101, 1e9, -1e9, 2 ** 31, 2 ** 53, 1e308, 5e-324]

/** Keys that the operations know, and some that none does. */
export const KEYS = [
  ...['image', 'image1', 'image2', 'subjectId', 'metadata', 'id', 'name', 'description', 'policy', 'limit'],
  ...['threshold', 'maxFpir', 'maxFmr', 'filter', 'galleries', 'points', 'template', 'ref'],
  ...['image_1', 'image_2', 'subject_id', 'is_quality', 'validate_nface', 'return_image'],
  ...['maxFacesPerSubject', 'whenFull', 'existingSubject', 'severalFaces', 'duplicates', 'duplicateThreshold'],
  ...['__proto__', 'constructor', 'prototype', 'toString', '', 'a', '🙂'],
]

export const randomText = (random: Random): string =>
  random.isLikely(0.8)
    ? random.pick(TEXTS)
    : Array.from({ length: random.below(40) }, () => String.fromCharCode(random.below(0x300))).join('')

export const randomValue = (random: Random, depth = 0): unknown => {
  const choice = random.below(depth > 4 ? 5 : 8)
  if (choice === 0) return null
  if (choice === 1) return random.isLikely(0.5)
  if (choice === 2) return random.pick(NUMBERS)
  if (choice <= 4) return randomText(random)
  if (choice === 5) return Array.from({ length: random.below(5) }, () => randomValue(random, depth + 1))
  return Object.fromEntries(
    Array.from({ length: random.below(6) }, () => [random.pick(KEYS), randomValue(random, depth + 1)]),
  )
}

/** A good body with one to three members exchanged, dropped or added. */
export const mutateBody = (
  body: Readonly<Record<string, unknown>>,
  random: Random,
): Readonly<Record<string, unknown>> => {
  const mutated: Record<string, unknown> = { ...body }
  for (let count = 1 + random.below(3); count > 0; count--) {
    const key = random.isLikely(0.7) ? random.pick([...Object.keys(body), 'subjectId']) : random.pick(KEYS)
    if (random.isLikely(0.2)) delete mutated[key]
    else
      Object.defineProperty(mutated, key, {
        value: randomValue(random),
        enumerable: true,
        writable: true,
        configurable: true,
      })
  }
  return mutated
}

/** The body as text, and then sometimes the text itself broken. */
export const writeBody = (body: unknown, random: Random): Buffer => {
  const bytes = Buffer.from(JSON.stringify(body) ?? '')
  return random.isLikely(0.3) ? mutateBytes(bytes, random) : bytes
}

/** A form of these members; the picture is a file, what is no text is written as JSON. */
export const writeForm = (
  body: Readonly<Record<string, unknown>>,
  picture: Buffer,
  boundary: string,
  random: Random,
): Buffer => {
  const parts = Object.entries(body).flatMap(([name, value]) => {
    const isFile = /image/i.test(name) && random.isLikely(0.8)
    const disposition = `form-data; name="${name}"${isFile ? `; filename="${randomText(random)}"` : ''}`
    const content = isFile ? picture : Buffer.from(typeof value === 'string' ? value : (JSON.stringify(value) ?? ''))
    return [Buffer.from(`--${boundary}\r\ncontent-disposition: ${disposition}\r\n\r\n`), content, Buffer.from('\r\n')]
  })
  const form = Buffer.concat([...parts, Buffer.from(`--${boundary}--\r\n`)])
  return random.isLikely(0.5) ? mutateBytes(form, random) : form
}
