// Both forms of checkpoints give their tensors; names, instructions and layouts that are not known are refused, and so is
// whatever does not fit together. Nothing in a checkpoint is ever executed.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DEFAULT_LIMITS } from '../../../../limits.ts'
import {
  checkpointEntries,
  pickle,
  pickledName,
  pickledText,
  type SampleDictionary,
  type SampleEntry,
  sampleTensor,
  writeLegacy,
  writeZip,
} from './checkpoint.fixture.ts'
import { readCheckpoint } from './checkpoint.ts'

const tensors: SampleDictionary = {
  'module.weight': sampleTensor([2, 3, 1, 1], 1),
  'module.bias': sampleTensor([2], 2),
  'module.scalar': sampleTensor([], 3),
}
const plain = Object.entries(tensors).map(([name, { shape, data }]) => [name, { shape, data }])
const zipOf = (entries: readonly SampleEntry[]) => writeZip(entries)
const corrupt = (problem: RegExp) => ({ code: 'pack_source_corrupt', message: problem })
const unknown = (what: RegExp) => ({ code: 'pack_operation_unknown', message: what })
const read = (bytes: Uint8Array, limits = DEFAULT_LIMITS) => readCheckpoint(bytes, 'some.pth', limits)
/** A zip form whose pickle is this one. */
const withPickle = (content: Buffer) => zipOf([{ name: 'sample/data.pkl', content }])

test('both forms give the tensors, by name and in order', () => {
  for (const bytes of [
    writeLegacy(tensors),
    zipOf(checkpointEntries(tensors)),
    zipOf(checkpointEntries(tensors, 8)),
    writeZip(checkpointEntries(tensors), 'a comment'),
  ])
    assert.deepEqual([...read(bytes)], plain)
})

test('a name that state dictionaries do not use is refused by that name, and not called', () => {
  const call = (module: string, name: string) =>
    withPickle(pickle(pickledName(module, name), Buffer.from('('), pickledText('true'), Buffer.from('tR')))
  for (const [module, name] of [
    ['os', 'system'],
    ['builtins', 'eval'],
    ['torch', 'load'],
    ['constructor', 'constructor'],
    ['torch', 'HalfStorage'],
  ] as const)
    assert.throws(() => read(call(module, name)), unknown(new RegExp(`some\\.pth uses the name ${module}\\.${name},`)))
  const legacy = Buffer.concat([writeLegacy({}).subarray(0, 15), pickle(pickledName('os', 'system'))])
  assert.throws(() => read(legacy), unknown(/the name os\.system/))
  assert.throws(
    () => read(call('collections', 'OrderedDict')),
    unknown(/a call of collections\.OrderedDict with 1 values/),
  )
})

test('instructions and keys that state dictionaries do not use are refused', () => {
  for (const [code, name] of [
    ['G\0\0\0\0\0\0\0\0', '0x47'],
    ['i', '0x69'],
    ['\x93', '0x93'],
    ['\x81', '0x81'],
  ] as const)
    assert.throws(() => read(withPickle(pickle(Buffer.from(code, 'latin1')))), unknown(new RegExp(name)))
  assert.throws(
    () => read(withPickle(pickle(Buffer.from('}K\x01K\x02s')))),
    unknown(/a dictionary key that is no text/),
  )
  assert.throws(() => read(withPickle(Buffer.from([0x80, 9, 0x2e]))), unknown(/the pickle protocol 9/))
  assert.throws(
    () => read(withPickle(pickle(Buffer.from('}'), pickledText('lr'), Buffer.from('K\x01s')))),
    unknown(/the entry lr, which is no tensor/),
  )
})

test('a pickle that does not add up is corrupt', () => {
  for (const [code, problem] of [
    ['', /takes more than it made/],
    ['t', /closes what it did not open/],
    ['NN', /leaves values over/],
    ['h\x05', /recalls 5, which it never kept/],
    ['N)R', /calls something else than a name/],
    ['NNa', /appends to something else than a list/],
    ['NNNs', /sets items of something else/],
    ['X\xff\xff\xff\xffab', /ends at byte/],
    ['X\x01\0\0\0\xff', /no UTF-8 text/],
    ['cos', /no line of text/],
    ['N', /holds something else than a state dictionary/],
    ['N(a', /takes more than it made/],
  ] as const)
    assert.throws(() => read(withPickle(pickle(Buffer.from(code, 'latin1')))), corrupt(problem), code)
})

