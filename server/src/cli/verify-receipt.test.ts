// `likeness verify-receipt`: genuine, changed, for somebody else, and keys from all three places.
import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { openReceipts, type ReceiptContext } from '../core/receipts.ts'
import { assertFailed, createFolder, reply, run, startFake } from './cli.fixture.ts'

const makeReceipt = async () => {
  const keys: { id: string; publicKey: Uint8Array }[] = []
  const context = {
    control: { receiptKeys: { insert: async (key: never) => void keys.push(key), list: async () => [] } },
    vault: { ensureTenant: async () => {}, seal: (_: string, plain: Uint8Array) => plain },
    clock: { now: () => new Date('2031-02-03T04:05:06.789Z') },
    ids: { next: () => 'some-id' },
  } as unknown as ReceiptContext
  const signed = (await openReceipts(context))({
    kind: 'subject',
    regionId: 'default',
    galleryId: 'staff',
    subjectId: 'jane',
    faceId: null,
    faces: 2,
    pictures: 1,
    transactionId: 'call',
  })
  const x = Buffer.from(keys[0]?.publicKey ?? []).toString('base64url')
  return { signed, jwks: { keys: [{ kty: 'OKP', crv: 'Ed25519', x, kid: 'some-id' }] } }
}

test('receipts are told genuine or not, with the keys of a file, an address or the server', async context => {
  const folder = await createFolder(context)
  const { signed, jwks } = await makeReceipt()
  const [receipt, changed, keys] = ['receipt', 'changed', 'keys'].map(name => join(folder, `${name}.json`))
  assert.ok(receipt && changed && keys)
  await writeFile(receipt, JSON.stringify(signed))
  await writeFile(changed, JSON.stringify({ ...signed, receipt: { ...signed.receipt, faces: 3 } }))
  await writeFile(keys, JSON.stringify(jwks))

  const genuine = await run(['verify-receipt', receipt, '--keys', keys])
  assert.equal(genuine.code, 0, genuine.stderr)
  assert.equal(
    genuine.stdout,
    'Genuine: a subject of gallery "staff" was erased at 2031-02-03T04:05:06.789Z, 2 faces and 1 picture.\n',
  )
  const forged = await run(['verify-receipt', changed, '--keys', keys])
  assert.deepEqual([forged.code, forged.stdout], [1, 'Not genuine: it was changed after it was signed.\n'])
  const hers = await run(['verify-receipt', receipt, '--keys', keys, '--subject', 'jane', '--json'])
  assert.deepEqual([hers.code, JSON.parse(hers.stdout)], [0, { valid: true, verdict: 'valid', subject: true }])
  const anothers = await run(['verify-receipt', receipt, '--keys', keys, '--subject', 'joan'])
  assert.deepEqual([anothers.code, anothers.stdout], [1, 'Genuine, but for somebody else.\n'])

  const authorized: (string | undefined)[] = []
  const env = await startFake(context, (request, response) => {
    authorized.push(request.headers.authorization)
    reply(response, request.url === '/v1/receipts/keys' ? 200 : 404, jwks)
  })
  assert.equal((await run(['verify-receipt', receipt], env)).code, 0)
  const address = `${env.LIKENESS_URL}/v1/receipts/keys`
  assert.equal((await run(['verify-receipt', receipt, '--keys', address], env)).code, 0)
  assert.deepEqual(authorized, ['Bearer lk_of_a_fake', undefined], 'an address gets no key')
  assertFailed(await run(['verify-receipt', receipt, '--keys', `${env.LIKENESS_URL}/no`]), 4, /HTTP 404/)
})

test('files that are missing or something else are told by name', async context => {
  const folder = await createFolder(context)
  const odd = join(folder, 'odd.json')
  await writeFile(odd, 'no JSON')
  assertFailed(await run(['verify-receipt', join(folder, 'none.json')]), 2, /none\.json cannot be read/)
  assertFailed(await run(['verify-receipt', odd]), 2, /odd\.json is not JSON/)
  await writeFile(odd, '{}')
  assertFailed(await run(['verify-receipt', odd, '--keys', odd]), 2, /holds no set of keys/)
  const keys = join(folder, 'keys.json')
  await writeFile(keys, '{"keys":[]}')
  const { code, stdout } = await run(['verify-receipt', odd, '--keys', keys])
  assert.deepEqual([code, stdout], [1, 'Not genuine: it does not have the form of a receipt.\n'])
})
