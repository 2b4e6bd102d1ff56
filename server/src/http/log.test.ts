// The log's own rules: what an error shows of itself, and what a library's line about a request does.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AppError } from '../errors.ts'
import { describeError } from './log.ts'
import { startTransport } from './transport.fixture.ts'

test('an error shows type, code, stack and causes, and nothing that hangs on it', () => {
  const row = Object.assign(new Error('duplicate key'), { code: '23505', detail: 'Key (id)=(ana) already exists.' })
  const shown = describeError(new AppError('internal', undefined, { cause: row, details: { subject: 'ana' } }))
  assert.deepEqual([shown.type, shown.code, shown.cause?.code], ['AppError', 'internal', '23505'])
  assert.match(shown.stack, /^ {4}at .*log\.test\.ts/)
  assert.doesNotMatch(JSON.stringify(shown), /ana/)
})

test('what parsers and schemas say quotes the body, and is withheld', () => {
  const parse = (): unknown => {
    try {
      return JSON.parse('{"subjectId": ana}')
    } catch (error) {
      return error
    }
  }
  const shown = describeError(new AppError('internal', undefined, { cause: parse() }))
  assert.equal(shown.cause?.message, '[withheld]')
  assert.doesNotMatch(JSON.stringify(shown), /ana/)
  assert.equal(describeError('ana').message, '[withheld]')
})

test('causes without end come to one', () => {
  const error = new Error('round')
  error.cause = error
  assert.ok(JSON.stringify(describeError(error)).length < 50_000)
})

test('one line a request: the route and not the address, and never a header', async () => {
  const lines: string[] = []
  const server = await startTransport({}, { log: { level: 'debug', stream: { write: line => lines.push(line) } } })
  const ask = async (path: string): Promise<void> => {
    const headers = { authorization: 'Bearer secret-key', cookie: 'secret-cookie' }
    await (await fetch(`http://127.0.0.1:${server.port}${path}`, { headers })).text()
  }
  for (const path of ['/people/ana7?token=hidden', '/nowhere/ana7', '/people/%ZZana7', '/fail?ana7']) await ask(path)
  // A library that logs what it has in hand.
  server.app.log.info(
    { req: { method: 'GET', url: '/people/ana7', headers: { authorization: 'secret-key' } } },
    'careless',
  )
  server.app.log.info(
    { body: { subject: 'ana7' }, metadata: { a: 'ana7' }, options: { key: 'secret-key' } },
    'careless',
  )
  await server.close()
  const text = lines.join('')
  assert.doesNotMatch(text, /ana7|hidden|secret/)
  const requests = lines.map(line => JSON.parse(line)).filter(({ msg }) => msg === 'request')
  assert.deepEqual(
    requests.map(({ method, route, status, code }) => [method, route, status, code]),
    [
      ['GET', '/people/:person', 200, 'ok'],
      ['GET', null, 404, 'route_not_found'],
      ['GET', '/fail', 500, 'internal'],
    ],
  )
  for (const { transactionId, ms } of requests) {
    assert.match(transactionId, /^id-/)
    assert.ok(ms >= 0)
  }
  assert.match(text, /"msg":"request failed"/)
})
