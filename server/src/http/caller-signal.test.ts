// The signal of a request: aborts when the caller hangs up, and at no other time.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { after, test } from 'node:test'
import Fastify from 'fastify'
import { watchCallers } from './caller-signal.ts'

const app = Fastify()
watchCallers(app)
const signals: AbortSignal[] = []
let entered = (): void => {}
app.post('/wait', async request => {
  signals.push(request.signal)
  entered()
  await once(request.signal, 'abort')
})
app.post('/answer', async request => {
  signals.push(request.signal)
  // Long enough for Node to close the request whose body was read.
  await new Promise(resolve => setTimeout(resolve, 20))
  return request.signal.aborted
})
const url = await app.listen({ host: '127.0.0.1', port: 0 })
after(() => app.close())

const JSON_BODY = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' }

test('a caller who waits for the answer never aborts it', async () => {
  const answer = await fetch(`${url}/answer`, JSON_BODY)
  assert.equal(await answer.json(), false)
  await new Promise(resolve => setTimeout(resolve, 20))
  assert.equal(signals.pop()?.aborted, false)
})

test('a caller who hangs up after the body does', async () => {
  const waiting = new Promise<void>(resolve => {
    entered = resolve
  })
  const socket = connect(Number(new URL(url).port), '127.0.0.1')
  socket.write('POST /wait HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}')
  await waiting
  const signal = signals.pop()!
  assert.equal(signal.aborted, false)
  socket.destroy()
  await once(signal, 'abort')
})
