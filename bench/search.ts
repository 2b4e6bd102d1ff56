// Search benchmark: the exact index through its port, worker hop and re-scoring from a SQLite file included, beside float32
// brute force and the machine's memory bandwidth. Asserts nothing.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import usearch from 'usearch'
import { createExactIndex, type ExactIndex } from '../server/src/index/exact.ts'
import { createTestVault } from '../server/src/seal/vault.fixture.ts'
import { describeMachine } from './machine.ts'
import {
  type FaceSpace,
  type FaceTable,
  faceIdOf,
  findSpace,
  measureDistribution,
  TENANT,
  writeFaces,
} from './search-data.ts'
import { printTable, type SearchFigures, type SizeFigures } from './search-table.ts'

const GALLERY = 'bench'
const SEARCHES = 1000
const LIMIT = 10
const CALLERS = 8
/** As core/mended-index.ts does it. */
const BATCH = 256
/** Rows of a float32 block: usearch reads from a buffer's start, so that each block is a buffer of its own. */
const BLOCK_ROWS = 65_536
const PROBES_PER_PASS = 40
/** float32 sums differ in the last digit by order of summation: the best few are ranked again in double precision. */
const TRUTH_DEPTH = 2 * LIMIT
/** About what a search for ten asks of a segment. */
const SCAN_DEPTH = 128

export type { SearchFigures, SizeFigures } from './search-table.ts'

export async function benchSearch({
  json,
  sizes = [10_000, 100_000, 1_000_000],
  pack = 'open',
}: {
  json: boolean
  sizes?: number[]
  /** Whose templates are imitated. */
  pack?: string
}): Promise<SearchFigures> {
  const space = findSpace(pack)
  const results: SizeFigures[] = []
  const smallestSearchMs = await measureSmallest(space)
  for (const faces of sizes) results.push(await measureSize(space, faces))
  const figures: SearchFigures = {
    machine: describeMachine(),
    pack,
    dimensions: space.dimensions,
    threads: 1,
    searches: SEARCHES,
    limit: LIMIT,
    memoryGigabytesPerSecond: measureBandwidth(),
    smallestSearchMs,
    sizes: results,
  }
  if (!json) printTable(figures)
  return figures
}

