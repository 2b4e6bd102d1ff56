// `npm run bench -- packs`: every recognition pack that is installed on the same pictures, side by side: how well it tells
// people apart, how large its templates are and what they cost. Measures nothing by itself.
import { openRecognition } from '../server/src/vision/packs/recognition.ts'
import { type AcceptRates, type AccuracyFigures, benchAccuracy } from './accuracy.ts'
import { describeMachine, type Machine, nameMachine } from './machine.ts'
import { type EngineFigures, measureEngine } from './stages.ts'
import { listPictures, PACKS_FOLDER } from './templates.ts'

export interface PackFigures {
  /** With all pairs of the folder. */
  readonly accuracy: AccuracyFigures
  /** Of the product's own templates, float32. */
  readonly templateBytes: number
  /** Processor time from a found face to its template: crops and networks. */
  readonly templateMs: number
  readonly engine: EngineFigures
}

export interface PacksFigures {
  readonly benchmark: 'packs'
  readonly machine: Machine
  readonly packs: readonly PackFigures[]
}

export interface PacksOptions {
  readonly images: string
  readonly pairs?: string
  readonly seconds?: number
  readonly packsDir?: string
  readonly json: boolean
}

/** Pictures whose time is measured. */
const TIMED_PICTURES = 200

export const benchPacks = async (options: PacksOptions): Promise<PacksFigures> => {
  const { images, pairs, seconds = 20, packsDir = PACKS_FOLDER } = options
  const paths = (await listPictures(images)).slice(0, TIMED_PICTURES).map(({ path }) => path)
  const packs: PackFigures[] = []
  for (const { manifest } of (await openRecognition({ packsDir })).packs) {
    const choice = { pack: manifest.id, packsDir }
    console.error(`The pack ${manifest.id}`)
    const engine = await measureEngine(paths, seconds, choice)
    const accuracy = await benchAccuracy({ images, pairs, allPairs: true, json: true, ...choice })
    packs.push({
      accuracy,
      templateBytes: accuracy.pack.dimensions * Float32Array.BYTES_PER_ELEMENT,
      templateMs: engine.stages.align + engine.stages.embed,
      engine,
    })
  }
  const figures: PacksFigures = { benchmark: 'packs', machine: describeMachine(), packs }
  if (!options.json) printTable(figures)
  return figures
}

const printTable = ({ machine, packs }: PacksFigures): void => {
  const [{ accuracy }] = packs
  console.log(nameMachine(machine))
  console.log(
    `${accuracy.images} pictures, ${accuracy.pairs} pairs of the file; of all pairs ${accuracy.allPairs!.same} of one person, ${accuracy.allPairs!.different} of two people`,
  )
  console.table(packs.map(describePack))
  const rates = (title: string, pick: (figures: AccuracyFigures) => AcceptRates | null): void => {
    if (pick(accuracy) === null) return
    console.log(`\nTrue accept rate at each false accept rate, ${title}:`)
    console.table(packs.map(({ accuracy }) => ({ pack: accuracy.pack.id, ...describeRates(pick(accuracy)!) })))
  }
  rates('pairs of the file', ({ tar, pairs }) => (pairs > 0 ? tar : null))
  rates('all pairs', ({ allPairs }) => allPairs!.tar)
  rates('all pairs, known label errors left out', ({ allPairs }) => allPairs!.tarWithoutLabelErrors)
}

const describePack = ({ accuracy, templateBytes, templateMs, engine }: PackFigures) => ({
  pack: `${accuracy.pack.id} ${accuracy.pack.version}`,
  accuracy: percent(accuracy.accuracy),
  'deviation of the folds': percent(accuracy.deviation),
  'no face': accuracy.failures,
  'template bytes': templateBytes,
  'ms from face to template': Number(templateMs.toFixed(1)),
  'ms from picture to template': Number(engine.cpuMsPerPicture.toFixed(1)),
})

const describeRates = (rates: AcceptRates) =>
  Object.fromEntries(Object.entries(rates).map(([rate, share]) => [rate, percent(share)]))

const percent = (share: number | null): string => (share === null ? 'too few pairs' : `${(share * 100).toFixed(2)} %`)
