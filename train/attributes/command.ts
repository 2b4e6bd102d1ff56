// `npm run train -- attributes`: pictures → samples → heads → the folders of their packs. The order of the steps.
import { readFile } from 'node:fs/promises'
import { PACKS_FOLDER } from '../../bench/templates.ts'
import { shareOf } from '../../bench/wilson.ts'
import type { AttributeName } from '../../server/src/core/face-attributes.ts'
import { openFeatureReader } from '../../server/src/vision/attributes.ts'
import { ensurePack } from '../../server/src/vision/packs/install.ts'
import { assignFolds } from '../folds.ts'
import { quantise, type SmallNetwork } from '../small-network.ts'
import { measureBaseline } from './baseline.ts'
import type { CardFacts } from './card.ts'
import { findFaces } from './faces.ts'
import { measureHead } from './figures.ts'
import { fitHeads } from './fit.ts'
import { readKept, writeKept } from './kept.ts'
import { alarmsOf, type OrdinaryFace, readOrdinary, type SeenThere } from './ordinary.ts'
import { makeSamples, measureWith } from './samples.ts'
import { THRESHOLDS } from './thresholds.ts'
import { writePack } from './write-packs.ts'

export interface TrainAttributesOptions {
  /** Holds celeba/ and mask/. */
  readonly data: string
  /** Ordinary photographs: counted for false alarms, never trained on. */
  readonly ordinary?: string
  /** Folder that the packs' folders are written to. */
  readonly out: string
  readonly seed: number
  /** Folder that faces and samples are kept in, and taken from when they are there. */
  readonly keep?: string
}

const FOLDS = 5
const WORSE = 3
const DRAWN = 4
/** Of the ordinary photographs so many are looked at, spread evenly. */
const ORDINARY = 2600

export const trainAttributes = async (options: TrainAttributesOptions): Promise<void> => {
  const { data, ordinary, out, seed, keep } = options
  const reader = await openFeatureReader(await ensurePack({ id: 'open', packsDir: PACKS_FOLDER }))
  const kept = keep === undefined ? null : await readKept(keep)
  if (kept) console.error(`faces and samples are those in ${keep}`)
  const { faces, missing } = kept ?? (await findFaces(data, progressOf('pictures searched')))
  const plan = { seed, worse: WORSE, drawn: DRAWN }
  const set =
    kept?.set ?? (await makeSamples(faces, measureWith(reader, measureBaseline), plan, progressOf('faces sampled')))
  if (keep !== undefined && !kept) await writeKept(keep, { faces, missing, set })
  const folds = assignFolds(
    faces.map(({ person }) => person),
    FOLDS,
  )
  const heads = fitHeads(set, folds, seed, what => console.error(`fitted a fold of ${what}`))
  const others = ordinary ? await readOrdinary(ordinary, ORDINARY, reader, progressOf('others seen')) : null
  for (const head of heads) {
    // What is shipped is what is measured on ordinary photographs: the weights as they are stored.
    const { network } = quantise(head.network)
    const figures = measureHead(head, set, faces, THRESHOLDS[head.name])
    const facts: CardFacts = {
      figures,
      missing,
      samples: set.samples.length,
      seed,
      folds: FOLDS,
      date: new Date().toISOString().slice(0, 10),
      ordinary: others && (await countAlarms(head.name, network, others)),
    }
    await writePack(out, network, facts)
    printHead(facts)
  }
}

/** What was seen by eye among what fired on LFW. */
export const readSeen = async (): Promise<SeenThere> =>
  JSON.parse(await readFile(new URL('seen-in-lfw.json', import.meta.url), 'utf8'))

const countAlarms = async (
  name: AttributeName,
  network: SmallNetwork,
  faces: readonly OrdinaryFace[],
): Promise<CardFacts['ordinary']> => {
  const looked = (await readSeen())[name]
  const shown = new Set(looked)
  const alarms = alarmsOf(faces, network, THRESHOLDS[name])
  const seen = alarms.filter(alarm => shown.has(alarm.name)).map(alarm => alarm.name)
  return {
    raw: shareOf(alarms.length, faces.length),
    corrected: looked || alarms.length === 0 ? shareOf(alarms.length - seen.length, faces.length - seen.length) : null,
    seen,
  }
}

const printHead = ({ figures: { name, kinds }, ordinary }: CardFacts): void => {
  const percent = (share: number) => `${(100 * share).toFixed(2)} %`
  for (const { kind, yes, no, error, falseYes, falseNo, auc, baseline } of kinds)
    console.log(
      `${name.padEnd(12)}${kind.padEnd(7)}${yes} yes, ${no} no: error ${percent(error.share)}, false yes ${percent(falseYes.share)}, false no ${percent(falseNo.share)}, AUC ${auc.toFixed(4)}${baseline ? ` (baseline ${baseline.auc.toFixed(4)})` : ''}`,
    )
  if (ordinary)
    console.log(
      `${name.padEnd(12)}others ${percent(ordinary.raw.share)}, but for those seen ${ordinary.corrected ? percent(ordinary.corrected.share) : '–'}`,
    )
}

const progressOf =
  (what: string) =>
  (done: number, of: number): void => {
    if (done % 500 === 0 || done === of) console.error(`${done} of ${of} ${what}`)
  }
