// Prints the quality benchmark's figures for people. Measures nothing.
import type { DiscardPoint } from './discard.ts'
import { nameMachine } from './machine.ts'
import type { QualityFigures } from './quality.ts'

const percent = (share: number, digits = 2): string => `${(share * 100).toFixed(digits)} %`

export const printQuality = (figures: QualityFigures): void => {
  const { pack, machine } = figures
  console.log(`${nameMachine(machine)}; pack ${pack.id} ${pack.version}; ${figures.seconds.toFixed(0)} s`)
  console.log(
    `${figures.images} pictures, ${figures.genuine} pairs of one person, ${figures.different} of two; threshold at a false match rate of 1e-3: ${figures.threshold.toFixed(4)}`,
  )
  console.log(
    'False non-match rate with the worst pictures left out, judged by models that have not seen these people:',
  )
  console.table(
    figures.curve.map((point, index) => ({
      ...describe(point),
      'threshold fitted again': percent(figures.refitted[index].fnmr),
      ...(figures.ofFile && {
        'pairs of the file': `${percent(figures.ofFile[index].fnmr)} of ${figures.ofFile[index].pairs}`,
      }),
      ...(figures.asShipped && { 'as shipped (fitted on LFW)': percent(figures.asShipped[index].fnmr) }),
    })),
  )
  const {
    pictures,
    plainMs,
    judged: { quality },
  } = figures.speed
  console.log(
    `Picture to template: ${plainMs.toFixed(1)} ms of processor time; quality adds ${quality.addedMs.toFixed(1)} ms, ratio ${quality.ratio.toFixed(2)} (${pictures} pictures, by turns)`,
  )
  console.log('By fold:')
  console.table(
    figures.folds.map(({ penalty, curve }) => ({
      pairs: curve[0].pairs,
      penalty,
      ...Object.fromEntries(curve.map(({ discarded, fnmr }) => [`without ${percent(discarded, 0)}`, percent(fnmr, 1)])),
    })),
  )
  console.log('Each component by itself: how much lower the rate is')
  console.table(
    figures.components.map(({ name, reductions }) => ({
      component: name,
      'without 5 %': percent(reductions[0], 0),
      'without 20 %': percent(reductions[1], 0),
    })),
  )
}

const describe = ({ discarded, pairs, misses, fnmr, reduction, low, high }: DiscardPoint) => ({
  discarded: percent(discarded, 0),
  pairs,
  misses,
  'false non-match rate': percent(fnmr),
  'lower by': `${percent(reduction, 0)} (${percent(low, 0)} to ${percent(high, 0)})`,
})
