// The command line of `npm run bench`: which benchmarks there are, their options, and arguments → a checked request. Pure.
import { parseArgs } from 'node:util'

interface Kinds {
  text: string
  flag: boolean
  count: number
  counts: number[]
}

interface Option<K extends keyof Kinds> {
  readonly kind: K
  /** Stands for the value in the list of options; empty for a flag. */
  readonly placeholder: string
  readonly purpose: string
}

const option =
  <K extends keyof Kinds>(kind: K) =>
  (placeholder: string, purpose: string): Option<K> => ({ kind, placeholder, purpose })
const text = option('text')
const flag = option('flag')
const count = option('count')
const counts = option('counts')

const json = flag('', 'one JSON object on stdout; everything else goes to stderr')
const images = (purpose: string) => text('DIR', purpose)
const pack = text('ID', 'pack that makes the templates; default "open"')
const packs = text('DIR', 'folder of installed packs; default: the benchmarks\' own, with "open" alone')

export const BENCHMARKS = {
  accuracy: {
    purpose: 'how well it tells people apart, on labelled pictures',
    options: {
      images: images('folder of pictures, one folder a person or files "Person_0001.jpg" (needed)'),
      pairs: text('FILE', 'pairs to compare, in the form of LFW'),
      allPairs: flag('', 'compare every picture with every other'),
      pack,
      packs,
      json,
    },
  },
  packs: {
    purpose: 'accuracy, template size and time of every recognition pack that is installed, side by side',
    options: {
      images: images('folder of pictures, one folder a person or files "Person_0001.jpg" (needed)'),
      pairs: text('FILE', 'pairs to compare, in the form of LFW'),
      seconds: count('N', 'length of each measurement of time; default 20'),
      packs,
      json,
    },
  },
  quality: {
    purpose: 'whether the unified quality score predicts false non-matches, on labelled pictures',
    options: {
      images: images('folder of pictures, one folder a person or files "Person_0001.jpg" (needed)'),
      pairs: text('FILE', 'pairs in the form of LFW, whose genuine ones are counted apart'),
      out: text('FILE', 'fits the score on all pictures and writes a pack.json with it there'),
      json,
    },
  },
  attributes: {
    purpose: 'how often masks, glasses, hats and the like are judged wrongly, and what judging them costs',
    options: {
      data: images('folder of labelled pictures: celeba/ and mask/; the packs were trained on it'),
      images: images('folder of ordinary photographs, for false alarms'),
      count: count('N', 'of the ordinary photographs at most so many are used, spread evenly; default 2600'),
      json,
    },
  },
  liveness: {
    purpose: 'how often real faces and presentation attacks are judged wrongly, by every liveness pack that is there',
    options: {
      data: images('folder that holds liveness/, attributes/ and fixtures/ (needed)'),
      live: images('folder of ordinary photographs, all real'),
      packs: text('DIR', 'folder of installed packs; default .cache/packs'),
      count: count('N', 'pictures of each collection; default: all'),
      json,
    },
  },
  throughput: {
    purpose: 'enrolments per second over HTTP, processor time per picture, beside human and face-api',
    options: {
      images: images('folder of pictures; default: portraits cut out of photographs in the npm packages'),
      count: count('N', 'pictures of the folder that are used, in the order of their names; default 200'),
      groups: flag('', 'those photographs as they are, 1920 pixels wide with 3 to 5 people'),
      seconds: count('N', 'length of each measurement; default 20'),
      port: count('N', 'port of the server; default: any free one'),
      profile: text('DIR', 'writes processor profiles of the server there'),
      pack,
      packs,
      json,
    },
  },
  search: {
    purpose: 'time, exactness and memory of 1:N search',
    options: {
      sizes: counts('N,N,…', 'gallery sizes in faces; default 10000,100000,1000000'),
      pack: text('ID', 'pack whose templates are imitated; default "open"'),
      json,
    },
  },
  crash: {
    purpose: 'whether anything acknowledged is lost, or half there, when the server is killed at random moments',
    options: {
      kills: count('N', 'how often it is killed; default 50'),
      seed: count('N', 'makes the same choices again, as far as time allows'),
      json,
    },
  },
  memory: {
    purpose: 'resident memory of the server while it enrols',
    options: {
      enrolments: count('N', 'enrolments in all; default 10000'),
      images: images('folder of pictures; default: portraits cut out of photographs in the npm packages'),
      count: count('N', 'pictures of the folder that are used; default 200'),
      port: count('N', 'port of the server; default: any free one'),
      json,
    },
  },
  overload: {
    purpose: 'goodput, waiting and memory at four times what the server can do',
    options: {
      seconds: count('N', 'length of the overload; default 120'),
      images: images('folder of pictures; default: portraits cut out of photographs in the npm packages'),
      count: count('N', 'pictures of the folder that are used; default 200'),
      port: count('N', 'port of the server; default: any free one'),
      profile: text('DIR', 'writes processor profiles of the server there'),
      json,
    },
  },
  alibaba: {
    purpose: 'what the gateway of the Alibaba Cloud API costs, and the load that it stands',
    options: { seconds: count('N', 'length of each load; default 60'), json },
  },
  capture: {
    purpose: 'people at the capture page at once: verdicts, waiting, memory, and what enrolments beside them lose',
    options: {
      sessions: count('N', 'people at once; default 200'),
      seconds: count('N', 'length of the enrolments without people; default 30'),
      profile: text('DIR', 'writes processor profiles of the server there'),
      json,
    },
  },
  protocols: {
    purpose: "processor time of each protocol's calls over the native call for the same work",
    options: { rounds: count('N', 'rounds of 50 calls; default 30'), json },
  },
} as const

