// What judging quality adds to the time from picture to template: the same pictures with and without, by turns, on one
// thread of this process, in processor time.
import { readFile } from 'node:fs/promises'
import type { AnalyseOptions } from '../server/src/core/ports.ts'
import { DEFAULT_LIMITS } from '../server/src/limits.ts'
import { openNetworks } from '../server/src/vision/networks.ts'
import { ensurePack } from '../server/src/vision/packs/install.ts'
import { analyse } from '../server/src/vision/pipeline.ts'
import { spentCpuMs } from './measure.ts'
import { median } from './statistics.ts'
import { PACKS_FOLDER } from './templates.ts'

export interface SpeedFigures {
  readonly pictures: number
  /** Milliseconds of processor time per picture, medians of the rounds. */
  readonly withoutMs: number
  readonly withMs: number
  /** With quality by without, median of the rounds. */
  readonly ratio: number
}

/** What enrolment asks of the engine. */
const PLAIN: AnalyseOptions = { templates: 'largest', onlyLargest: true }
const JUDGED: AnalyseOptions = { ...PLAIN, assess: ['quality'] }
const PICTURES = 200
const ROUNDS = 5

export const measureQualitySpeed = async (paths: readonly string[]): Promise<SpeedFigures> => {
  const networks = await openNetworksHere()
  const pictures = await Promise.all(paths.slice(0, PICTURES).map(path => readFile(path)))
  const timeOne = async (bytes: Buffer, options: AnalyseOptions): Promise<number> => {
    const since = spentCpuMs()
    await analyse(networks, DEFAULT_LIMITS, new Uint8Array(bytes), options)
    return spentCpuMs() - since
  }
  const rounds: { withoutMs: number; withMs: number }[] = []
  // The first round warms up.
  for (let round = 0; round <= ROUNDS; round++) {
    let [withoutMs, withMs] = [0, 0]
    for (const bytes of pictures) {
      withoutMs += (await timeOne(bytes, PLAIN)) / pictures.length
      withMs += (await timeOne(bytes, JUDGED)) / pictures.length
    }
    if (round > 0) rounds.push({ withoutMs, withMs })
  }
  return {
    pictures: pictures.length,
    withoutMs: median(rounds.map(round => round.withoutMs)),
    withMs: median(rounds.map(round => round.withMs)),
    ratio: median(rounds.map(round => round.withMs / round.withoutMs)),
  }
}

const openNetworksHere = async () => {
  const { directory, manifest } = await ensurePack({ id: 'open', packsDir: PACKS_FOLDER })
  return openNetworks(directory, manifest)
}
