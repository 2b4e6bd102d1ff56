// Which of a machine's addresses others can reach it by.
import assert from 'node:assert/strict'
import type { NetworkInterfaceInfo } from 'node:os'
import { test } from 'node:test'
import { isWildcard, listLanAddresses } from './lan-addresses.ts'

const at = (address: string, internal = false): NetworkInterfaceInfo =>
  ({ address, internal, family: address.includes(':') ? 'IPv6' : 'IPv4' }) as NetworkInterfaceInfo

test('addresses of real networks, each once', () => {
  const interfaces = {
    lo: [at('127.0.0.1', true), at('::1', true)],
    eth0: [at('192.0.2.7'), at('fe80::1'), at('2001:db8::7')],
    wlan0: [at('198.51.100.3'), at('192.0.2.7')],
    usb0: [at('169.254.3.4')],
    docker0: [at('172.17.0.1')],
    'br-3f2a': [at('172.18.0.1')],
    veth12: undefined,
  }
  assert.deepEqual(listLanAddresses(interfaces), ['192.0.2.7', '198.51.100.3'])
  assert.deepEqual(listLanAddresses({}), [])
})

test('hosts that mean every network card', () => {
  assert.deepEqual(['0.0.0.0', '::', '127.0.0.1', '192.0.2.7'].map(isWildcard), [true, true, false, false])
})
