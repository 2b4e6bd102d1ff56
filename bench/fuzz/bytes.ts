// Mutations of bytes, whatever they mean. None changes what it is given.
import type { Random } from '../random.ts'

export type Mutation = (bytes: Buffer, random: Random) => Buffer

/** Values at the edges of what a field holds, where programs count wrongly. */
const EDGES = [0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff]

const changed = (bytes: Buffer, change: (copy: Buffer) => void): Buffer => {
  const copy = Buffer.from(bytes)
  if (copy.length > 0) change(copy)
  return copy
}

/** Near the beginning more often than elsewhere: that is where formats say what they are. */
const place = (length: number, random: Random): number =>
  random.below(random.isLikely(0.5) ? Math.min(length, 600) : length)

const flipBits: Mutation = (bytes, random) =>
  changed(bytes, copy => {
    for (let count = 1 + random.below(8); count > 0; count--) copy[place(copy.length, random)] ^= 1 << random.below(8)
  })

const setBytes: Mutation = (bytes, random) =>
  changed(bytes, copy => {
    for (let count = 1 + random.below(16); count > 0; count--) copy[place(copy.length, random)] = random.below(256)
  })

const setEdge: Mutation = (bytes, random) =>
  changed(bytes, copy => {
    const width = random.pick([1, 2, 4])
    if (copy.length < width) return
    const value = random.pick(EDGES) % 2 ** (8 * width)
    const at = Math.min(place(copy.length, random), copy.length - width)
    if (random.isLikely(0.5)) copy.writeUIntBE(value, at, width)
    else copy.writeUIntLE(value, at, width)
  })

const truncate: Mutation = (bytes, random) => bytes.subarray(0, place(bytes.length, random))

const cutOut: Mutation = (bytes, random) => {
  const from = place(bytes.length, random)
  return Buffer.concat([bytes.subarray(0, from), bytes.subarray(from + 1 + random.below(200))])
}

const repeat: Mutation = (bytes, random) => {
  const from = place(bytes.length, random)
  const part = bytes.subarray(from, from + 1 + random.below(300))
  const copies = Array<Buffer>(1 + random.below(random.isLikely(0.1) ? 300 : 4)).fill(part)
  return Buffer.concat([bytes.subarray(0, from), ...copies, bytes.subarray(from)])
}

const insertNoise: Mutation = (bytes, random) => {
  const at = place(bytes.length, random)
  const noise = Buffer.from(Array.from({ length: 1 + random.below(100) }, () => random.below(256)))
  return Buffer.concat([bytes.subarray(0, at), noise, bytes.subarray(at)])
}

const fill: Mutation = (bytes, random) =>
  changed(bytes, copy => {
    const from = place(copy.length, random)
    copy.fill(random.pick([0, 0xff, 0x41]), from, Math.min(copy.length, from + 1 + random.below(400)))
  })

const swapParts: Mutation = (bytes, random) => {
  const [one, other, third] = [0, 0, 0].map(() => random.below(bytes.length + 1)).sort((a, b) => a - b)
  return Buffer.concat([
    bytes.subarray(0, one),
    bytes.subarray(other, third),
    bytes.subarray(one, other),
    bytes.subarray(third),
  ])
}

const MUTATIONS = [flipBits, setBytes, setEdge, setEdge, truncate, cutOut, repeat, insertNoise, fill, swapParts]

/** One to four of them, one after another. */
export const mutateBytes: Mutation = (bytes, random) => {
  let mutated = bytes
  for (let count = 1 + random.below(random.isLikely(0.3) ? 4 : 1); count > 0; count--)
    mutated = random.pick(MUTATIONS)(mutated, random)
  return mutated
}

/** The beginning of one and the end of another. */
export const splice = (one: Buffer, other: Buffer, random: Random): Buffer =>
  Buffer.concat([one.subarray(0, random.below(one.length + 1)), other.subarray(random.below(other.length + 1))])
