// The rules on made-up trees: each with what it allows and what it refuses.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  checkFunctions,
  checkLengths,
  checkNames,
  checkOpenings,
  checkSizes,
  MAX_FILE_LINES,
  MAX_FUNCTION_LINES,
  measureFunctions,
  medianLength,
} from './file-rules.ts'
import { checkImportRule } from './import-rule.ts'
import { checkEnvironment, checkPackages } from './package-rule.ts'
import { checkProtocols } from './protocol-rule.ts'
import { makeTree, type Rule } from './tree.ts'

/** "path:line" of each violation. */
const places = (rule: Rule, files: Record<string, string>): string[] =>
  rule(makeTree(files)).map(({ path, line }) => `${path}:${line}`)

const importOf = (specifier: string): string => `import '${specifier}'`

describe('the import rule', () => {
  const allowed: [string, string][] = [
    ['server/src/core/enrol.ts', './types.ts'],
    ['server/src/core/enrol.ts', '../errors.ts'],
    ['server/src/store/faces.ts', '../core/ports.ts'],
    ['server/src/vision/packs/install.ts', '../../limits.ts'],
    ['server/src/vision/detect.ts', './decode.ts'],
    ['server/src/http/api/faces.ts', '../../core/enrol.ts'],
    ['server/src/main.ts', './store/sqlite.ts'],
    ['server/src/cli/serve.ts', '../main.ts'],
    ['server/src/cli/serve.ts', '../config.ts'],
    ['server/src/http/protocols/advance/map.ts', '../shared.ts'],
    ['server/src/store/faces.test.ts', './store.suite.ts'],
    ['server/src/store/faces.test.ts', '../seal/vault.fixture.ts'],
    ['server/src/seal/vault.ts', '../core/ports.ts'],
    ['server/src/config.test.ts', './errors.ts'],
    ['bench/search.ts', '../server/src/index/exact.ts'],
  ]
  for (const [path, specifier] of allowed)
    it(`lets ${path} import ${specifier}`, () =>
      assert.deepEqual(places(checkImportRule, { [path]: importOf(specifier) }), []))

  const refused: [string, string][] = [
    ['server/src/errors.ts', './limits.ts'],
    ['server/src/core/enrol.ts', '../store/sqlite.ts'],
    ['server/src/core/enrol.ts', '../config.ts'],
    ['server/src/store/faces.ts', '../vision/pipeline.ts'],
    ['server/src/store/faces.ts', '../seal/vault.ts'],
    ['server/src/seal/vault.ts', '../store/sqlite.ts'],
    ['server/src/store/faces.test.ts', '../vision/pipeline.ts'],
    ['server/src/index/exact.ts', '../store/schema.ts'],
    ['server/src/http/app.ts', '../config.ts'],
    ['server/src/http/app.ts', '../store/sqlite.ts'],
    ['server/src/main.ts', './cli/serve.ts'],
    ['server/src/newcomer/thing.ts', '../errors.ts'],
    ['server/src/http/protocols/advance/map.ts', '../verihubs/map.ts'],
    ['server/src/store/faces.ts', './store.suite.ts'],
    ['server/src/core/enrol.ts', '../../../bench/search.ts'],
    ['acceptance/enrol.test.ts', '../server/src/main.ts'],
  ]
  for (const [path, specifier] of refused)
    it(`refuses ${path} to import ${specifier}`, () =>
      assert.deepEqual(places(checkImportRule, { [path]: `// opening\n${importOf(specifier)}` }), [`${path}:2`]))
})

describe('packages', () => {
  const home: [string, string][] = [
    ['onnxruntime-node', 'server/src/vision/workers/session.ts'],
    ['piscina', 'server/src/vision/workers/pool.ts'],
    ['sharp', 'server/src/vision/decode.ts'],
    ['kysely/migration', 'server/src/store/migrate.ts'],
    ['kysely', 'server/src/index/pgvector.ts'],
    ['better-sqlite3', 'server/src/store/sqlite.ts'],
    ['usearch', 'server/src/index/scan-worker.ts'],
    ['@fastify/multipart', 'server/src/http/images.ts'],
  ]
  for (const [name, path] of home)
    it(`lets ${path} import ${name}, and not its neighbours`, () => {
      assert.deepEqual(places(checkPackages, { [path]: importOf(name) }), [])
      assert.deepEqual(places(checkPackages, { 'server/src/vision/align.ts': importOf(name) }), [
        'server/src/vision/align.ts:1',
      ])
    })

  it('keeps the core free of packages, and lets tests import any', () => {
    assert.deepEqual(places(checkPackages, { 'server/src/core/names.ts': importOf('zod') }), [
      'server/src/core/names.ts:1',
    ])
    assert.deepEqual(places(checkPackages, { 'server/src/core/keys.ts': importOf('node:crypto') }), [])
    assert.deepEqual(places(checkPackages, { 'server/src/core/names.test.ts': importOf('sharp') }), [])
  })

  it('lets config.ts and tests alone read the environment', () => {
    const reading = '// opening\nconst url = process.env.DATABASE_URL'
    assert.deepEqual(places(checkEnvironment, { 'server/src/config.ts': reading }), [])
    assert.deepEqual(places(checkEnvironment, { 'server/src/store/postgres.test.ts': reading }), [])
    assert.deepEqual(places(checkEnvironment, { 'server/src/cli/serve.ts': reading }), ['server/src/cli/serve.ts:2'])
    assert.deepEqual(places(checkEnvironment, { 'server/src/cli/serve.ts': "import { env } from 'node:process'" }), [
      'server/src/cli/serve.ts:1',
    ])
  })
})

