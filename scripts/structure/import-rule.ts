// The import rule: which part of the project may import which. The table is the rule; a new part gets a line here.
import { findImports, type Import, resolveImport } from './imports.ts'
import { isServerSource, isTest, isTypeScript, type Rule, type Violation } from './tree.ts'

const BASE = ['errors', 'limits']
const DOMAIN = [...BASE, 'core']
const DRIVERS = ['vision', 'store', 'index', 'blobs', 'seal']

/** The parts of server/src, and the other parts that each may import. */
const LAYERS: Readonly<Record<string, readonly string[]>> = {
  'setup-errors': [],
  'session-errors': [],
  errors: ['session-errors', 'setup-errors'],
  limits: [],
  version: [],
  'regions-file': BASE,
  config: [...BASE, 'core', 'regions-file'],
  core: BASE,
  vision: DOMAIN,
  store: DOMAIN,
  index: DOMAIN,
  blobs: DOMAIN,
  seal: DOMAIN,
  http: [...DOMAIN, 'version'],
  main: [...DOMAIN, ...DRIVERS, 'http', 'config', 'version'],
  cli: [...DOMAIN, ...DRIVERS, 'http', 'config', 'version', 'main'],
}

/** What the tests of a part may import besides. */
const TEST_LAYERS: Readonly<Record<string, readonly string[]>> = {
  // What a store writes is sealed by the real vault.
  store: ['seal'],
}

/** Folders outside of server/src, and what they never import. */
const STRANGERS: Readonly<Record<string, readonly string[]>> = {
  'server/src/': ['server/test/', 'bench/', 'train/', 'scripts/', 'acceptance/', 'web/'],
  'acceptance/': ['server/'],
  'client/': ['server/', 'bench/', 'scripts/', 'acceptance/', 'web/'],
  'web/': ['server/', 'bench/', 'scripts/', 'acceptance/'],
}

export const checkImportRule: Rule = tree =>
  tree.files
    .filter(isTypeScript)
    .flatMap(path => findImports(tree.read(path)).flatMap(found => checkImport(path, found)))

const checkImport = (path: string, { specifier, line }: Import): Violation[] => {
  const target = resolveImport(path, specifier)
  if (target === null) return []
  const message =
    refuseStranger(path, target) ??
    refuseTestCode(path, target) ??
    refuseLayer(path, target) ??
    refuseOtherProtocol(path, target)
  return message === null ? [] : [{ path, line, message: `imports ${specifier}, but ${message}` }]
}

const refuseStranger = (path: string, target: string): string | null => {
  const home = Object.keys(STRANGERS).find(folder => path.startsWith(folder))
  const stranger = home && STRANGERS[home]?.find(folder => target.startsWith(folder))
  return stranger
    ? `${home} never imports from ${stranger}; move what both need to the side that may be imported`
    : null
}

const refuseTestCode = (path: string, target: string): string | null =>
  isServerSource(path) && !isTest(path) && isTest(target)
    ? 'that is test code; move what the product needs out of it'
    : null

const refuseLayer = (path: string, target: string): string | null => {
  const from = layerOf(path)
  const to = layerOf(target)
  if (from === null || to === null || from === to) return null
  const allowed = LAYERS[from]
  if (!allowed) return `no part "${from}" is known; give it a line in scripts/structure/import-rule.ts`
  if (allowed.includes(to) || (isTest(path) && TEST_LAYERS[from]?.includes(to))) return null
  const remedy =
    to === 'config' || to === 'main' || DRIVERS.includes(to)
      ? 'let main.ts pass it in, as a port of core/ports.ts or as a value'
      : 'move what both need down, or the caller up'
  return `${from} may import ${allowed.length > 0 ? allowed.join(', ') : 'nothing of the server'} only; ${remedy}`
}

/** "core" for server/src/core/types.ts, "errors" for server/src/errors.ts, null outside of server/src. */
const layerOf = (path: string): string | null => {
  if (!path.startsWith('server/src/')) return null
  const [first = ''] = path.slice('server/src/'.length).split('/')
  return first.replace(/\..*$/, '')
}

const PROTOCOL = /^server\/src\/http\/protocols\/([^/]+)\//

const refuseOtherProtocol = (path: string, target: string): string | null => {
  const from = PROTOCOL.exec(path)?.[1]
  const to = PROTOCOL.exec(target)?.[1]
  return from && to && from !== to ? 'protocols never import each other; move what both need to server/src/http/' : null
}
