// Bodies and texts made to do harm: refused by name, nothing stored; and what looks odd but is right is taken as it is.
import assert from 'node:assert/strict'
import { after, afterEach, describe, test } from 'node:test'
import { gzipSync } from 'node:zlib'
import type { Gallery, Subject } from './answers.ts'
import { openFakeApp } from './fake-app.ts'
import { countBlobs, fakePicture } from './fake-core.ts'
import { assertProblem, base64, createGallery, enrol } from './support.ts'

const limits = { maxBodyBytes: 1_000_000, maxImageBytes: 100_000 }
const app = await openFakeApp({ limits })
after(() => app.close())
const { call } = app
await createGallery(app, 'people')
await enrol(app, 'people', fakePicture({ person: 'ada' }), { subjectId: 'ada' })
const image = base64(fakePicture({ person: 'bea' }))
const FACES = '/v1/galleries/people/faces'
const JSON_TYPE = { 'content-type': 'application/json' }
const LINES_TYPE = { 'content-type': 'application/x-ndjson' }
const FORM_TYPE = { 'content-type': 'multipart/form-data; boundary=b' }
const DEEP = 100_000
const nested = `${'['.repeat(DEEP)}${']'.repeat(DEEP)}`

const countAll = async (): Promise<unknown> => {
  const { body } = await call<{ items: Gallery[] }>('GET', '/v1/galleries?limit=1000')
  return [body.items, await countBlobs(app.core.region)]
}
const stored = await countAll()
afterEach(async () => assert.deepEqual(await countAll(), stored))

/** The codes of a batch's lines; none was enrolled. */
const codesOf = async (...lines: readonly (string | Buffer)[]): Promise<string[]> => {
  const body = Buffer.concat(lines.flatMap(line => [Buffer.from(line as never), Buffer.from('\n')]))
  const answer = await call<string>('POST', `${FACES}:batch`, body, LINES_TYPE)
  const outcomes = answer.body
    .trim()
    .split('\n')
    .map(line => JSON.parse(line))
  assert.equal(outcomes.at(-1).summary.enrolled, 0)
  return outcomes.slice(0, -1).map(({ problem }) => problem.code)
}

const part = (name: string, value: string | Buffer, more = ''): Buffer =>
  Buffer.concat([
    Buffer.from(`--b\r\ncontent-disposition: form-data; name="${name}"${more}\r\n\r\n`),
    Buffer.from(value as never),
    Buffer.from('\r\n'),
  ])
const END = Buffer.from('--b--\r\n')

describe('compressed bodies are not taken', () => {
  const bomb = gzipSync(Buffer.alloc(50_000_000, 0x20))
  for (const encoding of ['gzip', 'br', 'deflate', 'zstd', 'identity, gzip', 'x-gzip'])
    for (const type of [JSON_TYPE, LINES_TYPE, FORM_TYPE])
      test(`${encoding}, ${type['content-type']}`, async () => {
        const path = type === LINES_TYPE ? `${FACES}:batch` : FACES
        const answer = await call('POST', path, new Uint8Array(bomb), { ...type, 'content-encoding': encoding })
        assertProblem(answer, 415, 'media_type_unsupported')
      })

  test('compressed bytes that do not say so are malformed', async () => {
    assertProblem(await call('POST', FACES, new Uint8Array(bomb), JSON_TYPE), 400, 'body_malformed')
    assert.deepEqual(await codesOf(bomb.subarray(0, 1000)).then(codes => codes[0]), 'body_malformed')
  })

  test('"identity" says that it is not compressed', async () => {
    const headers = { ...JSON_TYPE, 'content-encoding': 'identity' }
    assertProblem(await call('POST', FACES, '{}', headers), 400, 'image_missing')
  })
})

describe('too many bytes', () => {
  test('announced', async () => {
    assertProblem(await call('POST', FACES, { image: 'A'.repeat(1_000_000) }), 413, 'body_too_large')
  })
  test('in chunks', async () => {
    const chunks = async function* () {
      for (let count = 0; count < 10; count++) yield Buffer.alloc(150_000, 0x20)
    }
    const response = await fetch(app.url + FACES, {
      method: 'POST',
      headers: { authorization: `Bearer ${app.key}`, ...JSON_TYPE },
      body: ReadableStream.from(chunks()) as never,
      duplex: 'half',
    } as RequestInit)
    const answer = { status: response.status, headers: response.headers, body: await response.json() }
    assertProblem(answer, 413, 'body_too_large')
  })
})