test('a tensor that is larger than its storage, or laid out otherwise, is refused', () => {
  const [weight] = Object.values(tensors) as [SampleDictionary[string]]
  for (const write of [
    (made: SampleDictionary) => writeLegacy(made),
    (made: SampleDictionary) => zipOf(checkpointEntries(made)),
  ]) {
    assert.throws(
      () => read(write({ a: { ...weight, toldShape: [2, 4] } })),
      corrupt(/some\.pth \(a\) has the shape 2x4, more than the 6 values/),
    )
    // Strides of nothing would make any number of values out of one.
    assert.throws(
      () => read(write({ a: { ...weight, toldShape: [2e9], toldStrides: [0] } })),
      corrupt(/the shape 2000000000/),
    )
    assert.throws(() => read(write({ a: { ...weight, toldStrides: [2, 2, 1, 1] } })), corrupt(/./))
    assert.throws(
      () => read(write({ a: { ...weight, toldShape: [3, 2], toldStrides: [1, 3] } })),
      unknown(/strides of 1x3/),
    )
    assert.throws(
      () => read(write({ a: { ...weight, toldCount: 7 } })),
      corrupt(/24 bytes where 7 values were promised/),
    )
  }
})

test('tensors of more bytes than the limit are refused, in either form', () => {
  const limits = { ...DEFAULT_LIMITS, maxUnpackedBytes: 30 }
  assert.throws(() => read(writeLegacy(tensors), limits), corrupt(/tensors of more than 30 bytes/))
  assert.throws(() => read(zipOf(checkpointEntries(tensors)), limits), corrupt(/unpacks to \d+ bytes, more than 30/))
})

test('what is truncated, or no checkpoint at all, is corrupt', () => {
  const legacy = writeLegacy(tensors)
  const zip = zipOf(checkpointEntries(tensors))
  for (let length = 0; length < legacy.length; length += 7)
    assert.throws(() => read(legacy.subarray(0, length)), corrupt(/./))
  for (let length = 0; length < zip.length; length += 7)
    assert.throws(() => read(zip.subarray(0, length)), corrupt(/./))
  assert.throws(() => read(Buffer.from('hello')), corrupt(/is not a PyTorch checkpoint/))
  assert.throws(() => read(writeLegacy(tensors, false)), unknown(/byte order/))
  assert.throws(() => read(zipOf([{ name: 'a', content: Buffer.from('b') }])), corrupt(/without data\.pkl/))
  const entries = checkpointEntries(tensors)
  assert.throws(() => read(zipOf(entries.filter(({ name }) => name !== 'sample/data/1'))), corrupt(/has no storage 1/))
  const big = entries.map(entry =>
    entry.name === 'sample/byteorder' ? { ...entry, content: Buffer.from('big') } : entry,
  )
  assert.throws(() => read(zipOf(big)), unknown(/byte order/))
})

test('an archive that lies about an entry is refused', () => {
  const [first, ...rest] = checkpointEntries(tensors, 8) as [SampleEntry, ...SampleEntry[]]
  const change = (changes: Partial<SampleEntry>) => read(zipOf([{ ...first, ...changes }, ...rest]))
  assert.throws(() => change({ toldBytes: 5 }), corrupt(/other bytes in the zip entry sample\/data\.pkl than it says/))
  assert.throws(() => change({ toldBytes: 1e6 }), corrupt(/other bytes in/))
  assert.throws(() => change({ toldBytes: 4e9 }), corrupt(/unpacks to \d+ bytes, more than/))
  assert.throws(() => change({ method: 0, toldBytes: 1e6 }), corrupt(/other bytes in/))
  assert.throws(() => change({ toldCrc: 1 }), corrupt(/other bytes in/))
  assert.throws(() => change({ method: 12 }), unknown(/compressed by method 12/))
  assert.throws(() => change({ flags: 1 }), unknown(/which is encrypted/))
  assert.throws(() => read(zipOf([first, first, ...rest])), corrupt(/has two entries/))
})

test('an entry that unpacks to far more than it says is not unpacked further', () => {
  const bomb = { name: 'sample/data.pkl', content: Buffer.alloc(50_000_000), method: 8, toldBytes: 10 }
  assert.throws(() => read(zipOf([bomb])), corrupt(/other bytes in/))
})
