// Writes checkpoints as PyTorch does, for tests: state dictionaries of floats in the zip form or the older one, with ways to
// make them lie. No tests here.
import { crc32, deflateRawSync } from 'node:zlib'

export interface SampleTensor {
  readonly shape: readonly number[]
  readonly data: Float32Array
  /** The shape and strides that the pickle tells instead of the true ones. */
  readonly toldShape?: readonly number[]
  readonly toldStrides?: readonly number[]
  /** The number of values that the pickle tells the storage has. */
  readonly toldCount?: number
}

export type SampleDictionary = Readonly<Record<string, SampleTensor>>

/** Values from a fixed sequence, so that tests are the same each time. */
export const sampleTensor = (shape: readonly number[], seed: number, low = -1, high = 1): SampleTensor => {
  let state = (seed * 2_654_435_761 + 1) >>> 0
  const next = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
  const count = shape.reduce((product, size) => product * size, 1)
  return { shape, data: Float32Array.from({ length: count }, () => low + next() * (high - low)) }
}

// Pickle instructions; see pickle.ts.
const OPEN = Buffer.from([0x80, 2])
const STOP = Buffer.from('.')
const MARK = Buffer.from('(')
const TUPLE = Buffer.from('t')
const REDUCE = Buffer.from('R')

const unsigned = (value: number, bytes: 2 | 4 | 8): Buffer => {
  const buffer = Buffer.alloc(bytes)
  if (bytes === 8) buffer.writeBigUInt64LE(BigInt(value))
  else buffer.writeUIntLE(value, 0, bytes)
  return buffer
}
export const pickledText = (text: string): Buffer => {
  const bytes = Buffer.from(text)
  return Buffer.concat([Buffer.from('X'), unsigned(bytes.length, 4), bytes])
}
const pickledInteger = (value: number): Buffer => Buffer.concat([Buffer.from('J'), unsigned(value, 4)])
export const pickledName = (module: string, name: string): Buffer => Buffer.from(`c${module}\n${name}\n`)
const pickledTuple = (items: readonly Buffer[]): Buffer => Buffer.concat([MARK, ...items, TUPLE])
export const pickle = (...parts: readonly Buffer[]): Buffer => Buffer.concat([OPEN, ...parts, STOP])

const NONE = Buffer.from('N')
const FALSE = Buffer.from([0x89])
const EMPTY_DICTIONARY = Buffer.concat([pickledName('collections', 'OrderedDict'), Buffer.from(')R')])

const stridesOf = (shape: readonly number[]): number[] =>
  shape.map((_, axis) => shape.slice(axis + 1).reduce((product, size) => product * size, 1))

const pickledTensor = (tensor: SampleTensor, key: string, isLegacy: boolean): Buffer => {
  const { shape, data, toldShape = shape, toldStrides = stridesOf(toldShape), toldCount = data.length } = tensor
  const id = [pickledText('storage'), pickledName('torch', 'FloatStorage'), pickledText(key), pickledText('cpu')]
  const storage = pickledTuple([...id, pickledInteger(toldCount), ...(isLegacy ? [NONE] : [])])
  const args = [
    Buffer.concat([storage, Buffer.from('Q')]),
    pickledInteger(0),
    pickledTuple(toldShape.map(pickledInteger)),
    pickledTuple(toldStrides.map(pickledInteger)),
    FALSE,
    EMPTY_DICTIONARY,
  ]
  return Buffer.concat([pickledName('torch._utils', '_rebuild_tensor_v2'), pickledTuple(args), REDUCE])
}

/** With the attribute that PyTorch gives its dictionaries: the versions of their modules. */
const pickledDictionary = (tensors: SampleDictionary, isLegacy: boolean): Buffer => {
  const items = Object.entries(tensors).map(([name, tensor], index) =>
    Buffer.concat([pickledText(name), pickledTensor(tensor, String(index), isLegacy)]),
  )
  const state = Buffer.concat([Buffer.from('}'), pickledText('_metadata'), Buffer.from('}s')])
  return pickle(EMPTY_DICTIONARY, MARK, ...items, Buffer.from('u'), state, Buffer.from('b'))
}

