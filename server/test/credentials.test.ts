// Credentials of the other protocols: the forms of the pairs, what is kept of them, sub-users, temporary pairs, refusals.
import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import {
  createCredential,
  createSubUser,
  createTemporary,
  findCredential,
  matchesSecret,
  type PairProtocol,
  revokeCredential,
  secretOf,
} from '../src/core/credentials.ts'
import type { OperatorContext } from '../src/core/operator.ts'
import { createTenant, resumeTenant, suspendTenant } from '../src/core/tenants.ts'
import { AppError } from '../src/errors.ts'
import { DEFAULT_LIMITS } from '../src/limits.ts'
import { CLOCK, createTestSource } from '../src/seal/vault.fixture.ts'
import { openVault } from '../src/seal/vault.ts'
import { openControlStore } from '../src/store/control-store.ts'
import type { ControlTables } from '../src/store/schema.ts'
import { openSqlite } from '../src/store/sqlite.ts'

const connection = openSqlite<ControlTables>(':memory:')
const control = await openControlStore(connection)
after(() => control.close())
const source = createTestSource()
const openAnother = () => openVault({ keys: control.tenantKeys, source, clock: CLOCK })
const vault = await openAnother()
let now = Date.parse('2031-02-03T04:05:06.789Z')
let lastId = 0
const context: OperatorContext = {
  control,
  clock: { now: () => new Date(now) },
  ids: { next: () => `id-${String(++lastId).padStart(6, '0')}` },
  vault: async () => vault,
  regionIds: ['default', 'eu'],
  limits: DEFAULT_LIMITS,
}
await createTenant(context, { id: 'acme' })

const create = (protocol: PairProtocol, change: Partial<Parameters<typeof createCredential>[1]> = {}) =>
  createCredential(context, { protocol, tenantId: 'acme', regionId: 'eu', ...change })
const refuses = (promise: Promise<unknown>, code: string, sentence: RegExp) =>
  assert.rejects(promise, error => {
    assert.ok(error instanceof AppError, String(error))
    assert.equal(error.code, code)
    assert.match(error.message, sentence)
    return true
  })

const FORMS = {
  advance: [/^[0-9a-f]{16}$/, /^[0-9a-f]{32}$/],
  verihubs: [/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/, /^[\w-]{43}$/],
  alibaba: [/^LTAI[A-Za-z0-9]{20}$/, /^[A-Za-z0-9]{30}$/],
} as const

describe('a pair', () => {
  for (const protocol of ['advance', 'verihubs', 'alibaba'] as const)
    test(`of ${protocol} has its vendor's form, and is found with what it is bound to`, async () => {
      const { credential, pair } = await create(protocol, { galleryId: 'staff', name: 'Door' })
      assert.match(pair.publicId, FORMS[protocol][0])
      assert.match(pair.secret, FORMS[protocol][1])
      assert.equal(pair.securityToken, undefined)
      const found = await findCredential(context, protocol, pair.publicId)
      assert.equal(found?.id, credential.id)
      assert.deepEqual(
        [found.tenantId, found.regionId, found.galleryId, found.name, found.status, found.expiresAt],
        ['acme', 'eu', 'staff', 'Door', 'active', null],
      )
      for (const other of ['advance', 'verihubs', 'alibaba'] as const)
        if (other !== protocol) assert.equal(await findCredential(context, other, pair.publicId), null)
    })

  test('whose secret a signature needs gives it back, also to a process that was there before', async () => {
    const early = await openAnother()
    await createTenant(context, { id: 'late' })
    const { pair } = await create('alibaba', { tenantId: 'late' })
    const found = await findCredential(context, 'alibaba', pair.publicId)
    assert.ok(found)
    assert.equal(await secretOf({ vault }, found), pair.secret)
    assert.equal(await secretOf({ vault: early }, found), pair.secret)
    assert.equal(matchesSecret(found, pair.secret), false)
  })

  test('whose secret is sent as it is keeps its hash only', async () => {
    const { pair } = await create('verihubs')
    const found = await findCredential(context, 'verihubs', pair.publicId)
    assert.ok(found)
    assert.equal(matchesSecret(found, pair.secret), true)
    for (const wrong of ['', pair.secret.slice(1), `${pair.secret}x`, pair.publicId])
      assert.equal(matchesSecret(found, wrong), false)
    await refuses(secretOf({ vault }, found), 'internal', /not kept/)
  })

  test("is not readable in the database, and nobody can use another's secret", async () => {
    const { pair, credential } = await create('advance')
    const { pair: other, credential: stranger } = await create('advance')
    const rows = await connection.db.selectFrom('credentials').selectAll().execute()
    for (const row of rows)
      for (const value of Object.values(row)) {
        const text = value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : String(value)
        assert.ok(!text.includes(pair.secret) && !text.includes(other.secret))
      }
    const sealed = rows.find(({ id }) => id === stranger.id)!.sealed_secret
    await connection.db
      .updateTable('credentials')
      .set({ sealed_secret: sealed })
      .where('id', '=', credential.id)
      .execute()
    const found = await findCredential(context, 'advance', pair.publicId)
    await refuses(secretOf({ vault }, found!), 'sealed_data_corrupt', /./)
  })

  test('needs a tenant, a region and a well-formed gallery', async () => {
    await refuses(create('advance', { tenantId: 'nobody' }), 'tenant_not_found', /"nobody"/)
    await refuses(create('advance', { regionId: 'mars' }), 'region_not_found', /default, eu/)
    await refuses(create('advance', { galleryId: 'a b' }), 'request_invalid', /letters, digits/)
  })

  test('of a suspended tenant or a revoked one says so', async () => {
    const { pair, credential } = await create('alibaba')
    const status = async () => (await findCredential(context, 'alibaba', pair.publicId))?.status
    await suspendTenant(context, 'acme')
    assert.equal(await status(), 'suspended')
    await resumeTenant(context, 'acme')
    assert.equal(await status(), 'active')
    assert.equal((await revokeCredential(context, credential.id))?.id, credential.id)
    assert.equal(await status(), 'revoked')
    assert.equal(await revokeCredential(context, 'unknown'), null)
  })
})

