// The part of the store's contract on control data.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type {
  AuditFilter,
  ControlStore,
  NewCredential,
  Period,
  TransactionFilter,
  UsageCount,
  UsageFilter,
} from '../core/ports.ts'
import { AT, LATER, makeAuditEntry, makeCall, makeId, makeKey, readPages } from './samples.suite.ts'

export function testControl(open: () => ControlStore): void {
  testTenants(open)
  testCredentials(open)
  testAudit(open)
  testControlKeys(open)
  testCalls(open)
  testUsage(open)
}

function testTenants(open: () => ControlStore): void {
  describe('tenants', () => {
    const make = () =>
      ({
        id: `tenant-${makeId()}`,
        name: 'Acme',
        status: 'active',
        imageUrls: null,
        pictureShape: 'any',
        frameHours: null,
        resultDays: null,
        createdAt: AT,
      }) as const

    it('are made once, found and listed by id', async () => {
      const control = open()
      const [one, other] = [make(), { ...make(), name: null, imageUrls: 'off' as const }]
      assert.equal(await control.insertTenant(one), true)
      assert.equal(await control.insertTenant({ ...one, name: 'Again' }), false)
      assert.equal(await control.insertTenant(other), true)
      assert.deepEqual(await control.findTenant(one.id), one)
      assert.equal(await control.findTenant('nobody'), null)
      const { items } = await readPages(1, page => control.listTenants(page))
      assert.deepEqual(
        items.filter(({ id }) => id === one.id || id === other.id),
        [one, other],
      )
      assert.ok(items.some(({ id, status }) => id === 'default' && status === 'active'))
      await assert.rejects(control.listTenants({ limit: 2, cursor: '%' }), { code: 'request_invalid' })
    })

    it('are suspended and resumed, which every find of their credentials says', async () => {
      const control = open()
      const tenant = make()
      await control.insertTenant(tenant)
      const key = makeKey({ tenantId: tenant.id })
      await control.insertCredential(key)
      assert.deepEqual(await control.updateTenant(tenant.id, { status: 'suspended' }), {
        ...tenant,
        status: 'suspended',
      })
      assert.equal((await control.findCredentialByHash('native', key.secretHash!))?.tenantStatus, 'suspended')
      assert.equal((await control.updateTenant(tenant.id, { status: 'active' }))?.status, 'active')
      assert.equal((await control.findCredentialByHash('native', key.secretHash!))?.tenantStatus, 'active')
      assert.equal(await control.updateTenant('nobody', { status: 'suspended' }), null)
    })

    it('have a rule for pictures by URL, or the server has it, which every find of their credentials says', async () => {
      const control = open()
      const tenant = make()
      await control.insertTenant(tenant)
      const [key, pair] = [makeKey({ tenantId: tenant.id }), makePair({ tenantId: tenant.id })]
      for (const each of [key, pair]) await control.insertCredential(each)
      for (const imageUrls of ['off', 'allow-list', 'public', null] as const) {
        assert.deepEqual(await control.updateTenant(tenant.id, { imageUrls }), { ...tenant, imageUrls })
        assert.equal((await control.findCredentialByHash('native', key.secretHash!))?.tenantImageUrls, imageUrls)
        assert.equal((await control.findCredentialByPublicId('alibaba', pair.publicId!))?.tenantImageUrls, imageUrls)
      }
      await control.updateTenant(tenant.id, { imageUrls: 'off' })
      assert.equal((await control.updateTenant(tenant.id, { pictureShape: 'portrait' }))?.pictureShape, 'portrait')
      assert.equal((await control.findCredentialByHash('native', key.secretHash!))?.tenantPictureShape, 'portrait')
      assert.equal((await control.updateTenant(tenant.id, { pictureShape: 'any' }))?.imageUrls, 'off')
      assert.equal((await control.updateTenant(tenant.id, { status: 'suspended' }))?.imageUrls, 'off')
      assert.equal(await control.updateTenant('nobody', { imageUrls: 'off' }), null)
    })
  })
}

