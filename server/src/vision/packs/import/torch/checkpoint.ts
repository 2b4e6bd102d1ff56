// Reads a PyTorch checkpoint that holds a state dictionary, in the zip form or the older one of pickles in a row, into
// named tensors. Knows four names; a pickle that asks for any other is refused by that name, and nothing is executed.
import { DEFAULT_LIMITS, type Limits } from '../../../../limits.ts'
import { corruptDownload, unknownInDownload } from '../download-errors.ts'
import { createByteReader } from './byte-reader.ts'
import { isKind, type PickledHandle, type PickledValue, type PickleNames, readPickle } from './pickle.ts'
import { isZip, readZip } from './zip.ts'

export interface TorchTensor {
  readonly shape: readonly number[]
  /** Rows first, without gaps. 64-bit integers only count training steps in state dictionaries, and are kept as such. */
  readonly data: Float32Array | BigInt64Array
}

interface StorageType {
  readonly bytesPerValue: number
  readonly read: (bytes: Uint8Array, count: number) => Float32Array | BigInt64Array
}

/** Named in the pickle before its bytes are known; `view` is asked once they are. */
interface Storage {
  readonly key: string
  readonly type: StorageType
  readonly count: number
}

interface TensorView {
  readonly storage: Storage
  readonly offset: number
  readonly shape: readonly number[]
  readonly strides: readonly number[]
}

/** The bytes of a storage by its key. */
type ReadStorage = (storage: Storage) => Uint8Array

const STORAGES: Readonly<Record<string, StorageType>> = {
  'torch.FloatStorage': {
    bytesPerValue: 4,
    read: (bytes, count) => new Float32Array(aligned(bytes), 0, count),
  },
  'torch.LongStorage': {
    bytesPerValue: 8,
    read: (bytes, count) => new BigInt64Array(aligned(bytes), 0, count),
  },
}

/** A copy whose first byte lies where wide numbers may start. */
function aligned(bytes: Uint8Array): ArrayBuffer {
  return Uint8Array.from(bytes).buffer
}

/**
 * The tensors of a state dictionary by name, in its order. `path` is for messages. Throws `pack_source_corrupt` where the
 * bytes do not fit together, and `pack_operation_unknown` for a name, an instruction or a layout that is not known.
 */
export function readCheckpoint(
  source: Uint8Array,
  path: string,
  limits: Pick<Limits, 'maxUnpackedBytes'> = DEFAULT_LIMITS,
): Map<string, TorchTensor> {
  const { dictionary, readStorage } = isZip(source) ? readZipForm(source, path, limits) : readLegacyForm(source, path)
  if (!(dictionary instanceof Map)) throw corruptDownload(path, 'holds something else than a state dictionary')
  const tensors = new Map<string, TorchTensor>()
  let bytes = 0
  for (const [name, value] of dictionary) {
    if (!isKind(value, 'handle') || !isView(value.value))
      throw unknownInDownload(path, `the entry ${name}, which is no tensor`)
    const tensor = readTensor(value.value, readStorage, `${path} (${name})`)
    bytes += tensor.data.byteLength
    // Tensors may share a storage, so that a small file could ask for any amount of memory.
    if (bytes > limits.maxUnpackedBytes)
      throw corruptDownload(path, `has tensors of more than ${limits.maxUnpackedBytes} bytes`)
    tensors.set(name, tensor)
  }
  return tensors
}

interface Form {
  readonly dictionary: PickledValue
  readonly readStorage: ReadStorage
}

/** An archive with data.pkl, one file a storage below data/, and perhaps byteorder, all in one folder. */
function readZipForm(source: Uint8Array, path: string, limits: Pick<Limits, 'maxUnpackedBytes'>): Form {
  const entries = readZip(source, path, limits)
  const pickle = [...entries.keys()].find(name => /^[^/]+\/data\.pkl$/.test(name))
  if (pickle === undefined) throw corruptDownload(path, 'is a zip archive without data.pkl, not a PyTorch checkpoint')
  const folder = pickle.slice(0, pickle.indexOf('/') + 1)
  const order = entries.get(`${folder}byteorder`)
  if (order && Buffer.from(order).toString('latin1').trim() !== 'little')
    throw unknownInDownload(path, 'the byte order of another kind of processor')
  return {
    dictionary: readPickle(entries.get(pickle)!, `${path}/${pickle}`, createNames(path)).value,
    readStorage({ key }) {
      const bytes = entries.get(`${folder}data/${key}`)
      if (bytes) return bytes
      throw corruptDownload(path, `has no storage ${key}`)
    },
  }
}

// What PyTorch before 1.6 writes first: a magic number and the version of the form (torch/serialization.py).
const LEGACY_MAGIC = 0x1950a86a20f9469cfc6cn
const LEGACY_VERSION = 1001

