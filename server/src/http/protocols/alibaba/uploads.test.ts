// Uploads: the policy, and everything that one must not get past it.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe, test } from 'node:test'
import { DEFAULT_LIMITS } from '../../../limits.ts'
import { createUploads, splitHost, UploadError, type UploadTicket } from './uploads.ts'

const OWNER = { tenantId: 'acme', regionId: 'default' }
const HOST = { bucket: '127', endpoint: '0.0.1:8470' }
const FILE = Buffer.from('picture')
const ETAG = createHash('md5').update(FILE).digest('hex').toUpperCase()

const open = (change: Partial<typeof DEFAULT_LIMITS> = {}) => {
  let nowMs = 1_800_000_000_000
  const uploads = createUploads({ now: () => new Date(nowMs) }, { ...DEFAULT_LIMITS, ...change })
  const announce = () => uploads.announce(OWNER, HOST)!
  return {
    ...uploads,
    announceOwn: announce,
    announceOf: (tenantId: string) => uploads.announce({ ...OWNER, tenantId }, HOST),
    wait: (ms: number) => {
      nowMs += ms
    },
    send: (ticket: UploadTicket, change: Record<string, string> = {}, file: Uint8Array | null = FILE) => {
      const { accessKeyId, encodedPolicy, signature, objectKey } = ticket
      const fields = {
        OSSAccessKeyId: accessKeyId,
        policy: encodedPolicy,
        Signature: signature,
        key: objectKey,
        ...change,
      }
      return uploads.receive({ fields: new Map(Object.entries(fields)), file })
    },
  }
}
const addressOf = ({ bucket, endpoint, objectKey }: UploadTicket): string => `http://${bucket}.${endpoint}/${objectKey}`
const refuses = (work: () => unknown, code: string) =>
  assert.throws(work, error => error instanceof UploadError && error.code === code)

