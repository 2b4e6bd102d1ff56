// What the search benchmark finds out, and the table it prints. Measures nothing.
import { type Machine, nameMachine } from './machine.ts'

export interface SizeFigures {
  readonly faces: number
  /** One caller, one search after the other. */
  readonly p50Ms: number
  readonly p99Ms: number
  readonly searchesPerSecond: number
  /** Eight callers at a time. */
  readonly searchesPerSecondOf8: number
  readonly bytesPerFace: number
  readonly loadSeconds: number
  /** Share of searches whose best, and whose ten best in order, are those of float32 brute force. */
  readonly sameTop1: number
  readonly sameTop10: number
  /** Templates fetched and scored in float32, mean per search. */
  readonly rescoredPerSearch: number
  /** The int8 scan by itself on this thread, median. */
  readonly scanMs: number
  readonly scanGigabytesPerSecond: number
}

export interface SearchFigures {
  readonly machine: Machine
  /** Whose templates are imitated. */
  readonly pack: string
  readonly dimensions: number
  readonly threads: 1
  readonly searches: number
  /** Candidates asked for. */
  readonly limit: number
  /** Plain read of 512 MB on one thread, best of several. */
  readonly memoryGigabytesPerSecond: number
  /** A search among 1 face, median: the hop to the worker and back, and one look-up. */
  readonly smallestSearchMs: number
  readonly sizes: readonly SizeFigures[]
}

export function printTable(figures: SearchFigures): void {
  console.log(nameMachine(figures.machine))
  console.log(
    `Templates as ${figures.pack} makes them, ${figures.dimensions}-d, 1 thread, ${figures.searches} searches for the ${figures.limit} best, half of them strangers`,
  )
  console.log(
    `Memory read: ${figures.memoryGigabytesPerSecond.toFixed(1)} GB/s. Search among 1 face: ${figures.smallestSearchMs.toFixed(3)} ms`,
  )
  console.table(
    figures.sizes.map(size => ({
      faces: size.faces,
      'p50 ms': Number(size.p50Ms.toFixed(2)),
      'p99 ms': Number(size.p99Ms.toFixed(2)),
      'per s': Math.round(size.searchesPerSecond),
      'per s (8)': Math.round(size.searchesPerSecondOf8),
      'scan ms': Number(size.scanMs.toFixed(2)),
      'scan GB/s': Number(size.scanGigabytesPerSecond.toFixed(1)),
      'bytes/face': Number(size.bytesPerFace.toFixed(1)),
      'load s': Number(size.loadSeconds.toFixed(2)),
      'top 1': size.sameTop1,
      'top 10': size.sameTop10,
      rescored: Number(size.rescoredPerSearch.toFixed(1)),
    })),
  )
}
