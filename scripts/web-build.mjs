// Builds the pages of web/ into server/web/ when they are missing or their sources have changed; else it costs some
// milliseconds. Plain JavaScript for Node 18 and later, without a dependency; the build itself runs on the pinned Node.
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { adviseOn } from './install.mjs'
import { withLock } from './install-lock.mjs'
import { readStamp } from './install-state.mjs'

const STAMP = join('.cache', 'web-build')
const CONFIG = join('web', 'vite.config.ts')
const PAGE = join('server', 'web', 'capture', 'index.html')
const VITE = join('node_modules', 'vite', 'bin', 'vite.js')
/** Not what a page is made of. */
const LEFT_OUT = /(^|[\\/])(node_modules|dist)$|\.(test|fixture)\.tsx?$/

const say = line => process.stderr.write(`${line}\n`)

const listSources = (root, folder) =>
  readdirSync(join(root, folder), { withFileTypes: true })
    .map(entry => ({ entry, path: join(folder, entry.name) }))
    .filter(({ path }) => !LEFT_OUT.test(path))
    .flatMap(({ entry, path }) => (entry.isDirectory() ? listSources(root, path) : [path]))
    .sort()

/** Names one build: all sources and the versions of what builds them and goes into them. */
export const stampOfSources = root => {
  const hash = createHash('sha256').update(readFileSync(join(root, 'package-lock.json')))
  for (const path of listSources(root, 'web')) {
    const content = readFileSync(join(root, path))
    hash.update(`\n${path.split('\\').join('/')} ${content.length}\n`).update(content)
  }
  return hash.digest('hex')
}

/** Whether there is something to build. */
export const hasSources = root => existsSync(join(root, CONFIG))

/** Whether the pages are there, made from the sources as they are. */
export const isBuilt = (root, stamp = stampOfSources(root)) =>
  existsSync(join(root, PAGE)) && readStamp(join(root, STAMP)) === stamp

/** @throws an error that advises, where the build fails */
export const ensureWebBuilt = async (root, node) => {
  if (!hasSources(root) || isBuilt(root)) return
  await withLock(join(root, '.cache', 'web-build.lock'), {
    onWait: () => say('Another command is building the capture page; waiting for it.'),
    task: async () => {
      const stamp = stampOfSources(root)
      if (isBuilt(root, stamp)) return
      say('Building the capture page. This takes some seconds, when its sources have changed.')
      const { failed, output } = await runVite(root, node)
      if (failed) throw adviseOn(`${output}\nThe capture page could not be built; the lines above say why.`)
      mkdirSync(dirname(join(root, STAMP)), { recursive: true })
      writeFileSync(join(root, STAMP), `${stamp}\n`)
    },
  })
}

const runVite = (root, node) =>
  new Promise(resolve => {
    const args = [join(root, VITE), 'build', '--config', join(root, CONFIG), '--logLevel', 'warn']
    // Nothing but what the lock file and the sources say decides what comes out.
    const child = spawn(node, args, { cwd: join(root, 'web'), stdio: ['ignore', 'pipe', 'pipe'] })
    const output = []
    for (const stream of [child.stdout, child.stderr]) stream.on('data', chunk => output.push(chunk))
    const finish = failed => resolve({ failed, output: Buffer.concat(output).toString().trim() })
    child.once('error', error => {
      output.push(Buffer.from(error.message))
      finish(true)
    })
    child.once('close', code => finish(code !== 0))
  })
