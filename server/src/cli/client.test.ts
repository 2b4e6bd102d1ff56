// What commands say and how they end when the server is away, busy, not Likeness, or refuses; against fakes.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { symlink, writeFile } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { assertFailed, createFolder, reply, run, startFake } from './cli.fixture.ts'

const BUSY = { code: 'busy', detail: 'More pictures wait than the server takes.' }

test('no key: one sentence on how to make one', async () => {
  assertFailed(await run(['galleries', 'list']), 5, /npx likeness keys create.*LIKENESS_KEY/)
  assertFailed(await run(['galleries', 'list', '--key', 'zwölf']), 5, /characters that no key has/)
})

test('no server: one sentence with the address and the cure', async () => {
  const nobody = createServer().listen(0, '127.0.0.1')
  await once(nobody, 'listening')
  const { port } = nobody.address() as AddressInfo
  nobody.close()
  const env = { LIKENESS_URL: `http://127.0.0.1:${port}`, LIKENESS_KEY: 'lk_x' }
  const sentence = /http:\/\/127\.0\.0\.1:\d+ cannot be reached \(ECONNREFUSED\); start it with npm start\./
  assertFailed(await run(['galleries', 'list'], env), 4, sentence)
  assertFailed(await run(['galleries', 'list', '--url', 'ftp://host'], env), 2, /http:\/\/ or https:\/\//)
})

test('another program at the address is told from Likeness', async context => {
  const env = await startFake(context, (_request, response) => response.writeHead(404).end('<h1>Not here</h1>'))
  assertFailed(await run(['galleries', 'list'], env), 4, /is not Likeness \(HTTP 404\).*--url/)
})

test('a code that this version does not know ends by its status', async context => {
  let status = 402
  const env = await startFake(context, (_request, response) => reply(response, status, { code: 'new', detail: 'New.' }))
  assertFailed(await run(['galleries', 'list'], env), 3, /New\. \(new\)/)
  status = 500
  assertFailed(await run(['galleries', 'list'], env), 6, /New\. \(new\)/)
})

test('a busy server is asked again after the time that it names', async context => {
  const folder = await createFolder(context)
  const pictures = ['a.jpg', 'b.jpg', 'c.jpg']
  for (const name of pictures) await writeFile(join(folder, name), name)
  let asked = 0
  const env = await startFake(context, (request, response) => {
    request.resume().on('end', () => {
      if (request.method === 'GET') return reply(response, 200, { id: 'g' })
      asked++
      if (asked <= 4) return reply(response, 503, BUSY, { 'retry-after': '0' })
      return reply(response, 201, { duplicates: [] })
    })
  })
  const { code, stdout } = await run(['enrol', 'g', folder, '--json', '--concurrency', '2'], env)
  assert.deepEqual(
    { ...JSON.parse(stdout), seconds: 0 },
    { enrolled: 3, duplicates: [], refused: [], subjects: 3, seconds: 0 },
  )
  assert.equal(asked, 7)
  assert.equal(code, 0)
})

test('what would refuse every picture ends the enrolment and says how far it came', async context => {
  const folder = await createFolder(context)
  for (let at = 0; at < 9; at++) await writeFile(join(folder, `${at}.jpg`), String(at))
  let asked = 0
  const env = await startFake(context, (request, response) => {
    request.resume().on('end', () => {
      if (request.method === 'GET') return reply(response, 200, { id: 'g' })
      asked++
      if (asked <= 2) return reply(response, 201, { duplicates: [] })
      return reply(response, 401, { code: 'key_invalid', detail: 'The API key was revoked.' })
    })
  })
  const stopped = await run(['enrol', 'g', folder, '--concurrency', '1'], env)
  assertFailed(stopped, 5, /key_invalid\); 2 of 9 pictures had been enrolled\./)
  assert.equal(asked, 3)
})

test('text from the server cannot steer the terminal', async context => {
  const gallery = { id: 'g', name: 'red\u001b[31m', subjectCount: 1, faceCount: 1, pack: 'p', createdAt: 'now' }
  const env = await startFake(context, (_request, response) =>
    reply(response, 200, { items: [gallery], nextCursor: null }),
  )
  const { stdout } = await run(['galleries', 'list'], env)
  assert.match(stdout, /red\ufffd\[31m/)
})

test('lists follow the cursor to the end', async context => {
  const env = await startFake(context, (request, response) => {
    const isLast = new URL(request.url ?? '', 'http://x').searchParams.get('cursor') === 'two'
    reply(response, 200, { items: [{ id: isLast ? 'b' : 'a' }], nextCursor: isLast ? null : 'two' })
  })
  const { stdout } = await run(['galleries', 'list', '--json'], env)
  assert.deepEqual(JSON.parse(stdout), { items: [{ id: 'a' }, { id: 'b' }], nextCursor: null })
})

test('a file that cannot be read is refused by name, and the others are enrolled', async context => {
  const folder = await createFolder(context)
  await writeFile(join(folder, 'fine.jpg'), 'fine')
  await symlink(join(folder, 'gone'), join(folder, 'lost.jpg'))
  const env = await startFake(context, (request, response) => {
    request.resume().on('end', () => reply(response, 200, { id: 'g', duplicates: [] }))
  })
  const { code, stdout } = await run(['enrol', 'g', folder, '--json'], env)
  const { enrolled, refused } = JSON.parse(stdout)
  assert.equal(enrolled, 1)
  assert.deepEqual(refused, [
    {
      path: join(folder, 'lost.jpg'),
      code: 'file_unreadable',
      detail: `There is no file ${join(folder, 'lost.jpg')}.`,
    },
  ])
  assert.equal(code, 7)
})