describe('a sub-user', () => {
  test("has a pair of its own on its parent's bindings, and what it is denied", async () => {
    const { credential: parent } = await create('alibaba', { galleryId: 'staff' })
    const input = { parentId: parent.id, deniedActions: ['DeleteFaceRecordV2', 'AddFaceRecord', 'AddFaceRecord'] }
    const { pair } = await createSubUser(context, input)
    assert.match(pair.publicId, FORMS.alibaba[0])
    const found = await findCredential(context, 'alibaba', pair.publicId)
    assert.deepEqual(found?.deniedActions, ['DeleteFaceRecordV2', 'AddFaceRecord'])
    assert.deepEqual(
      [found.parentId, found.tenantId, found.regionId, found.galleryId],
      [parent.id, 'acme', 'eu', 'staff'],
    )
    assert.equal(await secretOf({ vault }, found), pair.secret)
    await refuses(createSubUser(context, { ...input, parentId: found.id }), 'request_invalid', /itself a sub-user/)
    await revokeCredential(context, parent.id)
    assert.equal((await findCredential(context, 'alibaba', pair.publicId))?.status, 'revoked')
    await refuses(createSubUser(context, input), 'credential_not_found', /no valid credential/)
  })

  test('is refused without actions, with too many, with malformed ones, and of another protocol', async () => {
    const { credential: parent } = await create('alibaba')
    const many = Array.from({ length: DEFAULT_LIMITS.maxDeniedActions + 1 }, (_, at) => `Action${at}`)
    for (const deniedActions of [[], many, ['A B'], [''], ['A'.repeat(65)]])
      await refuses(
        createSubUser(context, { parentId: parent.id, deniedActions }),
        'request_invalid',
        /1 to 100 actions/,
      )
    const { credential: advance } = await create('advance')
    const other = { parentId: advance.id, deniedActions: ['One'] }
    await refuses(createSubUser(context, other), 'request_invalid', /of protocol alibaba/)
    await refuses(createSubUser(context, { ...other, parentId: 'unknown' }), 'credential_not_found', /unknown/)
  })
})

describe('a temporary pair', () => {
  test('has a security token, the rights of its parent, and an end after which it is unknown', async () => {
    const { credential: parent } = await create('alibaba')
    const subUser = await createSubUser(context, { parentId: parent.id, deniedActions: ['One'] })
    const { pair, credential } = await createTemporary(context, { parentId: subUser.credential.id, seconds: 900 })
    assert.match(pair.publicId, /^STS\.[A-Za-z0-9]{25}$/)
    assert.match(pair.secret, /^[A-Za-z0-9]{44}$/)
    assert.match(pair.securityToken ?? '', /^[A-Za-z0-9+/]{128}$/)
    const found = await findCredential(context, 'alibaba', pair.publicId)
    assert.ok(found)
    assert.deepEqual(found.deniedActions, ['One'])
    assert.equal(matchesSecret(found, pair.securityToken!), true)
    assert.equal(matchesSecret(found, pair.secret), false)
    assert.equal(await secretOf({ vault }, found), pair.secret)
    assert.equal(credential.expiresAt?.getTime(), now + 900_000)
    now += 899_999
    assert.ok(await findCredential(context, 'alibaba', pair.publicId))
    now += 1
    assert.equal(await findCredential(context, 'alibaba', pair.publicId), null)
  })

  test('ends with its parent, and has none below it', async () => {
    const { credential: parent } = await create('alibaba')
    const { pair, credential } = await createTemporary(context, { parentId: parent.id, seconds: 3600 })
    await refuses(
      createTemporary(context, { parentId: credential.id, seconds: 900 }),
      'request_invalid',
      /itself a temporary/,
    )
    await refuses(
      createSubUser(context, { parentId: credential.id, deniedActions: ['One'] }),
      'request_invalid',
      /itself a sub-user or temporary/,
    )
    await revokeCredential(context, parent.id)
    assert.equal((await findCredential(context, 'alibaba', pair.publicId))?.status, 'revoked')
  })

  test('lasts 900 to 43,200 seconds', async () => {
    const { credential: parent } = await create('alibaba')
    for (const seconds of [0, 899, 43_201, 1000.5, Number.NaN])
      await refuses(createTemporary(context, { parentId: parent.id, seconds }), 'request_invalid', /900 to 43200/)
    for (const seconds of [900, 43_200]) await createTemporary(context, { parentId: parent.id, seconds })
  })
})
