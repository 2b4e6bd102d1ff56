// Multipart bodies made to do harm: refused, nothing stored, no file ever written under a name of the caller's.
import assert from 'node:assert/strict'
import { after, afterEach, test } from 'node:test'
import type { ErrorCode } from '../src/errors.ts'
import type { EnrolAnswer, Gallery } from './answers.ts'
import { openFakeApp } from './fake-app.ts'
import { countBlobs, fakePicture } from './fake-core.ts'
import { type Answer, assertProblem, createGallery } from './support.ts'

const app = await openFakeApp({ limits: { maxBodyBytes: 1_000_000, maxImageBytes: 100_000 } })
after(() => app.close())
await createGallery(app, 'people')
const picture = Buffer.from(fakePicture({ person: 'ada' }))

const post = (body: string | Buffer, type = 'multipart/form-data; boundary=b'): Promise<Answer<unknown>> =>
  app.call('POST', '/v1/galleries/people/faces', Buffer.from(body as never), { 'content-type': type })

const countAll = async (): Promise<unknown> => {
  const { body } = await app.call<{ items: Gallery[] }>('GET', '/v1/galleries')
  return [body.items.map(({ faceCount }) => faceCount), await countBlobs(app.core.region)]
}
afterEach(async () => {
  for (const { id } of (await app.call<{ items: { id: string }[] }>('GET', '/v1/galleries/people/faces')).body.items)
    await app.call('DELETE', `/v1/galleries/people/faces/${id}`)
  assert.deepEqual(await countAll(), [[0], 0])
})

const part = (disposition: string, value: string | Buffer, headers = ''): Buffer =>
  Buffer.concat([
    Buffer.from(`--b\r\ncontent-disposition: ${disposition}\r\n${headers}\r\n`),
    Buffer.from(value as never),
    Buffer.from('\r\n'),
  ])
const FILE = 'form-data; name="image"; filename="a.jpg"'
const END = Buffer.from('--b--\r\n')
const form = (...parts: readonly Buffer[]): Buffer => Buffer.concat([...parts, END])

const REFUSED: Record<string, readonly [body: Buffer, status: number, code: ErrorCode]> = {
  'ten thousand fields': [
    form(...Array.from({ length: 10_000 }, (_, index) => part(`form-data; name="f${index}"`, 'x'))),
    400,
    'request_invalid',
  ],
  'ten thousand files': [
    form(...Array.from({ length: 10_000 }, (_, index) => part(`form-data; name="f${index}"; filename="a"`, 'x'))),
    400,
    'request_invalid',
  ],
  'two files of one name': [form(part(FILE, picture), part(FILE, picture)), 400, 'request_invalid'],
  'a file and a field of one name': [
    form(part(FILE, picture), part('form-data; name="image"', 'x')),
    400,
    'request_invalid',
  ],
  'two ids': [
    form(part('form-data; name="subjectId"', 'a'), part('form-data; name="subjectId"', 'b'), part(FILE, picture)),
    400,
    'request_invalid',
  ],
  'a part without a name': [form(part(FILE, picture), part('form-data', 'x')), 400, 'request_invalid'],
  'a file without a name': [form(part('form-data; filename="a.jpg"', picture)), 400, 'image_missing'],
  'a part without headers': [form(Buffer.from('--b\r\n\r\nx\r\n')), 400, 'image_missing'],
  'a part that is no form data': [form(part('attachment; name="image"', picture)), 400, 'image_missing'],
  'a form in a form': [
    form(
      part(
        FILE,
        '--c\r\ncontent-disposition: form-data; name="image"\r\n\r\nx\r\n--c--',
        'content-type: multipart/mixed; boundary=c\r\n',
      ),
    ),
    422,
    'image_corrupt',
  ],
  'an encoding that nobody uses': [
    form(part(FILE, 'cXE=', 'content-transfer-encoding: base64\r\n')),
    422,
    'image_corrupt',
  ],
  'an end that never comes': [form(part(FILE, picture)).subarray(0, -8), 400, 'body_malformed'],
  'a break in the headers': [Buffer.from('--b\r\ncontent-dispo'), 400, 'body_malformed'],
  'NUL in a name': [form(part(FILE, picture), part('form-data; name="a\0b"', 'x')), 400, 'request_invalid'],
  'a name of 100,000 characters': [
    form(part(FILE, picture), part(`form-data; name="${'x'.repeat(50_000)}"`, 'x')),
    400,
    'request_invalid',
  ],
  'a file that is too large': [form(part(FILE, Buffer.alloc(100_001))), 413, 'image_too_large'],
}

for (const [what, [body, status, code]] of Object.entries(REFUSED))
  test(`${what} is refused`, async () => {
    assertProblem(await post(body), status, code)
  })

for (const type of [
  'multipart/form-data',
  'multipart/form-data; boundary=',
  'multipart/form-data; boundary="',
  `multipart/form-data; boundary=${'b'.repeat(5000)}`,
  'multipart/form-data; boundary=other',
])
  test(`${type.slice(0, 60)} is malformed`, async () => {
    assertProblem(await post(form(part(FILE, picture)), type), 400, 'body_malformed')
  })

test('multipart/mixed is another type', async () => {
  const answer = await post(form(part(FILE, picture)), 'multipart/mixed; boundary=b')
  assert.ok(answer.status >= 400 && answer.status < 500)
})

for (const name of ['../../../etc/passwd', 'C:\\\\evil.exe', 'a%00.jpg', '', '.'.repeat(300), '%2e%2e%2f', "a'; DROP"])
  test(`a file called ${JSON.stringify(name).slice(0, 40)} is a picture like any other`, async () => {
    const body = form(part(`form-data; name="image"; filename="${name}"`, picture))
    const answer = await post(body)
    assert.equal(answer.status, 201, JSON.stringify(answer.body))
    assert.equal((answer.body as EnrolAnswer).face.galleryId, 'people')
  })

for (const [what, headers] of Object.entries({
  'headers of 200,000 bytes': `x-a: ${'x'.repeat(200_000)}\r\n`,
  'ten thousand headers': 'x-a: b\r\n'.repeat(10_000),
  'a type of its own': 'content-type: text/html; charset=utf-7\r\n',
}))
  test(`${what} of a part change nothing`, async () => {
    assert.equal((await post(form(part(FILE, picture, headers)))).status, 201)
  })
