// Fetching the files of a pack from a loopback server: each way in which it can fail ends in its refusal, and leaves
// nothing behind.
import assert from 'node:assert/strict'
import { readdir } from 'node:fs/promises'
import type { RequestListener } from 'node:http'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { AppError } from '../errors.ts'
import { DEFAULT_LIMITS } from '../limits.ts'
import { ensurePack } from '../vision/packs/install.ts'
import { makeSamplePack } from '../vision/packs/upstream.fixture.ts'
import { startFake } from './cli.fixture.ts'
import { takeFromAddress } from './pack-files.ts'

interface Asked {
  readonly code: string | null
  readonly message: string
  readonly details: Readonly<Record<string, unknown>>
  readonly paths: readonly string[]
  /** What stderr showed. */
  readonly shown: string
  /** In the folder of packs. */
  readonly left: readonly string[]
}

type Answer = (response: Parameters<RequestListener>[1], content: Uint8Array, path: string) => void

/** Installs the sample pack from a server that answers so. */
const installFrom = async (context: TestContext, answer: Answer, limits = DEFAULT_LIMITS): Promise<Asked> => {
  const pack = await makeSamplePack(context)
  const paths: string[] = []
  const { LIKENESS_URL } = await startFake(context, (request, response) => {
    paths.push(request.url ?? '')
    answer(response, pack.content, request.url ?? '')
  })
  let shown = ''
  const stream = { isTTY: true, write: (text: string) => (shown += text) }
  const fetchSource = takeFromAddress({ base: `${LIKENESS_URL}/packs/`, packId: pack.id, stream, limits })
  const error = await ensurePack({ ...pack, fetchSource }).then(
    () => null,
    (reason: unknown) => reason,
  )
  if (error !== null) assert.ok(error instanceof AppError, String(error))
  return {
    code: error?.code ?? null,
    message: error?.message ?? '',
    details: error?.details ?? {},
    paths,
    shown,
    left: await readdir(pack.packsDir).catch(() => []),
  }
}

test('a pack is installed from an address, with progress', async context => {
  const { code, paths, shown, left } = await installFrom(context, (response, content) => response.end(content))
  assert.equal(code, null)
  assert.deepEqual(paths, ['/packs/sample-v1.onnx'])
  assert.deepEqual(left, ['sample'])
  assert.match(shown, /Fetching sample-v1\.onnx \[=+\s*\] /)
})

test('what is not below the address itself is looked for in a folder of the name of the pack', async context => {
  const { code, paths } = await installFrom(context, (response, content, path) => {
    if (path.includes('/sample/')) response.end(content)
    else response.writeHead(404).end()
  })
  assert.equal(code, null)
  assert.deepEqual(paths, ['/packs/sample-v1.onnx', '/packs/sample/sample-v1.onnx'])
})

/** What a server may answer, the stable reason, and the sentence. */
const REFUSALS: readonly (readonly [name: string, answer: Answer, reason: string, sentence: RegExp])[] = [
  ['is not there', response => response.writeHead(404).end(), 'status', /answered with the status 404; try again/],
  ['a failure', response => response.writeHead(500).end('oh'), 'status', /answered with the status 500/],
  ['an empty answer', response => response.writeHead(204).end(), 'status', /the status 204/],
  [
    'a redirect',
    (response, content) => response.writeHead(302, { location: 'http://127.0.0.1:1/elsewhere' }).end(content),
    'redirect',
    /redirects to http:\/\/127\.0\.0\.1:1\/elsewhere, which is not followed/,
  ],
  [
    'too few bytes',
    (response, content) => response.end(content.subarray(1)),
    'truncated',
    /ended after \d+ of \d+ bytes/,
  ],
  [
    'a broken connection',
    (response, content) => {
      response.writeHead(200, { 'content-length': content.length })
      response.write(content.subarray(5), () => response.destroy())
    },
    'truncated',
    /broke off after \d+ of \d+ bytes/,
  ],
  ['a connection that ends at once', response => response.destroy(), 'unreachable', /cannot be reached \(/],
  [
    'bytes without end',
    response => {
      const more = (): void => {
        while (!response.destroyed && response.write(Buffer.alloc(10_000)));
        if (!response.destroyed) response.once('drain', more)
      }
      more()
    },
    'too_large',
    /sends more than the \d+ bytes of the file/,
  ],
]

for (const [name, answer, reason, sentence] of REFUSALS)
  test(`${name}: refused, and nothing is left`, async context => {
    const { code, message, details, left } = await installFrom(context, answer)
    assert.equal(code, 'pack_download_failed')
    assert.equal(details.reason, reason)
    assert.match(message, sentence)
    assert.deepEqual(left, [])
  })

test('wrong bytes of the right number: refused by their checksum, and nothing is left', async context => {
  const { code, message, left } = await installFrom(context, (response, content) =>
    response.end(Buffer.alloc(content.length)),
  )
  assert.equal(code, 'pack_source_corrupt')
  assert.match(message, /sample-v1\.onnx has the SHA-256/)
  assert.deepEqual(left, [])
})

test('silence, and slowness, are not waited for without end', async context => {
  const silent: Answer = (response, content) => void response.write(content.subarray(5))
  const first = await installFrom(context, silent, { ...DEFAULT_LIMITS, packSilenceMs: 100 })
  assert.deepEqual([first.code, first.details.reason, first.left], ['pack_download_failed', 'timeout', []])
  assert.match(first.message, /was silent for 0\.1 s/)
  const slow: Answer = (response, content) => {
    let sent = 0
    const timer = setInterval(() => response.write(content.subarray(sent, ++sent)), 20)
    response.once('close', () => clearInterval(timer))
  }
  const second = await installFrom(context, slow, { ...DEFAULT_LIMITS, packFileTimeoutMs: 200 })
  assert.deepEqual([second.code, second.details.reason, second.left], ['pack_download_failed', 'timeout', []])
  assert.match(second.message, /took longer than 0\.2 s/)
  const mute = await installFrom(context, () => {}, { ...DEFAULT_LIMITS, packSilenceMs: 100 })
  assert.equal(mute.details.reason, 'timeout')
})

test('a host that is not there is refused', async context => {
  const pack = await makeSamplePack(context)
  const fetchSource = takeFromAddress({ packId: pack.id, stream: { write: () => {} } })
  await assert.rejects(ensurePack({ ...pack, fetchSource }), {
    code: 'pack_download_failed',
    message: /^https:\/\/packs\.invalid\/sample\/v1\/sample-v1\.onnx cannot be reached \(/,
  })
  assert.deepEqual(await readdir(join(pack.packsDir)), [])
})
