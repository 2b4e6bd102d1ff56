// What every file of its kind has: an opening comment, a bounded length, a name in kebab-case, a type that belongs in git.
import { posix } from 'node:path'
import { isServerSource, isTest, type Rule, type Tree } from './tree.ts'

export const MAX_FILE_LINES = 400
export const MAX_FUNCTION_LINES = 70
const MAX_BINARY_BYTES = 100 * 1024
const MAX_PICTURE_BYTES = 512 * 1024
const MAX_FILE_BYTES = 1024 * 1024

export const isGenerated = (path: string): boolean => path.includes('.generated.') || path.includes('/generated/')

export const countLines = (text: string): number => text.split('\n').length - (text.endsWith('\n') ? 1 : 0)

export const checkOpenings: Rule = tree =>
  tree.files
    .filter(isServerSource)
    .filter(path => !/^(#!.*\n)?(\/\/|\/\*)/.test(tree.read(path)))
    .map(path => ({
      path,
      line: 1,
      message: 'opens without a comment; say in one to three lines what the file is for and what it must not do',
    }))

export const checkLengths: Rule = tree =>
  tree.files
    .filter(path => isServerSource(path) && !isGenerated(path))
    .map(path => ({ path, lines: countLines(tree.read(path)) }))
    .filter(({ lines }) => lines > MAX_FILE_LINES)
    .map(({ path, lines }) => ({
      path,
      line: MAX_FILE_LINES + 1,
      message: `has ${lines} lines, more than ${MAX_FILE_LINES}; split it by what its parts are for`,
    }))

/** The median length of the server's product files, in lines; 0 when there are none. */
export const medianLength = (tree: Tree): number => {
  const lengths = tree.files
    .filter(path => isServerSource(path) && !isTest(path) && !isGenerated(path))
    .map(path => countLines(tree.read(path)))
    .sort((a, b) => a - b)
  return lengths[Math.floor(lengths.length / 2)] ?? 0
}

export const checkFunctions: Rule = tree =>
  tree.files
    .filter(path => isServerSource(path) && !isTest(path) && !isGenerated(path))
    .flatMap(path =>
      measureFunctions(tree.read(path))
        .filter(({ ownLines }) => ownLines > MAX_FUNCTION_LINES)
        .map(({ line, ownLines }) => ({
          path,
          line,
          message: `starts a function of ${ownLines} lines, more than ${MAX_FUNCTION_LINES}; give its steps names of their own`,
        })),
    )

export interface FunctionSize {
  /** Where it starts, from 1. */
  readonly line: number
  /** Its lines without those of the functions within it. */
  readonly ownLines: number
}

const FUNCTION_START = /^(?:export )?(?:default )?(?:async )?function\b|=>(?: [{([]+)?$/

/** Measures functions by the layout that the formatter gives them: one ends where the text is back at its indentation. */
export const measureFunctions = (text: string): FunctionSize[] => {
  const lines = text.split('\n')
  const functions = lines.flatMap((line, start) =>
    FUNCTION_START.test(line.trim()) ? [{ start, end: findEnd(lines, start), ownLines: 0 }] : [],
  )
  for (const index of lines.keys()) {
    // Starts are in order, so the last one around a line is the innermost.
    const innermost = functions.findLast(({ start, end }) => start <= index && index <= end)
    if (innermost) innermost.ownLines += 1
  }
  return functions.map(({ start, ownLines }) => ({ line: start + 1, ownLines }))
}

/** The last line of the function that starts on this one, both from 0. */
const findEnd = (lines: readonly string[], start: number): number => {
  const margin = indentationOf(lines[start] ?? '')
  const back = lines.findIndex((line, index) => index > start && line !== '' && indentationOf(line) <= margin)
  if (back < 0) return lines.length - 1
  return /^\s*[}\])]/.test(lines[back] ?? '') ? back : lines.findLastIndex((line, index) => index < back && line !== '')
}

const indentationOf = (line: string): number => line.length - line.trimStart().length

const KEBAB = /^(__)?[a-z0-9]+(-[a-z0-9]+)*(__)?(\.[a-z0-9]+(-[a-z0-9]+)*)*$/
const CODE = /\.(ts|tsx|mts|js|mjs|css|html)$/
const NAMED_FOLDERS = /^(server|client|web|bench|train|scripts|acceptance)\//

export const checkNames: Rule = tree =>
  tree.files
    .filter(path => CODE.test(path) && NAMED_FOLDERS.test(path))
    .flatMap(path => {
      const bad = path.split('/').find(part => !KEBAB.test(part))
      const drawer = /(^|\/)(utils?|helpers?|misc)\.[a-z]+$/.test(path)
      if (bad) return [{ path, line: 1, message: `"${bad}" is not kebab-case; rename it` }]
      if (!drawer) return []
      return [{ path, line: 1, message: `"${posix.basename(path)}" says nothing; name the file for what it holds` }]
    })

/** Models and data are installed or generated; git keeps small things. */
export const checkSizes: Rule = tree =>
  tree.files.flatMap(path => {
    const bound = boundOf(path)
    const size = tree.sizeBytes(path)
    if (size <= bound) return []
    const message =
      bound === 0
        ? 'is a model or a compiled file, which git never holds; install or build it, and ignore it'
        : `has ${Math.ceil(size / 1024)} KiB, more than ${bound / 1024}; make it smaller, or fetch it where it is used`
    return [{ path, line: 1, message }]
  })

/** Networks of the project's own, which nothing can be built or fetched from. */
const OWN_WEIGHTS = /^server\/packs\/(liveness|attribute-[^/]+)\/[^/]+\.onnx$/

const boundOf = (path: string): number => {
  if (OWN_WEIGHTS.test(path)) return MAX_FILE_BYTES
  const kind = posix.extname(path).toLowerCase()
  if (['.onnx', '.pb', '.pt', '.pth', '.tflite', '.safetensors', '.node', '.db', '.sqlite'].includes(kind)) return 0
  if (['.bin', '.dat', '.gz', '.tgz', '.zip'].includes(kind)) return MAX_BINARY_BYTES
  if (['.jpg', '.jpeg', '.png', '.webp', '.avif', '.gif', '.heic'].includes(kind)) return MAX_PICTURE_BYTES
  return MAX_FILE_BYTES
}
