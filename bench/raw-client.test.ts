// What the light client reads of an answer.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { openRawClient, readHead } from './raw-client.ts'

test('Status, length and whether more may follow are read from the head', () => {
  assert.equal(readHead(Buffer.from('HTTP/1.1 201 Created\r\nContent-Length: 5\r\n')), null)
  const head = 'HTTP/1.1 201 Created\r\nX: 1\r\nContent-Length: 5\r\n\r\n'
  assert.deepEqual(readHead(Buffer.from(`${head}ab`)), { status: 201, bytes: head.length + 5, isLast: false })
  const last = 'HTTP/1.1 503 Busy\r\nconnection: close\r\n\r\n'
  assert.deepEqual(readHead(Buffer.from(last)), { status: 503, bytes: last.length, isLast: true })
})

test('Connections are used again, and one that breaks is an answer of status 0', async () => {
  let requests = 0
  const server = createServer((request, response) => {
    requests++
    if (request.url === '/break') response.destroy()
    else request.resume().once('end', () => response.writeHead(201).end('done'))
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  const client = openRawClient(`http://127.0.0.1:${port}`)
  const post = (path: string) =>
    client.send(Buffer.from(`POST ${path} HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\nhi`))
  assert.deepEqual([await post('/a'), await post('/b')], [201, 201])
  assert.equal(client.connections(), 1)
  assert.deepEqual(await Promise.all([post('/c'), post('/d')]), [201, 201])
  assert.equal(client.connections(), 2)
  assert.equal(await post('/break'), 0)
  assert.equal(await post('/e'), 201)
  assert.equal(requests, 6)
  client.close()
  await new Promise(resolve => server.close(resolve))
  assert.equal(await client.send(Buffer.from('GET / HTTP/1.1\r\n\r\n')), 0)
})