export type BenchmarkName = keyof typeof BENCHMARKS
type Options = Readonly<Record<string, Option<keyof Kinds>>>
type ValueOf<O> = O extends Option<infer K> ? Kinds[K] : never
/** The options of a benchmark that were given, by name. */
export type ValuesOf<N extends BenchmarkName> = {
  readonly [O in keyof (typeof BENCHMARKS)[N]['options']]?: ValueOf<(typeof BENCHMARKS)[N]['options'][O]>
}

export type Command =
  | { readonly kind: 'list' }
  | { readonly kind: 'refuse'; readonly sentence: string }
  | { readonly kind: 'run'; readonly name: BenchmarkName; readonly values: ValuesOf<BenchmarkName> }

const NAMES = Object.keys(BENCHMARKS).join(', ')

export const parseCommand = ([name, ...rest]: readonly string[]): Command => {
  if (name === undefined || name === '--help' || name === '-h') return { kind: 'list' }
  if (!isBenchmark(name))
    return { kind: 'refuse', sentence: `There is no benchmark "${name}"; the benchmarks are ${NAMES}.` }
  try {
    return { kind: 'run', name, values: parseValues(rest, BENCHMARKS[name].options) }
  } catch (error) {
    // node:util's sentence goes on with advice about positional arguments, of which there are none here.
    const [sentence] = (error instanceof Error ? error.message : String(error)).split(/\. |\n/)
    return { kind: 'refuse', sentence: `${name}: ${sentence.replace(/\.$/, '')}.` }
  }
}

const isBenchmark = (name: string): name is BenchmarkName => Object.hasOwn(BENCHMARKS, name)

const flagOf = (name: string): string => name.replace(/[A-Z]/g, letter => `-${letter.toLowerCase()}`)

const parseValues = (args: readonly string[], options: Options): Record<string, Kinds[keyof Kinds]> => {
  const entries = Object.entries(options)
  const { values } = parseArgs({
    args: [...args],
    options: Object.fromEntries(
      entries.map(([name, { kind }]) => [flagOf(name), { type: kind === 'flag' ? 'boolean' : 'string' }]),
    ),
  })
  return Object.fromEntries(
    entries.flatMap(([name, { kind }]) => {
      const value = values[flagOf(name)]
      return value === undefined ? [] : [[name, convert(kind, String(value), `--${flagOf(name)}`)]]
    }),
  )
}

const convert = (kind: keyof Kinds, value: string, name: string): Kinds[keyof Kinds] => {
  if (kind === 'flag') return value === 'true'
  if (kind === 'text') return value
  if (kind === 'count') return toCount(value, name, 'a whole number of at least 1')
  return value.split(',').map(part => toCount(part, name, 'whole numbers of at least 1, separated by commas'))
}

const toCount = (text: string, name: string, expected: string): number => {
  if (/^\d{1,15}$/.test(text) && Number(text) >= 1) return Number(text)
  throw new Error(`${name} takes ${expected}, and got "${text}"`)
}

/** What `npm run bench` prints without a name. */
export const listBenchmarks = (): string =>
  [
    'npm run bench -- NAME [options]',
    ...Object.entries(BENCHMARKS).flatMap(([name, { purpose, options }]) => [
      '',
      `${name}: ${purpose}`,
      ...Object.entries(options as Options).map(([option, { placeholder, purpose }]) => {
        const usage = `--${flagOf(option)} ${placeholder}`.trim()
        return `  ${usage.padEnd(18)}  ${purpose}`
      }),
    ]),
  ].join('\n')
