// Checks what neither the compiler nor the linter sees: who imports whom, where packages and settings are used, and what
// files look like. Prints one line a violation, and the median length of the server's files.
import { resolve } from 'node:path'
import {
  checkFunctions,
  checkLengths,
  checkNames,
  checkOpenings,
  checkSizes,
  medianLength,
} from './structure/file-rules.ts'
import { checkImportRule } from './structure/import-rule.ts'
import { checkEnvironment, checkPackages } from './structure/package-rule.ts'
import { checkProtocols } from './structure/protocol-rule.ts'
import { openTree } from './structure/tree.ts'

const RULES = [
  checkImportRule,
  checkPackages,
  checkEnvironment,
  checkProtocols,
  checkOpenings,
  checkLengths,
  checkFunctions,
  checkNames,
  checkSizes,
]

const tree = openTree(resolve(import.meta.dirname, '..'))
const violations = RULES.flatMap(rule => rule(tree))
for (const { path, line, message } of violations) console.log(`${path}:${line} ${message}`)
console.log(
  `${tree.files.length} files, ${violations.length} violations; median of the server's files: ${medianLength(tree)} lines`,
)
process.exitCode = violations.length > 0 ? 1 : 0
