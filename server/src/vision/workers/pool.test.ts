// The engine: ready means warm, errors keep their codes on the way out of a worker, the line is bounded, hanging up harms
// nobody else.
import assert from 'node:assert/strict'
import { cp, mkdtemp, rm, truncate } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import sharp from 'sharp'
import type { StageTimes } from '../../core/ports.ts'
import { DEFAULT_LIMITS } from '../../limits.ts'
import { ensurePack } from '../packs/install.ts'
import { pictureOf } from '../pictures.fixture.ts'
import { PACKS_DIR } from '../pipeline.fixture.ts'
import { createEngine } from './pool.ts'

const pack = await ensurePack({ id: 'open', packsDir: PACKS_DIR })
const limits = { ...DEFAULT_LIMITS, maxQueuedImages: 2 }
const times: StageTimes[] = []
const engine = await createEngine({ pack, threads: 1, limits, onStages: each => times.push(each) })
after(() => engine.close())
const picture = await pictureOf('ada')
const look = (signal?: AbortSignal) => engine.analyse(new Uint8Array(picture), { templates: 'largest', signal })

test('says which pack it runs', () => {
  assert.deepEqual([engine.pack.id, engine.pack.dimensions], ['open', 128])
  assert.match(engine.pack.version, /^\d+\.\d+\.\d+$/)
})

test('the template of the largest face comes as a unit vector', async () => {
  const { faces } = await look()
  assert.equal(faces.length, 1)
  assert.ok(Math.abs(Math.hypot(...faces[0].template!) - 1) < 1e-5)
})

test('each picture tells the times of the stages that it went through', async () => {
  times.length = 0
  await look()
  await engine.analyse(new Uint8Array(picture), { templates: 'none' })
  await assert.rejects(engine.analyse(new Uint8Array(5), { templates: 'none' }))
  assert.deepEqual(
    times.map(each => Object.keys(each)),
    [
      ['decode', 'detect', 'mesh', 'align', 'embed'],
      ['decode', 'detect', 'mesh'],
    ],
  )
  for (const ms of times.flatMap(each => Object.values(each))) assert.ok(ms > 0)
  const { pictureMs, ...stats } = engine.stats()
  assert.deepEqual(stats, { waiting: 0, working: 0, places: 1, framesWaiting: 0, framePlaces: 1 })
  assert.ok(pictureMs > 0)
})

test('a refusal keeps its code, its sentence and its particulars', async () => {
  await assert.rejects(engine.analyse(new Uint8Array(5), { templates: 'none' }), {
    name: 'AppError',
    code: 'image_format_unsupported',
  })
})

test('with a signal or without, one is worked on, two wait and the rest is refused', async () => {
  for (const signal of [undefined, new AbortController().signal]) {
    const results = await Promise.allSettled(Array.from({ length: 8 }, () => look(signal)))
    const codes = results.map(result => (result.status === 'fulfilled' ? 'done' : result.reason.code))
    assert.deepEqual(codes, ['done', 'done', 'done', 'busy', 'busy', 'busy', 'busy', 'busy'])
  }
})

test('hanging up, while waiting or during the work, leaves the worker to the others', async () => {
  const caller = new AbortController()
  const results = Promise.allSettled([look(caller.signal), look(caller.signal), look()])
  setImmediate(() => caller.abort())
  const [working, waiting, other] = await results
  assert.equal(working.status, 'rejected')
  assert.equal(waiting.status, 'rejected')
  assert.equal(other.status, 'fulfilled')
  assert.equal((await look()).faces.length, 1)
})

test('a network that cannot be opened stops the start with the name of the file', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'likeness-pool-'))
  try {
    await cp(pack.directory, folder, { recursive: true })
    await truncate(join(folder, 'facemesh.onnx'), 1000)
    const broken = { manifest: pack.manifest, directory: folder }
    await assert.rejects(createEngine({ pack: broken, threads: 1, limits }), {
      code: 'pack_invalid',
      message: /facemesh\.onnx/,
    })
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})

test('a picture that takes too long is refused, and the next one has its time again', async () => {
  const face = await sharp(picture).resize(64, 64).png().toBuffer()
  const tiles = Array.from({ length: 784 }, (_, i) => ({ input: face, left: (i % 28) * 64, top: ((i / 28) | 0) * 64 }))
  const crowd = await sharp({ create: { width: 1792, height: 1792, channels: 3, background: '#777' } })
    .composite(tiles)
    .jpeg()
    .toBuffer()
  const hurried = await createEngine({ pack, threads: 1, limits: { ...limits, imageDeadlineMs: 200 } })
  try {
    const late = { code: 'image_too_complex', message: /within 0\.2 s/ }
    await assert.rejects(hurried.analyse(new Uint8Array(crowd), { templates: 'all' }), late)
    // On a slow machine even a plain picture may be late once.
    let faces: number | string = 'image_too_complex'
    while (faces === 'image_too_complex')
      faces = await hurried.analyse(new Uint8Array(picture), { templates: 'largest' }).then(
        analysis => analysis.faces.length,
        error => error.code,
      )
    assert.equal(faces, 1)
  } finally {
    await hurried.close()
  }
})
