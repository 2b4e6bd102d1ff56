// Interprets the few pickle instructions that a state dictionary is written with. Builds plain data and asks the caller
// about names and storages; nothing is imported, nothing is executed, every other instruction is refused.
import { corruptDownload, unknownInDownload } from '../download-errors.ts'
import { type ByteReader, createByteReader } from './byte-reader.ts'

/** A Python dict, ordered. Keys of state dictionaries are text; others are refused. */
export type PickledDictionary = Map<string, PickledValue>

/** What a pickle of a state dictionary is made of. `handle` is whatever the caller gave for a name or a storage. */
export type PickledValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | PickledDictionary
  | PickledTuple
  | PickledList
  | PickledHandle

export interface PickledTuple {
  readonly kind: 'tuple'
  readonly items: readonly PickledValue[]
}

export interface PickledList {
  readonly kind: 'list'
  readonly items: PickledValue[]
}

/** Something that only the caller understands. */
export interface PickledHandle {
  readonly kind: 'handle'
  readonly value: unknown
}

/** What names mean. Each throws its refusal for what it does not know. */
export interface PickleNames {
  /** "collections.OrderedDict" and the like. */
  find(name: string): PickledHandle
  /** What calling a found name with these arguments makes. */
  call(callee: PickledHandle, args: readonly PickledValue[]): PickledValue
  /** What a persistent id stands for. */
  load(id: PickledValue): PickledHandle
}

interface Machine {
  readonly reader: ByteReader
  readonly path: string
  readonly names: PickleNames
  readonly stack: PickledValue[]
  /** Where the open marks lie in the stack. */
  readonly marks: number[]
  readonly memo: Map<number, PickledValue>
}

/** Runs one pickle from byte `from`. Throws `pack_source_corrupt` or `pack_operation_unknown`. */
export function readPickle(
  source: Uint8Array,
  path: string,
  names: PickleNames,
  from = 0,
): { value: PickledValue; end: number } {
  const reader = createByteReader(source, path, from)
  const machine: Machine = { reader, path, names, stack: [], marks: [], memo: new Map() }
  for (;;) {
    const code = reader.unsigned8()
    if (code === STOP) break
    const run = INSTRUCTIONS.get(code)
    if (!run) throw unknownInDownload(path, `the pickle instruction 0x${code.toString(16).padStart(2, '0')}`)
    run(machine)
  }
  const value = pop(machine)
  if (machine.stack.length > 0) throw corruptDownload(path, 'has a pickle that leaves values over')
  return { value, end: reader.offset }
}

const STOP = 0x2e
const HIGHEST_PROTOCOL = 5

/** Instruction codes of pickle protocol 2, as Python's pickletools lists them. */
const INSTRUCTIONS: ReadonlyMap<number, (machine: Machine) => void> = new Map([
  [0x80, checkProtocol],
  [0x28, ({ marks, stack }) => void marks.push(stack.length)],
  [0x4e, ({ stack }) => void stack.push(null)],
  [0x88, ({ stack }) => void stack.push(true)],
  [0x89, ({ stack }) => void stack.push(false)],
  [0x4b, ({ stack, reader }) => void stack.push(reader.unsigned8())],
  [0x4d, ({ stack, reader }) => void stack.push(reader.unsigned16())],
  [0x4a, ({ stack, reader }) => void stack.push(reader.signed32())],
  [0x8a, ({ stack, reader }) => void stack.push(readLong(reader.bytes(reader.unsigned8())))],
  [0x58, ({ stack, reader }) => void stack.push(reader.text(reader.unsigned32()))],
  [0x29, machine => pushTuple(machine, [])],
  [0x85, machine => pushTuple(machine, take(machine, 1))],
  [0x86, machine => pushTuple(machine, take(machine, 2))],
  [0x87, machine => pushTuple(machine, take(machine, 3))],
  [0x74, machine => pushTuple(machine, takeToMark(machine))],
  [0x7d, ({ stack }) => void stack.push(new Map())],
  [0x5d, ({ stack }) => void stack.push({ kind: 'list', items: [] })],
  [0x61, machine => append(machine, take(machine, 1))],
  [0x65, machine => append(machine, takeToMark(machine))],
  [0x73, machine => setItems(machine, take(machine, 2))],
  [0x75, machine => setItems(machine, takeToMark(machine))],
  [0x71, machine => void machine.memo.set(machine.reader.unsigned8(), top(machine))],
  [0x72, machine => void machine.memo.set(machine.reader.unsigned32(), top(machine))],
  [0x68, machine => recall(machine, machine.reader.unsigned8())],
  [0x6a, machine => recall(machine, machine.reader.unsigned32())],
  [0x63, machine => void machine.stack.push(machine.names.find(`${machine.reader.line()}.${machine.reader.line()}`))],
  [0x51, machine => void machine.stack.push(machine.names.load(pop(machine)))],
  [0x52, call],
  [0x62, dropState],
])

