// Every spelling of an address that is not public, against a sentinel that must never be reached.
import assert from 'node:assert/strict'
import { after, afterEach, describe, test } from 'node:test'
import type { ErrorCode } from '../../errors.ts'
import { createNames, NAMES, openSentinel } from '../outgoing/names.fixture.ts'
import { assertRefused, createFetcher, policy, serve } from './servers.fixture.ts'

const sentinel = await openSentinel()
const { port } = sentinel
const picture = await serve((_request, response) => response.setHeader('content-type', 'image/png').end('picture'))
after(() => {
  sentinel.close()
  picture.close()
})
afterEach(() => {
  assert.equal(sentinel.reached(), 0, 'the sentinel was reached')
})

const { lookup } = createNames()
/** The sentinel's port counts as one that public hosts may be asked on: nothing but the address keeps it from being reached. */
const fetchPicture = createFetcher({ lookup, publicPorts: [80, 443, port] })

/** Separated by white space; what cannot be written so follows as it is. */
const words = (text: string, ...rest: string[]): string[] => [...text.trim().split(/\s+/), ...rest]

const REFUSED = {
  'loopback, as IPv4 can be spelt': words(`
    127.0.0.1 127.0.0.2 127.255.255.255 127.1 127.0.1 2130706433 0x7f000001 0x7f.1 0X7F.0.0.1 017700000001 0177.0.0.1
    0177.1 00000177.0.0.01 0x7f.0.0.0x1 127.0.0.1. 127.1. %31%32%37.0.0.1 127%2e0%2e0%2e1 127.0x0.0000.1 0x7f.0.1
    １２７.0.0.1 127。0。0。1 127．0．0．1 ①②⑦.0.0.1`),
  'this network': words('0.0.0.0 0 0x0 00 0.0.0.1 0.'),
  'loopback in IPv6': words(`
    [::1] [0:0:0:0:0:0:0:1] [0000:0000:0000:0000:0000:0000:0000:0001] [0::1] [::] [::0.0.0.1]`),
  'IPv4 carried by IPv6': words(`
    [::ffff:127.0.0.1] [::ffff:7f00:1] [::FFFF:7F00:0001] [0:0:0:0:0:ffff:127.0.0.1] [::ffff:0:127.0.0.1]
    [::ffff:0.0.0.0] [::127.0.0.1] [::7f00:1] [64:ff9b::127.0.0.1] [64:ff9b::7f00:1] [64:ff9b:1::127.0.0.1]
    [64:ff9b::a9fe:a9fe] [2002:7f00:1::] [2002:7f00:1::1] [2001:0:7f00:1::] [2001::80ff:fffe]
    [::ffff:169.254.169.254] [::ffff:a9fe:a9fe]`),
  'private and carrier-grade': words(`
    10.0.0.1 10.255.255.255 167772161 0xa000001 012.0.0.1 172.16.0.1 172.31.255.255 192.168.0.1 192.168.1 3232235521
    100.64.0.1 [fc00::1] [fec0::1]`),
  'link-local and metadata': words(`
    169.254.169.254 2852039166 0xa9fea9fe 0251.0376.0251.0376 169.254.43518 169.254.170.2 100.100.100.200 168.63.129.16
    192.0.0.192 [fe80::1] [fd00:ec2::254] [fd20:ce::254]`),
  'documentation, benchmarking, multicast, reserved': words(`
    192.0.2.1 198.51.100.1 203.0.113.1 [2001:db8::1] [3fff::1] 198.18.0.1 198.19.255.255 192.88.99.1 224.0.0.1
    239.255.255.250 [ff02::1] 240.0.0.1 255.255.255.255 4294967295 [100::1] [4000::1]`),
  names: words(
    'localhost LOCALHOST localhost. a.localhost deep.er.localhost. ｌocalhost local%68ost ⓛⓞⓒⓐⓛⓗⓞⓢⓣ LOOPBACK.example.',
    ...['lo\u00adcalhost', 'loc\tal\nhost', 'bücher.example', ...Object.keys(NAMES)],
  ),
  'an empty user': words(':@127.0.0.1 @127.0.0.1'),
}

const INVALID = {
  'users and passwords': words(`
    user@127.0.0.1 user:password@127.0.0.1 8.8.8.8@127.0.0.1 8.8.8.8%40@127.0.0.1 @@127.0.0.1 a:b@[::1] %00@localhost`),
  'numbers that are no address': words('256.256.256.256 1.2.3.4.5 0x100000000 4294967296 08.0.0.1 1.1.1.256'),
  'brackets and zones': words('[::1 ::1 [::1]] [fe80::1%25lo] [fe80::1%lo] [::ffff:127.1] [1.2.3.4] [v1.a]'),
  'names that are none': words(
    `. .. loopback..example loopback.example.. a!b.example a'b.example a$b.example a;b.example a,b.example a<b.example
    loopback%2fexample loopback%00.example`,
    ...['', 'local host', `${'x'.repeat(64)}.example`, `${'x.'.repeat(127)}example`],
  ),
}

/** The scheme, the path and the query make no difference. */
const toUrl = (host: string, index: number): string =>
  `${['http', 'HTTP', 'hTTp'][index % 3]}://${host}:${port}${['/', '', '/a.jpg?b=c#d'][index % 3]}`

for (const [code, kinds] of Object.entries({ image_url_refused: REFUSED, image_url_invalid: INVALID }))
  for (const [kind, hosts] of Object.entries(kinds))
    describe(`${code}: ${kind}`, () => {
      for (const [index, host] of hosts.entries())
        test(JSON.stringify(host), async () => {
          const error = await assertRefused(fetchPicture(toUrl(host, index), policy()), code as ErrorCode)
          assert.doesNotMatch(JSON.stringify([error.message, error.details]), /127\.0|10\.0|169\.254|::1/)
        })
    })

test('the forms lead where they seem to: an operator who allows loopback reaches it by them', async () => {
  const fetch = createFetcher({ lookup })
  const allow = policy('127.0.0.0/8')
  for (const host of [
    '127.1',
    '2130706433',
    '0177.0.0.1',
    '0x7f.1',
    '[::ffff:7f00:1]',
    '１２７.0.0.1',
    '127。0。0。1',
    'loopback.example.',
  ])
    assert.equal(Buffer.from(await fetch(`http://${host}:${picture.port}/`, allow)).toString(), 'picture', host)
})
