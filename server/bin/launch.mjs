// Finds a Node that runs the server's TypeScript, and runs it as if it were this process: same terminal, same signals,
// same exit code. Plain JavaScript for Node 18 and later; used by the `likeness` command and by the npm scripts.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { constants } from 'node:os'
import { dirname, join } from 'node:path'

/** The first major version that runs the TypeScript sources as they are. */
export const NEEDED_MAJOR = 24

const PINNED = join('node_modules', 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node')

/** Where the npm package `node` puts its executable, in the project at `folder`. */
export const pinnedNodeIn = folder => join(folder, PINNED)

/** The pinned Node of `folder` or of a folder above it, else the running one, else null when that is too old. */
export const findNode = folder => {
  for (let at = folder, above = ''; at !== above; above = at, at = dirname(at)) {
    const pinned = pinnedNodeIn(at)
    if (existsSync(pinned)) return pinned
  }
  return runningMajor() >= NEEDED_MAJOR ? process.execPath : null
}

export const runningMajor = () => Number.parseInt(process.versions.node, 10)

/**
 * What keeps the server's memory level, for glibc and V8: without it glibc holds on to freed picture buffers in an arena
 * for each thread, and short-lived objects spread over 48 MB. The trim threshold has to be set with the others: glibc
 * otherwise gives back and takes again the scan's memory with each search, which made it 1.7 times slower. Set values win.
 */
export const MEMORY_ENV = {
  MALLOC_ARENA_MAX: '2',
  MALLOC_MMAP_THRESHOLD_: '4194304',
  MALLOC_TRIM_THRESHOLD_: '8388608',
}
export const MEMORY_FLAGS = ['--max-semi-space-size=4']

/** Runs Node with these arguments to its end, and resolves with the exit code (128 + the signal that ended it). */
export const runNode = (node, args) =>
  new Promise((resolve, reject) => {
    const child = spawn(node, [...MEMORY_FLAGS, ...args], { stdio: 'inherit', env: { ...MEMORY_ENV, ...process.env } })
    const forward = signal => {
      // A terminal sends Ctrl-C to the whole group, so the child has it already; twice would mean "now, at once".
      if (signal === 'SIGINT' && process.stdin.isTTY) return
      child.kill(signal)
    }
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, forward)
    child.once('error', reject)
    child.once('exit', (code, signal) => resolve(code ?? 128 + (constants.signals[signal] ?? 0)))
  })
