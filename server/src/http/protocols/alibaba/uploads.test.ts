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
    const { announceOwn, send, find, discard } = open()
    const ticket = announceOwn()
    assert.match(ticket.objectKey, /^upload\/[0-9a-f]{32}\.jpg$/)
    assert.equal(find(OWNER, addressOf(ticket)), null)
    assert.deepEqual(send(ticket), { key: ticket.objectKey, bucket: '127', etag: ETAG })
    assert.deepEqual(find(OWNER, addressOf(ticket)), new Uint8Array(FILE))
    discard(OWNER, addressOf(ticket))
    assert.equal(find(OWNER, addressOf(ticket)), null)
  })

  test('is taken out once', () => {
    const { announceOwn, send, find, take } = open({ maxUploadedBytes: FILE.length })
    const ticket = announceOwn()
    assert.equal(take(OWNER, addressOf(ticket)), null, 'not sent yet')
    send(ticket)
    assert.equal(take({ ...OWNER, tenantId: 'other' }, addressOf(ticket)), null)
    assert.deepEqual(take(OWNER, addressOf(ticket)), new Uint8Array(FILE))
    assert.equal(take(OWNER, addressOf(ticket)), null)
    assert.equal(find(OWNER, addressOf(ticket)), null)
    send(announceOwn())
  })

  test("is nobody else's, and no foreign address leads to it", () => {
    const { announceOwn, send, find, discard } = open()
    const ticket = announceOwn()
    send(ticket)
    for (const other of [
      { ...OWNER, tenantId: 'other' },
      { ...OWNER, regionId: 'eu' },
    ]) {
      assert.equal(find(other, addressOf(ticket)), null)
      discard(other, addressOf(ticket))
    }
    for (const address of [
      `http://example.com/${ticket.objectKey}`,
      `http://example.com/?x=http://127.0.0.1:8470/${ticket.objectKey}`,
      `ftp://127.0.0.1:8470/${ticket.objectKey}`,
      `${addressOf(ticket)}?x`,
      ticket.objectKey,
      '',
    ])
      assert.equal(find(OWNER, address), null, address)
    assert.ok(find(OWNER, addressOf(ticket)))
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
    const { announceOwn, send, find, wait } = open({ uploadLifeMs: 1000 })
    const [early, late] = [announceOwn(), announceOwn()]
    send(early)
    wait(1000)
    assert.equal(find(OWNER, addressOf(early)), null)
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
    const { announceOwn, announce, send } = open({ alibabaImageBytes: 10, maxUploads: 3, maxUploadedBytes: 15 })
    const [one, two] = [announceOwn(), announceOwn()]
    announceOwn()
    assert.equal(announce(OWNER, HOST), null)
    refuses(() => send(one, {}, new Uint8Array(11)), 'EntityTooLarge')
    send(one, {}, new Uint8Array(10))
    refuses(() => send(two, {}, new Uint8Array(6)), 'ServiceUnavailable')
    send(two, {}, new Uint8Array(5))
  })

  test('goes to a host that has a dot', () => {
    assert.deepEqual(splitHost('127.0.0.1:8443'), { bucket: '127', endpoint: '0.0.1:8443' })
    assert.deepEqual(splitHost('faces.example.net'), { bucket: 'faces', endpoint: 'example.net' })
    for (const host of ['localhost:8470', '[::1]:8470', '[::ffff:1.2.3.4]', '.example'])
      assert.equal(splitHost(host), null)
  })
})