describe('protocols', () => {
  const complete = Object.fromEntries(
    ['index.ts', 'routes.ts', 'wire.ts', 'map.ts', 'errors.ts', 'auth.ts', 'README.md', '__fixtures__/a.json'].map(
      name => [`server/src/http/protocols/advance/${name}`, ''],
    ),
  )

  it('have all their files', () => assert.deepEqual(places(checkProtocols, complete), []))

  it('miss none of them', () => {
    const { 'server/src/http/protocols/advance/auth.ts': _, ...rest } = complete
    assert.deepEqual(places(checkProtocols, rest), ['server/src/http/protocols/advance/auth.ts:1'])
  })

  it('may share files that stand beside them', () =>
    assert.deepEqual(places(checkProtocols, { 'server/src/http/protocols/shared.ts': '' }), []))
})

describe('files', () => {
  it('open with a comment', () => {
    assert.deepEqual(places(checkOpenings, { 'server/src/a.ts': '// what it is for\n' }), [])
    assert.deepEqual(places(checkOpenings, { 'server/src/a.ts': '#!/usr/bin/env node\n/** what it is for */\n' }), [])
    assert.deepEqual(places(checkOpenings, { 'server/src/a.ts': 'export {}\n' }), ['server/src/a.ts:1'])
  })

  it('are bounded in length, unless generated', () => {
    const long = 'x\n'.repeat(MAX_FILE_LINES + 1)
    assert.deepEqual(places(checkLengths, { 'server/src/a.ts': long.slice(2) }), [])
    assert.deepEqual(places(checkLengths, { 'server/src/a.ts': long }), [`server/src/a.ts:${MAX_FILE_LINES + 1}`])
    assert.deepEqual(places(checkLengths, { 'server/src/a.generated.ts': long }), [])
  })

  it('have a median length that tests do not change', () => {
    const tree = makeTree({
      'server/src/a.ts': 'x\n',
      'server/src/b.ts': 'x\nx\nx\n',
      'server/src/c.ts': 'x\n'.repeat(9),
      'server/src/c.test.ts': 'x\n'.repeat(50),
    })
    assert.equal(medianLength(tree), 3)
    assert.equal(medianLength(makeTree({})), 0)
  })

  it('have names in kebab-case that say something', () => {
    assert.deepEqual(places(checkNames, { 'server/src/http/protocols/advance/__fixtures__/a-b.test.ts': '' }), [])
    assert.deepEqual(places(checkNames, { 'server/README.md': '' }), [])
    assert.deepEqual(places(checkNames, { 'server/src/faceStore.ts': '' }), ['server/src/faceStore.ts:1'])
    assert.deepEqual(places(checkNames, { 'server/src/Store/faces.ts': '' }), ['server/src/Store/faces.ts:1'])
    assert.deepEqual(places(checkNames, { 'bench/utils.ts': '' }), ['bench/utils.ts:1'])
  })

  it('are neither models nor large', () => {
    assert.deepEqual(places(checkSizes, { 'docs/picture.png': 'x'.repeat(200_000) }), [])
    assert.deepEqual(places(checkSizes, { 'docs/picture.png': 'x'.repeat(600_000) }), ['docs/picture.png:1'])
    assert.deepEqual(places(checkSizes, { 'server/packs/open/face.bin': 'x'.repeat(110_000) }), [
      'server/packs/open/face.bin:1',
    ])
    assert.deepEqual(places(checkSizes, { 'server/packs/open/face.onnx': 'x' }), ['server/packs/open/face.onnx:1'])
    assert.deepEqual(places(checkSizes, { 'server/packs/liveness/liveness-face.onnx': 'x' }), [])
  })
})

describe('functions', () => {
  const body = (lines: number): string => '  step()\n'.repeat(lines)

  it('are measured in each of their forms', () => {
    const text = [
      'export async function one(): Promise<void> {', // 1
      '  await step()', // 2
      '}', // 3
      '', // 4
      'const two = (x: number): number =>', // 5
      '  x +', // 6
      '  1', // 7
      '', // 8
      'export const three = (', // 9
      '  x: number,', // 10
      '): number => {', // 11
      '  return x', // 12
      '}', // 13
    ].join('\n')
    assert.deepEqual(measureFunctions(text), [
      { line: 1, ownLines: 3 },
      { line: 5, ownLines: 3 },
      { line: 11, ownLines: 3 },
    ])
  })

  it('do not count the functions within them', () => {
    const text = `const outer = () => {\n  step()\n  app.get('/', async () => {\n    inner()\n  })\n}\n`
    assert.deepEqual(measureFunctions(text), [
      { line: 1, ownLines: 3 },
      { line: 3, ownLines: 3 },
    ])
  })

  it('are bounded in length', () => {
    const make = (lines: number): string => `function long() {\n${body(lines - 2)}}\n`
    assert.deepEqual(places(checkFunctions, { 'server/src/a.ts': make(MAX_FUNCTION_LINES) }), [])
    assert.deepEqual(places(checkFunctions, { 'server/src/a.ts': make(MAX_FUNCTION_LINES + 1) }), ['server/src/a.ts:1'])
    assert.deepEqual(places(checkFunctions, { 'server/src/a.test.ts': make(MAX_FUNCTION_LINES + 1) }), [])
  })
})
