// Which recognition packs a machine has: the order, what a combined one needs, and what is said of damaged and missing ones.
import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { PACKS_DIR } from '../pipeline.fixture.ts'
import { ensurePack, type InstalledPack, readCommitted } from './install.ts'
import { assemble, chooseRecognitionPack, openRecognition, RECOGNITION_PACKS } from './recognition.ts'
import { alone, dimensionsOf, findRecognitionPack } from './recognition-pack.ts'
import { twinPacks } from './twin-packs.fixture.ts'

const open = await ensurePack({ id: 'open', packsDir: PACKS_DIR })
const packsDir = await mkdtemp(join(tmpdir(), 'likeness-recognition-'))
after(() => rm(packsDir, { recursive: true, force: true }))
await symlink(open.directory, join(packsDir, 'open'))

test('every committed recognition pack is well formed, calibrated and of the length that it says', async () => {
  const lengths = []
  for (const id of RECOGNITION_PACKS) {
    const manifest = await readCommitted(id)
    assert.equal(manifest.id, id)
    assert.equal(manifest.calibration?.templates?.centre.length, dimensionsOf({ manifest }))
    assert.ok(manifest.calibration.best.length > 0 && manifest.calibration.fused.length > 0)
    lengths.push(dimensionsOf({ manifest }))
  }
  assert.deepEqual(lengths, [384, 256, 128])
})

test('where nothing else is installed, the base pack is the only and the best one', async () => {
  const { base, packs } = await openRecognition({ packsDir })
  assert.equal(base.manifest.id, 'open')
  assert.deepEqual(
    packs.map(({ manifest }) => manifest.id),
    ['open'],
  )
  assert.equal(chooseRecognitionPack(packs, 'auto').manifest.id, 'open')
  assert.throws(() => chooseRecognitionPack(packs, 'retail-0095'), {
    code: 'pack_not_installed',
    message: 'The model pack retail-0095 is not installed; install it with "npx likeness packs install retail-0095".',
  })
})

test('a pack whose folder is there and does not verify stops the start, and says how to mend it', async () => {
  const folder = join(packsDir, 'retail-0095')
  await mkdir(folder)
  await writeFile(join(folder, 'retail-reid.onnx'), 'damaged')
  await assert.rejects(openRecognition({ packsDir }), {
    code: 'pack_invalid',
    message: /retail-0095 is damaged.*packs install retail-0095.*packs remove retail-0095/,
  })
  await rm(folder, { recursive: true })
})

test('a combined pack is there when all its parts are, in the version that it was made for', () => {
  const { twin, joined } = twinPacks(open)
  const both = new Map<string, InstalledPack>([
    ['open', open],
    ['twin', twin],
  ])
  const found = assemble(joined.manifest, both)
  assert.deepEqual(
    found?.parts.map(({ pack, weight }) => [pack.manifest.id, weight]),
    [
      ['open', 0.6],
      ['twin', 0.8],
    ],
  )
  assert.equal(dimensionsOf(found!), 256)
  assert.equal(assemble(joined.manifest, new Map([['open', open]])), undefined)
  const newer = { ...twin, manifest: { ...twin.manifest, version: '9.0.0' } }
  assert.throws(() => assemble(joined.manifest, new Map([...both, ['twin', newer]])), {
    code: 'pack_invalid',
    message: /combines twin .* with 128 values, and twin 9\.0\.0 has 128/,
  })
})

test('a pack is found by its id', () => {
  const { twin } = twinPacks(open)
  const packs = [alone(twin), alone(open)]
  assert.equal(findRecognitionPack(packs, 'open'), packs[1])
  assert.throws(() => findRecognitionPack(packs, 'none'), { code: 'pack_not_installed' })
})