/** Pickles in a row: magic number, version, facts of the machine, the dictionary, the keys; then each key's bytes. */
function readLegacyForm(source: Uint8Array, path: string): Form {
  let at = 0
  const names = createNames(path)
  const next = (): PickledValue => {
    const { value, end } = readPickle(source, path, names, at)
    at = end
    return value
  }
  if (source[0] !== 0x80 || next() !== LEGACY_MAGIC) throw corruptDownload(path, 'is not a PyTorch checkpoint')
  if (next() !== LEGACY_VERSION) throw unknownInDownload(path, 'another version of the checkpoint form')
  const machine = next()
  if (!(machine instanceof Map) || machine.get('little_endian') !== true)
    throw unknownInDownload(path, 'the byte order of another kind of processor')
  const dictionary = next()
  const keys = next()
  if (!isKind(keys, 'list')) throw corruptDownload(path, 'has no list of storages')
  const reader = createByteReader(source, path, at)
  // How many bytes a storage takes is known by the type that the dictionary named it with.
  const types = new Map([...names.storages].map(({ key, type }) => [key, type]))
  const contents = new Map<string, Uint8Array>()
  for (const key of keys.items) {
    const type = typeof key === 'string' ? types.get(key) : undefined
    if (!type) throw corruptDownload(path, `has the bytes of a storage that nothing uses`)
    contents.set(String(key), reader.bytes(reader.unsigned64() * type.bytesPerValue))
  }
  return {
    dictionary,
    readStorage({ key }) {
      const bytes = contents.get(key)
      if (bytes) return bytes
      throw corruptDownload(path, `has no storage ${key}`)
    },
  }
}

const DICTIONARY = 'collections.OrderedDict'
const REBUILD = 'torch._utils._rebuild_tensor_v2'

/** The names that state dictionaries use, and the storages that were named so far. */
function createNames(path: string): PickleNames & { readonly storages: readonly Storage[] } {
  const storages: Storage[] = []
  const handle = (value: unknown): PickledHandle => ({ kind: 'handle', value })
  return {
    storages,
    find(name) {
      if (name === DICTIONARY || name === REBUILD || Object.hasOwn(STORAGES, name)) return handle(name)
      throw unknownInDownload(path, `the name ${name}`)
    },
    call({ value: name }, args) {
      if (name === DICTIONARY && args.length === 0) return new Map()
      if (name === REBUILD) return handle(readView(args, path))
      throw unknownInDownload(
        path,
        `a call of ${typeof name === 'string' ? name : 'a tensor'} with ${args.length} values`,
      )
    },
    load(id) {
      const storage = readStorageId(id, path)
      storages.push(storage)
      return handle(storage)
    },
  }
}

/** ('storage', type, key, device, count) and, in the older form, None for "not a part of another storage". */
function readStorageId(id: PickledValue, path: string): Storage {
  const [word, type, key, , count, part] = isKind(id, 'tuple') ? id.items : []
  const known = isKind(type, 'handle') && typeof type.value === 'string' ? STORAGES[type.value] : undefined
  if (word !== 'storage' || !known || typeof key !== 'string' || !isSize(count) || (part ?? null) !== null)
    throw unknownInDownload(path, 'a storage of another form')
  return { key, type: known, count }
}

/** (storage, offset, shape, strides, requires_grad, hooks), offset and strides in values. */
function readView([storage, offset, shape, strides]: readonly PickledValue[], path: string): TensorView {
  if (isKind(storage, 'handle') && isStorage(storage.value) && isSize(offset)) {
    const sizes = isKind(shape, 'tuple') ? shape.items : []
    const steps = isKind(strides, 'tuple') ? strides.items : []
    if (sizes.every(isSize) && steps.every(isSize) && sizes.length === steps.length)
      return { storage: storage.value, offset, shape: sizes, strides: steps }
  }
  throw unknownInDownload(path, 'a tensor of another form')
}

function isSize(value: PickledValue | undefined): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}

function isStorage(value: unknown): value is Storage {
  return typeof value === 'object' && value !== null && 'type' in value
}

function isView(value: unknown): value is TensorView {
  return typeof value === 'object' && value !== null && 'strides' in value
}

/** Copies a tensor out of its storage. One that lies outside of it, or repeats values of it, is refused. */
function readTensor(
  { storage, offset, shape, strides }: TensorView,
  readStorage: ReadStorage,
  what: string,
): TorchTensor {
  const bytes = readStorage(storage)
  if (bytes.length !== storage.count * storage.type.bytesPerValue)
    throw corruptDownload(what, `has a storage of ${bytes.length} bytes where ${storage.count} values were promised`)
  const count = shape.reduce((product, size) => product * size, 1)
  const last = shape.reduce((sum, size, axis) => sum + (size - 1) * strides[axis]!, offset)
  if (!(count <= storage.count) || (count > 0 && !(last < storage.count)))
    throw corruptDownload(
      what,
      `has the shape ${shape.join('x')}, more than the ${storage.count} values of its storage`,
    )
  const values = storage.type.read(bytes, storage.count)
  if (isContiguous(shape, strides)) return { shape, data: values.slice(offset, offset + count) }
  throw unknownInDownload(what, `strides of ${strides.join('x')} for the shape ${shape.join('x')}`)
}

/** The stride of an axis of size 1 means nothing. */
function isContiguous(shape: readonly number[], strides: readonly number[]): boolean {
  let expected = 1
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (shape[axis] !== 1 && strides[axis] !== expected) return false
    expected *= shape[axis]!
  }
  return true
}
