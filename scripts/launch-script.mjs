// Runs one script of the project on the Node it is meant for, after installing what is missing.
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runNode } from '../server/bin/launch.mjs'
import { adviseOn, ensureInstalled } from './install.mjs'
import { ensureWebBuilt } from './web-build.mjs'

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)))

/**
 * Runs `[script, ...arguments]`, the script relative to the root, and resolves with its exit code. What serves pages has
 * them built; where that fails it is said, and everything else works.
 */
export const launchScript = async ([script, ...args], { servesPages = false } = {}) => {
  const file = join(ROOT, script)
  if (!existsSync(file)) throw adviseOn(`${script} is missing from this copy of the project.`)
  const node = await ensureInstalled(ROOT)
  if (servesPages)
    await ensureWebBuilt(ROOT, node).catch(error => {
      process.stderr.write(`${error.isAdvice ? error.message : error.stack}\n`)
    })
  return runNode(node, [file, ...args])
}
