// Mutations of pictures that know the format: they change a length, a measure or a part, and mend what a decoder would
// check first, so that it goes on to the damage.
import { crc32 } from 'node:zlib'
import type { Random } from '../random.ts'
import type { Mutation } from './bytes.ts'

const SIDES = [0, 1, 2, 23, 24, 255, 256, 1000, 7000, 16_383, 16_384, 32_767, 32_768, 65_500, 65_535]
const LENGTHS = [0, 1, 2, 3, 7, 255, 65_535, 0x7fffffff, 0xffffffff]

interface Part {
  readonly at: number
  readonly end: number
}

/** The chunks of a PNG after its signature: length, type, data, checksum. */
const pngChunks = (bytes: Buffer): Part[] => {
  const parts: Part[] = []
  for (let at = 8; at + 12 <= bytes.length; ) {
    const end = at + 12 + bytes.readUInt32BE(at)
    if (end > bytes.length) break
    parts.push({ at, end })
    at = end
  }
  return parts
}

const mendChecksum = (bytes: Buffer, { at, end }: Part): void => {
  bytes.writeUInt32BE(crc32(bytes.subarray(at + 4, end - 4)), end - 4)
}

const mutatePng: Mutation = (bytes, random) => {
  const copy = Buffer.from(bytes)
  const chunks = pngChunks(copy)
  if (chunks.length === 0) return copy
  const chunk = random.pick(chunks)
  const choice = random.below(5)
  if (choice === 0) copy.writeUInt32BE(random.pick(LENGTHS), chunk.at)
  else if (choice === 1) copy.writeUInt32BE(random.pick(SIDES), chunks[0].at + 8 + 4 * random.below(2))
  else if (choice === 2) copy[chunks[0].at + 16 + random.below(5)] = random.below(20)
  else if (choice === 3) return moveParts(copy, chunks, random)
  else if (chunk.end - chunk.at > 12) copy[chunk.at + 8 + random.below(chunk.end - chunk.at - 12)] = random.below(256)
  for (const each of choice === 0 ? [] : [chunks[0], chunk]) mendChecksum(copy, each)
  return copy
}

/** Drops, repeats and exchanges whole parts. */
const moveParts = (bytes: Buffer, parts: readonly Part[], random: Random): Buffer => {
  const order = [...parts]
  const [one, other] = [random.below(order.length), random.below(order.length)]
  const choice = random.below(3)
  if (choice === 0) order.splice(one, 1)
  else if (choice === 1) order.splice(one, 0, ...Array<Part>(1 + random.below(50)).fill(order[other]))
  else order.splice(one, 1, ...order.splice(other, 1, order[one]))
  return Buffer.concat([bytes.subarray(0, parts[0]?.at), ...order.map(({ at, end }) => bytes.subarray(at, end))])
}

/** The segments of a JPEG up to its first scan. */
const jpegSegments = (bytes: Buffer): Part[] => {
  const parts: Part[] = []
  for (let at = 2; at + 4 <= bytes.length && bytes[at] === 0xff; ) {
    const end = at + 2 + bytes.readUInt16BE(at + 2)
    if (end > bytes.length) break
    parts.push({ at, end })
    if (bytes[at + 1] === 0xda) break
    at = end
  }
  return parts
}

const mutateJpeg: Mutation = (bytes, random) => {
  const copy = Buffer.from(bytes)
  const segments = jpegSegments(copy)
  if (segments.length === 0) return copy
  const { at, end } = random.pick(segments)
  const frame = segments.find(segment => copy[segment.at + 1] === 0xc0 || copy[segment.at + 1] === 0xc2)
  const choice = random.below(5)
  if (choice === 0) copy.writeUInt16BE(random.pick(LENGTHS) & 0xffff, at + 2)
  else if (choice === 1 && frame) copy.writeUInt16BE(random.pick(SIDES), frame.at + 5 + 2 * random.below(2))
  else if (choice === 2 && frame) copy[frame.at + 4 + random.below(frame.end - frame.at - 4)] = random.below(256)
  else if (choice === 3) copy[at + 1] = 0xc0 + random.below(64)
  else copy[at + 4 + random.below(Math.max(1, end - at - 4))] = random.below(256)
  return copy
}

/** RIFF: sizes of the file, of the first chunk, and the measures that follow. */
const mutateWebp: Mutation = (bytes, random) => {
  const copy = Buffer.from(bytes)
  const at = random.pick([4, 16, 20, 24, 26, 27])
  if (at <= 16) copy.writeUInt32LE(random.pick(LENGTHS), at)
  else copy.writeUInt16LE(random.pick(SIDES), at)
  return copy
}

/** Screen size, flags and the frames' descriptors. */
const mutateGif: Mutation = (bytes, random) => {
  const copy = Buffer.from(bytes)
  const frame = copy.indexOf(0x2c, 13)
  const choice = random.below(4)
  if (choice === 0) copy.writeUInt16LE(random.pick(SIDES), 6 + 2 * random.below(2))
  else if (choice === 1) copy[10 + random.below(3)] = random.below(256)
  else if (frame > 0 && frame + 10 < copy.length) {
    if (choice === 2) copy.writeUInt16LE(random.pick(SIDES), frame + 1 + 2 * random.below(4))
    else copy[frame + 9 + random.below(2)] = random.below(256)
  }
  return copy
}

const BOXES = ['ftyp', 'meta', 'iloc', 'iinf', 'infe', 'iprp', 'ipco', 'ispe', 'av1C', 'ipma', 'pixi', 'mdat', 'irot']

/** Boxes by name: their lengths, and what they hold. */
const mutateAvif: Mutation = (bytes, random) => {
  const copy = Buffer.from(bytes)
  const at = copy.indexOf(random.pick(BOXES), 0, 'latin1')
  if (at < 4 || at + 20 > copy.length) return copy
  if (random.isLikely(0.3)) copy.writeUInt32BE(random.pick(LENGTHS), at - 4)
  else if (random.isLikely(0.5)) copy.writeUInt32BE(random.pick(SIDES), at + 8 + 4 * random.below(2))
  else copy[at + 4 + random.below(16)] = random.below(256)
  return copy
}

/** What is too short by now for the field stays as it is. */
const whereLongEnough =
  (mutate: Mutation): Mutation =>
  (bytes, random) => {
    try {
      return mutate(bytes, random)
    } catch (error) {
      if (error instanceof RangeError) return bytes
      throw error
    }
  }

export const FIELD_MUTATIONS = {
  jpeg: whereLongEnough(mutateJpeg),
  png: whereLongEnough(mutatePng),
  webp: whereLongEnough(mutateWebp),
  gif: whereLongEnough(mutateGif),
  avif: whereLongEnough(mutateAvif),
} as const satisfies Record<string, Mutation>

export type Format = keyof typeof FIELD_MUTATIONS
