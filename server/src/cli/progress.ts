// How far a long command is, on stderr: a bar that redraws itself on a terminal, a plain line every so often elsewhere.
import { formatCount, formatSeconds } from './output.ts'

export interface ProgressStream {
  readonly isTTY?: boolean
  readonly columns?: number
  write(text: string): unknown
}

export interface ProgressOptions {
  /** What is being done, e.g. "Enrolling". */
  readonly label: string
  /** How many steps there are in all. */
  readonly total: number
  readonly stream: ProgressStream
  /** Milliseconds, from any origin. */
  readonly now?: () => number
}

export interface Progress {
  /** Steps done so far, and a word on them, e.g. "3 refused". */
  update(done: number, note?: string): void
  /** Clears the bar, so that what follows begins on a clean line. */
  end(): void
}

const REDRAW_MS = 100
const LINE_MS = 10_000
const BAR_CELLS = 24
const CLEAR_LINE = '\r\u001b[K'
/** Fewer than this and a guess at the rest would jump about. */
const LEAST_FOR_ESTIMATE = 5

export const createProgress = ({ label, total, stream, now = () => performance.now() }: ProgressOptions): Progress => {
  const started = now()
  const pauseMs = stream.isTTY ? REDRAW_MS : LINE_MS
  // The bar shows from the start; a plain line only once there is something to tell.
  let shownAt = stream.isTTY ? Number.NEGATIVE_INFINITY : started
  const describe = (done: number, note: string): string => {
    const estimate = done >= LEAST_FOR_ESTIMATE && done < total ? remaining(now() - started, done, total) : ''
    return [`${formatCount(done)} of ${formatCount(total)}`, note, estimate].filter(Boolean).join(', ')
  }
  return {
    update(done, note = '') {
      if (now() - shownAt < pauseMs) return
      shownAt = now()
      const text = describe(done, note)
      if (!stream.isTTY) stream.write(`${label}: ${text}\n`)
      else stream.write(CLEAR_LINE + fit(`${label} ${drawBar(done, total)} ${text}`, stream.columns))
    },
    end() {
      if (stream.isTTY) stream.write(CLEAR_LINE)
    },
  }
}

const remaining = (elapsedMs: number, done: number, total: number): string =>
  `${formatSeconds((elapsedMs / done / 1000) * (total - done))} left`

const drawBar = (done: number, total: number): string => {
  const full = total === 0 ? BAR_CELLS : Math.round((done / total) * BAR_CELLS)
  return `[${'='.repeat(full)}${' '.repeat(BAR_CELLS - full)}]`
}

/** A line that wraps cannot be cleared; one cell stays free for the cursor. */
const fit = (line: string, columns = 80): string => line.slice(0, Math.max(0, columns - 1))
