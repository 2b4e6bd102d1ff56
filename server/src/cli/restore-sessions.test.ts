// Capture sessions in backups: their frames are in none, and a restored copy keeps nothing of the people in them.
import assert from 'node:assert/strict'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { loadConfig } from '../config.ts'
import { keepPicture } from '../core/pictures.ts'
import type { Store, Vault } from '../core/ports.ts'
import { openControl, openRegionData, openVaultOf, type RegionData } from '../main.ts'
import { LATER } from '../store/samples.suite.ts'
import { addStarted, makeDelivery, makeFrame, makeVerdict } from '../store/session-samples.suite.ts'
import { run, startStoppable } from './cli.fixture.ts'
import { backUp, call, enrol, prepareFolder, restore, settingsOf } from './maintenance.fixture.ts'

/** What a stopped server left, without an engine. */
const withData = async <T>(dataDir: string, use: (data: RegionData & { vault: Vault }) => Promise<T>): Promise<T> => {
  const { config } = loadConfig({}, { dataDir })
  const control = await openControl(config)
  const vault = await openVaultOf(config, control)
  const data = await openRegionData(config, vault, 'default')
  try {
    return await use({ ...data, vault })
  } finally {
    await data.store.close()
    await control.close()
  }
}

const addSession = async ({ store, blobs, vault }: RegionData & { vault: Vault }, tenantId: string) => {
  const session = await addStarted(store, { tenantId })
  const frame = makeFrame(session.id, 1)
  await keepPicture({ vault }, { blobs }, tenantId, frame.blobKey, new Uint8Array(100))
  assert.equal(await store.sessions.insertFrame(frame, 10), true)
  const end = { state: 'passed' as const, ended: true, endedAt: LATER, verdict: makeVerdict() }
  await store.sessions.update(session.id, 0, end, [makeDelivery(session)])
  return { session, frame }
}

const find = ({ sessions }: Store, { tenantId, id }: { tenantId: string; id: string }) => sessions.find(tenantId, id)

test('a backup has no frames, and a restore clears the sessions and tells nobody of them', async context => {
  const { env, stop } = await startStoppable(context)
  await call(env, 'POST', '/v1/galleries', { id: 'staff' })
  await enrol(env, 'ada')
  await stop()
  const { session, frame } = await withData(env.LIKENESS_DATA_DIR, data => addSession(data, 'default'))
  const { folder, manifest } = await backUp(context, env)
  assert.deepEqual([manifest.regions[0]?.pictures, manifest.regions[0]?.missingPictures], [1, []])
  const pictures = await readdir(join(folder, 'regions', 'default', 'pictures'), { recursive: true })
  assert.ok(!pictures.some(name => name.endsWith(frame.blobKey)))

  const dataDir = await prepareFolder(context, env.LIKENESS_DATA_DIR)
  const restored = await restore(dataDir, '--from', folder)
  assert.equal(restored.code, 0, restored.stderr)
  await withData(dataDir, async ({ store }) => {
    const found = await find(store, session)
    const { state, verdict, metadata, callbackUrl } = found ?? {}
    assert.deepEqual([state, verdict, metadata, callbackUrl], ['passed', null, null, null])
    assert.ok(found?.clearedAt)
    assert.deepEqual(await store.sessions.listFrames(session.id, 1), [])
    assert.equal(await store.sessions.nextDeliveryAt(), null)
  })
  const doctor = await run(['doctor', '--json'], settingsOf(dataDir))
  assert.equal(doctor.code, 0, doctor.stdout)

  await withData(env.LIKENESS_DATA_DIR, async ({ store }) => {
    assert.ok((await find(store, session))?.verdict, 'the original is as it was')
  })
  const sound = await run(['doctor', '--json'], settingsOf(env.LIKENESS_DATA_DIR))
  assert.equal(sound.code, 0, sound.stdout)
})
