// Which npm packages may be imported where, and who may read the environment. Tests may import any package.
import { blankProse, findImports, lineAt, packageOf } from './imports.ts'
import { isServerSource, isTest, type Rule, type Tree } from './tree.ts'

/** Heavy or replaceable packages, and the only files (or folders, with a slash at the end) that import them. */
const IMPORTERS: readonly { readonly packages: RegExp; readonly where: readonly string[] }[] = [
  { packages: /^onnxruntime-node$/, where: ['server/src/vision/workers/session.ts'] },
  { packages: /^piscina$/, where: ['server/src/vision/workers/'] },
  { packages: /^sharp$/, where: ['server/src/vision/decode.ts'] },
  { packages: /^better-sqlite3$/, where: ['server/src/store/'] },
  { packages: /^kysely$/, where: ['server/src/store/', 'server/src/index/pgvector.ts'] },
  { packages: /^usearch$/, where: ['server/src/index/'] },
  { packages: /^(fastify|fastify-.*|@fastify\/.*)$/, where: ['server/src/http/'] },
]

/** The parts that stay free of every npm package. */
const PLAIN = /^server\/src\/(core\/|errors\.ts$|limits\.ts$)/

const productFiles = (tree: Tree): string[] => tree.files.filter(path => isServerSource(path) && !isTest(path))

const isAmong = (path: string, where: readonly string[]): boolean =>
  where.some(place => (place.endsWith('/') ? path.startsWith(place) : path === place))

export const checkPackages: Rule = tree =>
  productFiles(tree).flatMap(path =>
    findImports(tree.read(path)).flatMap(({ specifier, line }) => {
      const name = packageOf(specifier)
      const message = name === null ? null : refusePackage(path, name)
      return message === null ? [] : [{ path, line, message: `imports ${specifier}, but ${message}` }]
    }),
  )

const refusePackage = (path: string, name: string): string | null => {
  if (PLAIN.test(path)) return 'this part imports no npm package; declare a port and let a driver implement it'
  const rule = IMPORTERS.find(({ packages }) => packages.test(name))
  return rule && !isAmong(path, rule.where)
    ? `only ${rule.where.join(' and ')} may import ${name}; use what that exports`
    : null
}

const ENVIRONMENT = /\bprocess\s*\.\s*env\b|\benv\b[^;]*?\bfrom\s+'node:process'/g

/** One file reads the environment, so that one table lists every setting. */
export const checkEnvironment: Rule = tree =>
  productFiles(tree)
    .filter(path => path !== 'server/src/config.ts')
    .flatMap(path => {
      const code = blankProse(tree.read(path))
      return [...code.matchAll(ENVIRONMENT)].map(({ index }) => ({
        path,
        line: lineAt(code, index),
        message: 'reads process.env, which only server/src/config.ts does; make it a setting and pass it in',
      }))
    })
