// An engine for tests whose pictures are done when the test says so, behind the real waiting line.
import type { FaceEngine } from '../src/core/ports.ts'
import { createGate } from '../src/vision/workers/gate.ts'
import { createFakeEngine } from './fake-core.ts'

export interface GatedEngine extends FaceEngine {
  /** Lets everything through from now on that waits and comes, or holds what comes. */
  open(isOpen: boolean): void
  /** Resolves when so many pictures are being analysed and so many wait. */
  reach(working: number, waiting: number): Promise<void>
}

export const createGatedEngine = (places: number, maxWaiting: number): GatedEngine => {
  const engine = createFakeEngine()
  const gate = createGate(places, maxWaiting)
  let opened = Promise.withResolvers<void>()
  const stats = (): ReturnType<FaceEngine['stats']> => {
    const { workMs: _, ...rest } = gate.stats()
    return { ...rest, framesWaiting: 0, framePlaces: places, pictureMs: 10 }
  }
  return {
    ...engine,
    stats,
    analyse: (image, { signal, ...options }) =>
      gate.enter(async () => {
        await opened.promise
        return engine.analyse(image, options)
      }, signal),
    open(isOpen) {
      if (isOpen) opened.resolve()
      else opened = Promise.withResolvers<void>()
    },
    async reach(working, waiting) {
      while (stats().working !== working || stats().waiting !== waiting) await new Promise(setImmediate)
    },
  }
}
