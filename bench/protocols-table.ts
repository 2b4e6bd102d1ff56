// What the benchmark of the protocols finds out, and the table it prints. Measures nothing.
import { type Machine, nameMachine } from './machine.ts'

/** Processor time of a call, milliseconds. */
export interface ProtocolRow {
  readonly protocol: string
  readonly work: string
  readonly nativeMs: number
  readonly foreignMs: number
  /** The protocol's over the native: median of the rounds, and its 95 % bounds. */
  readonly overMs: { readonly median: number; readonly least: number; readonly most: number }
}

export interface ProtocolFigures {
  readonly benchmark: 'protocols'
  readonly machine: Machine
  readonly photoKb: number
  /** Of each API for each work. */
  readonly calls: number
  readonly rows: readonly ProtocolRow[]
  readonly wantedMs: number
  readonly met: boolean
}

export const printTable = ({ machine, photoKb, calls, rows, wantedMs, met }: ProtocolFigures): void => {
  const round = (value: number): number => Number(value.toFixed(3))
  console.log(nameMachine(machine))
  console.log(`${calls} calls of each API, photographs of ${photoKb} kB in base64; client in the same process`)
  console.table(
    rows.map(({ protocol, work, nativeMs, foreignMs, overMs }) => ({
      protocol,
      work,
      'native ms': round(nativeMs),
      'protocol ms': round(foreignMs),
      'over ms': round(overMs.median),
      'at least': round(overMs.least),
      'at most': round(overMs.most),
    })),
  )
  console.log(`Wanted: at most ${wantedMs} ms over the native call: ${met ? 'met' : 'missed'}`)
}
