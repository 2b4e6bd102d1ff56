// Runs npm: the one that runs this script, else the one beside the running Node. Its output is kept for when it fails.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { basename, delimiter, dirname, join, sep } from 'node:path'

const QUIET = ['--no-audit', '--no-fund', '--no-progress', '--no-update-notifier', '--loglevel=error']
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP']

/** How npm is started: a program, the arguments before npm's own, and whether that takes a shell. */
export const locateNpm = (root, environment = process.env) => {
  const node = locateOuterNode(root, environment)
  const beside = dirname(node)
  const candidates = [
    environment.npm_execpath,
    join(beside, '..', 'lib', 'node_modules', 'npm', 'bin', 'npm-cli.js'),
    join(beside, 'node_modules', 'npm', 'bin', 'npm-cli.js'),
  ]
  // Other package managers set npm_execpath too, and do not understand the same commands.
  const cli = candidates.find(file => file && basename(file) === 'npm-cli.js' && existsSync(file))
  if (cli) return { program: node, before: [cli], shell: false }
  return { program: 'npm', before: [], shell: process.platform === 'win32' }
}

/**
 * A Node outside node_modules. Within npm scripts `node` is the pinned one, which `npm ci` deletes while it works;
 * npm has to run on one that is still there afterwards.
 */
const locateOuterNode = (root, environment) => {
  const inside = file => file.startsWith(join(root, 'node_modules') + sep)
  const name = process.platform === 'win32' ? 'node.exe' : 'node'
  const onPath = (environment.PATH ?? environment.Path ?? '').split(delimiter).map(folder => join(folder, name))
  const candidates = [process.execPath, environment.npm_node_execpath, ...onPath]
  return candidates.find(file => file && !inside(file) && existsSync(file)) ?? process.execPath
}

/** Runs npm in `root` to its end. Resolves with whether it failed, whether a signal asked for that, and its output. */
export const runNpm = ({ program, before, shell }, root, args) =>
  new Promise(resolve => {
    const child = spawn(program, [...before, ...args, ...QUIET], {
      cwd: root,
      shell,
      stdio: ['ignore', 'pipe', 'pipe'],
      // Were an install script to run after all, it must not fetch GPU libraries.
      env: { ...process.env, ONNXRUNTIME_NODE_INSTALL: 'skip' },
    })
    const output = []
    for (const stream of [child.stdout, child.stderr]) stream.on('data', chunk => output.push(chunk))
    let interrupted = false
    const interrupt = signal => {
      interrupted = true
      child.kill(signal)
    }
    for (const signal of SIGNALS) process.on(signal, interrupt)
    const finish = failed => {
      for (const signal of SIGNALS) process.off(signal, interrupt)
      resolve({ failed: failed || interrupted, interrupted, output: Buffer.concat(output).toString().trim() })
    }
    child.once('error', error => {
      output.push(Buffer.from(error.message))
      finish(true)
    })
    child.once('close', code => finish(code !== 0))
  })
