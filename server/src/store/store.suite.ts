// What every database must do for the core, as one suite. Each driver's test runs it; it knows no driver and no SQL.

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { ControlStore, Store } from '../core/ports.ts'
import { testAllowances } from './allowances.suite.ts'
import type { RegionConnection } from './connection.ts'
import { testControl } from './control.suite.ts'
import { testErasures } from './erasures.suite.ts'
import { testFaces } from './faces.suite.ts'
import { testGalleries } from './galleries.suite.ts'
import { testInsertions } from './insertions.suite.ts'
import { testKeptAnswers } from './kept-answers.suite.ts'
import { testNumbers } from './numbers.suite.ts'
import { testReceiptKeys } from './receipt-keys.suite.ts'
import { testRecords } from './records.suite.ts'
import { addGallery, insertFace, makeFace, makeKey, makePicture } from './samples.suite.ts'
import { testSealing } from './sealing.suite.ts'
import { testSessions } from './sessions.suite.ts'
import { testSubjects } from './subjects.suite.ts'
import { testTenantKeys } from './tenant-keys.suite.ts'
import { testTestingCounts } from './testing-counts.suite.ts'
import { testWebhooks } from './webhooks.suite.ts'

export interface OpenedStores {
  readonly store: Store
  readonly control: ControlStore
  /** What lies below the store, to see what is at rest. */
  readonly region: RegionConnection
  /** Closes both and opens them again, for databases that outlive a connection. */
  readonly reopen?: () => Promise<OpenedStores>
}

/** The tests share the two databases and each makes galleries of its own, as opening some of them takes long. */
export function testStore(name: string, open: () => Promise<OpenedStores>): void {
  describe(`store: ${name}`, () => {
    let opened: OpenedStores
    before(async () => {
      opened = await open()
    })
    after(async () => {
      await opened?.store.close()
      await opened?.control.close()
    })
    testGalleries(() => opened.store)
    testSubjects(() => opened.store)
    testFaces(() => opened.store)
    testInsertions(() => opened.store)
    testSealing(() => opened)
    testErasures(() => opened)
    testNumbers(() => opened.store)
    testRecords(() => opened.store)
    testSessions(() => opened)
    testControl(() => opened.control)
    testTenantKeys(() => opened.control)
    testKeptAnswers(() => opened.control)
    testReceiptKeys(() => opened.control)
    testTestingCounts(() => opened.control)
    testWebhooks(() => opened.control)
    testAllowances(() => opened.control)
    testReopening(
      () => opened,
      next => {
        opened = next
      },
    )
  })
}

function testReopening(opened: () => OpenedStores, replace: (next: OpenedStores) => void): void {
  it('answers a ping, and fails it once closed', async () => {
    const { store, control, reopen } = opened()
    await store.ping()
    if (!reopen) return
    await store.close()
    await control.close()
    await assert.rejects(store.ping())
    replace(await reopen())
    await opened().store.ping()
  })

  it('has everything still there when it is opened again', async context => {
    const { store, control, reopen } = opened()
    if (!reopen) return context.skip('this database ends with its connection')
    const gallery = await addGallery(store)
    const face = makeFace(gallery.uid, 'ann', { metadata: { a: 1 }, picture: makePicture() })
    const inserted = await insertFace(store, face)
    const key = makeKey()
    await control.insertCredential(key)
    await store.close()
    await control.close()
    replace(await reopen())
    const next = opened()
    assert.equal((await next.store.galleries.find(gallery.tenantId, gallery.id))?.uid, gallery.uid)
    assert.deepEqual(await next.store.faces.find(gallery.uid, face.id), inserted.face)
    assert.deepEqual(await next.store.subjects.find(gallery.uid, 'ann'), inserted.subject)
    assert.deepEqual(await next.store.faces.templatesOf([face.id]), [{ faceId: face.id, template: face.template }])
    assert.equal((await next.control.findCredentialByHash('native', key.secretHash!))?.id, key.id)
  })
}
