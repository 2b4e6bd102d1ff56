// Packs whose files are fetched: nothing is fetched that was not asked for, wrong or broken files leave nothing behind, what
// is there is not fetched again, and what was removed is gone.
import assert from 'node:assert/strict'
import { access, readdir, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { AppError } from '../../errors.ts'
import { ensurePack, loadPack, removePack } from './install.ts'
import type { FetchSource } from './sources.ts'
import { makeSamplePack, type SamplePack } from './upstream.fixture.ts'

/** Fetches this content, and keeps what was asked for. */
const giving = (content: Uint8Array) => {
  const asked: string[] = []
  const fetchSource: FetchSource = async ({ upstream }, { path }) => {
    asked.push(upstream + path)
    return content
  }
  return { fetchSource, asked }
}

const refusal = async (pack: SamplePack, fetchSource?: FetchSource): Promise<AppError> => {
  const error = await ensurePack({ ...pack, fetchSource }).catch((reason: unknown) => reason)
  assert.ok(error instanceof AppError, 'an error of the catalogue was expected')
  assert.deepEqual(await readdir(pack.packsDir).catch(() => []), [], 'nothing is left behind')
  return error
}

test('a pack from elsewhere is not installed by itself, and the cure is told', async context => {
  const error = await refusal(await makeSamplePack(context))
  assert.equal(error.code, 'pack_not_installed')
  assert.match(
    error.message,
    /The model pack sample is not installed; install it with "npx likeness packs install sample"/,
  )
})

test('it is installed from what is fetched, once', async context => {
  const pack = await makeSamplePack(context)
  const { fetchSource, asked } = giving(pack.content)
  const { directory } = await ensurePack({ ...pack, fetchSource })
  assert.deepEqual((await readdir(directory)).sort(), ['pack.json', 'sample.onnx'])
  await ensurePack({ ...pack, fetchSource })
  await ensurePack(pack)
  await loadPack(directory)
  assert.deepEqual(asked, ['https://packs.invalid/sample/v1/sample-v1.onnx'])
})

test('a manifest that says more about the same files is taken over without fetching', async context => {
  const pack = await makeSamplePack(context)
  await ensurePack({ ...pack, ...giving(pack.content) })
  const figures = [{ measure: 'accuracy', value: '99 %', data: 'a test' }]
  await writeFile(pack.manifestPath, JSON.stringify({ ...pack.manifest, figures }))
  await ensurePack(pack)
  assert.deepEqual((await loadPack(join(pack.packsDir, 'sample'))).manifest.figures, figures)
})

test('a damaged file is fetched again, where that was asked for', async context => {
  const pack = await makeSamplePack(context)
  const { fetchSource, asked } = giving(pack.content)
  const { directory } = await ensurePack({ ...pack, fetchSource })
  await truncate(join(directory, 'sample.onnx'), 5)
  await assert.rejects(ensurePack(pack), { code: 'pack_not_installed' })
  await ensurePack({ ...pack, fetchSource })
  await loadPack(directory)
  assert.equal(asked.length, 2)
  assert.deepEqual(await readdir(pack.packsDir), ['sample'])
})

test('wrong bytes, a network of another form and a broken fetch are refused', async context => {
  const pack = await makeSamplePack(context)
  const wrong = Uint8Array.from(pack.content)
  wrong[10] ^= 1
  const corrupt = await refusal(pack, giving(wrong).fetchSource)
  assert.equal(corrupt.code, 'pack_source_corrupt')
  assert.match(corrupt.message, /sample-v1\.onnx has the SHA-256 .* where .* was expected; fetch it again/)
  const broken = new AppError('pack_download_failed')
  assert.equal(await refusal(pack, () => Promise.reject(broken)), broken)
  const text = JSON.stringify(pack.manifest).replace(
    '"input":{"name":"input","shape":["n",3,4,4]',
    '"input":{"name":"input","shape":["n",3,8,8]',
  )
  await writeFile(pack.manifestPath, text)
  const other = await refusal(pack, giving(pack.content).fetchSource)
  assert.equal(other.code, 'pack_invalid')
  assert.match(other.message, /gives input of sample\.onnx the shape nx3x8x8, the network nx3x4x4/)
})

test('a removed pack is gone; a second time there is none', async context => {
  const pack = await makeSamplePack(context)
  const { directory } = await ensurePack({ ...pack, ...giving(pack.content) })
  assert.equal(await removePack(pack), true)
  await assert.rejects(access(directory))
  assert.deepEqual(await readdir(pack.packsDir), [])
  assert.equal(await removePack(pack), false)
})
