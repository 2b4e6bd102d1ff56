// Capture sessions and the webhook at the command line: against a real server, and against a fake one for what takes a person.
import assert from 'node:assert/strict'
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { after, describe, test } from 'node:test'
import { encode } from 'uqr'
import { assertFailed, type Environment, reply, run, startFake, startLikeness } from './cli.fixture.ts'
import { findPhoneAddresses, onHost } from './phone-addresses.ts'
import { renderQrCode } from './qr-code.ts'

const ID = '019a3c1e-7f2b-7c31-9d0e-5a4b8f6c2d10'
const env = await startLikeness({ after })

test('sessions are created, shown, listed and deleted', async () => {
  const args = ['sessions', 'create', '--purpose', 'liveness', '--liveness', 'active', '--expires', '600']
  const created = await run([...args, '--json'], env)
  assert.equal(created.code, 0, created.stderr)
  const { id, url, state, expiresAt } = JSON.parse(created.stdout)
  assert.equal(state, 'created')
  assert.match(url, new RegExp(`^${env.LIKENESS_URL}/capture/[\\w-]{43}$`))
  const seconds = (Date.parse(expiresAt) - Date.now()) / 1000
  assert.ok(seconds > 300 && seconds <= 600)

  const told = await run([...args, '--host', 'faces.local'], env)
  const port = new URL(env.LIKENESS_URL).port
  assert.match(told.stdout, /^Session: [\da-f-]{36}\nAddress: http:\/\/127\.0\.0\.1:\d+\/capture\/[\w-]{43}\n/)
  assert.match(
    told.stdout,
    new RegExp(`\nOn a phone in the same network: https://faces\\.local:${port}/capture/[\\w-]{43}\n`),
  )
  assert.match(told.stdout, /\nWait for its end: npx likeness sessions wait [\da-f-]{36}\n$/)
  assert.ok(!told.stdout.includes('\u001b'), 'a QR code is for terminals')

  const shown = await run(['sessions', 'show', id], env)
  assert.match(shown.stdout, new RegExp(`^session +${id}\npurpose +liveness\nstate +created\n`))
  const listed = await run(['sessions', 'list', '--json', '--limit', '1'], env)
  assert.equal(JSON.parse(listed.stdout).items.length, 1)
  assert.ok(!listed.stdout.includes('/capture/'), 'the address is shown once')
  assert.match(
    (await run(['sessions', 'list', '--state', 'created'], env)).stdout,
    new RegExp(`${id} +liveness +created`),
  )
  assert.match((await run(['sessions', 'list', '--state', 'passed'], env)).stdout, /There are no sessions/)

  assert.match((await run(['sessions', 'delete', id], env)).stdout, /^Ended the session /)
  assert.notEqual(JSON.parse((await run(['sessions', 'show', id, '--json'], env)).stdout).clearedAt, null)
  assertFailed(await run(['sessions', 'show', ID], env), 3, /session_not_found/)
})

