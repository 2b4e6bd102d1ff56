// The tree of commands: help and reference of each, usage errors, settings, packs, benchmarks, and the server's own start.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { SETTINGS } from '../config.ts'
import { VERSION } from '../version.ts'
import { bench } from './bench.ts'
import { assertFailed, createFolder, PACKS_DIR, run } from './cli.fixture.ts'
import { EXIT } from './exit-codes.ts'
import { HELP, listCommands, wordsOf } from './help.ts'
import { createProgram } from './program.ts'
import { renderCliReference } from './reference.ts'

test('every command has examples that call it, exit codes, and a place in the reference', () => {
  const leaves = listCommands(createProgram()).filter(command => command.commands.length === 0)
  assert.deepEqual(leaves.map(wordsOf).sort(), Object.keys(HELP).sort())
  const reference = renderCliReference()
  for (const command of leaves) {
    const words = wordsOf(command)
    const { examples } = HELP[words]
    for (const example of examples) assert.ok(`${example} `.startsWith(`npx likeness ${words.replace(/ list$/, '')}`))
    assert.ok(reference.includes(`\n## likeness ${words}\n`))
    for (const { long } of command.options) assert.ok(reference.includes(`${long}`), long)
  }
  for (const code of Object.values(EXIT)) assert.match(reference, new RegExp(`\n\\| ${code} \\| `))
  assert.equal(reference, renderCliReference())
})

test('help and version', async () => {
  assert.equal((await run(['--version'])).stdout, `${VERSION}\n`)
  const main = await run(['--help'])
  assert.match(main.stdout, /Exit codes:\n {2}0 {2}Done/)
  assert.equal(main.code, 0)
  const help = await run(['enrol', '--help'])
  assert.match(help.stdout, /Examples:\n {2}npx likeness enrol staff pictures\/ --create\n/)
  assert.equal(help.code, 0)
})

test('a wrong call is one sentence and exit code 2', async () => {
  assertFailed(await run(['serch']), 2, /unknown command 'serch'/)
  assertFailed(await run(['search', 'g']), 2, /a gallery and a picture/)
  assertFailed(await run(['verify', 'g', 's']), 2, /missing required argument 'file'/)
  assertFailed(await run(['search', 'g', 'f', '--limit', '0']), 2, /whole number from 1 to 100/)
  assertFailed(await run(['search', 'g', 'f', '--threshold', '101']), 2, /a number from 0 to 100/)
  assertFailed(await run(['search', 'g', 'f', '--threshold', '80', '--max-fpir', '0.1']), 2, /cannot be used with/)
  assertFailed(await run(['verify', 'g', 's', 'f', '--max-fmr', '1']), 2, /above 0 and below 1/)
  assertFailed(await run(['detect', 'no-such-file.jpg']), 2, /There is no file no-such-file\.jpg/)
})

test('config shows every setting, where it came from, and never the key', async context => {
  const file = join(await createFolder(context), 'settings.json')
  await writeFile(file, JSON.stringify({ searchThreads: 3 }))
  const env = { LIKENESS_CONFIG: file, LIKENESS_PORT: '9000', LIKENESS_KEY: 'lk_secret' }
  const asJson = await run(['config', '--json'], env)
  const { settings } = JSON.parse(asJson.stdout)
  const byName = new Map(settings.map((each: { name: string }) => [each.name, each]))
  assert.deepEqual(
    [...byName.keys()],
    SETTINGS.map(({ name }) => name),
  )
  const pick = (name: string) => {
    const { value, origin } = byName.get(name) as { value: unknown; origin: string }
    return [value, origin]
  }
  assert.deepEqual(pick('port'), [9000, 'LIKENESS_PORT'])
  assert.deepEqual(pick('searchThreads'), [3, file])
  assert.deepEqual(pick('host'), ['127.0.0.1', 'default'])
  assert.deepEqual(pick('key'), ['********', 'LIKENESS_KEY'])
  const asText = await run(['config'], env)
  assert.match(asText.stdout, /LIKENESS_PORT \(port\) = 9000 {3}\[from LIKENESS_PORT, default 8470\]/)
  assert.ok(!`${asJson.stdout}${asText.stdout}`.includes('lk_secret'))
})

test('packs tells what is installed and what is available', async context => {
  const packsDir = await createFolder(context)
  const read = async (folder: string) =>
    JSON.parse((await run(['packs', '--json'], { LIKENESS_PACKS_DIR: folder })).stdout).packs[0]
  assert.equal((await read(packsDir)).state, 'available')
  const prepared = await run(['packs', 'prepare', '--json'], { LIKENESS_PACKS_DIR: PACKS_DIR })
  assert.equal(JSON.parse(prepared.stdout).directory, join(PACKS_DIR, 'open'))
  const { id, inUse, state, models } = await read(PACKS_DIR)
  assert.deepEqual([id, inUse, state], ['open', true, 'installed'])
  assert.ok(models.every((model: { state: string }) => model.state === 'installed'))
  const listed = await run(['packs'], { LIKENESS_PACKS_DIR: PACKS_DIR })
  assert.match(listed.stdout, /embed +dlib-resnet +dlib-resnet\.onnx +22\.1 MB +MIT.* installed/)
})

test('bench hands over arguments and exit code, and says where benchmarks are when there are none', async context => {
  const main = join(await createFolder(context), 'main.ts')
  await assert.rejects(bench(main, []), /need a source checkout/)
  await writeFile(main, `process.exit(process.argv.slice(2).join() === 'search,--sizes,10' ? 9 : 1)`)
  try {
    await bench(main, ['search', '--sizes', '10'])
    assert.equal(process.exitCode, 9)
  } finally {
    process.exitCode = 0
  }
})

test('serve: a taken port, a wrong setting and a bad folder are one sentence each', async context => {
  const other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  context.after(() => other.close())
  const { port } = other.address() as { port: number }
  const dataDir = await createFolder(context)
  const taken = await run(['serve', '--port', String(port), '--data-dir', dataDir])
  assertFailed(taken, 6, new RegExp(`Port ${port} of 127\\.0\\.0\\.1 is taken.*--port or LIKENESS_PORT`))
  assertFailed(await run(['serve'], { LIKENESS_PORT: 'many' }), 2, /LIKENESS_PORT.*config_invalid/)
  assertFailed(await run(['serve', '--data-dir', process.execPath]), 6, /cannot be used.*--data-dir/)
  const elsewhere = await run(['serve', '--host', '192.0.2.1', '--data-dir', dataDir])
  assertFailed(elsewhere, 2, /192\.0\.2\.1 is no address of this machine.*--host/)
})

test('serve says where it is, gives the first key once, and ends on SIGTERM', async context => {
  const env = { LIKENESS_DATA_DIR: await createFolder(context), LIKENESS_PACKS_DIR: PACKS_DIR, LIKENESS_PORT: '0' }
  const entry = fileURLToPath(new URL('likeness.ts', import.meta.url))
  const child = spawn(process.execPath, [entry, 'serve'], { env, stdio: ['ignore', 'pipe', 'inherit'] })
  let output = ''
  for await (const chunk of child.stdout.setEncoding('utf8')) {
    output += chunk
    if (output.includes('More keys')) child.kill('SIGTERM')
  }
  assert.match(output, /^Likeness is ready at http:\/\/127\.0\.0\.1:\d+ /m)
  assert.match(output, /^API key, shown this once: lk_/m)
  assert.deepEqual(child.exitCode === null ? await once(child, 'exit') : [child.exitCode, null], [0, null])
})