const bytesOf = ({ data }: SampleTensor): Buffer => Buffer.from(data.buffer, data.byteOffset, data.byteLength)

/** The form of PyTorch before 1.6. */
export const writeLegacy = (tensors: SampleDictionary, isLittleEndian = true): Buffer => {
  const magic = Buffer.concat([Buffer.from([0x8a, 10]), Buffer.from('6cfc9c46f9206aa85019', 'hex')])
  const version = Buffer.concat([Buffer.from('M'), unsigned(1001, 2)])
  const machine = Buffer.concat([
    Buffer.from('}'),
    pickledText('little_endian'),
    Buffer.from([isLittleEndian ? 0x88 : 0x89]),
    Buffer.from('s'),
  ])
  const keys = Object.keys(tensors).map((_, index) => pickledText(String(index)))
  const list = Buffer.concat([Buffer.from(']'), MARK, ...keys, Buffer.from('e')])
  const contents = Object.values(tensors).flatMap(tensor => [unsigned(tensor.data.length, 8), bytesOf(tensor)])
  return Buffer.concat([
    pickle(magic),
    pickle(version),
    pickle(machine),
    pickledDictionary(tensors, true),
    pickle(list),
    ...contents,
  ])
}

export interface SampleEntry {
  readonly name: string
  readonly content: Buffer
  readonly method?: number
  readonly flags?: number
  /** The size and the checksum that the archive tells instead of the true ones. */
  readonly toldBytes?: number
  readonly toldCrc?: number
}

/** A zip archive; deflated where an entry says so by method 8. */
export const writeZip = (entries: readonly SampleEntry[], comment = ''): Buffer => {
  const locals: Buffer[] = []
  const directory: Buffer[] = []
  let offset = 0
  for (const { name, content, method = 0, flags = 0, toldBytes, toldCrc } of entries) {
    const packed = method === 8 ? deflateRawSync(content) : content
    const facts = Buffer.concat([
      unsigned(flags, 2),
      unsigned(method, 2),
      unsigned(0, 4),
      unsigned(toldCrc ?? crc32(content), 4),
      unsigned(packed.length, 4),
      unsigned(toldBytes ?? content.length, 4),
      unsigned(Buffer.byteLength(name), 2),
    ])
    // The local header's extra field is of another length than the directory's, as PyTorch has it for alignment.
    const local = [
      unsigned(0x04034b50, 4),
      unsigned(20, 2),
      facts,
      unsigned(3, 2),
      Buffer.from(name),
      Buffer.alloc(3),
      packed,
    ]
    directory.push(
      unsigned(0x02014b50, 4),
      unsigned(20, 2),
      unsigned(20, 2),
      facts,
      Buffer.alloc(12),
      unsigned(offset, 4),
    )
    directory.push(Buffer.from(name))
    locals.push(...local)
    offset += local.reduce((sum, part) => sum + part.length, 0)
  }
  const bytes = Buffer.concat(directory)
  const counts = [unsigned(0, 4), unsigned(entries.length, 2), unsigned(entries.length, 2)]
  const end = [unsigned(0x06054b50, 4), ...counts, unsigned(bytes.length, 4), unsigned(offset, 4)]
  return Buffer.concat([...locals, bytes, ...end, unsigned(comment.length, 2), Buffer.from(comment)])
}

/** The entries of the form of PyTorch since 1.6. */
export const checkpointEntries = (tensors: SampleDictionary, method = 0): SampleEntry[] => [
  { name: 'sample/data.pkl', content: pickledDictionary(tensors, false), method },
  { name: 'sample/byteorder', content: Buffer.from('little') },
  ...Object.values(tensors).map((tensor, index) => ({
    name: `sample/data/${index}`,
    content: bytesOf(tensor),
    method,
  })),
  { name: 'sample/version', content: Buffer.from('3\n') },
]
