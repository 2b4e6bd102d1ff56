import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BENCHMARKS, listBenchmarks, parseCommand } from './command-line.ts'

const refusalOf = (...args: string[]): string => {
  const command = parseCommand(args)
  return command.kind === 'refuse' ? command.sentence : assert.fail(`${args.join(' ')} was not refused`)
}

test('Without a name the benchmarks are listed, each with its options', () => {
  assert.deepEqual(parseCommand([]), { kind: 'list' })
  const list = listBenchmarks()
  for (const name of Object.keys(BENCHMARKS)) assert.match(list, new RegExp(`^${name}: `, 'm'))
  for (const usage of ['--all-pairs', '--sizes N,N,…', '--enrolments N', '--images DIR', '--json'])
    assert.ok(list.includes(`  ${usage} `), `${usage} is listed`)
})

test('Options become values under their names in the code', () => {
  assert.deepEqual(parseCommand(['accuracy', '--images', 'faces', '--pairs=pairs.txt', '--all-pairs', '--json']), {
    kind: 'run',
    name: 'accuracy',
    values: { images: 'faces', pairs: 'pairs.txt', allPairs: true, json: true },
  })
  assert.deepEqual(parseCommand(['search', '--sizes', '10000,100000']), {
    kind: 'run',
    name: 'search',
    values: { sizes: [10_000, 100_000] },
  })
  assert.deepEqual(parseCommand(['accuracy', '--images', 'faces', '--pack', 'open+retail', '--packs', 'data/packs']), {
    kind: 'run',
    name: 'accuracy',
    values: { images: 'faces', pack: 'open+retail', packs: 'data/packs' },
  })
  assert.deepEqual(parseCommand(['packs', '--images', 'faces', '--seconds', '5']), {
    kind: 'run',
    name: 'packs',
    values: { images: 'faces', seconds: 5 },
  })
  assert.deepEqual(parseCommand(['memory', '--enrolments', '1500']), {
    kind: 'run',
    name: 'memory',
    values: { enrolments: 1500 },
  })
})

test('What is not given has no value, so that the benchmark decides', () => {
  assert.deepEqual(parseCommand(['throughput']), { kind: 'run', name: 'throughput', values: {} })
})

test('An unknown benchmark is refused in one sentence that names those there are', () => {
  assert.equal(
    refusalOf('speed'),
    'There is no benchmark "speed"; the benchmarks are accuracy, packs, quality, attributes, liveness, throughput, search, crash, memory, overload, alibaba, capture, protocols.',
  )
  assert.match(refusalOf('toString'), /^There is no benchmark/)
})

test('Unknown options, stray words and missing values are refused in one sentence', () => {
  for (const args of [['--fast'], ['stray'], ['--images'], ['--json=yes']]) {
    const sentence = refusalOf('throughput', ...args)
    assert.match(sentence, /^throughput: [^\n]+[^.]\.$/)
    assert.ok(sentence.includes(args[0].split('=')[0]), sentence)
  }
})

test('Numbers must be whole and at least 1', () => {
  for (const value of ['0', '-3', '1.5', 'ten', '', '1e4']) {
    assert.match(
      refusalOf('memory', `--enrolments=${value}`),
      /^memory: --enrolments takes a whole number of at least 1/,
    )
    assert.match(refusalOf('search', `--sizes=100,${value}`), /^search: --sizes takes whole numbers of at least 1/)
  }
})