function checkProtocol({ reader, path }: Machine): void {
  const protocol = reader.unsigned8()
  if (protocol < 2 || protocol > HIGHEST_PROTOCOL) throw unknownInDownload(path, `the pickle protocol ${protocol}`)
}

/** Two's complement, little-endian. */
function readLong(bytes: Uint8Array): number | bigint {
  let value = 0n
  for (const byte of [...bytes].reverse()) value = (value << 8n) | BigInt(byte)
  if ((bytes.at(-1) ?? 0) & 0x80) value -= 1n << BigInt(8 * bytes.length)
  const small = Number(value)
  return Number.isSafeInteger(small) ? small : value
}

/** Values that belong to an open mark cannot be taken from above it. */
function take({ stack, marks, path }: Machine, count: number): PickledValue[] {
  if (stack.length - count < (marks.at(-1) ?? 0))
    throw corruptDownload(path, 'has a pickle that takes more than it made')
  return stack.splice(stack.length - count, count)
}

function pop(machine: Machine): PickledValue {
  return take(machine, 1)[0]!
}

function top(machine: Machine): PickledValue {
  const value = pop(machine)
  machine.stack.push(value)
  return value
}

function takeToMark({ stack, marks, path }: Machine): PickledValue[] {
  const mark = marks.pop()
  if (mark === undefined) throw corruptDownload(path, 'has a pickle that closes what it did not open')
  return stack.splice(mark)
}

function pushTuple({ stack }: Machine, items: readonly PickledValue[]): void {
  stack.push({ kind: 'tuple', items })
}

function append(machine: Machine, items: readonly PickledValue[]): void {
  const list = top(machine)
  if (!isKind(list, 'list'))
    throw corruptDownload(machine.path, 'has a pickle that appends to something else than a list')
  for (const item of items) list.items.push(item)
}

function setItems(machine: Machine, items: readonly PickledValue[]): void {
  const dictionary = top(machine)
  if (!(dictionary instanceof Map) || items.length % 2 === 1)
    throw corruptDownload(machine.path, 'has a pickle that sets items of something else than a dictionary')
  for (let at = 0; at < items.length; at += 2) {
    const key = items[at]
    if (typeof key !== 'string') throw unknownInDownload(machine.path, 'a dictionary key that is no text')
    dictionary.set(key, items[at + 1]!)
  }
}

function recall({ stack, memo, path }: Machine, index: number): void {
  const value = memo.get(index)
  if (value === undefined) throw corruptDownload(path, `has a pickle that recalls ${index}, which it never kept`)
  stack.push(value)
}

function call(machine: Machine): void {
  const [callee, args] = take(machine, 2) as [PickledValue, PickledValue]
  if (!isKind(callee, 'handle') || !isKind(args, 'tuple'))
    throw corruptDownload(machine.path, 'has a pickle that calls something else than a name')
  machine.stack.push(machine.names.call(callee, args.items))
}

/** Attributes of an ordered dictionary: the versions of its modules, which nothing here needs. */
function dropState(machine: Machine): void {
  const state = pop(machine)
  if (!(state instanceof Map) || !(top(machine) instanceof Map))
    throw unknownInDownload(machine.path, 'a pickle that gives a state to something else than a dictionary')
}

export function isKind<K extends 'tuple' | 'list' | 'handle'>(
  value: PickledValue | undefined,
  kind: K,
): value is Extract<PickledValue, { kind: K }> {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === kind
}