test('a wrong call is one sentence', async () => {
  assertFailed(await run(['sessions', 'create'], env), 2, /--purpose <purpose>' not specified/)
  assertFailed(await run(['sessions', 'create', '--purpose', 'fun'], env), 2, /Allowed choices are enrol, verify/)
  assertFailed(await run(['sessions', 'create', '--purpose', 'enrol', '--expires', '59'], env), 2, /from 60 to 604800/)
  assertFailed(await run(['sessions', 'create', '--purpose', 'enrol'], env), 3, /gallery.*request_invalid/)
  assertFailed(await run(['webhook', 'set', 'http://shop.example'], env), 3, /https.*request_invalid/)
})

test('the webhook is set, shown and removed, and its secret shown once', async () => {
  assertFailed(await run(['webhook', 'show'], env), 3, /webhook_not_found/)
  const set = await run(['webhook', 'set', 'https://shop.example/ends'], env)
  const secret = /^Secret, shown this once: (\S+)$/m.exec(set.stdout)?.[1]
  assert.equal(Buffer.from(secret ?? '', 'base64').length, 32)
  const shown = await run(['webhook', 'show'], env)
  assert.match(shown.stdout, /^webhook +https:\/\/shop\.example\/ends\nalgorithm +HMAC-SHA256\n/)
  const other = await run(['webhook', 'set', 'https://shop.example/2', '--algorithm', 'HMAC-SHA512', '--json'], env)
  assert.equal(JSON.parse(other.stdout).algorithm, 'HMAC-SHA512')
  assert.equal((await run(['webhook', 'remove'], env)).stdout, 'Removed the webhook.\n')
  assertFailed(await run(['webhook', 'remove'], env), 3, /webhook_not_found/)
})

describe('waiting', () => {
  const session = (change: object) => ({
    ...{ id: ID, purpose: 'search', gallery: 'staff', subject: null, attempts: 1, reasons: [], faceId: null },
    ...{ liveness: null, match: null, candidates: null, endedAt: null, clearedAt: null, ended: true },
    ...{ createdAt: '2031-02-03T04:05:06.000Z', expiresAt: '2031-02-03T04:35:06.000Z' },
    ...change,
  })
  const answering = (...states: object[]): RequestListener => {
    let asked = 0
    return (_request, response) => reply(response, 200, session(states[Math.min(asked++, states.length - 1)]))
  }

  test('ends with 0 after a pass, and tells what came of it', async context => {
    const candidates = [{ subjectId: 'jane', faceId: 'f', similarity: 93.04 }]
    const fake = await startFake(
      context,
      answering(
        { state: 'started', ended: false },
        { state: 'passed', candidates, liveness: { score: 0.91, threshold: 0.5 } },
      ),
    )
    const { code, stdout } = await run(['sessions', 'wait', ID], fake)
    assert.match(stdout, /^started\nsession +019a/)
    assert.match(stdout, /\nliveness +0\.910 of at least 0\.500\nresembles +jane \(93\.0\)\n/)
    assert.equal(code, 0)
  })

  for (const state of ['failed', 'expired'])
    test(`ends with 1 when it ${state}`, async context => {
      const reasons = [{ name: 'not_live', message: 'The face was not found to be live.' }]
      const fake = await startFake(context, answering({ state, reasons }))
      const { code, stdout } = await run(['sessions', 'wait', ID], fake)
      assert.match(stdout, new RegExp(`\nstate +${state}\nreason +The face was not found to be live\\.\n`))
      assert.equal(code, 1)
      assert.equal(JSON.parse((await run(['sessions', 'wait', ID, '--json'], fake)).stdout).state, state)
    })
})

test('options become the fields of the call', async context => {
  let body: unknown
  const fake: Environment = await startFake(context, async (request: IncomingMessage, response: ServerResponse) => {
    body = JSON.parse(await text(request))
    reply(response, 201, { id: ID, url: 'https://faces.example/capture/x', state: 'created', expiresAt: 'then' })
  })
  const args = '--purpose enrol --gallery staff --subject jane --liveness passive --upload --threshold 85 --language th'
  const more = '--colour-scheme dark --expires 900 --return-url myapp://ok --fail-return-url myapp://no'
  const last =
    '--callback-url https://shop.example/cb --iframe-origin https://a.example --iframe-origin https://b.example'
  const { code, stdout } = await run(['sessions', 'create', ...`${args} ${more} ${last}`.split(' ')], fake)
  assert.equal(code, 0)
  assert.match(stdout, /Address: https:\/\/faces\.example\/capture\/x\n/)
  assert.ok(!stdout.includes('phone'), 'an address that others can open needs no second one')
  assert.deepEqual(body, {
    purpose: 'enrol',
    gallery: 'staff',
    subject: 'jane',
    liveness: 'passive',
    uploadAllowed: true,
    threshold: 85,
    language: 'th',
    colourScheme: 'dark',
    expiresInSeconds: 900,
    returnUrl: 'myapp://ok',
    failReturnUrl: 'myapp://no',
    callbackUrl: 'https://shop.example/cb',
    iframeOrigins: ['https://a.example', 'https://b.example'],
  })
})

describe('addresses for phones', () => {
  test('are those under which the server answers with HTTPS', async () => {
    const url = `${env.LIKENESS_URL}/capture/token`
    const port = new URL(url).port
    assert.deepEqual(await findPhoneAddresses(url, ['127.0.0.1', '127.0.0.9']), [
      `https://127.0.0.1:${port}/capture/token`,
    ])
    assert.deepEqual(await findPhoneAddresses(url.replace('127.0.0.1', '192.0.2.1'), ['127.0.0.1']), [])
  })

  test('keep the port, also one that the scheme implies', () => {
    assert.equal(onHost('http://127.0.0.1:8470/capture/t', '192.0.2.7'), 'https://192.0.2.7:8470/capture/t')
    assert.equal(onHost('http://localhost/capture/t', 'faces.local'), 'https://faces.local:80/capture/t')
    assert.equal(onHost('https://localhost/capture/t', 'faces.local'), 'https://faces.local/capture/t')
  })

  test('are a QR code of equal lines in a terminal', () => {
    const lines = renderQrCode(`https://192.0.2.7:8470/capture/${'a'.repeat(43)}`).split('\n')
    assert.equal(new Set(lines.map(line => line.length)).size, 1)
    assert.ok(lines.every(line => line.startsWith('\u001b[97;40m') && line.endsWith('\u001b[0m')))
    assert.ok(lines.length > 15 && lines.length < 30)
  })

  test('are in the code module by module, dark on light with light around them', () => {
    const address = `https://192.0.2.7:8470/capture/${'-_aZ09'.repeat(7)}x`
    const { data } = encode(address, { border: 2 })
    const isLit: Readonly<Record<string, readonly [boolean, boolean]>> = {
      '█': [true, true],
      '▀': [true, false],
      '▄': [false, true],
      ' ': [false, false],
    }
    const shown = renderQrCode(address)
      .replaceAll('\u001b[97;40m', '')
      .replaceAll('\u001b[0m', '')
      .split('\n')
      .flatMap(line => [0, 1].map(half => [...line].map(sign => !isLit[sign]![half])))
    assert.deepEqual(shown.slice(0, data.length), data)
    assert.ok(data[0].every(isDark => !isDark) && data[2].slice(2, 9).every(isDark => isDark), 'a finder in its border')
  })
})
