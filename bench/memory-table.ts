// What the memory benchmark finds out, and the table it prints. Measures nothing.
import { type Machine, nameMachine } from './machine.ts'

export interface MemorySample {
  /** Pictures sent so far; those without a face among them. */
  readonly sent: number
  readonly faces: number
  /** Everything of the process that is in memory, mapped files among it. 1 MB = 1,000,000 bytes. */
  readonly residentMb: number
  /** What the process made itself; null where the system does not tell. */
  readonly anonymousMb: number | null
  readonly indexMb: number
  /** The galleries' database and its log; the server keeps up to 8 MiB of its pages in memory. */
  readonly databaseMb: number
}

export interface MemoryFigures {
  readonly benchmark: 'memory'
  readonly machine: Machine
  readonly pictures: { readonly source: string; readonly count: number }
  readonly samples: readonly MemorySample[]
  readonly failed: number
  /** Least squares over the samples from 1,000 enrolments on, without the index; null when there are too few. */
  readonly growthMbPer1000: number | null
  readonly wantedMb: number
  /** Whether no sample, without the index, is above `wantedMb`. */
  readonly met: boolean
}

export const printTable = (figures: MemoryFigures): void => {
  const { growthMbPer1000 } = figures
  const round = (value: number): number => Number(value.toFixed(1))
  console.log(nameMachine(figures.machine))
  console.log(`${figures.pictures.count} pictures (${figures.pictures.source}), over and over; one new person each`)
  console.table(
    figures.samples.map(({ sent, faces, residentMb, anonymousMb, indexMb, databaseMb }) => ({
      sent,
      faces,
      'resident MB': round(residentMb),
      'without index': round(residentMb - indexMb),
      'of it anonymous': anonymousMb === null ? 'unknown' : round(anonymousMb),
      'index MB': round(indexMb),
      'database MB': round(databaseMb),
    })),
  )
  if (figures.failed > 0) console.log(`${figures.failed} requests failed`)
  console.log(`Wanted: at most ${figures.wantedMb} MB without the index: ${figures.met ? 'met' : 'missed'}`)
  if (growthMbPer1000 !== null)
    console.log(`Growth from 1,000 on, without the index: ${round(growthMbPer1000)} MB per 1,000`)
}
