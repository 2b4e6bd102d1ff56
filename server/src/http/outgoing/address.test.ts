// Which addresses are public: one of each special range, its edges, and IPv4 inside IPv6.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { isPublicAddress, parseAddress } from './address.ts'

const PUBLIC = [
  '1.1.1.1',
  '8.8.8.8',
  '9.255.255.255',
  '11.0.0.0',
  '100.63.255.255',
  '100.128.0.0',
  '126.255.255.255',
  '128.0.0.1',
  '169.253.255.255',
  '172.15.255.255',
  '172.32.0.0',
  '192.167.255.255',
  '198.17.255.255',
  '198.20.0.0',
  '223.255.255.255',
  '2600::1',
  '2606:4700:4700::1111',
  '2a00:1450:4001:80e::200e',
  '::ffff:8.8.8.8',
  '64:ff9b::808:808',
]

const NOT_PUBLIC = {
  'this network': ['0.0.0.0', '0.1.2.3', '0.255.255.255'],
  private: ['10.0.0.0', '10.255.255.255', '172.16.0.1', '172.31.255.255', '192.168.0.1', '192.168.255.255'],
  'carrier-grade': ['100.64.0.0', '100.100.100.200', '100.127.255.255'],
  loopback: ['127.0.0.1', '127.255.255.255', '::1'],
  'link-local': ['169.254.0.1', '169.254.169.254', '169.254.170.2', 'fe80::1', 'fe80::1%eth0', 'febf::1'],
  'protocol assignments': ['192.0.0.1', '192.0.0.192', '192.0.0.255', '2001:1::1', '2001:1ff::1'],
  documentation: ['192.0.2.1', '198.51.100.1', '203.0.113.1', '2001:db8::1', '3fff::1'],
  relays: ['192.88.99.1', '2002:808:808::1', '2002:7f00:1::', '2001:0:4136:e378:8000:63bf:3fff:fdd2', '2001::1'],
  benchmarking: ['198.18.0.1', '198.19.255.255', '2001:2::1'],
  multicast: ['224.0.0.1', '239.255.255.255', 'ff02::1', 'ff0e::1'],
  'reserved, broadcast': ['240.0.0.1', '255.255.255.254', '255.255.255.255'],
  'a platform': ['168.63.129.16', 'fd00:ec2::254', 'fd20:ce::254'],
  unspecified: ['::'],
  'unique local': ['fc00::1', 'fdff::1'],
  'site-local': ['fec0::1', 'feff::1'],
  'IPv4 mapped': ['::ffff:127.0.0.1', '::ffff:7f00:1', '::ffff:a9fe:a9fe', '::ffff:10.0.0.1', '::ffff:0.0.0.0'],
  'IPv4 compatible': ['::127.0.0.1', '::7f00:1', '::808:808'],
  'IPv4 translated': ['::ffff:0:127.0.0.1', '::ffff:0:8.8.8.8'],
  NAT64: ['64:ff9b::127.0.0.1', '64:ff9b::a9fe:a9fe', '64:ff9b::c0a8:1', '64:ff9b:1::808:808', '64:ff9b:1:ffff::1'],
  'discard, segment routing': ['100::1', '5f00::1'],
  'not handed out': ['4000::1', '8000::1', 'e000::1', '1000::1', '200::1'],
  'no address': ['', 'localhost', '127.1', '0177.0.0.1', '0x7f.1', '2130706433', '1.2.3.4.5', '[::1]', '1.2.3.4/32'],
}

test('public addresses, up to the edges of the special ranges', () => {
  for (const address of PUBLIC) assert.equal(isPublicAddress(address), true, address)
})

describe('not public', () => {
  for (const [range, addresses] of Object.entries(NOT_PUBLIC))
    test(range, () => {
      for (const address of addresses) assert.equal(isPublicAddress(address), false, address)
    })
})

test('IPv4 in its IPv6 dress is the IPv4 address', () => {
  for (const text of ['127.0.0.1', '::ffff:127.0.0.1', '::ffff:7f00:1', '64:ff9b::7f00:1'])
    assert.equal(parseAddress(text)?.toString(), '127.0.0.1')
  assert.equal(parseAddress('::7f00:1')?.kind(), 'ipv6')
})
