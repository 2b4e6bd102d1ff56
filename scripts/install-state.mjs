// Answers whether node_modules holds what package-lock.json asks for. Reads, never writes.
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Names one install: the lock file's content on one kind of machine. */
export const stampOf = (lockfile, platform = process.platform, arch = process.arch) =>
  createHash('sha256').update(`${platform} ${arch}\n${lockfile}`).digest('hex')

/** The stamp of the last complete install, or null. */
export const readStamp = file => {
  try {
    return readFileSync(file, 'utf8').trim()
  } catch {
    return null
  }
}

/** The version that an executable says it is ("v24.21.0"), or null when there is none that runs. */
export const readNodeVersion = node => {
  try {
    return execFileSync(node, ['--version'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()
  } catch {
    return null
  }
}

/**
 * Whether npm's own note of what it installed agrees with the lock file: then someone ran `npm ci` or `npm install`
 * themselves, and there is nothing to repeat. Only packages for other machines may be absent.
 */
export const isInstalledByHand = (root, lockfile, machine = process) => {
  const note = join(root, 'node_modules', '.package-lock.json')
  if (!existsSync(note)) return false
  const installed = JSON.parse(readFileSync(note, 'utf8')).packages
  return Object.entries(JSON.parse(lockfile).packages)
    .filter(([path]) => path.includes('node_modules/'))
    .every(([path, wanted]) => {
      const found = installed[path]
      if (!found) return Boolean(wanted.optional) && !isFor(machine, wanted)
      return found.version === wanted.version && found.integrity === wanted.integrity && existsSync(join(root, path))
    })
}

/** Whether a package is made for this machine. One that names a C library may be for the other one, so it says no. */
const isFor = ({ platform, arch }, { os = [], cpu = [], libc }) =>
  os.includes(platform) && cpu.includes(arch) && libc === undefined
