// Workers that die: their pictures are answered by others, and the pool is whole again.
import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { pathToFileURL } from 'node:url'
import { DEFAULT_LIMITS } from '../../limits.ts'
import { ensurePack } from '../packs/install.ts'
import { PACKS_DIR } from '../pipeline.fixture.ts'
import { createEngine } from './pool.ts'

const folder = await mkdtemp(join(tmpdir(), 'likeness-deaths-'))
const LIMITS = { ...DEFAULT_LIMITS, maxQueuedImages: 64, maxQueueWaitMs: 60_000 }
const pack = await ensurePack({ id: 'open', packsDir: PACKS_DIR })

/**
 * Does what the picture says: {"deaths": N, "how": "exit" | "memory" | "throw", "mark": PATH}. The deaths so far are counted in
 * files, as a thread leaves nothing else behind.
 */
const MORTAL_WORKER = `
    import { existsSync, writeFileSync } from 'node:fs'
    const analysis = { image: { width: 1, height: 1, mediaType: 'image/png' }, faces: [] }
    export default async ({ image }) => {
      const text = new TextDecoder().decode(image)
      if (!text.startsWith('{')) return { analysis, stages: {} }
      const { deaths, how, mark } = JSON.parse(text)
      for (let death = 0; death < deaths; death++) {
        const file = mark + death
        if (existsSync(file)) continue
        writeFileSync(file, '')
        if (how === 'throw') setImmediate(() => { throw new Error('unlucky') })
        if (how === 'exit') process.exit(3)
        if (how === 'memory') for (const heap = []; ; ) heap.push(Array(100000).fill(heap.length))
        await new Promise(() => {})
      }
      return { analysis, stages: {} }
    }
  `

const workerFile = pathToFileURL(join(folder, 'worker.mjs'))
await writeFile(workerFile, MORTAL_WORKER)
const engine = await createEngine({ pack, threads: 2, limits: LIMITS, workerFile })
after(async () => {
  await engine.close()
  await rm(folder, { recursive: true, force: true })
})
const look = (how: string, deaths: number) => {
  const order = { how, deaths, mark: join(folder, `${how}-${deaths}-`) }
  return engine.analyse(new TextEncoder().encode(JSON.stringify(order)), { templates: 'none' })
}
const healthy = () => engine.analyse(new Uint8Array(8), { templates: 'none' })

for (const how of ['exit', 'throw', 'memory'])
  test(`a worker that dies (${how}) is replaced, and its picture answered`, async () => {
    assert.equal((await look(how, 1)).image.width, 1)
    assert.equal((await healthy()).image.width, 1)
  })

test('a picture that every worker dies of is an internal error, and harms no other', async () => {
  const doomed = assert.rejects(look('exit', 2), { name: 'AppError', code: 'internal' })
  const others = Array.from({ length: 10 }, healthy)
  await doomed
  assert.equal((await Promise.all(others)).length, 10)
  assert.deepEqual([engine.stats().waiting, engine.stats().working], [0, 0])
})

test('a worker that dies without a picture does not end the process', async () => {
  const crowd = await Promise.allSettled(Array.from({ length: 12 }, (_, at) => look('throw', 3 + at)))
  assert.ok(crowd.every(({ status }) => status === 'rejected'))
  assert.equal((await healthy()).image.width, 1)
})
