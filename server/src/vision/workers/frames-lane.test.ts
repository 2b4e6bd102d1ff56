// The line of capture sessions' frames: bounded, apart from the other pictures, and never more than half of the workers.
import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { DEFAULT_LIMITS } from '../../limits.ts'
import { ensurePack } from '../packs/install.ts'
import { PACKS_DIR } from '../pipeline.fixture.ts'
import { createEngine } from './pool.ts'

const folder = await mkdtemp(join(tmpdir(), 'likeness-frames-'))
const pack = await ensurePack({ id: 'open', packsDir: PACKS_DIR })
after(() => rm(folder, { recursive: true, force: true }))

/** A picture that is the name of a file is done once that file is there. */
const WAITING_WORKER = `
    import { existsSync } from 'node:fs'
    import { setTimeout } from 'node:timers/promises'
    const analysis = { image: { width: 1, height: 1, mediaType: 'image/png' }, faces: [] }
    export default async ({ image }) => {
      const file = new TextDecoder().decode(image)
      while (file.startsWith('/') && !existsSync(file)) await setTimeout(5)
      return { analysis, stages: {} }
    }
  `
const workerFile = pathToFileURL(join(folder, 'worker.mjs'))
await writeFile(workerFile, WAITING_WORKER)

const openEngine = async (threads: number, limits: Partial<typeof DEFAULT_LIMITS> = {}) => {
  const engine = await createEngine({ pack, threads, limits: { ...DEFAULT_LIMITS, ...limits }, workerFile })
  after(() => engine.close())
  const order: string[] = []
  const look = async (name: string, lane?: 'frames', signal?: AbortSignal): Promise<void> => {
    const image = new TextEncoder().encode(join(folder, name))
    await engine.analyse(image, { templates: 'none', lane, signal })
    order.push(name)
  }
  return { engine, order, look, finish: (name: string) => writeFile(join(folder, name), '') }
}

test('an ordinary picture goes before a long line of frames', async () => {
  const { engine, order, look, finish } = await openEngine(1)
  const frames = ['one-1', 'one-2', 'one-3', 'one-4'].map(name => look(name, 'frames'))
  await setImmediate()
  const { framesWaiting, waiting, working } = engine.stats()
  assert.deepEqual([framesWaiting, waiting, working], [3, 0, 1])
  const ordinary = look('one-ordinary')
  for (const name of ['one-1', 'one-2', 'one-3', 'one-4', 'one-ordinary']) await finish(name)
  await Promise.all([...frames, ordinary])
  assert.deepEqual(order, ['one-1', 'one-ordinary', 'one-2', 'one-3', 'one-4'])
})

test('frames take half of the workers; the others are free for pictures', async () => {
  const { engine, look, finish } = await openEngine(4)
  const frames = Array.from({ length: 6 }, (_, at) => look(`half-${at}`, 'frames'))
  await setImmediate()
  const { framesWaiting, framePlaces, working } = engine.stats()
  assert.deepEqual([framesWaiting, framePlaces, working], [4, 2, 2])
  const ordinary = [look('half-a'), look('half-b')]
  await Promise.all([finish('half-a'), finish('half-b')])
  await Promise.all(ordinary)
  await Promise.all(frames.map((_, at) => finish(`half-${at}`)))
  await Promise.all(frames)
})

test('a full line of frames is "busy", and the line of pictures does not notice', async () => {
  const { engine, look, finish } = await openEngine(1, { maxQueuedFrames: 2, maxQueuedImages: 1 })
  const frames = ['full-1', 'full-2', 'full-3'].map(name => look(name, 'frames'))
  await assert.rejects(look('full-4', 'frames'), { code: 'busy' })
  assert.equal(engine.stats().waiting, 0)
  const ordinary = look('full-ordinary')
  await assert.rejects(look('full-late'), { code: 'busy' })
  for (const name of ['full-1', 'full-2', 'full-3', 'full-ordinary']) await finish(name)
  // A frame whose turn comes while the line of pictures is full is "busy" as well; here the line has emptied by then.
  await Promise.all([...frames, ordinary])
})

test('a frame that nobody waits for any more keeps its place until its worker is done', async () => {
  const { engine, look, finish } = await openEngine(2)
  const caller = new AbortController()
  const gone = assert.rejects(look('gone-1', 'frames', caller.signal), { name: 'AbortError' })
  await setImmediate()
  caller.abort()
  await gone
  const next = look('gone-2', 'frames')
  await setImmediate()
  assert.deepEqual([engine.stats().framesWaiting, engine.stats().working], [1, 1])
  for (const name of ['gone-1', 'gone-2']) await finish(name)
  await next
})
