// Builds the page and looks at what a browser would fetch: small, of this server only, and nothing the page's policy forbids.
import assert from 'node:assert/strict'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { gzipSync } from 'node:zlib'
import { build } from 'vite'

/** The promise is 100 KB for the first paint; what is written here keeps it far below. */
const MAX_FIRST_LOAD_BYTES = 30_000

let folder = ''
let html = ''
let assets: ReadonlyMap<string, string> = new Map()

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'capture-page-'))
  const configFile = join(import.meta.dirname, 'vite.config.ts')
  await build({ configFile, logLevel: 'silent', build: { outDir: folder } })
  html = await readFile(join(folder, 'index.html'), 'utf8')
  const names = (await readdir(join(folder, 'assets'))).filter(name => /\.(js|css)$/.test(name))
  assets = new Map(
    await Promise.all(names.map(async name => [name, await readFile(join(folder, 'assets', name), 'utf8')] as const)),
  )
})
after(() => rm(folder, { recursive: true, force: true }))

/** What the document names, and what that imports at once. */
const firstLoad = (): readonly string[] => {
  const names = [...html.matchAll(/\.\/assets\/([^"]+)/g)].map(([, name = '']) => name)
  for (const name of names) {
    const imports = (assets.get(name) ?? '').matchAll(/(?:from|import)\s*["']\.\/([^"']+)["']/g)
    for (const [, found = ''] of imports) if (!names.includes(found)) names.push(found)
  }
  return names
}

describe('the built page', () => {
  it('is small when it is first shown', () => {
    const sizes = firstLoad().map(name => gzipSync(assets.get(name) ?? '').length)
    const bytes = sizes.reduce((sum, size) => sum + size, gzipSync(html).length)
    assert.ok(sizes.length >= 2, html)
    assert.ok(bytes < MAX_FIRST_LOAD_BYTES, `${bytes} bytes`)
  })

  it('fetches the detector afterwards', () => {
    const first = firstLoad()
    for (const late of ['human', 'detector', 'th']) {
      const name = [...assets.keys()].find(each => each.startsWith(late))
      assert.ok(name && !first.includes(name), late)
    }
  })

  it('has no script, style or event within the document', () => {
    assert.doesNotMatch(html, /<style|\sstyle=|\son\w+=/)
    for (const [tag] of html.matchAll(/<script[^>]*>/g)) assert.match(tag, /src="\.\/assets\//)
    assert.doesNotMatch(html, /https?:/)
  })

  it('has hashed names, and the files that the detector runs on', async () => {
    for (const name of await readdir(join(folder, 'assets'))) assert.match(name, /-[\w-]{8}\.(js|css|wasm)$/)
    assert.ok((await readdir(join(folder, 'assets'))).some(name => /simd.*\.wasm$/.test(name)))
  })

  it('names no foreign server to fetch from', () => {
    for (const [name, text] of assets) {
      assert.doesNotMatch(text, /jsdelivr|unpkg|googleapis|gstatic/, name)
      if (!firstLoad().includes(name)) continue
      const foreign = [...text.matchAll(/https?:\/\/[^"'`\s)]+/g)].map(([address]) => address)
      assert.deepEqual(
        foreign.filter(address => !address.startsWith('http://www.w3.org/')),
        [],
        name,
      )
    }
  })

  it('evaluates no text as code', () => {
    for (const name of firstLoad()) assert.doesNotMatch(assets.get(name) ?? '', /\beval\(|new Function\(/, name)
  })
})
