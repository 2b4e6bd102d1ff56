// Building, verifying and repairing an installed pack, and the refusal of each kind of bad weight file.
import assert from 'node:assert/strict'
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, truncate, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { AppError } from '../../errors.ts'
import { committedManifest, ensurePack, type InstallOptions, loadPack } from './install.ts'
import type { PackManifest } from './manifest.ts'
import { hash, type ResolveSource, resolveInstalled } from './sources.ts'

const SHARD = 'models/blazeface.bin'
const GRAPH = 'models/blazeface.json'

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

/** A folder of its own for a test, and in it a manifest with the detector alone, so that a build takes milliseconds. */
async function prepare(context: TestContext, change: (manifest: Mutable<PackManifest>) => void = () => {}) {
  const folder = await mkdtemp(join(tmpdir(), 'likeness-packs-'))
  context.after(() => rm(folder, { recursive: true, force: true }))
  const manifest: Mutable<PackManifest> = JSON.parse(await readFile(committedManifest('open'), 'utf8'))
  manifest.models = manifest.models.filter(model => model.task === 'detect')
  change(manifest)
  const manifestPath = join(folder, 'manifest.json')
  await writeFile(manifestPath, JSON.stringify(manifest))
  const steps: string[] = []
  const options: InstallOptions = {
    id: 'open',
    packsDir: join(folder, 'packs'),
    manifestPath,
    onProgress: ({ step, of, what }) => steps.push(`${step}/${of} ${what}`),
  }
  return { folder, options, steps, manifest }
}

/** Sends one weight file to a copy in `folder`, and the others to where they are installed. */
async function withCopy(folder: string, path: string): Promise<{ copy: string; resolveSource: ResolveSource }> {
  const copy = join(folder, 'copy')
  await copyFile(resolveInstalled('@vladmandic/human', path)!, copy)
  return { copy, resolveSource: (name, wanted) => (wanted === path ? copy : resolveInstalled(name, wanted)) }
}

async function flipByte(path: string, at: number): Promise<void> {
  const bytes = await readFile(path)
  bytes[at]! ^= 1
  await writeFile(path, bytes)
}

async function refusal(options: InstallOptions): Promise<AppError> {
  const error = await ensurePack(options).then(
    () => undefined,
    (reason: unknown) => reason,
  )
  assert.ok(error instanceof AppError, 'an error of the catalogue was expected')
  assert.deepEqual(await readdir(options.packsDir), [], 'a failed build leaves nothing behind')
  return error
}

test('the pack that comes with the server is built once, then only verified', async context => {
  const { options, steps } = await prepare(context)
  const { manifestPath: _, ...committed } = options
  const built = await ensurePack(committed)
  assert.deepEqual(steps, [
    '1/5 blazeface.onnx',
    '2/5 facemesh.onnx',
    '3/5 dlib-resnet.onnx',
    '4/5 faceres.onnx',
    '5/5 iris.onnx',
  ])
  assert.deepEqual(await readdir(options.packsDir), ['open'])
  const files = [...built.manifest.models.map(model => model.file), 'pack.json'].sort()
  assert.deepEqual((await readdir(built.directory)).sort(), files)
  for (const model of built.manifest.models) {
    assert.equal((await readFile(join(built.directory, model.file))).length, model.bytes)
  }
  assert.deepEqual(await ensurePack(committed), built)
  assert.equal(steps.length, 5)
  assert.deepEqual(await loadPack(built.directory), built)
})

test('a missing weight file is named, with the cure', async context => {
  const { options } = await prepare(context)
  for (const resolveSource of [() => undefined, (_: string, path: string) => join(options.packsDir, 'none', path)]) {
    const error = await refusal({ ...options, resolveSource })
    assert.equal(error.code, 'pack_source_missing')
    assert.match(error.message, /@vladmandic\/human\/models\/blazeface\.json is missing; install it with npm ci/)
  }
})

test('a weight file with one wrong bit is named, with the cure', async context => {
  const { folder, options } = await prepare(context)
  const { copy, resolveSource } = await withCopy(folder, SHARD)
  await flipByte(copy, 4321)
  const error = await refusal({ ...options, resolveSource })
  assert.equal(error.code, 'pack_source_corrupt')
  assert.match(error.message, /@vladmandic\/human\/models\/blazeface\.bin has the SHA-256 .*npm ci/)
})

test('a truncated weight file is named, with the cure', async context => {
  const { folder, options } = await prepare(context)
  const { copy, resolveSource } = await withCopy(folder, SHARD)
  await truncate(copy, 100_000)
  const error = await refusal({ ...options, resolveSource })
  assert.equal(error.code, 'pack_source_corrupt')
  assert.match(error.message, /@vladmandic\/human\/models\/blazeface\.bin has the SHA-256 .*npm ci/)
})

