// `npm run bench -- liveness`: how often real faces and presentation attacks are judged wrongly, in the terms of ISO/IEC
// 30107-3, by every liveness pack that is there, and by a baseline that does not see the face. Trains nothing.
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { type LivenessStage, openLiveness } from '../server/src/vision/liveness.ts'
import { ensurePack, type InstalledPack, loadPack } from '../server/src/vision/packs/install.ts'
import { featuresOf, judgeByBaseline } from '../train/liveness/baseline.ts'
import { openFaceFinder } from '../train/liveness/faces.ts'
import { kindOf, type Sample, type Scores, samplesOf } from '../train/liveness/prepare.ts'
import { listSources, type Source } from '../train/liveness/sources.ts'
import { areaUnder, type KindRate, ordinaryFaces, ratesAt, type ScoredFace, thresholdFor } from './liveness-rates.ts'
import { printLiveness } from './liveness-table.ts'
import { describeMachine, type Machine } from './machine.ts'
import { PACKS_FOLDER } from './templates.ts'

/** Another than the training's: other attacks are drawn from the same pictures. */
const SEED = 20_107
export const BPCER = 0.05
export const POINTS = [0.01, 0.02, 0.05, 0.1, 0.2] as const
/** Attacks drawn a picture: a probability, of prints and of screens. */
const DRAWN = 0.3

export interface JudgeFigures {
  readonly model: string
  /** The pack's; null for the baseline, which has none. */
  readonly threshold: number | null
  /** At the shipped threshold; empty for the baseline. */
  readonly rates: readonly KindRate[]
  /** At the threshold for a BPCER of 5 % over the ordinary collections, each counting the same. */
  readonly ratesAtBpcer: readonly KindRate[]
  /** On NUAA by itself: real faces against real prints. */
  readonly nuaa: {
    readonly areaUnder: number
    readonly points: readonly { readonly bpcer: number; readonly apcer: KindRate['rate'] }[]
  }
  /** Processor time, milliseconds; null where it was not measured. */
  readonly msPerFace: number | null
}

export interface LivenessFigures {
  readonly faces: number
  readonly judges: readonly JudgeFigures[]
  readonly seconds: number
  readonly machine: Machine
}

interface Judge {
  readonly model: string
  readonly threshold: number
  readonly stage: LivenessStage
}

/** Prints tables unless `json`. */
export const benchLiveness = async (options: {
  data: string
  live?: string
  packsDir?: string
  count?: number
  json: boolean
}): Promise<LivenessFigures> => {
  const begin = performance.now()
  const judges = await openJudges(options.packsDir ?? PACKS_FOLDER)
  const sources = thin(await listSources(options.data, options.live), options.count)
  if (sources.length === 0) throw new Error(`There are no pictures below ${options.data}.`)
  const times = new Map<string, number[]>()
  const samples = await collect(sources, judges, times)
  const figures = {
    faces: samples.length,
    judges: [
      ...judges.map(({ model, threshold }) => ({
        ...measure(
          model,
          samples.map(({ facts }) => ({ ...kindOf(facts), score: facts.scores[model] })),
          threshold,
        ),
        msPerFace: mean(times.get(model)!),
      })),
      measure('baseline: sizes, sharpness, frame', baselineFaces(samples), null),
    ],
    seconds: (performance.now() - begin) / 1000,
    machine: describeMachine(),
  }
  if (!options.json) printLiveness(figures)
  return figures
}

/** The project's own, and minifasnet where it is installed. */
const openJudges = async (packsDir: string): Promise<Judge[]> => {
  const packs: InstalledPack[] = [await ensurePack({ id: 'liveness', packsDir })]
  const other = join(packsDir, 'minifasnet')
  if ((await stat(other).catch(() => null))?.isDirectory()) packs.push(await loadPack(other))
  return Promise.all(
    packs.map(async pack => ({
      model: `${pack.manifest.id}@${pack.manifest.version}`,
      threshold: pack.manifest.decision!.threshold,
      stage: await openLiveness(pack),
    })),
  )
}

/** The first pictures of each collection, one attack of each kind drawn from some of them. */
const thin = (sources: readonly Source[], count = Infinity): Source[] => {
  const seen = new Map<string, number>()
  return sources.flatMap(source => {
    const name = `${source.set} ${source.isLive}`
    seen.set(name, (seen.get(name) ?? 0) + 1)
    if (seen.get(name)! > count) return []
    const { print, screen } = source.make
    return {
      ...source,
      make: { plain: 1, captured: 0, print: DRAWN * Math.sign(print), screen: DRAWN * Math.sign(screen) },
    }
  })
}

const collect = async (
  sources: readonly Source[],
  judges: readonly Judge[],
  times: Map<string, number[]>,
): Promise<Pick<Sample, 'facts' | 'crops'>[]> => {
  const findFaces = await openFaceFinder(PACKS_FOLDER)
  const samples: Sample[] = []
  const judge = async (...face: Parameters<LivenessStage['judge']>): Promise<Scores> => {
    const scores: Record<string, number> = {}
    for (const { model, stage } of judges) {
      const before = process.cpuUsage()
      const { score } = await stage.judge(...face)
      const { user, system } = process.cpuUsage(before)
      times.set(model, [...(times.get(model) ?? []), (user + system) / 1000])
      scores[model] = score
    }
    return scores
  }
  for (const [index, source] of sources.entries()) {
    for await (const sample of samplesOf(source, { sources, findFaces, judge, seed: SEED }, index)) samples.push(sample)
    if ((index + 1) % 500 === 0) console.error(`${index + 1} of ${sources.length} pictures`)
  }
  return samples
}

const measure = (model: string, faces: readonly ScoredFace[], threshold: number | null): JudgeFigures => {
  const nuaa = faces.filter(({ kind }) => kind === 'nuaa')
  return {
    model,
    threshold,
    rates: threshold === null ? [] : ratesAt(faces, threshold),
    ratesAtBpcer: ratesAt(faces, thresholdFor(ordinaryFaces(faces), BPCER)),
    nuaa: {
      areaUnder: areaUnder(nuaa),
      points: POINTS.map(bpcer => ({
        bpcer,
        apcer: ratesAt(nuaa, thresholdFor(nuaa, bpcer)).find(({ isLive }) => !isLive)!.rate,
      })),
    },
    msPerFace: null,
  }
}

/** Real pictures and drawn ones are judged apart: one fit for both would only learn which pictures were drawn. */
const baselineFaces = (samples: readonly Pick<Sample, 'facts' | 'crops'>[]): ScoredFace[] =>
  [true, false].flatMap(isPlain => {
    const some = samples.filter(({ facts }) => (facts.kind === 'plain') === isPlain || (facts.isLive && !isPlain))
    const scores = judgeByBaseline(
      some.map(sample => ({
        features: featuresOf(sample),
        isLive: sample.facts.isLive,
        group: sample.facts.group,
      })),
    )
    return some.flatMap(({ facts }, at) => (facts.isLive && !isPlain ? [] : [{ ...kindOf(facts), score: scores[at] }]))
  })

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length
