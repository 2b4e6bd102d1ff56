// What a crash or a failure left unfinished is finished: after a start, after a failure, and without harm to what is going on.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { enrol } from '../src/core/enrol.ts'
import { createGallery, deleteGallery } from '../src/core/galleries.ts'
import { deleteSubject } from '../src/core/subjects.ts'
import { countBlobs, type FakePorts, fakePicture, openFakeCore } from './fake-core.ts'
import { createFaults } from './faults.ts'
import { assertSound } from './soundness.ts'

const faults = createFaults()
const adapt = (ports: FakePorts): FakePorts => ({ ...ports, blobs: faults.wrap(ports.blobs) })
const core = await openFakeCore({}, adapt)
after(() => core.close())
const { context, principal, region } = core
await createGallery(context, principal, { id: 'people' })
const put = (person: string) =>
  enrol(context, principal, { galleryId: 'people', image: fakePicture({ person }), subjectId: person })

const waitUntil = async (isSo: () => Promise<boolean>): Promise<void> => {
  while (!(await isSo())) await new Promise(resolve => setTimeout(resolve, 5))
}

test('pictures without a face go, and those of faces stay', async () => {
  await put('ann')
  await region.blobs.put('orphan', Uint8Array.of(1))
  await assertSound(region)
  assert.equal(await countBlobs(region), 1)
})

test('a picture that is still on its way to its face is left alone', async () => {
  await region.upkeep.hold('on-its-way', async () => {
    await region.blobs.put('on-its-way', Uint8Array.of(1))
    assert.equal(await region.upkeep.run(), true)
    assert.equal(await region.upkeep.clear(['on-its-way']), true)
    assert.ok(await region.blobs.get('on-its-way'))
  })
  await region.upkeep.run()
  assert.equal(await region.blobs.get('on-its-way'), null)
})

test('enrolments go on during it, and lose nothing', async () => {
  const names = Array.from({ length: 40 }, (_, index) => `crowd-${index}`)
  const [sweeps] = await Promise.all([
    Promise.all(Array.from({ length: 20 }, () => region.upkeep.run())),
    ...names.map(put),
  ])
  assert.ok(sweeps.every(Boolean))
  await assertSound(region)
})

test('a picture that cannot be deleted makes the erasure unfinished, and goes later by itself', async () => {
  await put('bea')
  const before = await countBlobs(region)
  faults.arm(1, 'before')
  await assert.rejects(deleteSubject(context, principal, 'people', 'bea'), { code: 'erasure_unfinished' })
  assert.match(String(faults.disarm()), /delete/)
  await assert.rejects(deleteSubject(context, principal, 'people', 'bea'), { code: 'subject_not_found' })
  await waitUntil(async () => (await countBlobs(region)) === before - 1)
})

test('a gallery whose content could not all be erased is gone at once, and its content later', async () => {
  await createGallery(context, principal, { id: 'gone' })
  for (const person of ['x', 'y']) {
    await enrol(context, principal, { galleryId: 'gone', image: fakePicture({ person }) })
  }
  const before = await countBlobs(region)
  faults.arm(1, 'before')
  await assert.rejects(deleteGallery(context, principal, 'gone'), { code: 'erasure_unfinished' })
  faults.disarm()
  await waitUntil(async () => (await countBlobs(region)) === before - 2)
  await assertSound(region)
})
