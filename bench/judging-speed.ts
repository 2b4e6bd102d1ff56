// What judging adds to the time from picture to template: the same pictures with and without, by turns, on one thread of
// this process, in processor time. The pictures show one face each, or the largest is judged.
import { readFile } from 'node:fs/promises'
import { ATTRIBUTES } from '../server/src/core/face-attributes.ts'
import type { AnalyseOptions } from '../server/src/core/ports.ts'
import { ASSESSMENTS, type Assessment } from '../server/src/core/types.ts'
import { DEFAULT_LIMITS } from '../server/src/limits.ts'
import { ensureJudgePacks } from '../server/src/vision/judge-packs.ts'
import { openNetworks } from '../server/src/vision/networks.ts'
import { openJudges } from '../server/src/vision/open-judges.ts'
import { ensurePack } from '../server/src/vision/packs/install.ts'
import { analyse } from '../server/src/vision/pipeline.ts'
import { spentCpuMs } from './measure.ts'
import { median } from './statistics.ts'
import { PACKS_FOLDER } from './templates.ts'

export interface JudgingSpeed {
  readonly pictures: number
  /** Milliseconds of processor time per picture from decoding to the largest face's template, median of the rounds. */
  readonly plainMs: number
  readonly judged: Readonly<Record<Assessment, AddedTime>>
}

export interface AddedTime {
  /** What the judgement adds to `plainMs`; medians of the rounds. */
  readonly addedMs: number
  /** With it by without. */
  readonly ratio: number
}

/** What enrolment asks of the engine. */
const PLAIN: AnalyseOptions = { templates: 'largest', onlyLargest: true }
const PICTURES = 200
const ROUNDS = 5

/** `which`: what is judged; each by itself. */
export const measureJudgingSpeed = async (
  paths: readonly string[],
  which: readonly Assessment[] = ASSESSMENTS,
): Promise<JudgingSpeed> => {
  const networks = await openNetworksHere()
  const pictures = await Promise.all(paths.slice(0, PICTURES).map(path => readFile(path)))
  const timeOne = async (bytes: Buffer, options: AnalyseOptions): Promise<number> => {
    const since = spentCpuMs()
    await analyse(networks, DEFAULT_LIMITS, new Uint8Array(bytes), options)
    return spentCpuMs() - since
  }
  const options = [PLAIN, ...which.map(name => ({ ...PLAIN, assess: [name] }))]
  const rounds: number[][] = []
  // The first round warms up.
  for (let round = 0; round <= ROUNDS; round++) {
    const ms = options.map(() => 0)
    for (const bytes of pictures)
      for (const [at, each] of options.entries()) ms[at] += (await timeOne(bytes, each)) / pictures.length
    if (round > 0) rounds.push(ms)
  }
  const added = (at: number): AddedTime => ({
    addedMs: median(rounds.map(ms => ms[at + 1] - ms[0])),
    ratio: median(rounds.map(ms => ms[at + 1] / ms[0])),
  })
  return {
    pictures: pictures.length,
    plainMs: median(rounds.map(([plain]) => plain)),
    judged: Object.fromEntries(which.map((name, at) => [name, added(at)])) as JudgingSpeed['judged'],
  }
}

const openNetworksHere = async () => {
  const base = await ensurePack({ id: 'open', packsDir: PACKS_FOLDER })
  const judges = await ensureJudgePacks({ packsDir: PACKS_FOLDER }, { attributes: ATTRIBUTES, liveness: 'auto' })
  return openNetworks(base.directory, base.manifest, {}, openJudges(base, judges))
}
