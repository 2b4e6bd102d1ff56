// Finds what a source file imports, by pattern: statements, dynamic imports, and names that are resolved as if imported.
import { posix } from 'node:path'

export interface Import {
  /** As written: "../core/types.ts", "sharp", "node:fs". */
  readonly specifier: string
  /** From 1. */
  readonly line: number
}

const TOKEN = /'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\[\s\S]|[^`\\])*`|\/\/[^\n]*|\/\*[\s\S]*?\*\//g
const NAMES = String.raw`[\w$\s{},*]`
const IMPORT = new RegExp(
  String.raw`(?:^|[\s;])(?:import|export)\s${NAMES}*?\bfrom\s*(['"])([^'"\n]+)\1` +
    String.raw`|(?:^|[\s;])import\s*(['"])([^'"\n]+)\3` +
    String.raw`|\b(?:import|import\.meta\.resolve|require)\s*\(\s*(['"])([^'"\n]+)\5`,
  'g',
)

/** Replaces comments and template literals by blanks, so that what they quote is not taken for code. Lines stay. */
export const blankProse = (text: string): string =>
  text.replace(TOKEN, token => (token.startsWith("'") || token.startsWith('"') ? token : token.replace(/[^\n]/g, ' ')))

export const findImports = (text: string): Import[] => {
  const code = blankProse(text)
  return [...code.matchAll(IMPORT)].map(match => {
    const specifier = match[2] ?? match[4] ?? match[6] ?? ''
    return { specifier, line: lineAt(code, match.index + match[0].lastIndexOf(specifier)) }
  })
}

/** The line of an offset, from 1. */
export const lineAt = (text: string, offset: number): number => text.slice(0, offset).split('\n').length

/** The path from the root that a relative specifier means, or null for a package. */
export const resolveImport = (path: string, specifier: string): string | null =>
  specifier.startsWith('.') ? posix.join(posix.dirname(path), specifier) : null

/** The package of a specifier ("@fastify/swagger", "kysely" for "kysely/migration"), or null for a path or a builtin. */
export const packageOf = (specifier: string): string | null => {
  if (specifier.startsWith('.') || specifier.startsWith('node:')) return null
  const [first = '', second = ''] = specifier.split('/')
  return first.startsWith('@') ? `${first}/${second}` : first
}
