// `npm run bench -- quality`: whether the unified score predicts false non-matches, as an error-versus-discard curve over a
// folder of labelled pictures. Writes nothing, unless it is told to put freshly fitted coefficients into a pack.json.
import { readFile, writeFile } from 'node:fs/promises'
import { QUALITY_COMPONENTS } from '../server/src/core/face-quality.ts'
import { type PackQuality, parseManifest } from '../server/src/vision/packs/manifest.ts'
import { judge, type UnifiedFeatures } from '../server/src/vision/quality/unified.ts'
import { collectTemplates, countPairs, dotAt, type TemplateSet } from './all-pairs.ts'
import { type DiscardPoint, type GenuinePair, measureDiscards, rankPictures } from './discard.ts'
import { type JudgingSpeed, measureJudgingSpeed } from './judging-speed.ts'
import { findLabelErrors, NO_LABEL_ERRORS } from './label-errors.ts'
import { describeMachine, type Machine } from './machine.ts'
import { keyOfName, parsePairs } from './pairs.ts'
import { choosePenalty, type FittedPair, fitNested, fitUnified } from './quality-fit.ts'
import { printQuality } from './quality-table.ts'
import { createThresholds } from './quality-thresholds.ts'
import { allowedMatches } from './rates.ts'
import { embedFolder, type FolderPicture, listPictures } from './templates.ts'

export const FALSE_MATCH_RATE = 1e-3
export const SHARES = [0, 0.01, 0.02, 0.05, 0.1, 0.2] as const
const FOLDS = 10
const PACK_FILE = new URL('../server/packs/open/pack.json', import.meta.url).pathname

export interface QualityFigures {
  readonly images: number
  readonly genuine: number
  readonly different: number
  /** Cosine above which pictures match, at FALSE_MATCH_RATE over the whole folder. */
  readonly threshold: number
  /** Judged by models that were fitted without the people of the picture; one threshold for all. */
  readonly curve: readonly DiscardPoint[]
  /** The same with a threshold for the pictures that are left, at the same rate. */
  readonly refitted: readonly DiscardPoint[]
  /** The same curve over the pairs file's genuine pairs alone; null without a file. */
  readonly ofFile: readonly DiscardPoint[] | null
  /** Each fold's people apart. */
  readonly folds: readonly { readonly penalty: number; readonly curve: readonly DiscardPoint[] }[]
  /** With the coefficients in the pack, which were fitted on all of LFW; null where it has none. */
  readonly asShipped: readonly DiscardPoint[] | null
  /** Each component by itself: reduction with a twentieth and with a fifth discarded. */
  readonly components: readonly { readonly name: string; readonly reductions: readonly number[] }[]
  /** What judging adds to the time from picture to template. */
  readonly speed: JudgingSpeed
  readonly pack: { readonly id: string; readonly version: string }
  readonly seconds: number
  readonly machine: Machine
}

/** Prints tables unless `json`. `out`: a pack.json to write, with coefficients fitted on all pictures. */
export async function benchQuality(options: {
  images: string
  pairs?: string
  out?: string
  json: boolean
}): Promise<QualityFigures> {
  const begin = performance.now()
  const file = options.pairs === undefined ? null : parsePairs(await readFile(options.pairs, 'utf8'), options.pairs)
  const report = (done: number, of: number): void => {
    if (done % 500 === 0 || done === of) console.error(`${done} of ${of} pictures`)
  }
  const { pack, pictures: all } = await embedFolder(options.images, report, ['quality'])
  const errors = await findLabelErrors(new Set(all.map(picture => picture.identity)))
  const pictures = all.filter(picture => !errors.pictures.has(picture.name))
  const set = collectTemplates(pictures, errors)
  const inFile = new Set(file?.pairs.filter(({ same }) => same).map(({ one, other }) => `${one} ${other}`))
  const { figures, fitted, features } = measureQuality(pictures, set, inFile)
  const source =
    errors === NO_LABEL_ERRORS ? 'Pictures of a folder' : 'Labeled Faces in the Wild, label errors left out'
  if (options.out) await writePack(options.out, source, features, set, fitted, figures.curve)
  const result = {
    ...figures,
    ofFile: file ? figures.ofFile : null,
    speed: await measureJudgingSpeed(
      (await listPictures(options.images)).map(({ path }) => path),
      ['quality'],
    ),
    pack: { id: pack.id, version: pack.version },
    seconds: (performance.now() - begin) / 1000,
    machine: describeMachine(),
  }
  if (!options.json) printQuality(result)
  return result
}

