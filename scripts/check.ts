// `npm run check`: everything that is proved without running the product, cheapest first. One line a step; stops at the
// first that fails, and then shows what it printed.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { text } from 'node:stream/consumers'

interface Step {
  readonly name: string
  /** A script that Node runs, from the root, and its arguments. */
  readonly command: readonly string[]
  /** Left out where this is not there. */
  readonly needs?: string
  /** What to do when it fails, where its output does not say so. */
  readonly remedy?: string
}

const ROOT = resolve(import.meta.dirname, '..')

const STEPS: readonly Step[] = [
  {
    name: 'format and lint',
    command: ['node_modules/@biomejs/biome/bin/biome', 'check', '.'],
    remedy: '`npm run format` mends what can be mended by itself.',
  },
  { name: 'types', command: ['node_modules/typescript/bin/tsc', '--project', 'tsconfig.json'] },
  {
    name: 'types of the pages',
    command: ['node_modules/typescript/bin/tsc', '--noEmit', '--project', 'web/tsconfig.json'],
    needs: 'web/tsconfig.json',
  },
  { name: 'structure', command: ['scripts/check-structure.ts'] },
  {
    name: 'generated files',
    command: ['scripts/generate.ts', '--check'],
    remedy: '`npm run generate` writes them again.',
  },
]

const runStep = async ([script = '', ...args]: readonly string[]): Promise<{ failed: boolean; output: string }> => {
  const child = spawn(process.execPath, [join(ROOT, script), ...args], { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] })
  const ended = new Promise<number | null>((settle, reject) => {
    child.once('error', reject)
    child.once('close', settle)
  })
  const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), ended])
  return { failed: code !== 0, output: stdout + stderr }
}

const check = async (): Promise<boolean> => {
  for (const { name, command, needs = '', remedy } of STEPS) {
    if (!existsSync(join(ROOT, command[0] ?? '')) || !existsSync(join(ROOT, needs))) continue
    const started = performance.now()
    const { failed, output } = await runStep(command)
    const seconds = ((performance.now() - started) / 1000).toFixed(1)
    console.log(`${failed ? '✗' : '✓'} ${name} (${seconds} s)`)
    if (!failed) continue
    console.log(`${output.trimEnd()}${remedy ? `\n${remedy}` : ''}`)
    return false
  }
  return true
}

process.exitCode = (await check()) ? 0 : 1