async function measureSize(space: FaceSpace, faces: number): Promise<SizeFigures> {
  const { dimensions } = space
  const folder = mkdtempSync(join(tmpdir(), 'likeness-bench-'))
  const blocks: Float32Array[] = []
  const vault = await createTestVault()
  await vault.ensureTenant(TENANT)
  const table = writeFaces(space, join(folder, 'faces.sqlite'), faces, vault, (template, face) => {
    const [block, row] = [Math.floor(face / BLOCK_ROWS), face % BLOCK_ROWS]
    blocks[block] ??= new Float32Array(Math.min(BLOCK_ROWS, faces - block * BLOCK_ROWS) * dimensions)
    blocks[block].set(template, row * dimensions)
  })
  let fetched = 0
  const index = createExactIndex({
    dimensions,
    distribution: measureDistribution(space),
    templates: faceIds => {
      fetched += faceIds.length
      return table.templates(faceIds)
    },
  })
  try {
    const loadSeconds = loadIndex(index, table)
    const probes = makeProbes(space, faces)
    for (const probe of probes.slice(0, 50)) await index.search(GALLERY, probe, LIMIT)
    fetched = 0
    const alone = await runSearches(index, probes, 1)
    const rescoredPerSearch = fetched / probes.length
    const together = await runSearches(index, probes, CALLERS)
    const scanMs = measureScan(index, dimensions, faces)
    return {
      faces,
      p50Ms: quantile(alone.times, 0.5),
      p99Ms: quantile(alone.times, 0.99),
      searchesPerSecond: alone.searchesPerSecond,
      searchesPerSecondOf8: together.searchesPerSecond,
      bytesPerFace: index.stats().bytes / faces,
      loadSeconds,
      ...compare(alone.answers, findTruth(dimensions, blocks, probes)),
      rescoredPerSearch,
      scanMs,
      scanGigabytesPerSecond: (faces * dimensions) / scanMs / 1e6,
    }
  } finally {
    await index.close()
    table.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

async function measureSmallest(space: FaceSpace): Promise<number> {
  const maker = space.createMaker(4)
  const template = maker.makeTemplate(maker.makeIdentity())
  const faceId = faceIdOf(0)
  const index = createExactIndex({
    dimensions: space.dimensions,
    distribution: measureDistribution(space),
    templates: async () => [{ faceId, template }],
  })
  index.add(GALLERY, [{ faceId, template }])
  const { times } = await runSearches(index, Array(2 * SEARCHES).fill(template), 1)
  await index.close()
  return quantile(times.slice(SEARCHES), 0.5)
}

function loadIndex(index: ExactIndex, table: FaceTable): number {
  const begin = performance.now()
  for (const batch of table.stream(BATCH)) index.add(GALLERY, batch)
  return (performance.now() - begin) / 1000
}

/** Other pictures of people who are enrolled, and as many of people who are not. */
function makeProbes({ createMaker }: FaceSpace, faces: number): Float32Array[] {
  const strangers = createMaker(3)
  // The same generator as the table's: walking through it again gives the enrolled people, whose next picture is the probe.
  const enrolled = createMaker(2)
  const step = Math.max(1, Math.floor(faces / 4 / (SEARCHES / 2)))
  const probes: Float32Array[] = []
  let identity = enrolled.makeIdentity()
  for (let person = 0; probes.length < SEARCHES; person += 1) {
    identity = enrolled.makeIdentity()
    for (let picture = 0; picture < 4; picture += 1) enrolled.makeTemplate(identity)
    if (person % step !== 0) continue
    probes.push(strangers.makeTemplate(identity), strangers.makeTemplate(strangers.makeIdentity()))
  }
  return probes
}

async function runSearches(index: ExactIndex, probes: readonly Float32Array[], callers: number) {
  const answers: string[][] = []
  const times: number[] = []
  let next = 0
  const call = async (): Promise<void> => {
    for (let i = next++; i < probes.length; i = next++) {
      const begin = performance.now()
      const hits = await index.search(GALLERY, probes[i]!, LIMIT)
      times.push(performance.now() - begin)
      answers[i] = hits.map(hit => hit.faceId)
    }
  }
  const begin = performance.now()
  await Promise.all(Array.from({ length: callers }, call))
  return { answers, times, searchesPerSecond: (1000 * probes.length) / (performance.now() - begin) }
}

/** The ten best of every probe among all float32 templates. */
function findTruth(dimensions: number, blocks: readonly Float32Array[], probes: readonly Float32Array[]): string[][] {
  const truth: string[][] = []
  for (let from = 0; from < probes.length; from += PROBES_PER_PASS) {
    const pass = probes.slice(from, from + PROBES_PER_PASS)
    const queries = new Float32Array(pass.length * dimensions)
    pass.forEach((probe, i) => {
      queries.set(probe, i * dimensions)
    })
    const found = blocks.map(block =>
      usearch.exactSearch(block, queries, dimensions, TRUTH_DEPTH, usearch.MetricKind.IP, 1),
    )
    pass.forEach((probe, i) => {
      const best = found.flatMap(({ keys }, block) =>
        Array.from(keys.subarray(i * TRUTH_DEPTH, (i + 1) * TRUTH_DEPTH), key => {
          const at = Number(key) * dimensions
          const dot = probe.reduce((sum, value, k) => sum + value * blocks[block]![at + k]!, 0)
          return { face: block * BLOCK_ROWS + Number(key), dot }
        }),
      )
      best.sort((a, b) => b.dot - a.dot)
      truth.push(best.slice(0, LIMIT).map(({ face }) => faceIdOf(face)))
    })
  }
  return truth
}

function compare(answers: readonly string[][], truth: readonly string[][]) {
  const share = (test: (answer: string[], expected: string[]) => boolean): number =>
    answers.filter((answer, i) => test(answer, truth[i]!)).length / answers.length
  return {
    sameTop1: share((answer, expected) => answer[0] === expected[0]),
    sameTop10: share((answer, expected) => answer.join() === expected.join()),
  }
}

function measureScan(index: ExactIndex, dimensions: number, faces: number): number {
  const probe = new Int8Array(dimensions).map((_, i) => (i * 37) % 61)
  let left = faces
  const views = index.segmentsOf(GALLERY).map(segment => {
    const rows = Math.min(left, segment.byteLength / dimensions)
    left -= rows
    return new Int8Array(segment, 0, rows * dimensions)
  })
  const times = Array.from({ length: 25 }, () => {
    const begin = performance.now()
    for (const view of views) {
      const count = Math.min(SCAN_DEPTH, view.length / dimensions)
      usearch.exactSearch(view, probe, dimensions, count, usearch.MetricKind.IP, 1)
    }
    return performance.now() - begin
  })
  return quantile(times, 0.5)
}

/** Looks for a byte that is not there, which reads every byte once with the C library's widest instructions. */
function measureBandwidth(): number {
  const bytes = Buffer.alloc(512 * 1024 * 1024, 1)
  const times = Array.from({ length: 7 }, () => {
    const begin = performance.now()
    bytes.indexOf(2)
    return performance.now() - begin
  })
  return bytes.length / Math.min(...times) / 1e6
}

function quantile(times: readonly number[], share: number): number {
  return times.toSorted((a, b) => a - b)[Math.floor(share * (times.length - 1))]!
}
