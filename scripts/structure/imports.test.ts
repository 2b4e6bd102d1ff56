// What counts as an import, and what only looks like one.
import assert from 'node:assert/strict'
import { it } from 'node:test'
import { findImports, packageOf, resolveImport } from './imports.ts'

it('finds every form of import, with its line', () => {
  const text = [
    `import sharp from 'sharp'`,
    `import {`,
    `  type Box,`,
    `  cropBox as crop,`,
    `} from '../core/types.ts'`,
    `import * as fs from "node:fs"`,
    `import './side-effect.ts'`,
    `export { crop } from './crop.ts'`,
    `export * from './all.ts'`,
    `const late = await import('kysely/migration')`,
    `const url = import.meta.resolve('./worker.ts')`,
    `const old = require('usearch')`,
  ].join('\n')
  assert.deepEqual(
    findImports(text).map(({ specifier, line }) => `${line} ${specifier}`),
    [
      '1 sharp',
      '5 ../core/types.ts',
      '6 node:fs',
      '7 ./side-effect.ts',
      '8 ./crop.ts',
      '9 ./all.ts',
      '10 kysely/migration',
      '11 ./worker.ts',
      '12 usearch',
    ],
  )
})

it('takes nothing from comments, template literals and exported values', () => {
  const text = [
    `// import a from 'a'`,
    `/* import b from 'b' */`,
    "const script = `import c from 'c'`",
    `const glob = '**/*.ts' // and import d from 'd'`,
    `export const from = 'e'`,
    `export const name = read(from, 'f')`,
  ].join('\n')
  assert.deepEqual(findImports(text), [])
})

it('tells packages from paths and builtins', () => {
  assert.equal(packageOf('kysely/migration'), 'kysely')
  assert.equal(packageOf('@fastify/swagger/types'), '@fastify/swagger')
  assert.equal(packageOf('node:fs/promises'), null)
  assert.equal(packageOf('./local.ts'), null)
  assert.equal(resolveImport('server/src/store/faces.ts', '../core/types.ts'), 'server/src/core/types.ts')
  assert.equal(resolveImport('server/src/store/faces.ts', 'kysely'), null)
})