describe('an upload', () => {
  test('is announced, sent, found by its address, and gone once discarded', () => {
    const { announceOwn, send, has, discard } = open()
    const ticket = announceOwn()
    assert.match(ticket.objectKey, /^upload\/[0-9a-f]{32}\.jpg$/)
    assert.equal(has(OWNER, addressOf(ticket)), false)
    assert.deepEqual(send(ticket), { key: ticket.objectKey, bucket: '127', etag: ETAG })
    assert.equal(has(OWNER, addressOf(ticket)), true)
    discard(OWNER, addressOf(ticket))
    assert.equal(has(OWNER, addressOf(ticket)), false)
  })

  test('is taken out once', () => {
    const { announceOwn, send, has, take } = open({ maxUploadedBytes: 2 * FILE.length })
    const ticket = announceOwn()
    assert.equal(take(OWNER, addressOf(ticket)), null, 'not sent yet')
    send(ticket)
    assert.equal(take({ ...OWNER, tenantId: 'other' }, addressOf(ticket)), null)
    assert.deepEqual(take(OWNER, addressOf(ticket)), new Uint8Array(FILE))
    assert.equal(take(OWNER, addressOf(ticket)), null)
    assert.equal(has(OWNER, addressOf(ticket)), false)
    send(announceOwn())
    refuses(() => send(announceOwn()), 'ServiceUnavailable')
  })

  test("is nobody else's, and no foreign address leads to it", () => {
    const { announceOwn, send, has, take, discard } = open()
    const ticket = announceOwn()
    send(ticket)
    for (const other of [
      { ...OWNER, tenantId: 'other' },
      { ...OWNER, regionId: 'eu' },
    ]) {
      assert.equal(has(other, addressOf(ticket)), false)
      assert.equal(take(other, addressOf(ticket)), null)
      discard(other, addressOf(ticket))
    }
    for (const address of [
      `http://example.com/${ticket.objectKey}`,
      `http://example.com/?x=http://127.0.0.1:8470/${ticket.objectKey}`,
      `ftp://127.0.0.1:8470/${ticket.objectKey}`,
      `${addressOf(ticket)}?x`,
      ticket.objectKey,
      '',
    ]) {
      assert.equal(has(OWNER, address), false, address)
      assert.equal(take(OWNER, address), null, address)
    }
    assert.deepEqual(take(OWNER, addressOf(ticket)), new Uint8Array(FILE))
  })

  test('is taken once', () => {
    const { announceOwn, send, discard } = open()
    const ticket = announceOwn()
    send(ticket)
    refuses(() => send(ticket), 'AccessDenied')
    discard(OWNER, addressOf(ticket))
    refuses(() => send(ticket), 'AccessDenied')
  })

  test('expires, sent or not', () => {
    const { announceOwn, send, has, take, wait } = open({ uploadLifeMs: 1000 })
    const [early, late] = [announceOwn(), announceOwn()]
    send(early)
    wait(1000)
    assert.equal(has(OWNER, addressOf(early)), false)
    assert.equal(take(OWNER, addressOf(early)), null)
    refuses(() => send(late), 'AccessDenied')
  })

  test('needs the signed policy of its own key', () => {
    const { announceOwn, send } = open()
    const [ticket, other] = [announceOwn(), announceOwn()]
    const wider = Buffer.from(JSON.stringify({ expiration: '2999-01-01T00:00:00Z', conditions: [] })).toString('base64')
    refuses(() => send(ticket, { policy: wider }), 'SignatureDoesNotMatch')
    refuses(() => send(ticket, { Signature: `${ticket.signature.slice(0, -2)}A=` }), 'SignatureDoesNotMatch')
    refuses(() => send(ticket, { Signature: 'x' }), 'SignatureDoesNotMatch')
    refuses(() => send(ticket, { OSSAccessKeyId: 'somebody' }), 'InvalidAccessKeyId')
    refuses(() => send(ticket, { key: other.objectKey }), 'AccessDenied')
    refuses(() => send(ticket, { key: 'upload/x.jpg' }), 'AccessDenied')
    for (const name of ['OSSAccessKeyId', 'policy', 'Signature', 'key'])
      refuses(() => send(ticket, { [name]: '' }), 'MalformedPOSTRequest')
    refuses(() => send(ticket, {}, null), 'MalformedPOSTRequest')
    send(ticket)
  })

  test('is bounded in size, in number and in bytes altogether', () => {
    const { announceOwn, announceOf, send } = open({ alibabaImageBytes: 10, maxUploads: 4, maxUploadedBytes: 20 })
    const [one, two, three] = [announceOwn(), announceOf('b')!, announceOf('c')!]
    announceOf('d')
    assert.equal(announceOf('e'), null)
    refuses(() => send(one, {}, new Uint8Array(11)), 'EntityTooLarge')
    send(one, {}, new Uint8Array(10))
    send(two, {}, new Uint8Array(5))
    refuses(() => send(three, {}, new Uint8Array(6)), 'ServiceUnavailable')
    send(three, {}, new Uint8Array(5))
  })

  test('of one tenant, in all its regions, is one of half as many with half of the bytes, and the others get in', () => {
    const { announceOwn, announce, announceOf, send, take } = open({ maxUploads: 6, maxUploadedBytes: 30 })
    const [one, two] = [announceOwn(), announceOwn()]
    const three = announce({ ...OWNER, regionId: 'eu' }, HOST)!
    assert.equal(announce(OWNER, HOST), null)
    assert.equal(announce({ ...OWNER, regionId: 'eu' }, HOST), null)
    const theirs = announceOf('other')!
    send(one, {}, new Uint8Array(10))
    refuses(() => send(two, {}, new Uint8Array(6)), 'ServiceUnavailable')
    send(two, {}, new Uint8Array(5))
    refuses(() => send(three, {}, new Uint8Array(1)), 'ServiceUnavailable')
    send(theirs, {}, new Uint8Array(15))
    assert.ok(take(OWNER, addressOf(two)))
    send(three, {}, new Uint8Array(5))
    assert.ok(announce(OWNER, HOST))
  })

  test('goes to a host that has a dot', () => {
    assert.deepEqual(splitHost('127.0.0.1:8443'), { bucket: '127', endpoint: '0.0.1:8443' })
    assert.deepEqual(splitHost('faces.example.net'), { bucket: 'faces', endpoint: 'example.net' })
    for (const host of ['localhost:8470', '[::1]:8470', '[::ffff:1.2.3.4]', '.example'])
      assert.equal(splitHost(host), null)
  })
})
