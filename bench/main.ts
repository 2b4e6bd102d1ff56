// `npm run bench -- NAME [options]`: starts one benchmark. Measures nothing itself.
import { Console } from 'node:console'
import { type BenchmarkName, listBenchmarks, parseCommand, type ValuesOf } from './command-line.ts'

/** Each is loaded only when asked for: they bring heavy libraries along. */
const RUN: { readonly [N in BenchmarkName]: (values: ValuesOf<N>) => Promise<unknown> } = {
  async accuracy({ images, pairs, allPairs = false, json = false }) {
    if (images === undefined) throw new Error('Give --images DIR, a folder of labelled pictures.')
    return (await import('./accuracy.ts')).benchAccuracy({ images, pairs, allPairs, json })
  },
  async quality({ images, pairs, out, json = false }) {
    if (images === undefined) throw new Error('Give --images DIR, a folder of labelled pictures.')
    return (await import('./quality.ts')).benchQuality({ images, pairs, out, json })
  },
  throughput: async values => (await import('./throughput.ts')).benchThroughput(values),
  search: async ({ sizes, json = false }) => (await import('./search.ts')).benchSearch({ sizes, json }),
  crash: async values => (await import('./crash.ts')).benchCrash(values),
  memory: async values => (await import('./memory.ts')).benchMemory(values),
  overload: async values => (await import('./overload.ts')).benchOverload(values),
}

const run = <N extends BenchmarkName>(name: N, values: ValuesOf<N>): Promise<unknown> => RUN[name](values)

const main = async (args: readonly string[]): Promise<number> => {
  const command = parseCommand(args)
  if (command.kind === 'list') {
    console.log(listBenchmarks())
    return 0
  }
  if (command.kind === 'refuse') {
    console.error(command.sentence)
    return 2
  }
  const json = command.values.json === true
  // Whatever a benchmark or a library prints on the way must not get between a program and its JSON.
  if (json) globalThis.console = new Console(process.stderr, process.stderr)
  const figures = await run(command.name, command.values)
  if (json) process.stdout.write(`${JSON.stringify(figures)}\n`)
  return 0
}

main(process.argv.slice(2)).then(
  code => {
    process.exitCode = code
  },
  error => {
    console.error(error instanceof Error ? error.message : error)
    process.exitCode = 1
  },
)
