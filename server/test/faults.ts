// A port that fails on order: at its n-th call, before or after the effect, for want of space, or slowly. Wraps any port of
// the core, with the ports inside it; knows none in particular.
import { setTimeout as sleep } from 'node:timers/promises'
import { AppError } from '../src/errors.ts'

/**
 * "before": nothing was done; "after": it was done, and the answer is lost; "full": nothing was done, as the drivers say it
 * when the disk is full.
 */
export type FaultKind = 'before' | 'after' | 'full'

export const FAULT_KINDS: readonly FaultKind[] = ['before', 'after', 'full']

export interface Faults {
  /** The same port, which fails when it is told to. Calls of all ports that are wrapped are counted together. */
  wrap<P extends object>(port: P): P
  /** The n-th call from now on fails, counting from 1. */
  arm(call: number, kind: FaultKind): void
  /** From now on every call takes this much longer, milliseconds. */
  slowDown(delayMs: number): void
  /** All is well again; says which call failed, null when none did. */
  disarm(): string | null
}

type Method = (...parameters: unknown[]) => unknown

export const createFaults = (): Faults => {
  let left = 0
  let kind: FaultKind = 'before'
  let delayMs = 0
  let failed: string | null = null

  /** Which fault this call has to show, if any. */
  const next = (name: string): FaultKind | null => {
    if (left === 0 || --left > 0) return null
    failed = name
    return kind
  }

  const wrap = <P extends object>(port: P, path = ''): P =>
    Object.fromEntries(
      Object.entries(port).map(([name, part]) => {
        const full = path === '' ? name : `${path}.${name}`
        if (typeof part === 'function') return [name, wrapMethod(full, part.bind(port))]
        return [name, isPort(part) ? wrap(part, full) : part]
      }),
    ) as P

  const wrapMethod =
    (name: string, method: Method): Method =>
    (...parameters) => {
      const fault = next(name)
      const work = async (): Promise<unknown> => {
        if (delayMs > 0) await sleep(delayMs)
        return method(...parameters)
      }
      if (fault === null && delayMs === 0) return method(...parameters)
      // Closing is how a test ends.
      if (/\bclose$/.test(name)) return method(...parameters)
      if (SYNCHRONOUS.test(name)) return answerSynchronously(fault, () => method(...parameters))
      if (ITERABLE.test(name)) return fault === null ? method(...parameters) : failLater(fault)
      return answer(fault, work)
    }

  return {
    wrap,
    arm(call, how) {
      ;[left, kind, failed] = [call, how, null]
    },
    slowDown(ms) {
      delayMs = ms
    },
    disarm() {
      left = 0
      delayMs = 0
      return failed
    },
  }
}

/** Methods of the ports that answer at once, and those that answer with a list to be walked. */
const SYNCHRONOUS = /(^|\.)(seal|open|add|remove|drop|size|stats|now|next)$/
const ITERABLE = /(^|\.)(stream\w+|keys)$/

const isPort = (part: unknown): part is object =>
  typeof part === 'object' && part !== null && Object.values(part).some(inner => typeof inner === 'function')

const failure = (fault: FaultKind): Error =>
  fault === 'full' ? new AppError('storage_full') : new Error('The port fails, as it was told to.')

const answer = async (fault: FaultKind | null, work: () => Promise<unknown>): Promise<unknown> => {
  if (fault === 'before' || fault === 'full') throw failure(fault)
  const result = await work()
  if (fault === 'after') throw failure(fault)
  return result
}

const answerSynchronously = (fault: FaultKind | null, work: () => unknown): unknown => {
  if (fault === 'before' || fault === 'full') throw failure(fault)
  const result = work()
  if (fault === 'after') throw failure(fault)
  return result
}

async function* failLater(fault: FaultKind): AsyncGenerator<never> {
  yield* []
  throw failure(fault)
}