describe(`${DEEP} levels of nesting`, () => {
  for (const [what, body] of Object.entries({
    'the whole body': nested,
    'an object in an object': `{"image":"${image}","a":${'{"a":'.repeat(DEEP)}1${'}'.repeat(DEEP + 1)}`,
    'the picture': `{"image":${nested}}`,
    'an id': `{"image":"${image}","subjectId":${nested}}`,
    'the metadata': `{"image":"${image}","metadata":${nested}}`,
    'a value of the metadata': `{"image":"${image}","metadata":{"a":${nested}}}`,
    'an unknown field': `{"image":"${image}","colour":${nested}}`,
  })) {
    test(what, async () => {
      const first = await call('POST', FACES, body, JSON_TYPE)
      assertProblem(first, 400, 'request_invalid')
      const keyed = await call('POST', FACES, body, { ...JSON_TYPE, 'idempotency-key': 'deep' })
      assertProblem(keyed, 400, 'request_invalid')
      const [code] = await codesOf(body)
      assert.equal(code, 'request_invalid')
    })
  }
  test('in a form', async () => {
    const body = Buffer.concat([part('image', 'x', '; filename="a"'), part('metadata', nested), END])
    assertProblem(await call('POST', FACES, body, FORM_TYPE), 400, 'request_invalid')
  })
})

describe('keys of the language', () => {
  for (const member of [
    '"__proto__":{"a":1}',
    '"__proto__":null',
    '"\\u005f_proto__":{"a":1}',
    '"constructor":{"prototype":{"a":1}}',
  ])
    test(member, async () => {
      for (const body of [`{"image":"${image}",${member}}`, `{"image":"${image}","metadata":{${member}}}`]) {
        assertProblem(await call('POST', FACES, body, JSON_TYPE), 400, 'body_malformed')
        assert.deepEqual(await codesOf(body), ['body_malformed'])
      }
      const form = Buffer.concat([part('image', 'x', '; filename="a"'), part('metadata', `{${member}}`), END])
      assertProblem(await call('POST', FACES, form, FORM_TYPE), 400, 'request_invalid')
      assert.equal(({} as { a?: unknown }).a, undefined)
    })

  test('as a part, as metadata of a filter, as an id', async () => {
    for (const name of ['__proto__', 'constructor', 'toString']) {
      const form = Buffer.concat([part('image', 'x', '; filename="a"'), part(name, '{"a":1}'), END])
      assertProblem(await call('POST', FACES, form, FORM_TYPE), 400, 'request_invalid')
      const { status } = await call('GET', `/v1/galleries/people/subjects?metadata.${name}=x`)
      assert.equal(status, 200)
      assertProblem(await call('GET', `/v1/galleries/${name}`), 404, 'gallery_not_found')
      assertProblem(await call('GET', `/v1/galleries/people/subjects/${name}`), 404, 'subject_not_found')
    }
  })
})

describe('bytes that are no UTF-8', () => {
  const inside = (bytes: readonly number[]): Buffer =>
    Buffer.concat([Buffer.from(`{"image":"${image}","subjectId":"a`), Buffer.from(bytes), Buffer.from('"}')])
  for (const [what, bytes] of Object.entries({
    'a byte that none has': [0xff],
    'half a character': [0xc3],
    'a slash in two bytes': [0xc0, 0xaf],
    'U+0000 in two bytes': [0xc0, 0x80],
    'half a pair': [0xed, 0xa0, 0x80],
    'more than there is': [0xf4, 0x90, 0x80, 0x80],
  }))
    test(what, async () => {
      assertProblem(await call('POST', FACES, inside(bytes), JSON_TYPE), 400, 'body_malformed')
      assert.deepEqual(await codesOf(inside(bytes)), ['body_malformed'])
      const id = Buffer.concat([Buffer.from('a'), Buffer.from(bytes)])
      const form = Buffer.concat([part('image', 'x', '; filename="a"'), part('subjectId', id), END])
      assertProblem(await call('POST', FACES, form, FORM_TYPE), 400, 'body_malformed')
    })

  test('UTF-16', async () => {
    const body = Buffer.from(`\ufeff{"image":"${image}"}`, 'utf16le')
    assertProblem(await call('POST', FACES, body, JSON_TYPE), 400, 'body_malformed')
  })
})