test('a network with a foreign operation is refused, whatever its checksum', async context => {
  const folder = await mkdtemp(join(tmpdir(), 'likeness-packs-'))
  context.after(() => rm(folder, { recursive: true, force: true }))
  const { copy, resolveSource } = await withCopy(folder, GRAPH)
  const text = (await readFile(copy, 'utf8')).replace(/"op":\s*"MaxPool"/, '"op":"Betainc"')
  await writeFile(copy, text)
  const { options } = await prepare(context, manifest => {
    manifest.models[0]!.source.files[0]!.sha256 = hash(Buffer.from(text))
  })
  const error = await refusal({ ...options, resolveSource })
  assert.equal(error.code, 'pack_operation_unknown')
  assert.match(error.message, /@vladmandic\/human\/models\/blazeface\.json uses the operation Betainc/)
})

test('a conversion that does not give the promised checksum is refused', async context => {
  const { options } = await prepare(context, manifest => {
    manifest.models[0]!.sha256 = '0'.repeat(64)
  })
  const error = await refusal(options)
  assert.equal(error.code, 'pack_invalid')
  assert.match(error.message, /The conversion of blazeface\.onnx gave the SHA-256/)
})

test('a network without an output of the promised shape is refused', async context => {
  const { options } = await prepare(context, manifest => {
    manifest.models[0]!.outputs[0]!.shape = ['n', 500, 1]
  })
  const error = await refusal(options)
  assert.equal(error.code, 'pack_invalid')
  assert.match(error.message, /gives scores16 of blazeface\.onnx the shape nx500x1, the network nx512x1/)
})

test('a damaged or missing model file is refused when it is loaded, and mended when it is installed', async context => {
  const { options, steps } = await prepare(context)
  const { directory } = await ensurePack(options)
  const file = join(directory, 'blazeface.onnx')
  for (const damage of [() => flipByte(file, 7), () => truncate(file, 10), () => rm(file)]) {
    await damage()
    await assert.rejects(loadPack(directory), { code: 'pack_invalid', message: /blazeface\.onnx is (damaged|missing)/ })
    await ensurePack(options)
    await loadPack(directory)
  }
  assert.equal(steps.length, 4)
  assert.deepEqual(await readdir(options.packsDir), ['open'])
})

test('another version of the manifest is taken over; what it says of the same files needs no new build', async context => {
  const { options, steps, manifest } = await prepare(context)
  await ensurePack(options)
  await writeFile(options.manifestPath!, JSON.stringify({ ...manifest, version: '9.9.9' }))
  await ensurePack(options)
  assert.equal(steps.length, 1)
  assert.equal((await loadPack(join(options.packsDir, 'open'))).manifest.version, '9.9.9')
  assert.deepEqual(await readdir(options.packsDir), ['open'])
})

test('a manifest that names other files leads to a new build', async context => {
  const { options, steps, manifest } = await prepare(context)
  await ensurePack(options)
  const models = manifest.models.map(model => ({ ...model, file: 'other.onnx' }))
  await writeFile(options.manifestPath!, JSON.stringify({ ...manifest, models }))
  await ensurePack(options)
  assert.equal(steps.length, 2)
  await loadPack(join(options.packsDir, 'open'))
})

test('several installations at once all end with the pack', async context => {
  const { options } = await prepare(context)
  const packs = await Promise.all([1, 2, 3].map(() => ensurePack(options)))
  for (const pack of packs) await loadPack(pack.directory)
  assert.deepEqual(await readdir(options.packsDir), ['open'])
})

test('what an interrupted build left is not taken for a pack, and is cleared away once it is old', async context => {
  const { options, steps } = await prepare(context)
  const [recent, old] = ['.open-recent', '.open-old'].map(name => join(options.packsDir, name)) as [string, string]
  for (const folder of [join(options.packsDir, 'open'), recent, old]) {
    await mkdir(folder, { recursive: true })
    await writeFile(join(folder, 'blazeface.onnx'), 'half')
  }
  await utimes(old, new Date(0), new Date(0))
  await assert.rejects(loadPack(join(options.packsDir, 'open')), { code: 'pack_invalid' })
  await ensurePack(options)
  assert.equal(steps.length, 1)
  await loadPack(join(options.packsDir, 'open'))
  assert.deepEqual((await readdir(options.packsDir)).sort(), ['.open-recent', 'open'])
})

test('a pack that the server does not have is refused by name', async context => {
  const { options } = await prepare(context)
  const { manifestPath: _, ...committed } = options
  await assert.rejects(ensurePack({ ...committed, id: 'elsewhere' }), { code: 'pack_invalid', message: /elsewhere/ })
  await assert.rejects(ensurePack({ ...options, id: 'elsewhere' }), { code: 'pack_invalid', message: /elsewhere/ })
})
