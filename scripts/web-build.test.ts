// When the capture page is built, and when it is left as it is.
import assert from 'node:assert/strict'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, test } from 'node:test'
import { ensureWebBuilt, hasSources, isBuilt, stampOfSources } from './web-build.mjs'

const folders: string[] = []
after(() => Promise.all(folders.map(folder => rm(folder, { recursive: true, force: true }))))

const PAGE = join('server', 'web', 'capture', 'index.html')
/** In the place of the builder: writes a page that says how often it ran, or fails where the source says so. */
const VITE = `
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
if (readFileSync('main.ts', 'utf8').includes('broken')) {
  console.error('main.ts:1: unexpected word')
  process.exit(1)
}
const page = '../${PAGE.replaceAll('\\', '/')}'
mkdirSync('../server/web/capture', { recursive: true })
writeFileSync(page, String(existsSync(page) ? Number(readFileSync(page, 'utf8')) + 1 : 1))
`

const open = async () => {
  const root = await mkdtemp(join(tmpdir(), 'likeness-web-'))
  folders.push(root)
  const write = async (path: string, text: string): Promise<void> => {
    await mkdir(dirname(join(root, path)), { recursive: true })
    await writeFile(join(root, path), text)
  }
  await write('package-lock.json', '{}')
  await write('package.json', '{"type":"module"}')
  await write('node_modules/vite/bin/vite.js', VITE)
  await write('web/vite.config.ts', '')
  await write('web/main.ts', 'first')
  const build = (): Promise<void> => ensureWebBuilt(root, process.execPath)
  return { root, write, build, builds: () => readFile(join(root, PAGE), 'utf8').then(Number) }
}

test('the stamp is of the sources and the lock file, and of nothing else', async () => {
  const { root, write } = await open()
  const first = stampOfSources(root)
  await write('web/main.test.ts', 'a test')
  await write('web/node_modules/left/out.ts', 'a package')
  assert.equal(stampOfSources(root), first)
  await write('web/style.css', '')
  const second = stampOfSources(root)
  await write('package-lock.json', '{"new":1}')
  assert.equal(new Set([first, second, stampOfSources(root)]).size, 3)
})

test('the page is built once, again when a source has changed, and when it is gone', async () => {
  const { root, write, build, builds } = await open()
  assert.equal(isBuilt(root), false)
  await Promise.all([build(), build()])
  assert.equal(isBuilt(root), true)
  assert.equal(await builds(), 1)
  await build()
  assert.equal(await builds(), 1)
  await write('web/main.ts', 'second')
  await build()
  assert.equal(await builds(), 2)
  await rm(join(root, PAGE))
  await build()
  assert.equal(await builds(), 1)
})

test('a failed build says why, and is tried again', async () => {
  const { root, write, build } = await open()
  await write('web/main.ts', 'broken')
  await assert.rejects(build(), /unexpected word\nThe capture page could not be built/)
  assert.equal(isBuilt(root), false)
  await write('web/main.ts', 'mended')
  await build()
  assert.equal(isBuilt(root), true)
})

test('a package has no sources, and nothing is built', async () => {
  const { root, build } = await open()
  await rm(join(root, 'web'), { recursive: true })
  assert.equal(hasSources(root), false)
  await build()
})
