// The commands on packs as people run them: what the list says, installing from a folder and an address, refusals with
// their exit codes, removing. With the real files, which only a developer's machine has, the whole way.
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { readdir, readFile, truncate, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { committedManifest } from '../vision/packs/install.ts'
import { assertFailed, createFolder, run, startFake } from './cli.fixture.ts'
import { readBaseAddress } from './pack-files.ts'

const SHARED = fileURLToPath(new URL('../../../../shared/packs', import.meta.url))
const skip = existsSync(SHARED) ? false : '../shared/packs is not there'
const list = async (env: Record<string, string>) =>
  new Map<string, Record<string, unknown>>(
    JSON.parse((await run(['packs', 'list', '--json'], env)).stdout).packs.map((pack: { id: string }) => [
      pack.id,
      pack,
    ]),
  )

test('the list names each pack with task, licence, source, state and size', async context => {
  const env = { LIKENESS_PACKS_DIR: await createFolder(context) }
  const packs = await list(env)
  const [first, ...others] = packs.keys()
  assert.equal(first, 'open')
  assert.deepEqual(
    others,
    others.toSorted((one, other) => one.localeCompare(other)),
  )
  const told = (id: string) => ['tasks', 'licence', 'state'].map(name => packs.get(id)?.[name])
  assert.deepEqual(told('minifasnet'), [['liveness'], 'Apache-2.0', 'available'])
  assert.deepEqual(told('retail-0095'), [['embed'], 'Apache-2.0', 'available'])
  assert.deepEqual(told('yunet'), [['landmarks'], 'Apache-2.0', 'available'])
  for (const id of ['minifasnet', 'retail-0095', 'yunet']) {
    const { sources, bytes, figures } = packs.get(id) as { sources: string[]; bytes: number; figures: unknown[] }
    assert.match(sources.join(), /^https:\/\/[^,]+\/$/)
    assert.ok(bytes > 100_000 && figures.length > 0)
  }
  const combined = packs.get('open+retail')!
  assert.deepEqual(
    [combined.state, combined.inUse, combined.parts, combined.tasks, combined.models],
    ['available', false, ['open', 'retail-0095'], ['embed'], []],
  )
  const { stdout } = await run(['packs'], env)
  assert.match(stdout, /^open\+retail 1\.0\.0 \(MIT and Apache-2\.0\): available, made of open and retail-0095$/m)
  assert.match(stdout, /^yunet 1\.0\.0 \(Apache-2\.0\): available, 233 kB, folder /m)
  assert.match(stdout, /^from https:\/\/raw\.githubusercontent\.com\/\S+\/onnx\/$/m)
  assert.match(stdout, /^measured: /m)
})

test('a wrong call is one sentence and exit code 2', async context => {
  const folder = await createFolder(context)
  const env = { LIKENESS_PACKS_DIR: folder }
  for (const [command, name] of [
    ['install', 'nope'],
    ['install', '../open'],
    ['remove', '..'],
  ])
    assertFailed(await run(['packs', command, name], env), 2, /There is no pack ".*"; there are open, .*minifasnet, /)
  const both = ['packs', 'install', 'yunet', '--from', folder, '--url', 'http://127.0.0.1:1']
  assertFailed(await run(both, env), 2, /cannot be used with/)
  assertFailed(await run(['packs', 'install', 'yunet', '--from', join(folder, 'none')], env), 2, /There is no folder/)
  assertFailed(await run(['packs', 'install', 'open', '--from', folder], env), 2, /built from what comes with/)
  assertFailed(await run(['packs', 'install', 'yunet', '--url', 'packs.example'], env), 2, /--url must be an http or/)
  assert.deepEqual(await readdir(folder), [])
})

/** One line on stderr says what is being built; the other is the refusal. */
const assertRefused = async (args: readonly string[], packsDir: string, sentence: RegExp): Promise<void> => {
  const { code, stdout, stderr } = await run(['packs', 'install', ...args], { LIKENESS_PACKS_DIR: packsDir })
  assert.match(stderr, sentence)
  assert.match(stderr, /^Building \S+ \(1 of \d\)\nlikeness: [^\n]+\n$/)
  assert.equal(stdout, '')
  assert.equal(code, 6)
  assert.deepEqual(await readdir(packsDir), [])
}

test('an address is one that files lie below', () => {
  assert.equal(readBaseAddress('http://127.0.0.1:8080/packs'), 'http://127.0.0.1:8080/packs/')
  assert.equal(readBaseAddress('https://packs.example/'), 'https://packs.example/')
  for (const url of [
    'packs.example',
    'ftp://packs.example/',
    'http://a:b@packs.example/',
    'https://packs.example/?a=b',
    '',
  ])
    assert.throws(() => readBaseAddress(url), { exit: 'usage', message: /--url must be an http or https address/ })
})

test('a folder without the files, or with others, is refused', async context => {
  const [folder, packsDir] = [await createFolder(context), await createFolder(context)]
  await assertRefused(
    ['yunet', '--from', folder],
    packsDir,
    /The file yunet_s_640_640\.onnx is neither in .*pack_source_missing/,
  )
  const file = join(folder, 'yunet_s_640_640.onnx')
  await writeFile(file, 'hello')
  await assertRefused(
    ['yunet', '--from', folder],
    packsDir,
    /has 5 bytes where 232589 were expected.*pack_source_corrupt/,
  )
  await truncate(file, 232_589)
  await assertRefused(['yunet', '--from', folder], packsDir, /has the SHA-256 .*pack_source_corrupt/)
})

test('an address that answers otherwise is refused', async context => {
  const packsDir = await createFolder(context)
  const missing = await startFake(context, (_, response) => void response.writeHead(404).end())
  await assertRefused(['minifasnet', '--url', missing.LIKENESS_URL], packsDir, /the status 404.*pack_download_failed/)
  const wrong = await startFake(context, (_, response) => void response.end(Buffer.alloc(1_849_453)))
  await assertRefused(
    ['minifasnet', '--url', wrong.LIKENESS_URL],
    packsDir,
    /2\.7_80x80_MiniFASNetV2\.pth has the SHA-256/,
  )
})

test('the pack in use is not removed, nor one that is not there', async context => {
  const env = { LIKENESS_PACKS_DIR: await createFolder(context) }
  assertFailed(await run(['packs', 'remove', 'open'], env), 3, /cannot do without it/)
  assertFailed(await run(['packs', 'remove', 'yunet'], env), 3, /The pack yunet is not installed/)
  assertFailed(await run(['packs', 'remove', 'open+retail'], env), 3, /made of open and retail-0095, and has no files/)
  for (const LIKENESS_PACK of ['retail-0095', 'open+retail'])
    assertFailed(
      await run(['packs', 'remove', 'retail-0095'], { ...env, LIKENESS_PACK }),
      3,
      /The pack retail-0095 makes the templates of new galleries; choose another with LIKENESS_PACK first/,
    )
  assertFailed(await run(['packs', 'remove', 'retail-0095'], env), 3, /The pack retail-0095 is not installed/)
})

test('what is in use follows from the setting and from what is installed', { skip }, async context => {
  const env = { LIKENESS_PACKS_DIR: await createFolder(context) }
  const usedOf = async (more: Record<string, string> = {}) =>
    [...(await list({ ...env, ...more })).values()].flatMap(({ id, inUse }) => (inUse ? [id] : []))
  assert.deepEqual(await usedOf(), ['open'])
  assert.equal((await run(['packs', 'install', 'retail-0095', '--from', SHARED], env)).code, 0)
  assert.deepEqual(await usedOf(), ['open+retail'])
  assert.deepEqual(await usedOf({ LIKENESS_PACK: 'retail-0095' }), ['retail-0095'])
  // The base pack, which the other half is, is only built now.
  const installBoth = async () => JSON.parse((await run(['packs', 'install', 'open+retail', '--json'], env)).stdout)
  assert.deepEqual([(await installBoth()).wasThere, (await installBoth()).wasThere], [false, true])
  await truncate(join(env.LIKENESS_PACKS_DIR, 'retail-0095', 'retail-reid.onnx'), 100)
  assert.deepEqual(await usedOf(), ['open'])
  const states = await list(env)
  assert.deepEqual([states.get('retail-0095')?.state, states.get('open+retail')?.state], ['damaged', 'damaged'])
  const { code, stderr } = await run(['packs', 'prepare'], env)
  assert.equal(code, 6)
  assert.match(
    stderr,
    /^likeness: The model pack retail-0095 is damaged.*packs install retail-0095.*\(pack_invalid\)$/m,
  )
})

test('each pack is installed from its files, verified, and removed again', { skip }, async context => {
  const packsDir = await createFolder(context)
  const env = { LIKENESS_PACKS_DIR: packsDir }
  const { LIKENESS_URL } = await startFake(context, async (request, response) => {
    const file = join(SHARED, 'yunet', basename(request.url ?? ''))
    response.end(await readFile(file))
  })
  const from: Record<string, readonly string[]> = {
    minifasnet: ['--from', join(SHARED, 'minifasnet')],
    'retail-0095': ['--from', SHARED],
    yunet: ['--url', `${LIKENESS_URL}/packs`],
  }
  for (const [id, args] of Object.entries(from)) {
    const installed = JSON.parse((await run(['packs', 'install', id, ...args, '--json'], env)).stdout)
    assert.deepEqual(installed, { id, version: '1.0.0', directory: join(packsDir, id), wasThere: false })
    const again = await run(['packs', 'install', id], env)
    assert.match(again.stdout, /is installed already/)
    assert.equal((await list(env)).get(id)?.state, 'installed')
    assert.equal(await readFile(join(packsDir, id, 'pack.json'), 'utf8'), await readFile(committedManifest(id), 'utf8'))
  }
  await truncate(join(packsDir, 'yunet', 'yunet.onnx'), 100)
  assert.equal((await list(env)).get('yunet')?.state, 'damaged')
  assert.equal((await run(['packs', 'install', 'yunet', ...from.yunet], env)).code, 0)
  assert.equal((await list(env)).get('yunet')?.state, 'installed')
  for (const id of Object.keys(from)) assert.equal((await run(['packs', 'remove', id], env)).code, 0)
  assert.deepEqual(await readdir(packsDir), [])
})