describe('characters that cannot be kept, or shown without harm', () => {
  const BAD = { NUL: '\0', 'half a character': '\udc00', escape: '\u001b[2J', delete: '\u007f', 'next line': '\u0085' }
  for (const [what, character] of Object.entries(BAD))
    test(`${what} in ids and names`, async () => {
      const text = `a${character}b`
      for (const body of [{ id: text }, { id: 'new', name: text }])
        assertProblem(await call('POST', '/v1/galleries', body), 400, 'request_invalid')
      assertProblem(await call('PATCH', '/v1/galleries/people', { name: text }), 400, 'request_invalid')
      assertProblem(await call('POST', FACES, { image, subjectId: text }), 400, 'request_invalid')
      assertProblem(await call('POST', '/v1/search', { image, galleries: [text] }), 400, 'request_invalid')
      if (!text.isWellFormed()) return
      for (const path of [
        `/v1/galleries/${encodeURIComponent(text)}`,
        `/v1/galleries/people/subjects/${encodeURIComponent(text)}`,
        `/v1/galleries/people/faces/${encodeURIComponent(text)}`,
        `/v1/transactions?subject=${encodeURIComponent(text)}&gallery=people`,
        `/v1/galleries?cursor=${encodeURIComponent(text)}`,
      ])
        assertProblem(await call('GET', path), 400, 'request_invalid')
    })

  for (const character of ['\0', '\udc00'])
    test(`${JSON.stringify(character)} in descriptions, metadata and filters`, async () => {
      const text = `a${character}b`
      const description = await call('POST', '/v1/galleries', { id: 'new', description: text })
      assertProblem(description, 400, 'request_invalid')
      for (const metadata of [{ a: text }, { [text]: 1 }]) {
        assertProblem(await call('POST', FACES, { image, metadata }), 400, 'request_invalid')
        const change = await call('PATCH', '/v1/galleries/people/subjects/ada', { metadata })
        assertProblem(change, 400, 'request_invalid')
        const search = await call('POST', '/v1/galleries/people/search', { image, filter: metadata })
        assertProblem(search, 400, 'request_invalid')
      }
    })

  test('U+0000 in a filter of an address', async () => {
    for (const query of ['metadata.a=%00', 'metadata.a%00b=1'])
      assertProblem(await call('GET', `/v1/galleries/people/subjects?${query}`), 400, 'request_invalid')
  })
})

test('ids of 10,000 characters', async () => {
  const id = 'x'.repeat(10_000)
  assertProblem(await call('POST', '/v1/galleries', { id }), 400, 'request_invalid')
  assertProblem(await call('POST', FACES, { image, subjectId: id }), 400, 'request_invalid')
  assertProblem(await call('POST', '/v1/search', { image, galleries: [id] }), 400, 'request_invalid')
  assertProblem(await call('GET', `/v1/galleries/${id}`), 414, 'address_too_long')
  assertProblem(await call('GET', `/v1/galleries/${id.slice(0, 4000)}`), 414, 'address_too_long')
  assertProblem(await call('GET', `/v1/galleries/${id.slice(0, 3000)}`), 400, 'request_invalid')
  assertProblem(await call('GET', `/v1/galleries/people/subjects/${id.slice(0, 257)}`), 400, 'request_invalid')
})

describe('odd and right', () => {
  const cleanUp = (): Promise<unknown> => call('DELETE', '/v1/galleries/odd')

  test('a byte order mark, the last of two keys, tabs and other scripts', async () => {
    await createGallery(app, 'odd')
    const id = 'Zoë 🙂 例/..;a\\b%2f'
    const body = `\ufeff{"image":"${image}","subjectId":"first","subjectId":${JSON.stringify(id)},"metadata":{"t":"a\\tb\\u0001"}}`
    const answer = await call('POST', '/v1/galleries/odd/faces', body, JSON_TYPE)
    assert.equal(answer.status, 201, JSON.stringify(answer.body))
    const found = await call<Subject>('GET', `/v1/galleries/odd/subjects/${encodeURIComponent(id)}`)
    assert.equal(found.body.id, id)
    assert.deepEqual(found.body.metadata, { t: 'a\tb\u0001' })
    const described = await call('PATCH', '/v1/galleries/odd', { name: 'Tür 🚪', description: 'One.\n\tTwo.' })
    assert.equal(described.status, 200)
    await cleanUp()
  })
})
