// The operator's list of allowed hosts: how entries are read, what they match, what is refused.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AppError } from '../../errors.ts'
import { allowsAddress, allowsName, allowsSomeAddress, parseAllowList } from './allow-list.ts'

const parse = (text: string) => parseAllowList(text, 'LIKENESS_IMAGE_URL_ALLOW')

test('an empty list allows nothing', () => {
  assert.deepEqual(parse(' , '), [])
  assert.equal(allowsName([], 'a.example', 80), false)
  assert.equal(allowsAddress([], '127.0.0.1', 80), false)
})

test('a name counts as it is spelt, on its port or on all', () => {
  const list = parse('Pictures.Example., bücher.example store:9000')
  assert.ok(allowsName(list, 'pictures.example', 80))
  assert.ok(allowsName(list, 'pictures.example', 8080))
  assert.ok(allowsName(list, 'xn--bcher-kva.example', 443))
  assert.ok(allowsName(list, 'store', 9000))
  assert.equal(allowsName(list, 'store', 80), false)
  assert.equal(allowsName(list, 'a.pictures.example', 80), false)
  assert.equal(allowsName(list, 'notpictures.example', 80), false)
  assert.equal(allowsSomeAddress(list, 9000), false)
})

test('addresses and ranges count with their port or on all', () => {
  const list = parse('10.1.2.3 192.168.0.0/16:9000 fd00::/8, [::1]:8080 [fe80::]/10:81')
  for (const [address, port, isAllowed] of [
    ['10.1.2.3', 1, true],
    ['10.1.2.4', 1, false],
    ['::ffff:10.1.2.3', 1, true],
    ['192.168.255.1', 9000, true],
    ['192.168.255.1', 9001, false],
    ['192.169.0.1', 9000, false],
    ['fd12::1', 1, true],
    ['fc12::1', 1, false],
    ['::1', 8080, true],
    ['::1', 8081, false],
    ['fe80::1', 81, true],
    ['fe80::1', 82, false],
    ['nonsense', 1, false],
  ] as const)
    assert.equal(allowsAddress(list, address, port), isAllowed, `${address} ${port}`)
  assert.equal(allowsName(list, '10.1.2.3', 1), false)
})

test('a range of everything keeps to its family', () => {
  assert.equal(allowsAddress(parse('0.0.0.0/0'), '::1', 80), false)
  assert.equal(allowsAddress(parse('::/0'), '127.0.0.1', 80), false)
})

test('what is no host, address or range is refused with the setting and the entry', () => {
  for (const entry of [
    'http://pictures.example',
    'pictures.example/path',
    'pictures.example/24',
    '*.example',
    'user@pictures.example',
    'pictures.example:0',
    'pictures.example:65536',
    'pictures.example:http',
    '10.0.0.0/33',
    '10.0.0/8',
    '127.1',
    '0x7f000001',
    '[10.0.0.1',
    '[pictures.example]',
    '::1/129',
    '::ffff:10.0.0.0/104',
    ':80',
    '..',
  ])
    assert.throws(
      () => parse(`good.example, ${entry}`),
      (error: unknown) =>
        error instanceof AppError &&
        error.code === 'config_invalid' &&
        error.message.includes('LIKENESS_IMAGE_URL_ALLOW') &&
        error.message.includes(JSON.stringify(entry)),
      entry,
    )
})