function testCredentials(open: () => ControlStore): void {
  describe('credentials', () => {
    it('are found by the hash of what is shown', async () => {
      const control = open()
      const key = makeKey({ name: null, expiresAt: LATER })
      const { secretHash, sealedSecret, ...rest } = key
      await control.insertCredential(key)
      const found = await control.findCredentialByHash('native', secretHash!)
      assert.deepEqual(found && { ...found, secretHash: new Uint8Array(found.secretHash!) }, {
        ...rest,
        secretHash,
        sealedSecret,
        revokedAt: null,
        tenantStatus: 'active',
        tenantImageUrls: null,
        tenantPictureShape: 'any',
      })
      assert.deepEqual(await control.readCredential(key.id), { ...rest, revokedAt: null })
      assert.equal(await control.readCredential(makeId()), null)
      assert.equal(await control.findCredentialByHash('verihubs', secretHash!), null)
      const other = Uint8Array.from(secretHash!)
      other[31]! ^= 1
      assert.equal(await control.findCredentialByHash('native', other), null)
      assert.equal(await control.findCredentialByHash('native', new Uint8Array(0)), null)
    })

    it('are found by their public half, within one protocol', async () => {
      const control = open()
      const pair = makePair({ galleryId: 'staff', deniedActions: ['One', 'Two'] })
      await control.insertCredential(pair)
      const found = await control.findCredentialByPublicId('alibaba', pair.publicId!)
      assert.equal(found?.id, pair.id)
      assert.deepEqual([found.galleryId, found.deniedActions], ['staff', ['One', 'Two']])
      assert.deepEqual(new Uint8Array(found.sealedSecret!), pair.sealedSecret)
      assert.equal(await control.findCredentialByPublicId('advance', pair.publicId!), null)
      await assert.rejects(control.insertCredential(makePair({ publicId: pair.publicId })))
      await control.insertCredential(makePair({ publicId: pair.publicId, protocol: 'advance' }))
    })

    it('of testing mode have a quota that can be changed', async () => {
      const control = open()
      const testing = makePair({ protocol: 'verihubs', mode: 'testing', testingQuota: 3, regionId: 'eu' })
      const live = makePair({ protocol: 'verihubs', mode: 'live' })
      for (const each of [testing, live]) await control.insertCredential(each)
      const found = await control.findCredentialByPublicId('verihubs', testing.publicId!)
      assert.deepEqual([found?.mode, found?.testingQuota], ['testing', 3])
      assert.equal((await control.updateTestingQuota(testing.id, 7))?.testingQuota, 7)
      assert.equal(await control.updateTestingQuota(live.id, 7), null)
      const filter = { regionId: 'eu', protocol: 'verihubs' } as const
      const { items } = await readPages(2, page => control.listCredentials(filter, page))
      assert.ok(items.some(({ id }) => id === testing.id) && items.every(({ id }) => id !== live.id))
    })

    it('cannot share an id or a secret, or belong to a tenant or parent that is not there', async () => {
      const control = open()
      const key = makeKey()
      await control.insertCredential(key)
      await assert.rejects(control.insertCredential(makeKey({ id: key.id })))
      await assert.rejects(control.insertCredential(makeKey({ secretHash: key.secretHash })))
      await assert.rejects(control.insertCredential(makeKey({ tenantId: makeId() })))
      await assert.rejects(control.insertCredential(makePair({ parentId: makeId() })))
    })

    it('are revoked once; the first time stays', async () => {
      const control = open()
      const key = makeKey()
      await control.insertCredential(key)
      assert.deepEqual((await control.revokeCredential(key.id, AT))?.revokedAt, AT)
      assert.deepEqual((await control.revokeCredential(key.id, LATER))?.revokedAt, AT)
      assert.deepEqual((await control.findCredentialByHash('native', key.secretHash!))?.revokedAt, AT)
      assert.equal(await control.revokeCredential(makeId(), AT), null)
    })

    it('are revoked with those made from them, and not with their parent', async () => {
      const control = open()
      const parent = makePair()
      const subUser = makePair({ parentId: parent.id })
      const temporary = makePair({ parentId: subUser.id })
      const stranger = makePair()
      for (const each of [parent, subUser, temporary, stranger]) await control.insertCredential(each)
      const revoked = async () => {
        const found = [parent, subUser, temporary, stranger].map(({ id }) => control.readCredential(id))
        return (await Promise.all(found)).map(each => each?.revokedAt ?? null)
      }
      await control.revokeCredential(temporary.id, AT)
      assert.deepEqual(await revoked(), [null, null, AT, null])
      assert.equal((await control.revokeCredential(parent.id, LATER))?.id, parent.id)
      assert.deepEqual(await revoked(), [LATER, LATER, AT, null])
    })

    it('are counted and listed in order of their making, page by page', async () => {
      const control = open()
      const before = await control.countCredentials('native')
      const added = [makeKey(), makeKey(), makeKey()]
      for (const key of added.toReversed()) await control.insertCredential(key)
      await control.insertCredential(makePair())
      assert.equal(await control.countCredentials('native'), before + 3)
      const filter = { tenantId: 'default', protocol: 'native' } as const
      const { items } = await readPages(2, page => control.listCredentials(filter, page))
      assert.deepEqual(
        items.slice(-3).map(key => key.id),
        added.map(key => key.id),
      )
      assert.ok((await readPages(100, page => control.listCredentials({}, page))).items.length > items.length)
      const first = { limit: 2, cursor: null }
      assert.deepEqual(await control.listCredentials({ tenantId: makeId() }, first), { items: [], nextCursor: null })
      await assert.rejects(control.listCredentials({}, { limit: 2, cursor: '%' }), { code: 'request_invalid' })
    })
  })
}

