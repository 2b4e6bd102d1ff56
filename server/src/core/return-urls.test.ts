// Which addresses a capture session may lead and report to, and which are refused.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { AppError } from '../errors.ts'
import { DEFAULT_LIMITS } from '../limits.ts'
import { checkNoticeUrl, checkOrigins, checkReturnUrl } from './return-urls.ts'

const refused =
  (field: string, sentence: RegExp) =>
  (error: unknown): boolean => {
    assert.ok(error instanceof AppError)
    assert.equal(error.code, 'request_invalid')
    assert.equal(error.details?.field, field)
    assert.match(error.message, sentence)
    return true
  }

const longUrl = (characters: number): string => 'https://shop.example/'.padEnd(characters, 'a')

describe('an address that a person is led to', () => {
  const fine = [
    'https://example.com/callback',
    'http://example.com',
    'http://localhost:8080/done#there',
    'https://[2001:db8::1]/done?order=1&again=2',
    'myapp://callback/success',
    'alipays://platformapi/startapp?id=1',
    'my.app+x-1://host',
    'HTTPS://EXAMPLE.COM/',
    'https://пример.example/путь',
    longUrl(2048),
  ]
  for (const url of fine) test(`may be ${url.slice(0, 60)}`, () => checkReturnUrl(url, 'returnUrl', DEFAULT_LIMITS))

  const bad: readonly (readonly [string, RegExp])[] = [
    ['', /1 to 2048 characters \(it has 0\)/],
    [longUrl(2049), /1 to 2048 characters \(it has 2049\)/],
    ['https://host/\npath', /control characters/],
    ['https://host/\rpath', /control characters/],
    ['https://host/\tpath', /control characters/],
    ['https://host/\0path', /control characters/],
    ['https://host/\u0085path', /control characters/],
    ['java\nscript:alert(1)', /control characters/],
    ['https://host/\ud800', /well-formed/],
    [' https://host/', /no blanks/],
    ['https://host/ path', /no blanks/],
    ['/done', /whole address/],
    ['shop.example/done', /whole address/],
    ['//shop.example/done', /whole address/],
    ['://shop.example', /whole address/],
    ['1app://host', /whole address/],
    ['https://host:99999/', /whole address/],
    ['https://a b', /no blanks/],
    ['javascript:alert(1)', /another scheme than "javascript:"/],
    ['JavaScript:alert(1)', /another scheme than "javascript:"/],
    ['javascript://host/%0aalert(1)', /another scheme than "javascript:"/],
    ['data:text/html,hi', /another scheme than "data:"/],
    ['file:///etc/passwd', /another scheme than "file:"/],
    ['file://host/share', /another scheme than "file:"/],
    ['about:blank', /another scheme than "about:"/],
    ['blob:https://host/1', /another scheme than "blob:"/],
    ['intent://host/#Intent;end', /another scheme than "intent:"/],
    ['myapp:', /a host/],
    ['myapp://', /a host/],
    ['myapp:///path', /a host/],
    ['myapp://?x=1', /a host/],
    ['mailto:somebody@shop.example', /a host/],
    ['https:shop.example', /a host/],
    ['https:\\\\shop.example', /a host/],
  ]
  for (const [url, sentence] of bad)
    test(`may not be ${JSON.stringify(url.slice(0, 60))}`, () => {
      assert.throws(() => checkReturnUrl(url, 'failReturnUrl', DEFAULT_LIMITS), refused('failReturnUrl', sentence))
    })
})

describe('an address that is told of a session', () => {
  test('is https or http', () => {
    for (const url of ['https://shop.example/hook?key=1', 'http://127.0.0.1:8080/hook'])
      checkNoticeUrl(url, 'callbackUrl', DEFAULT_LIMITS)
    for (const url of ['myapp://callback', 'ftp://shop.example/', 'javascript:alert(1)', 'ws://shop.example'])
      assert.throws(
        () => checkNoticeUrl(url, 'callbackUrl', DEFAULT_LIMITS),
        refused('callbackUrl', /"https:" or "http:"/),
      )
    for (const url of ['', longUrl(2049), 'https://host/\n', 'https://', 'shop.example'])
      assert.throws(() => checkNoticeUrl(url, 'callbackUrl', DEFAULT_LIMITS), refused('callbackUrl', /^/))
    for (const url of ['https://user@shop.example/', 'https://:word@shop.example/', 'http://user:word@shop.example'])
      assert.throws(() => checkNoticeUrl(url, 'callbackUrl', DEFAULT_LIMITS), refused('callbackUrl', /no user name/))
  })
})

describe('origins of iframes', () => {
  const check = (...origins: string[]) => checkOrigins(origins, 'iframeOrigins', DEFAULT_LIMITS)

  test('are as browsers write them, or "*" alone', () => {
    check()
    check('*')
    check('https://shop.example', 'http://localhost:3000', 'https://[2001:db8::1]:8443')
  })

  test('are no addresses, no wildcards among others, and not too many', () => {
    const bad = ['https://shop.example/', 'https://shop.example/x', 'shop.example', 'https://Shop.example', 'myapp://x']
    const worse = [
      'https://shop.example:443',
      'https://*.shop.example',
      "https://a.example; script-src 'x'",
      '',
      'null',
    ]
    for (const origin of [...bad, ...worse])
      assert.throws(() => check(origin), refused('iframeOrigins', /origins such as/), origin)
    assert.throws(() => check('*', 'https://shop.example'), refused('iframeOrigins', /"\*" alone/))
    assert.throws(() => check(`https://${'a'.repeat(60)}.${'b.'.repeat(120)}example`), refused('iframeOrigins', /^/))
    const many = Array.from({ length: 11 }, (_, index) => `https://shop${index}.example`)
    assert.throws(() => check(...many), refused('iframeOrigins', /at most 10 origins \(it has 11\)/))
  })
})
