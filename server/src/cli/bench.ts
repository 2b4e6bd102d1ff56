// `likeness bench`: hands over to the benchmarks of a source checkout. Measures nothing itself.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Command } from 'commander'
import { createFailure } from './failure.ts'

/** The same from server/src/cli and from server/dist/cli. */
const MAIN = fileURLToPath(new URL('../../../bench/main.ts', import.meta.url))

export const addBench = (program: Command): void => {
  program
    .command('bench')
    .summary('Run a benchmark (source checkouts only).')
    .description('Run a benchmark of a source checkout. Without a name: lists them.')
    .argument('[name]', 'the benchmark')
    .argument('[args...]', 'what it is told; passed on as it is')
    .passThroughOptions()
    .allowUnknownOption()
    .action((name: string | undefined, args: string[]) => bench(MAIN, name === undefined ? [] : [name, ...args]))
}

export const bench = async (main: string, args: readonly string[]): Promise<void> => {
  if (!existsSync(main))
    throw createFailure('usage', `Benchmarks need a source checkout of Likeness: there is no ${main}.`)
  const child = spawn(process.execPath, [main, ...args], { stdio: 'inherit' })
  // A terminal sends Ctrl-C to both; the benchmark decides what it means, and its exit code is passed on.
  const ignore = (): void => {}
  process.on('SIGINT', ignore)
  const [code] = (await once(child, 'exit')) as [number | null]
  process.off('SIGINT', ignore)
  if (code === null) throw createFailure('failed', 'The benchmark was ended by a signal.')
  process.exitCode = code
}
