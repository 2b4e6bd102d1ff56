// `npm run bench -- memory`: how much memory the server process holds while it enrols more and more people. The index is
// meant to grow; it is measured apart and taken out. Asserts nothing.
import { availableParallelism } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { createExactIndex, type ExactIndex } from '../server/src/index/exact.ts'
import { openEnrolmentClient } from './enrolment-client.ts'
import { runClients } from './load.ts'
import { describeMachine } from './machine.ts'
import { type MemoryFigures, type MemorySample, printTable } from './memory-table.ts'
import { type PictureChoice, readPictures } from './pictures.ts'
import type { ResidentMemory } from './process-usage.ts'
import { faceIdOf, findSpace } from './search-data.ts'
import { type BenchServer, startBenchServer } from './server-process.ts'
import { median, slopeOf } from './statistics.ts'

const { dimensions } = findSpace('open')

export interface MemoryOptions extends PictureChoice {
  readonly enrolments?: number
  readonly port?: number
  readonly json?: boolean
}

const MB = 1e6
const WANTED_MB = 450
/** Until here threads, caches and the heap take their size; growth is judged from here on. */
const SETTLED = 1000
const CLIENTS_PER_CORE = 2
const SAMPLES = 9

export const benchMemory = async (options: MemoryOptions): Promise<MemoryFigures> => {
  const { enrolments = 10_000, json = false } = options
  const pictures = await readPictures(options)
  await pictures.remove()
  const { samples, failed } = await fillServer(pictures.bytes, checkpointsFor(enrolments), options)
  const figures: MemoryFigures = {
    benchmark: 'memory',
    machine: describeMachine(),
    pictures: { source: pictures.source, count: pictures.paths.length },
    samples,
    failed,
    growthMbPer1000: growthOf(samples),
    wantedMb: WANTED_MB,
    met: samples.every(sample => sample.residentMb - sample.indexMb <= WANTED_MB),
  }
  if (!json) printTable(figures)
  return figures
}

/** Enrols up to each checkpoint in turn, and looks at the memory there. */
const fillServer = async (pictures: readonly Buffer[], checkpoints: readonly number[], options: MemoryOptions) => {
  const server = await startBenchServer({ port: options.port })
  // An index of the same size in this process says what the server's takes.
  const index = createExactIndex({ dimensions, templates: async () => [] })
  const client = await openEnrolmentClient(server, pictures)
  const samples = [await takeSample(server, { sent: 0, faces: 0, indexBytes: 0 })]
  let failed = 0
  try {
    for (const sent of checkpoints) {
      const before = samples.at(-1)!
      const clients = CLIENTS_PER_CORE * availableParallelism()
      const load = await runClients(
        at => client.enrol(before.sent + at),
        clients,
        at => at >= sent - before.sent,
      )
      const faces = before.faces + load.done
      failed += load.failed
      growIndex(index, faces)
      samples.push(await takeSample(server, { sent, faces, indexBytes: index.stats().bytes }))
      console.error(
        `${sent} of ${checkpoints.at(-1)} pictures, ${faces} faces: ${samples.at(-1)!.residentMb.toFixed(0)} MB`,
      )
    }
  } finally {
    client.close()
    await index.close()
    await server.close()
  }
  return { samples, failed }
}

/** 100, every 1,000, and the last. */
export const checkpointsFor = (enrolments: number): readonly number[] => {
  const thousands = Array.from({ length: Math.floor(enrolments / 1000) }, (_, index) => (index + 1) * 1000)
  return [...new Set([100, ...thousands, enrolments])].filter(checkpoint => checkpoint <= enrolments)
}

/** Without the index, from the first sample at which everything has its size. */
const growthOf = (samples: readonly MemorySample[]): number | null => {
  const perFace = slopeOf(
    samples
      .filter(({ sent }) => sent >= SETTLED)
      .map(({ faces, residentMb, indexMb }) => ({ x: faces, y: residentMb - indexMb })),
  )
  return perFace === null ? null : perFace * 1000
}

/** The median of several, after a second in which nothing was asked of the server. */
const takeSample = async (
  server: BenchServer,
  { sent, faces, indexBytes }: { sent: number; faces: number; indexBytes: number },
): Promise<MemorySample> => {
  await sleep(1000)
  const readings: ResidentMemory[] = []
  for (let i = 0; i < SAMPLES; i++) {
    readings.push(server.memory())
    await sleep(100)
  }
  const anonymous = readings.flatMap(({ anonymousBytes }) => (anonymousBytes === null ? [] : [anonymousBytes]))
  return {
    sent,
    faces,
    residentMb: median(readings.map(({ residentBytes }) => residentBytes)) / MB,
    anonymousMb: anonymous.length > 0 ? median(anonymous) / MB : null,
    indexMb: indexBytes / MB,
    databaseMb: (await server.databaseBytes()) / MB,
  }
}

const growIndex = (index: ExactIndex, faces: number): void => {
  const template = new Float32Array(dimensions).fill(1 / Math.sqrt(dimensions))
  for (let face = index.stats().faces; face < faces; face++) index.add('bench', [{ faceId: faceIdOf(face), template }])
}
