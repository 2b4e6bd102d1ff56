// Requests that are not as expected: refused with a problem document, nothing stored, the server goes on.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { after, afterEach, describe, test } from 'node:test'
import { pictureOf } from '../src/vision/pictures.fixture.ts'
import { assertProblem, base64, countStored, createGallery, enrol, launchReady } from './support.ts'

const server = await launchReady({ maxImageBytes: 200_000 })
after(() => server.close())
const { call } = server
await createGallery(server, 'people')
const ada = await pictureOf('ada')
const image = base64(ada)
await enrol(server, 'people', ada, { subjectId: 'ada' })
const FACES = '/v1/galleries/people/faces'
const JSON_TYPE = { 'content-type': 'application/json' }

const stored = await countStored(server)
afterEach(async () => {
  assert.deepEqual(await countStored(server), stored)
  assert.equal((await call('GET', '/health/ready')).status, 200)
})

describe('bodies', () => {
  for (const [what, body] of [
    ['cut off', `{"image": "${image.slice(0, 50)}`],
    ['empty', ''],
    ['single quotes', "{'image': ''}"],
    ['two objects', '{}{}'],
    ['a key of the language', '{"__proto__": {"image": "x"}}'],
  ])
    test(`JSON that is ${what} is malformed`, async () => {
      assertProblem(await call('POST', FACES, body, JSON_TYPE), 400, 'body_malformed')
    })

  for (const body of ['[]', '"text"', '5', '[{"image": "x"}]'])
    test(`${body} is no JSON object`, async () => {
      assertProblem(await call('POST', FACES, body, JSON_TYPE), 400, 'request_invalid')
    })

  test('null is no picture', async () => {
    assertProblem(await call('POST', FACES, 'null', JSON_TYPE), 400, 'image_missing')
  })

  for (const type of ['text/plain', 'image/jpeg', 'application/x-www-form-urlencoded', 'application/xml', 'nonsense'])
    test(`content type ${type} is not taken`, async () => {
      const answer = await call('POST', FACES, new Uint8Array(ada), { 'content-type': type })
      assertProblem(answer, 415, 'media_type_unsupported')
    })

  test('a body without a content type is not taken', async () => {
    assertProblem(await call('POST', FACES, new Uint8Array(ada)), 415, 'media_type_unsupported')
  })

  test('a JSON body over the limit is refused', async () => {
    const { maxBodyBytes } = server.config.limits
    const answer = await call('POST', FACES, { image: 'A'.repeat(maxBodyBytes) })
    assertProblem(answer, 413, 'body_too_large')
  })

  test('text in a multipart body is bounded too', async () => {
    const form = new FormData()
    for (let i = 0; i < 3; i++) form.set(`field${i}`, 'A'.repeat(server.config.limits.maxBodyBytes / 2))
    assertProblem(await call('POST', FACES, form), 413, 'body_too_large')
  })
})

describe('multipart', () => {
  const file = (): Blob => new Blob([new Uint8Array(ada)])

  test('without a picture', async () => {
    const form = new FormData()
    form.set('subjectId', 'x')
    assertProblem(await call('POST', FACES, form), 400, 'image_missing')
  })

  test('with an empty file', async () => {
    const form = new FormData()
    form.set('image', new Blob([]), 'empty.jpg')
    assertProblem(await call('POST', FACES, form), 400, 'image_empty')
  })

  test('with the picture under another name', async () => {
    const form = new FormData()
    form.set('photo', file(), 'ada.jpg')
    assertProblem(await call('POST', FACES, form), 400, 'image_missing')
  })

  test('with two files, or more fields than there can be', async () => {
    const twice = new FormData()
    twice.append('image', file(), 'one.jpg')
    twice.append('image', file(), 'two.jpg')
    assertProblem(await call('POST', FACES, twice), 400, 'request_invalid')
    const many = new FormData()
    many.set('image', file(), 'ada.jpg')
    for (let i = 0; i < 50; i++) many.set(`field${i}`, 'x')
    assertProblem(await call('POST', FACES, many), 400, 'request_invalid')
  })

  test('with metadata that is no object, or an unknown field', async () => {
    for (const [name, value] of [
      ['metadata', 'text'],
      ['metadata', '[1]'],
      ['metadata', '{"a":{"b":1}}'],
      ['colour', 'red'],
      ['__proto__', 'x'],
    ]) {
      const form = new FormData()
      form.set('image', file(), 'ada.jpg')
      form.set(name, value)
      assertProblem(await call('POST', FACES, form), 400, 'request_invalid')
    }
  })

  for (const [what, body] of [
    [
      'that ends in the middle of the file',
      `--b\r\ncontent-disposition: form-data; name="image"; filename="a"\r\n\r\nabc`,
    ],
    ['that ends in the middle of a field', `--b\r\ncontent-disposition: form-data; name="subjectId"\r\n\r\nabc`],
    ['that is nonsense', 'nonsense'],
  ])
    test(what, async () => {
      const answer = await call('POST', FACES, body, { 'content-type': 'multipart/form-data; boundary=b' })
      assertProblem(answer, 400, 'body_malformed')
    })

  test('without a boundary', async () => {
    const answer = await call('POST', FACES, 'x', { 'content-type': 'multipart/form-data' })
    assertProblem(answer, 400, 'body_malformed')
  })

  test('without a part', async () => {
    const answer = await call('POST', FACES, '--b--\r\n', { 'content-type': 'multipart/form-data; boundary=b' })
    assertProblem(answer, 400, 'image_missing')
  })
})

