// What commands print: aligned tables and plain numbers for people. Pure but for `printLine`; knows no command.

export type Align = 'left' | 'right'

export interface Column {
  readonly title: string
  readonly align?: Align
}

const GAP = '   '
const numbers = new Intl.NumberFormat('en', { maximumFractionDigits: 2 })
const twoDigits = new Intl.NumberFormat('en', { maximumSignificantDigits: 2 })
/** Rarer than this is no figure that anyone can check. */
const RAREST = 1e-12
const SECONDS_PER_MINUTE = 60

export const printLine = (line = ''): void => void process.stdout.write(`${line}\n`)

/** For programs: two spaces of indentation, so that people can read it too. */
export const printJson = (value: unknown): void => printLine(JSON.stringify(value, null, 2))

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what a terminal would obey
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g

/** Text from elsewhere without the characters that a terminal would obey. */
export const hideControls = (text: string): string => text.replace(CONTROL, '\u{fffd}')

/** Columns as wide as their widest cell, the titles on top, no spaces at the ends of lines. */
export const renderTable = (columns: readonly Column[], rows: readonly (readonly string[])[]): string => {
  const cells = [columns.map(column => column.title), ...rows.map(row => row.map(hideControls))]
  const widths = columns.map((_, at) => Math.max(...cells.map(row => widthOf(row[at]))))
  return cells
    .map(row =>
      row
        .map((cell, at) => pad(cell, widths[at], columns[at].align))
        .join(GAP)
        .trimEnd(),
    )
    .join('\n')
}

const widthOf = (cell: string): number => [...cell].length

const pad = (cell: string, width: number, align: Align = 'left'): string => {
  const space = ' '.repeat(width - widthOf(cell))
  return align === 'right' ? space + cell : cell + space
}

export const formatCount = (value: number): string => numbers.format(value)

/** "1 picture", "2 pictures", "1,200 pictures". */
export const formatAmount = (count: number, one: string, many = `${one}s`): string =>
  `${formatCount(count)} ${count === 1 ? one : many}`

/** A false match rate as people say it: "1 in 100,000"; from one in ten upwards as a share of 100. */
export const formatRate = (rate: number, extrapolated = false): string => {
  if (rate > 0.1) return `${twoDigits.format(rate * 100)} in 100`
  if (rate < RAREST) return `rarer than 1 in ${numbers.format(1 / RAREST)}`
  return `${extrapolated ? 'about ' : ''}1 in ${twoDigits.format(1 / rate)}`
}

export const formatSeconds = (seconds: number): string => {
  if (seconds < SECONDS_PER_MINUTE) return `${seconds.toFixed(1)} s`
  const minutes = Math.floor(seconds / SECONDS_PER_MINUTE)
  return `${minutes} min ${Math.floor(seconds % SECONDS_PER_MINUTE)} s`
}

export const formatBytes = (bytes: number): string => {
  if (bytes < 1_000_000) return `${numbers.format(Math.ceil(bytes / 1000))} kB`
  return bytes < 1e10 ? `${(bytes / 1_000_000).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(1)} GB`
}
