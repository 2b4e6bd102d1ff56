// The tables of docs/reference/calibration.md, in Markdown, from the figures of one run. Computes nothing new.
import { scoreOf } from '../server/src/core/score.ts'
import { ACCEPT_RATES_AT, type CalibrationFigures } from './calibration-figures.ts'
import { type CountedCurve, cosineAt } from './curve.ts'

export interface RunNotes {
  readonly madeFrom: string
  readonly date: string
  /** Id and version of the pack. */
  readonly pack: string
}

const beginOf = (id: string): string => `<!-- figures of ${id}: written by npm run calibrate -->`
const END = '<!-- end of figures -->'
const SHOWN_RATES = [-1, -2, -3, -4, -5, -6, -7, -8]

export const renderTables = (figures: CalibrationFigures, notes: RunNotes): string =>
  [
    `### ${notes.pack}`,
    `Made on ${notes.date} with the pack ${notes.pack} from ${notes.madeFrom}.`,
    `${group(figures.comparison.comparisons)} comparisons of different people; ${group(figures.pairsLeftOut)} pairs of one ` +
      'person under two names not counted. An asterisk marks what lies beyond the counted data.',
    '#### Cosine at each false match rate',
    renderRates(figures),
    '#### How far each curve is counted',
    renderSupport(figures),
    '#### Own pictures that pass',
    renderAcceptRates(figures),
  ].join('\n\n')

/** The page with the block between a pack's two marks replaced. Throws an Error where the marks are missing. */
export const replaceTables = (page: string, id: string, tables: string): string => {
  const mark = beginOf(id)
  const begin = page.indexOf(mark)
  const end = page.indexOf(END, begin)
  if (begin < 0 || end < begin) throw new Error(`The page lacks the marks "${mark}" and "${END}".`)
  return `${page.slice(0, begin + mark.length)}\n\n${tables}\n\n${page.slice(end)}`
}

const renderRates = ({ comparison, best, fused }: CalibrationFigures): string =>
  renderTable(
    [
      'similarity',
      'false match rate',
      'one face',
      ...best.map(curve => `best of ${curve.faces}`),
      ...fused.map(curve => `fused ${curve.faces}`),
    ],
    SHOWN_RATES.map(rate => [
      // The public scale, read through a curve on which a cosine stands for its own rate.
      String(
        scoreOf(
          {
            points: [
              [0, 0],
              [10, -10],
            ],
            supportedLog10Fmr: -10,
          },
          -rate,
        ).similarity,
      ),
      `1e${rate}`,
      ...[comparison, ...best, ...fused].map(curve => cellOf(curve, rate)),
    ]),
  )

const cellOf = (curve: CountedCurve, rate: number): string => {
  if (rate < curve.points.at(-1)![1]) return 'none'
  return cosineAt(curve.points, rate).toFixed(4) + markOf(curve, rate)
}

const renderSupport = ({ comparison, best, fused }: CalibrationFigures): string => {
  const rowOf = (name: string, curve: CountedCurve): string[] => [
    name,
    group(curve.comparisons),
    `1e${curve.supportedLog10Fmr} = ${(10 ** curve.supportedLog10Fmr).toExponential(1)}`,
  ]
  return renderTable(
    ['score', 'comparisons of different people', 'counted down to'],
    [
      rowOf('one face', comparison),
      ...best.map(curve => rowOf(`best of ${curve.faces}`, curve)),
      ...fused.map(curve => rowOf(`fused ${curve.faces}`, curve)),
    ],
  )
}

const renderAcceptRates = ({ acceptRates, comparison, best, fused }: CalibrationFigures): string =>
  renderTable(
    ['enrolled', 'people', 'trials', 'score', ...ACCEPT_RATES_AT.map(rate => `1e${rate}`)],
    acceptRates.flatMap(rates => {
      const find = (curves: readonly (CountedCurve & { faces: number })[]): CountedCurve =>
        curves.find(curve => curve.faces === rates.faces)!
      const rowOf = (name: string, curve: CountedCurve, values: readonly number[]): string[] => [
        String(rates.faces),
        group(rates.people),
        group(rates.trials),
        name,
        ...values.map((value, i) => `${(value * 100).toFixed(1)} %${markOf(curve, ACCEPT_RATES_AT[i])}`),
      ]
      return [
        rowOf('one of them', comparison, rates.single),
        rowOf('best', find(best), rates.best),
        rowOf('fused', find(fused), rates.fused),
      ]
    }),
  )

const markOf = (curve: CountedCurve, rate: number): string => (rate < curve.supportedLog10Fmr ? '*' : '')

const renderTable = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows].map(cells => `| ${cells.join(' | ')} |`).join('\n')

const group = (value: number): string => value.toLocaleString('en-US')
