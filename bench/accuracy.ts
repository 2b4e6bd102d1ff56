// `npm run bench -- accuracy`: how well the product tells people apart, on a folder of pictures and a pairs file in the form
// of LFW. Measures only; judges nothing and writes nothing.
import { readFile } from 'node:fs/promises'
import { collectTemplates, countPairs, dotAt, type LabelledTemplate, type PairCounts } from './all-pairs.ts'
import { findLabelErrors, NO_LABEL_ERRORS } from './label-errors.ts'
import { describeMachine, type Machine, nameMachine } from './machine.ts'
import { keyOfName, type PairsFile, parsePairs } from './pairs.ts'
import { acceptRateAt, allowedMatches, measureFolds, type ScoredPair } from './rates.ts'
import { embedFolder, listPictures, type PackChoice } from './templates.ts'

/** True accept rate by false accept rate ("1e-3"); null where there are too few comparisons of two people to say. */
export type AcceptRates = Readonly<Record<string, number | null>>

export interface AccuracyFigures {
  /** Ten-fold, 0-1: each fold judged with the threshold that is best for the others. Null without a pairs file. */
  readonly accuracy: number | null
  /** Standard deviation over the folds. */
  readonly deviation: number | null
  /** Of the pairs file's pairs of one person; with `allPairs`, at thresholds from all pairs of the folder. */
  readonly tar: AcceptRates
  /** Pictures used in which no face was found. A pair with one of them counts as an error. */
  readonly failures: number
  readonly failedPictures: readonly string[]
  readonly pack: { readonly id: string; readonly version: string; readonly dimensions: number }
  readonly pairs: number
  readonly images: number
  readonly allPairs: AllPairsFigures | null
  readonly seconds: number
  readonly machine: Machine
}

export interface AllPairsFigures {
  readonly same: number
  readonly different: number
  /** Of every pair of one person in the folder. */
  readonly tar: AcceptRates
  /** Of the pairs file's own pairs, at the thresholds that all cross pairs give; null without a file. */
  readonly tarOfFile: AcceptRates | null
  /** The first with the known label errors of LFW left out; null for other folders. */
  readonly tarWithoutLabelErrors: AcceptRates | null
}

interface Pictures {
  readonly pictures: readonly LabelledTemplate[]
  /** Names without extension. */
  readonly failures: readonly string[]
}

const RATES = ['1e-2', '1e-3', '1e-4']
const RARE_RATES = ['1e-5', '1e-6']

/** Prints a table unless `json`; the caller prints the figures then. Throws an Error for a bad pairs file or missing pictures. */
export async function benchAccuracy(
  options: PackChoice & { images: string; pairs?: string; allPairs: boolean; json: boolean },
): Promise<AccuracyFigures> {
  const begin = performance.now()
  if (options.pairs === undefined && !options.allPairs) {
    throw new Error('Give --pairs FILE (the form of LFW), --all-pairs, or both.')
  }
  const file = options.pairs === undefined ? null : parsePairs(await readFile(options.pairs, 'utf8'), options.pairs)
  const names = (await listPictures(options.images)).map(picture => picture.name)
  if (file) checkPictures(file, names, options.images)
  const report = (done: number, of: number): void => {
    if (done % 500 === 0 || done === of) console.error(`${done} of ${of} pictures`)
  }
  const { pack, pictures, failures } = await embedFolder(options.images, report, [], options)
  const failed = failures.map(path => path.replace(/^.*[\\/]/, '').replace(/\.[^.]+$/, ''))
  const figures: AccuracyFigures = {
    ...(await measureAccuracy({ pictures, failures: failed }, file, options.allPairs)),
    pack: { id: pack.id, version: pack.version, dimensions: pack.dimensions },
    seconds: (performance.now() - begin) / 1000,
    machine: describeMachine(),
  }
  if (!options.json) printTable(figures)
  return figures
}

/** The figures for templates at hand. */
export const measureAccuracy = async (
  { pictures, failures }: Pictures,
  file: PairsFile | null,
  allPairs: boolean,
): Promise<Omit<AccuracyFigures, 'pack' | 'seconds' | 'machine'>> => {
  const scored = file ? scorePairs(file, pictures) : []
  const used = new Set(file?.pairs.flatMap(pair => [pair.one, pair.other]))
  const isUsed = (name: string): boolean => allPairs || used.has(keyOfName(name))
  const folds = file && measureFolds(scored, file.folds)
  const everyPair = allPairs ? await measureAllPairs({ pictures, failures }, scored) : null
  const failedPictures = failures.filter(isUsed)
  return {
    accuracy: folds?.accuracy ?? null,
    deviation: folds?.deviation ?? null,
    tar: file || !everyPair ? measureRates(scored) : everyPair.tar,
    failures: failedPictures.length,
    failedPictures,
    pairs: scored.length,
    images: pictures.filter(picture => isUsed(picture.name)).length + failedPictures.length,
    allPairs: everyPair,
  }
}

