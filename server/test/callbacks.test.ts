// A server that runs tells the caller's own of a session's end, where the operator allows it.
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { launch, launchReady } from './support.ts'

test('a callback reaches a host of the list, with the state and no more', async context => {
  const told = Promise.withResolvers<{ url?: string; body: unknown }>()
  const receiver = createServer(async (request, response) => {
    const body = JSON.parse(Buffer.concat(await request.toArray()).toString())
    response.end()
    told.resolve({ url: request.url, body })
  })
  await new Promise<void>(resolve => receiver.listen(0, '127.0.0.1', resolve))
  context.after(() => receiver.close())
  const { port } = receiver.address() as AddressInfo
  const server = await launchReady({ callbackAllow: `127.0.0.1:${port}` })
  context.after(() => server.close())
  const callbackUrl = `http://127.0.0.1:${port}/told?key=1`
  const made = await server.call<{ id: string }>('POST', '/v1/sessions', { purpose: 'liveness', callbackUrl })
  assert.equal(made.status, 201, JSON.stringify(made.body))
  const { id } = made.body
  assert.ok((await server.call('DELETE', `/v1/sessions/${id}`)).status < 300)
  const { url, body } = await told.promise
  assert.equal(url, '/told?key=1')
  const { endedAt, ...rest } = body as { endedAt: string }
  assert.deepEqual(rest, { session: id, purpose: 'liveness', state: 'expired' })
  assert.ok(Date.parse(endedAt) > 0)
})

test('a list that is none stops the server before it starts', async () => {
  await assert.rejects(launch({ callbackAllow: 'http://backend.example/' }), {
    code: 'config_invalid',
    message: /LIKENESS_CALLBACK_ALLOW/,
  })
})
