// The port's certificate: made once, remade when it must be, the operator's where there is one.
import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { AppError } from '../errors.ts'
import { openCertificate } from './certificate.ts'

const folders: string[] = []
after(() => Promise.all(folders.map(folder => rm(folder, { recursive: true, force: true }))))
const makeFolder = async (): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'likeness-tls-'))
  folders.push(folder)
  return folder
}
const open = (folder: string, rest: { host?: string; lanAddresses?: readonly string[]; now?: Date } = {}) =>
  openCertificate({ certFile: undefined, keyFile: undefined, folder, host: '127.0.0.1', lanAddresses: [], ...rest })

const DAY_MS = 86_400_000

describe('one of its own', () => {
  test('is for the names of this machine, for 825 days, and readable by this user only', async () => {
    const folder = join(await makeFolder(), 'control')
    const made = await open(folder, { host: 'faces.example' })
    const parsed = new X509Certificate(made.cert)
    for (const name of ['localhost', 'faces.example', hostname()]) assert.ok(parsed.checkHost(name), name)
    for (const address of ['127.0.0.1', '::1']) assert.ok(parsed.checkIP(address), address)
    const days = (Date.parse(parsed.validTo) - Date.parse(parsed.validFrom)) / DAY_MS
    assert.equal(Math.round(days), 825)
    assert.deepEqual(
      [parsed.ca, parsed.publicKey.asymmetricKeyType, parsed.publicKey.asymmetricKeyDetails?.namedCurve],
      [false, 'ec', 'prime256v1'],
    )
    for (const name of ['tls.crt', 'tls.key']) assert.equal((await stat(join(folder, name))).mode & 0o777, 0o600)
    assert.deepEqual([made.isConfigured, made.file], [false, join(folder, 'tls.crt')])
  })

  test('is kept, while it is good for a month yet', async () => {
    const folder = await makeFolder()
    const { cert } = await open(folder)
    assert.equal((await open(folder)).cert, cert)
    assert.equal((await open(folder, { now: new Date(Date.now() + 790 * DAY_MS) })).cert, cert)
    assert.notEqual((await open(folder, { now: new Date(Date.now() + 800 * DAY_MS) })).cert, cert)
  })

  test('names the addresses in the network of a server on every card, and is made again when one is new', async () => {
    const folder = await makeFolder()
    const wide = { host: '0.0.0.0', lanAddresses: ['192.0.2.7', '198.51.100.3'] }
    const { cert } = await open(folder, wide)
    for (const address of wide.lanAddresses) assert.ok(new X509Certificate(cert).checkIP(address), address)
    assert.equal((await open(folder, wide)).cert, cert)
    assert.equal((await open(folder, { ...wide, lanAddresses: ['192.0.2.7'] })).cert, cert)
    const moved = await open(folder, { ...wide, lanAddresses: ['192.0.2.9'] })
    assert.ok(new X509Certificate(moved.cert).checkIP('192.0.2.9'))
    // Who listens on this machine alone names no other address.
    assert.equal(
      new X509Certificate((await open(await makeFolder(), { lanAddresses: ['192.0.2.9'] })).cert).checkIP('192.0.2.9'),
      undefined,
    )
  })

  test('is made again where it is not for the address, damaged, or half of another pair', async () => {
    const folder = await makeFolder()
    const first = await open(folder)
    assert.equal((await open(folder, { host: '0.0.0.0' })).cert, first.cert)
    const second = await open(folder, { host: '192.0.2.7' })
    assert.ok(new X509Certificate(second.cert).checkIP('192.0.2.7'))
    await writeFile(join(folder, 'tls.key'), first.key)
    const third = await open(folder)
    assert.notEqual(third.cert, second.cert)
    await writeFile(join(folder, 'tls.crt'), third.cert.slice(0, 200))
    const fourth = await open(folder)
    assert.ok(new X509Certificate(fourth.cert))
    assert.equal(await readFile(join(folder, 'tls.key'), 'utf8'), fourth.key)
  })
})

describe("the operator's", async () => {
  const folder = await makeFolder()
  await open(folder)
  const files = { certFile: join(folder, 'tls.crt'), keyFile: join(folder, 'tls.key') }
  const refusal = async (wrong: Partial<typeof files>): Promise<string> => {
    const error = await openCertificate({ ...files, ...wrong, folder: '/nowhere', host: 'x' }).then(
      () => null,
      thrown => thrown,
    )
    assert.ok(error instanceof AppError)
    assert.equal(error.code, 'config_invalid')
    return error.message
  }

  test('is taken as it is', async () => {
    const opened = await openCertificate({ ...files, folder: '/nowhere', host: 'x' })
    assert.deepEqual([opened.isConfigured, opened.file], [true, files.certFile])
  })

  test('is refused with the reason where it cannot be used', async () => {
    const text = join(folder, 'text')
    await writeFile(text, 'no PEM')
    const other = await makeFolder()
    await open(other)
    assert.match(await refusal({ certFile: '/nowhere/a' }), /"tlsCertFile": the file \/nowhere\/a .*ENOENT/)
    assert.match(await refusal({ keyFile: '/nowhere/a' }), /"tlsKeyFile": the file \/nowhere\/a .*ENOENT/)
    assert.match(await refusal({ certFile: text }), /"tlsCertFile": .* must hold a certificate in PEM/)
    assert.match(
      await refusal({ keyFile: text }),
      /"tlsKeyFile": .* must hold a private key without a passphrase in PEM/,
    )
    assert.match(await refusal({ keyFile: join(other, 'tls.key') }), /"tlsKeyFile": the key in .* does not belong to/)
  })
})