const measureQuality = (pictures: readonly FolderPicture[], set: TemplateSet, inFile: ReadonlySet<string>) => {
  const counts = countPairs(set)
  const different = counts.different.total()
  const threshold = counts.different.scoreAt(allowedMatches(different, FALSE_MATCH_RATE) + 1)
  const genuine = listGenuine(set)
  const fitted = genuine.map(pair => ({ ...pair, isMiss: pair.score <= threshold }))
  const features = pictures.map(({ name, quality }) => {
    if (quality?.features) return quality.features as UnifiedFeatures
    throw new Error(`${name} has no quality features: the pack does not say where its templates lie.`)
  })
  const folds = fitNested(features, set.people, fitted, FOLDS)
  const judged = features.map((figures, picture) => judge(figures, folds[set.people[picture] % FOLDS].model).score)
  const ranks = rankPictures(judged)
  const thresholds = createThresholds(set, counts.different, FALSE_MATCH_RATE)
  const curveOf = (pairs: readonly GenuinePair[], scores = ranks) =>
    measureDiscards(pairs, scores, SHARES, () => threshold)
  const shipped = pictures.map(({ quality }) => quality?.unified?.score)
  const figures = {
    images: pictures.length,
    genuine: genuine.length,
    different,
    threshold,
    curve: curveOf(genuine),
    refitted: measureDiscards(genuine, ranks, SHARES, share => thresholds.at(ranks, share)),
    ofFile: curveOf(genuine.filter(({ one, other }) => inFile.has(nameOf(set, one, other)))),
    folds: folds.map(({ penalty }, fold) => ({
      penalty,
      curve: curveOf(genuine.filter(({ person }) => person % FOLDS === fold)),
    })),
    asShipped: shipped.every(score => score !== undefined) ? curveOf(genuine, rankPictures(shipped)) : null,
    components: QUALITY_COMPONENTS.map(name => ({
      name,
      reductions: measureDiscards(
        genuine,
        rankPictures(pictures.map(({ quality }) => quality!.components[name].score ?? 100)),
        [0.05, 0.2],
        () => threshold,
      ).map(({ reduction }) => reduction),
    })),
  }
  return { figures, fitted, features }
}

/** Every two pictures under one name. */
const listGenuine = ({ identities, people, rows, dimensions }: TemplateSet): GenuinePair[] => {
  const pairs: GenuinePair[] = []
  for (const pictures of Map.groupBy(identities.keys(), index => identities[index]).values())
    for (const [index, one] of pictures.entries())
      for (const other of pictures.slice(index + 1))
        pairs.push({ one, other, score: dotAt(rows, one, rows, other, dimensions), person: people[one] })
  return pairs
}

const nameOf = ({ names }: TemplateSet, one: number, other: number): string =>
  `${keyOfName(names[one])} ${keyOfName(names[other])}`

/** Only the field `quality.unified` changes. */
const writePack = async (
  path: string,
  source: string,
  features: readonly UnifiedFeatures[],
  set: TemplateSet,
  pairs: readonly FittedPair[],
  curve: readonly DiscardPoint[],
): Promise<void> => {
  const used = [...features.keys()]
  const model = fitUnified(features, used, pairs, choosePenalty(features, set.people, used, pairs, 1))
  const short = (value: number): number => Number(value.toPrecision(5))
  const unified: NonNullable<PackQuality['unified']> = {
    madeFrom: `${source}: ${features.length} pictures of ${new Set(set.people).size} people, ${pairs.length} genuine pairs; ${FOLDS} folds of people`,
    images: features.length,
    date: new Date().toISOString().slice(0, 10),
    features: model.features.map(({ name, mean, deviation, weight, squareWeight }) => ({
      name,
      mean: short(mean),
      deviation: short(deviation),
      weight: short(weight),
      squareWeight: short(squareWeight),
    })),
    intercept: short(model.intercept),
    mean: short(model.mean),
    deviation: short(model.deviation),
    folds: curve.map(({ discarded, fnmr, reduction, low, high }) => ({
      discarded,
      fnmr: short(fnmr),
      reduction: short(reduction),
      low: short(low),
      high: short(high),
    })),
  }
  const pack: { quality?: object } = JSON.parse(await readFile(PACK_FILE, 'utf8'))
  const text = `${JSON.stringify({ ...pack, quality: { ...pack.quality, unified } }, null, 2)}\n`
  parseManifest(text, path)
  await writeFile(path, text)
  console.error(`Wrote the coefficients to ${path}`)
}
