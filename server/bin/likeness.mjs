#!/usr/bin/env node
// The `likeness` command: runs the sources where they are present (a clone), else what was built from them (a package).
// Plain JavaScript for Node 18 and later, so that an older Node gets a sentence and not a syntax error.
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { findNode, NEEDED_MAJOR, runNode } from './launch.mjs'

const pathOf = relative => fileURLToPath(new URL(relative, import.meta.url))

const source = pathOf('../src/cli/likeness.ts')
const entry = existsSync(source) ? source : pathOf('../dist/cli/likeness.js')
const node = findNode(pathOf('..'))

if (!existsSync(entry)) {
  fail(`likeness: neither src/cli/likeness.ts nor dist/cli/likeness.js is in ${pathOf('..')}; install likeness again.`)
} else if (node === null) {
  const remedy = existsSync(source) ? 'run `npm ci` in the clone, which brings one' : `install Node ${NEEDED_MAJOR}`
  fail(`likeness: Node ${NEEDED_MAJOR} or later is needed, and this is ${process.version}; ${remedy}.`)
} else {
  process.exitCode = await runNode(node, [entry, ...process.argv.slice(2)]).catch(error =>
    fail(`likeness: ${node} could not be started: ${error.message}`),
  )
}

function fail(sentence) {
  process.stderr.write(`${sentence}\n`)
  process.exitCode = 1
  return 1
}
