// `npm run bench -- NAME [options]`: starts one benchmark. Measures nothing itself.
import { Console } from 'node:console'
import { type BenchmarkName, listBenchmarks, parseCommand, type ValuesOf } from './command-line.ts'
import { runMain } from './run-main.ts'

/** Each is loaded only when asked for: they bring heavy libraries along. */
const RUN: { readonly [N in BenchmarkName]: (values: ValuesOf<N>) => Promise<unknown> } = {
  async accuracy({ images, pairs, allPairs = false, pack, packs: packsDir, json = false }) {
    if (images === undefined) throw new Error('Give --images DIR, a folder of labelled pictures.')
    return (await import('./accuracy.ts')).benchAccuracy({ images, pairs, allPairs, pack, packsDir, json })
  },
  async packs({ images, pairs, seconds, packs: packsDir, json = false }) {
    if (images === undefined) throw new Error('Give --images DIR, a folder of labelled pictures.')
    return (await import('./packs.ts')).benchPacks({ images, pairs, seconds, packsDir, json })
  },
  async quality({ images, pairs, out, json = false }) {
    if (images === undefined) throw new Error('Give --images DIR, a folder of labelled pictures.')
    return (await import('./quality.ts')).benchQuality({ images, pairs, out, json })
  },
  async attributes({ data, images, count, json = false }) {
    if (data === undefined && images === undefined) throw new Error('Give --data DIR, --images DIR, or both.')
    return (await import('./attributes.ts')).benchAttributes({ data, images, count, json })
  },
  async liveness({ data, live, packs: packsDir, count, json = false }) {
    if (data === undefined) throw new Error('Give --data DIR, the folder of pictures for liveness.')
    return (await import('./liveness.ts')).benchLiveness({ data, live, packsDir, count, json })
  },
  throughput: async ({ packs: packsDir, ...values }) =>
    (await import('./throughput.ts')).benchThroughput({ packsDir, ...values }),
  search: async ({ sizes, pack, json = false }) => (await import('./search.ts')).benchSearch({ sizes, pack, json }),
  crash: async values => (await import('./crash.ts')).benchCrash(values),
  memory: async values => (await import('./memory.ts')).benchMemory(values),
  overload: async values => (await import('./overload.ts')).benchOverload(values),
  alibaba: async values => (await import('./alibaba.ts')).benchAlibaba(values),
  capture: async values => (await import('./capture.ts')).benchCapture(values),
  protocols: async values => (await import('./protocols.ts')).benchProtocols(values),
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

await runMain(main)