const checkPictures = (file: PairsFile, names: readonly string[], folder: string): void => {
  const there = new Set(names.map(keyOfName))
  const missing = [...new Set(file.pairs.flatMap(pair => [pair.one, pair.other]))].filter(key => !there.has(key))
  if (missing.length === 0) return
  const more = missing.length > 3 ? ` and ${missing.length - 3} more` : ''
  throw new Error(`Pictures that the pairs file names are not in ${folder}: ${missing.slice(0, 3).join(', ')}${more}.`)
}

const scorePairs = (file: PairsFile, pictures: readonly LabelledTemplate[]): ScoredPair[] => {
  const templates = new Map(pictures.map(picture => [keyOfName(picture.name), picture.template]))
  return file.pairs.map(pair => {
    const [one, other] = [templates.get(pair.one), templates.get(pair.other)]
    return { same: pair.same, score: one && other ? dotAt(one, 0, other, 0, one.length) : null }
  })
}

const measureRates = (scored: readonly ScoredPair[]): AcceptRates => {
  const same = scored.filter(pair => pair.same).map(pair => pair.score)
  const different = scored.flatMap(({ same, score }) => (same || score === null ? [] : [score]))
  return Object.fromEntries(RATES.map(rate => [rate, acceptRateAt(same, different, Number(rate))]))
}

const measureAllPairs = async ({ pictures, failures }: Pictures, scored: readonly ScoredPair[]) => {
  const counts = countPairs(collectTemplates(pictures))
  const same = scored.filter(pair => pair.same)
  const failedPairs = countFailedPairs(pictures, failures)
  const ofFile = (threshold: number): number =>
    same.filter(({ score }) => score !== null && score > threshold).length / same.length
  const tar = rateAllPairs(counts, threshold => counts.same.countAbove(threshold) / (counts.same.total() + failedPairs))
  const errors = await findLabelErrors(new Set(pictures.map(picture => picture.identity)))
  const clean = errors === NO_LABEL_ERRORS ? null : countPairs(collectTemplates(pictures, errors))
  return {
    same: counts.same.total() + failedPairs,
    different: counts.different.total(),
    tar,
    tarOfFile: same.length > 0 ? rateAllPairs(counts, ofFile) : null,
    tarWithoutLabelErrors:
      clean && rateAllPairs(clean, threshold => clean.same.countAbove(threshold) / (clean.same.total() + failedPairs)),
  }
}

const rateAllPairs = ({ different, same }: PairCounts, shareAbove: (threshold: number) => number): AcceptRates =>
  Object.fromEntries(
    [...RATES, ...RARE_RATES].map(rate => {
      const allowed = allowedMatches(different.total(), Number(rate))
      if (allowed < 1 || same.total() === 0) return [rate, null]
      return [rate, shareAbove(different.scoreAt(allowed + 1))]
    }),
  )

/** Pairs of one person that could not be compared because a picture has no face. */
const countFailedPairs = (pictures: readonly LabelledTemplate[], failures: readonly string[]): number => {
  const countPairsOf = (identities: readonly string[]): number =>
    [...Map.groupBy(identities, identity => identity).values()].reduce(
      (sum, { length }) => sum + (length * (length - 1)) / 2,
      0,
    )
  const found = pictures.map(picture => picture.identity)
  return countPairsOf([...found, ...failures.map(name => name.replace(/_\d+$/, ''))]) - countPairsOf(found)
}

const printTable = (figures: AccuracyFigures): void => {
  const percent = (share: number | null): string => (share === null ? 'too few pairs' : `${(share * 100).toFixed(2)} %`)
  console.log(
    `${nameMachine(figures.machine)}; pack ${figures.pack.id} ${figures.pack.version}; ${figures.seconds.toFixed(0)} s`,
  )
  console.log(`${figures.images} pictures, ${figures.pairs} pairs; no face found in ${figures.failures}`)
  for (const name of figures.failedPictures) console.log(`  no face: ${name}`)
  if (figures.accuracy !== null) {
    console.log(
      `Accuracy: ${percent(figures.accuracy)}, standard deviation over the folds ${percent(figures.deviation)}`,
    )
  }
  const { allPairs } = figures
  if (allPairs) console.log(`All pairs: ${allPairs.same} of one person, ${allPairs.different} of two people`)
  console.table(
    Object.keys(allPairs?.tar ?? figures.tar).map(rate => ({
      'false accept rate': rate,
      'pairs of the file': percent(figures.tar[rate] ?? null),
      ...(allPairs && { 'of all pairs': percent(allPairs.tar[rate]) }),
      ...(allPairs?.tarWithoutLabelErrors && {
        'label errors left out': percent(allPairs.tarWithoutLabelErrors[rate]),
      }),
    })),
  )
}
