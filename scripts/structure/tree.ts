// The files that the structure check looks at, and what a rule reports. Rules are functions of a Tree, so tests make one
// up in memory.
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join, posix } from 'node:path'

const MAX_LISTING_BYTES = 64 << 20
/** What .gitignore names. */
const UNTRACKED = /(^|\/)(\.git|node_modules|dist|\.cache|[^/]*\.(log|onnx))$|^(data|server\/web)$/

export interface Tree {
  /** Paths from the root, with forward slashes, sorted. */
  readonly files: readonly string[]
  read(path: string): string
  sizeBytes(path: string): number
}

export interface Violation {
  readonly path: string
  /** From 1. */
  readonly line: number
  /** What is wrong, and what to do. */
  readonly message: string
}

export type Rule = (tree: Tree) => Violation[]

/** What git has or would add; without git, or outside of a clone, what lies there and is not built or installed. */
export const openTree = (root: string): Tree => {
  const files = listByGit(root) ?? listByWalking(root, '')
  return {
    files: [...new Set(files)].filter(path => existsSync(join(root, path))).sort(),
    read: path => readFileSync(join(root, path), 'utf8'),
    sizeBytes: path => statSync(join(root, path)).size,
  }
}

const listByGit = (root: string): string[] | null => {
  try {
    const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
      cwd: root,
      encoding: 'utf8',
      maxBuffer: MAX_LISTING_BYTES,
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    const paths = listed.split('\0').filter(path => path !== '')
    return paths.length > 0 ? paths : null
  } catch {
    return null
  }
}

const listByWalking = (root: string, folder: string): string[] =>
  readdirSync(join(root, folder), { withFileTypes: true }).flatMap(entry => {
    const path = posix.join(folder, entry.name)
    if (UNTRACKED.test(path)) return []
    return entry.isDirectory() ? listByWalking(root, path) : [path]
  })

/** A tree of these files, by path. */
export const makeTree = (texts: Readonly<Record<string, string>>): Tree => ({
  files: Object.keys(texts).sort(),
  read: path => texts[path] ?? '',
  sizeBytes: path => Buffer.byteLength(texts[path] ?? ''),
})

const TEST_FILE = /\.(test|suite|fixture)\.ts$|(^|\/)testing\.ts$/

/** Tests and what they share; product code imports none of it. */
export const isTest = (path: string): boolean => TEST_FILE.test(path)

export const isTypeScript = (path: string): boolean => path.endsWith('.ts')

export const isServerSource = (path: string): boolean => path.startsWith('server/src/') && isTypeScript(path)