function makePair(change: Partial<NewCredential> = {}): NewCredential {
  const sealedSecret = new Uint8Array([1, 2, 3])
  return makeKey({ protocol: 'alibaba', publicId: `LTAI${makeId()}`, secretHash: null, sealedSecret, ...change })
}

const ALWAYS: Period = { from: null, to: null }
const FIRST = { limit: 100, cursor: null }

function testAudit(open: () => ControlStore): void {
  describe('the audit trail', () => {
    it('takes entries, each id once, all or none', async () => {
      const control = open()
      const tenantId = makeId()
      const entry = makeAuditEntry({ tenantId })
      await control.appendAudit([entry])
      await assert.rejects(control.appendAudit([makeAuditEntry({ tenantId }), entry]))
      assert.deepEqual((await control.listAudit(tenantId, ALWAYS, FIRST)).items, [entry])
    })

    it('is read newest first, by period, actor, action, gallery and subject, of one tenant', async () => {
      const control = open()
      const tenantId = makeId()
      const empty = { regionId: null, galleryId: null, subjectHash: null, faceId: null, transactionId: null }
      const old = makeAuditEntry({ tenantId })
      const late = makeAuditEntry({
        tenantId,
        at: LATER,
        action: 'subject.erase',
        galleryId: 'other',
        subjectHash: 'x',
      })
      const late2 = makeAuditEntry({ tenantId, at: LATER, ...empty, action: 'credential.create', target: 'key' })
      await control.appendAudit([late, old, late2, makeAuditEntry()])
      const list = async (filter: Partial<AuditFilter>) =>
        (await control.listAudit(tenantId, { ...ALWAYS, ...filter }, FIRST)).items
      assert.deepEqual(await list({}), [late2, late, old])
      assert.deepEqual(await list({ from: LATER }), [late2, late])
      assert.deepEqual(await list({ to: LATER }), [old])
      assert.deepEqual(await list({ actor: old.actor }), [old])
      assert.deepEqual(await list({ action: 'subject.erase' }), [late])
      assert.deepEqual(await list({ galleryId: 'other', subjectHash: 'x' }), [late])
      assert.deepEqual(await list({ galleryId: 'staff', subjectHash: 'x' }), [])
      const { items, sizes } = await readPages(2, page => control.listAudit(tenantId, ALWAYS, page))
      assert.deepEqual(
        [items, sizes],
        [
          [late2, late, old],
          [2, 1],
        ],
      )
    })

    it('refuses a cursor of another list', async () => {
      const { nextCursor: cursor } = await open().listTenants({ limit: 1, cursor: null })
      for (const wrong of ['%', cursor ?? '%', Buffer.from('audit:12').toString('base64url')])
        await assert.rejects(open().listAudit('default', ALWAYS, { limit: 1, cursor: wrong }), {
          code: 'request_invalid',
        })
    })
  })
}

function testControlKeys(open: () => ControlStore): void {
  describe('keys of the control data', () => {
    it('are kept once by name, and the first stays', async () => {
      const control = open()
      const [name, other] = [makeId(), makeId()]
      const key = new Uint8Array([1, 2, 3])
      assert.equal(await control.readControlKey(name), null)
      assert.deepEqual(await control.keepControlKey(name, key), key)
      assert.deepEqual(await control.keepControlKey(name, new Uint8Array([4])), key)
      assert.deepEqual(await control.readControlKey(name), key)
      assert.equal(await control.readControlKey(other), null)
      const rivals = [5, 6, 7].map(byte => control.keepControlKey(other, new Uint8Array([byte])))
      const [first, ...rest] = await Promise.all(rivals)
      for (const each of rest) assert.deepEqual(each, first)
    })
  })
}

