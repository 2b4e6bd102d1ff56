// How answers name the capture page: by the setting, else as the request was addressed, and such that a camera works.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { FastifyRequest } from 'fastify'
import { createCaptureAddresses, isLoopback } from './addresses.ts'

const requestTo = (protocol: string, host: string, headers = {}): FastifyRequest =>
  ({ protocol, host, hostname: host.replace(/:\d+$/, ''), headers }) as FastifyRequest

test('the public address of the settings goes before all', () => {
  const addressOf = createCaptureAddresses({ publicUrl: 'https://faces.example/base', hasTls: true })
  assert.equal(addressOf(requestTo('http', '192.0.2.7:8470'), 't'), 'https://faces.example/base/capture/t')
})

test('as addressed, with HTTPS for who asks from elsewhere over HTTP', () => {
  const cases: [string, string, object, boolean, string][] = [
    ['http', '127.0.0.1:8470', {}, true, 'http://127.0.0.1:8470'],
    ['http', 'localhost:8470', {}, true, 'http://localhost:8470'],
    ['http', '[::1]:8470', {}, true, 'http://[::1]:8470'],
    ['https', '192.0.2.7:8470', {}, true, 'https://192.0.2.7:8470'],
    ['http', '192.0.2.7:8470', {}, true, 'https://192.0.2.7:8470'],
    ['http', '192.0.2.7:8470', {}, false, 'http://192.0.2.7:8470'],
    ['http', 'faces.example', { 'x-forwarded-for': '198.51.100.1' }, true, 'http://faces.example'],
    ['http', 'faces.example', { forwarded: 'for=198.51.100.1' }, true, 'http://faces.example'],
    ['https', 'faces.example', { 'x-forwarded-for': '198.51.100.1' }, true, 'https://faces.example'],
  ]
  for (const [protocol, host, headers, hasTls, expected] of cases) {
    const addressOf = createCaptureAddresses({ publicUrl: undefined, hasTls })
    assert.equal(addressOf(requestTo(protocol, host, headers), 't'), `${expected}/capture/t`)
  }
})

test('what browsers take for this machine', () => {
  const here = ['127.0.0.1', '127.8.9.10', '::1', '[::1]', 'localhost', 'LOCALHOST', 'app.localhost']
  const elsewhere = ['128.0.0.1', 'faces.example', 'localhost.example', '192.0.2.7', '::2', '127.0.0.1.example']
  assert.deepEqual([...here, ...elsewhere].filter(isLoopback), here)
})
