// Networks that were trained on blue, green, red, run as if they took red, green, blue like all others. Pure but for the
// input array, whose planes change places.
import type { NetworkSession } from './workers/session.ts'

const CHANNELS = 3

/** The input's first and third plane of each picture are swapped in place before each run: fill it anew for the next. */
export const reverseChannels = (session: NetworkSession): NetworkSession => ({
  run(input, shape) {
    const plane = input.length / (CHANNELS * shape[0])
    for (let picture = 0; picture < shape[0]; picture++) swapPlanes(input, picture * CHANNELS * plane, plane)
    return session.run(input, shape)
  },
  close: () => session.close(),
})

const swapPlanes = (input: Float32Array, from: number, plane: number): void => {
  const last = from + 2 * plane
  const red = input.slice(from, from + plane)
  input.copyWithin(from, last, last + plane)
  input.set(red, last)
}
