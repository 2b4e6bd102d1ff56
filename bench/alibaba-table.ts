// What the benchmark of the Alibaba Cloud API finds out, and how it is printed. Measures nothing.
import { type Machine, nameMachine } from './machine.ts'

export interface LoadRow {
  readonly ratePerSecond: number
  readonly done: number
  /** Told to come back. */
  readonly refused: number
  /** Answered wrongly, or not at all. */
  readonly failed: number
  readonly medianMs: number
  readonly mostMs: number
}

export interface AlibabaFigures {
  readonly benchmark: 'alibaba'
  readonly machine: Machine
  readonly pictureBytes: number
  /** Of each signature. */
  readonly calls: number
  /** Processor time of reading, verifying and mapping one call, milliseconds: median of the rounds, and its 95 % bounds. */
  readonly gateway: readonly {
    readonly scheme: string
    readonly ms: { readonly median: number; readonly least: number; readonly most: number }
  }[]
  readonly wantedMs: number
  readonly met: boolean
  readonly queries: LoadRow
  /** Calls within one second, one more than the rate allows. */
  readonly over: { readonly calls: number; readonly refused: number }
  /** The first AddFaceRecord after a start, milliseconds. */
  readonly firstMs: number
  /** AddFaceRecord a second, as many as the machine does. */
  readonly most: number
  readonly enrolments: LoadRow
}

export const printTable = (figures: AlibabaFigures): void => {
  const { machine, pictureBytes, calls, gateway, wantedMs, met, queries, over, firstMs, most, enrolments } = figures
  const round = (value: number): number => Number(value.toFixed(3))
  console.log(nameMachine(machine))
  console.log(
    `Signature and mapping of a picture of ${pictureBytes} bytes in base64, ${calls} calls each, processor time`,
  )
  console.table(
    gateway.map(({ scheme, ms }) => ({
      scheme,
      'median ms': round(ms.median),
      'at least': round(ms.least),
      'at most': round(ms.most),
    })),
  )
  console.log(`Wanted: at most ${wantedMs} ms: ${met ? 'met' : 'missed'}`)
  const toCells = (name: string, row: LoadRow) => ({
    load: name,
    'a second': round(row.ratePerSecond),
    done: row.done,
    refused: row.refused,
    wrong: row.failed,
    'median ms': round(row.medianMs),
    'most ms': round(row.mostMs),
  })
  console.table([toCells('QueryFaceRecord', queries), toCells('AddFaceRecord', enrolments)])
  console.log(`AddFaceRecord: ${round(most)} a second at most; the first after a start took ${Math.round(firstMs)} ms`)
  console.log(`Of ${over.calls} calls within one second ${over.refused} refused`)
}