function testCalls(open: () => ControlStore): void {
  describe('calls', () => {
    it('are found by id within their tenant', async () => {
      const control = open()
      const call = makeCall({ facts: { reason: 'none', n: 1 }, subjectHash: 'hash', galleryId: null })
      await control.recordCalls([call], [])
      await control.recordCalls([{ ...call, status: 500 }], [])
      assert.deepEqual(await control.findTransaction('default', call.id), call)
      assert.equal(await control.findTransaction('other', call.id), null)
      assert.equal(await control.findTransaction('default', makeId()), null)
    })

    it('are listed newest first, by period, operation, outcome, gallery and subject', async () => {
      const control = open()
      const tenantId = makeId()
      const old = makeCall({ tenantId, galleryId: 'doors', subjectHash: 'hash' })
      const late = makeCall({ tenantId, at: LATER, operation: 'enrolFace', outcome: 'busy', status: 503 })
      const late2 = makeCall({ tenantId, at: LATER })
      await control.recordCalls([late2, old, late], [])
      const list = async (filter: Partial<TransactionFilter>) =>
        (await control.listTransactions(tenantId, { ...ALWAYS, ...filter }, FIRST)).items
      assert.deepEqual(await list({}), [late2, late, old])
      assert.deepEqual(await list({ from: AT, to: LATER }), [old])
      assert.deepEqual(await list({ operation: 'searchGallery' }), [late2, old])
      assert.deepEqual(await list({ outcome: 'busy' }), [late])
      assert.deepEqual(await list({ galleryId: 'staff' }), [late2, late])
      assert.deepEqual(await list({ galleryId: 'doors', subjectHash: 'hash' }), [old])
      assert.deepEqual(await list({ subjectHash: 'other' }), [])
      const { items, sizes } = await readPages(1, page => control.listTransactions(tenantId, ALWAYS, page))
      assert.deepEqual(
        [items, sizes],
        [
          [late2, late, old],
          [1, 1, 1],
        ],
      )
      const page = { limit: 1, cursor: 'x' }
      await assert.rejects(control.listTransactions(tenantId, ALWAYS, page), { code: 'request_invalid' })
    })

    it('are deleted oldest first, a batch at a time', async () => {
      const control = open()
      const tenantId = makeId()
      // Older than any other call of the suite.
      const [oldest, older] = [1, 2].map(at => makeCall({ tenantId, at: new Date(at) }))
      const kept = makeCall({ tenantId })
      await control.recordCalls([kept, older, oldest], [])
      assert.equal(await control.deleteTransactions(new Date(3), 1), 1)
      const left = async () => (await control.listTransactions(tenantId, ALWAYS, FIRST)).items
      assert.deepEqual(await left(), [kept, older])
      assert.equal(await control.deleteTransactions(new Date(3), 10), 1)
      assert.equal(await control.deleteTransactions(new Date(3), 10), 0)
      assert.deepEqual(await left(), [kept])
    })
  })
}

function testUsage(open: () => ControlStore): void {
  describe('usage', () => {
    it('counts what is charged and what is not apart, where the protocol says so', async () => {
      const control = open()
      const of = { tenantId: makeId(), regionId: 'default', day: '2031-02-03', operation: 'search', outcome: 'ok' }
      const counts = [{ ...of, pricing: 'PAY', count: 2 } as const, { ...of, pricing: 'FREE', count: 3 } as const]
      await control.recordCalls([], [...counts, { ...of, count: 1 }])
      await control.recordCalls([], counts)
      const read = (page: { limit: number; cursor: string | null }) =>
        control.listUsage(of.tenantId, { from: null, to: null }, page)
      const { items } = await readPages(1, read)
      assert.deepEqual(items, [
        { ...of, count: 1 },
        { ...of, pricing: 'FREE', count: 6 },
        { ...of, pricing: 'PAY', count: 4 },
      ])
    })

    it('adds up by day, region, operation and outcome', async () => {
      const control = open()
      const tenantId = makeId()
      const count = (change: Partial<UsageCount> = {}): UsageCount => ({
        tenantId,
        regionId: 'default',
        day: '2031-02-03',
        operation: 'enrolFace',
        outcome: 'ok',
        count: 1,
        ...change,
      })
      const others = [count({ day: '2031-02-04' }), count({ operation: 'verifySubject' }), count({ outcome: 'busy' })]
      await control.recordCalls([], [count(), ...others, count({ regionId: 'eu' }), count({ tenantId: makeId() })])
      await control.recordCalls([], [count({ count: 41 })])
      const expected = [others[2], count({ count: 42 }), others[1], count({ regionId: 'eu' }), others[0]]
      const every = { from: null, to: null }
      for (const limit of [1, 2, 100])
        assert.deepEqual((await readPages(limit, page => control.listUsage(tenantId, every, page))).items, expected)
      const list = async (filter: Partial<UsageFilter>) =>
        (await control.listUsage(tenantId, { ...every, ...filter }, FIRST)).items
      assert.deepEqual(await list({ from: '2031-02-04' }), [others[0]])
      assert.deepEqual(await list({ to: '2031-02-03', operation: 'verifySubject' }), [others[1]])
      const page = { limit: 1, cursor: Buffer.from('usage:a/b').toString('base64url') }
      await assert.rejects(control.listUsage(tenantId, every, page), { code: 'request_invalid' })
    })
  })
}