describe('fields', () => {
  for (const [what, rest] of Object.entries({
    'an unknown one': { colour: 'red' },
    'a misspelt one': { subjectID: 'x' },
    'an empty id': { subjectId: '' },
    'an id that is a number': { subjectId: 42 },
    'an id that is null': { subjectId: null },
    'an id that no address can carry': { subjectId: '..' },
    'an id of 257 characters': { subjectId: 'x'.repeat(257) },
    'an id with a line break': { subjectId: 'a\nb' },
    'an id with half a character': { subjectId: 'a\ud83d' },
    'metadata that is a text': { metadata: 'x' },
    'metadata that is nested': { metadata: { a: { b: 1 } } },
    'metadata of more than 16 KB': { metadata: { a: 'x'.repeat(17_000) } },
  }))
    test(`of an enrolment: ${what}`, async () => {
      assertProblem(await call('POST', FACES, { image, ...rest }), 400, 'request_invalid')
    })

  for (const [what, body] of Object.entries({
    'an id with a slash': { id: 'a/b' },
    'an id with a space': { id: 'a b' },
    'an id that begins with a dot': { id: '.a' },
    'an empty id': { id: '' },
    'an id of 257 characters': { id: 'x'.repeat(257) },
    'a name that is a number': { id: 'a', name: 5 },
    'a name of 201 characters': { id: 'a', name: 'x'.repeat(201) },
    'a description of 2001 characters': { id: 'a', description: 'x'.repeat(2001) },
    'an unknown one': { id: 'a', pack: 'other' },
  }))
    test(`of a gallery: ${what}`, async () => {
      assertProblem(await call('POST', '/v1/galleries', body), 400, 'request_invalid')
    })

  test('the problem names the field and what was expected', async () => {
    const problem = assertProblem(await call('POST', FACES, { image, subjectId: 5 }), 400, 'request_invalid')
    assert.match(problem.detail, /subjectId/)
    const issues = problem.details?.issues as { field: string }[]
    assert.equal(issues[0].field, 'subjectId')
  })
})

describe('addresses', () => {
  for (const [method, path] of [
    ['GET', '/'],
    ['GET', '/v2/galleries'],
    ['GET', '/v1'],
    ['PUT', '/v1/galleries'],
    ['POST', '/v1/galleries/people'],
    ['PUT', '/v1/galleries/people/faces'],
    ['GET', '/v1/galleries/people/../../../etc/passwd'],
    ['DELETE', '/v1/galleries'],
  ])
    test(`${method} ${path} is not there`, async () => {
      assertProblem(await call(method, path), 404, 'route_not_found')
    })

  test('one that is wrongly encoded is refused', async () => {
    assertProblem(await call('GET', '/v1/galleries/%ZZ'), 400, 'request_invalid')
    assertProblem(await call('GET', '/v1/galleries/%ff'), 400, 'request_invalid')
  })

  test('one that is longer than an id can be is refused', async () => {
    const { status } = await call('GET', `/v1/galleries/${'x'.repeat(5000)}`)
    assert.ok(status >= 400 && status < 500)
  })
})

test('a caller that hangs up in the middle of a picture leaves nothing behind', async () => {
  const { hostname, port } = new URL(server.url)
  for (const body of [
    '{"image": "AAAA',
    `--b\r\ncontent-disposition: form-data; name="image"; filename="a"\r\n\r\nabc`,
  ]) {
    const type = body.startsWith('{') ? 'application/json' : 'multipart/form-data; boundary=b'
    const socket = connect(Number(port), hostname)
    await once(socket, 'connect')
    socket.write(`POST ${FACES} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${server.key}\r\n`)
    socket.write(`content-type: ${type}\r\ncontent-length: 100000\r\n\r\n${body}`)
    await new Promise(resolve => setTimeout(resolve, 50))
    socket.destroy()
  }
  assert.equal((await call('GET', '/health/live')).status, 200)
})
