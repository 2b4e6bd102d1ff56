// A picture's time: over between two runs of a network, all there again for the next picture.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { addDeadline } from './deadline.ts'
import type { Networks } from './networks.ts'

const idle = {
  detector: { size: 1, inputFor: () => new Float32Array(1), detect: async () => [] },
  mesher: { size: 1, locate: async () => ({ points: new Float32Array(0), faceProbability: 1 }) },
  embedders: async () => [{ recogniser: { dimensions: 1, embed: async () => [] } }],
  judges: {},
} as unknown as Networks

test('each network is stopped when the time is over, and goes on for the next picture', async () => {
  let nowMs = 0
  const { networks, start } = addDeadline(idle, 1000, () => nowMs)
  const run = {
    detect: () => networks.detector.detect(1),
    locate: () => networks.mesher.locate({} as never, {} as never),
    embed: async () => (await networks.embedders())[0].recogniser.embed({} as never, []),
  }
  for (const network of Object.values(run)) {
    start()
    nowMs += 1000
    await network()
    nowMs += 1
    await assert.rejects(network(), { code: 'image_too_complex', message: /within 1 s\.$/ })
  }
  start()
  for (const network of Object.values(run)) await network()
})
