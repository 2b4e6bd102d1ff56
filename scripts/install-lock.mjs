// Lets one process at a time install, by a folder that only one of them can make. A lock whose owner is gone is cleared.
import { mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

const POLL_MS = 300
/** An owner writes its name right after it made the folder; one that has none after this long died in between. */
const NAMELESS_MS = 10_000

/** Runs `task` while holding the lock; calls `onWait` once if another process holds it. */
export const withLock = async (folder, { task, onWait }) => {
  mkdirSync(dirname(folder), { recursive: true })
  for (let waited = false; !acquire(folder); ) {
    if (isAbandoned(folder)) {
      clear(folder)
      continue
    }
    if (!waited) onWait()
    waited = true
    await sleep(POLL_MS)
  }
  const release = () => rmSync(folder, { recursive: true, force: true })
  try {
    return await task()
  } finally {
    release()
  }
}

const acquire = folder => {
  try {
    mkdirSync(folder)
  } catch (error) {
    if (error.code === 'EEXIST') return false
    throw error
  }
  writeFileSync(join(folder, 'owner'), String(process.pid))
  return true
}

const readOwner = folder => {
  try {
    return Number(readFileSync(join(folder, 'owner'), 'utf8')) || null
  } catch {
    return null
  }
}

const isAbandoned = folder => {
  const owner = readOwner(folder)
  if (owner !== null) return !isAlive(owner)
  try {
    return Date.now() - statSync(folder).mtimeMs > NAMELESS_MS
  } catch {
    return false
  }
}

const isAlive = pid => {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error.code === 'EPERM'
  }
}

/** Moves the lock aside before it is deleted, so that of several who find it abandoned only one clears it. */
const clear = folder => {
  const aside = `${folder}-${process.pid}`
  try {
    renameSync(folder, aside)
  } catch {
    return
  }
  const owner = readOwner(aside)
  if (owner !== null && isAlive(owner)) {
    // Someone else cleared it and took it in the meantime; it goes back to its owner.
    renameSync(aside, folder)
    return
  }
  rmSync(aside, { recursive: true, force: true })
}
