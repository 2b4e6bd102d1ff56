// Processor time of each stage of the engine, in this process and on one thread, by wrapping what the pipeline is given.
// Must run while the server does not.
import { readFile } from 'node:fs/promises'
import type { AnalyseOptions } from '../server/src/core/ports.ts'
import { AppError } from '../server/src/errors.ts'
import { DEFAULT_LIMITS } from '../server/src/limits.ts'
import { decodeImage } from '../server/src/vision/decode.ts'
import type { FaceMesh } from '../server/src/vision/families/facemesh.ts'
import { type Networks, openNetworks, wrapRecognisers } from '../server/src/vision/networks.ts'
import { BASE_PACK, openRecognition } from '../server/src/vision/packs/recognition.ts'
import { analyse } from '../server/src/vision/pipeline.ts'
import { measureUntil, spentCpuMs } from './measure.ts'
import { PACKS_FOLDER, type PackChoice } from './templates.ts'

const STAGES = ['decode', 'detect', 'mesh', 'align', 'embed', 'rest'] as const
type Stage = (typeof STAGES)[number]

export interface EngineFigures {
  /** Milliseconds of processor time per picture: bytes in, faces and the largest one's template out. */
  readonly cpuMsPerPicture: number
  readonly stages: Readonly<Record<Stage, number>>
  readonly faces: number
  readonly pictures: number
}

/** What enrolment asks of the engine. */
const ENROLMENT: AnalyseOptions = { templates: 'largest', onlyLargest: true }

export const measureEngine = async (
  paths: readonly string[],
  seconds: number,
  { pack = BASE_PACK, packsDir = PACKS_FOLDER }: PackChoice = {},
): Promise<EngineFigures> => {
  const { base, packs } = await openRecognition({ packsDir })
  const spent = createClock()
  const { networks, lastMesh } = wrapNetworks(await openNetworks(base.directory, base.manifest, { packs, pack }), spent)
  let faces = 0
  const look = async (path: string): Promise<void> => {
    const bytes = new Uint8Array(await readFile(path))
    const found = await analyse(networks, DEFAULT_LIMITS, bytes, ENROLMENT).catch(ignoreRefusal)
    faces += found?.faces.length ? 1 : 0
  }
  for (const path of paths.slice(0, 10)) await look(path)
  spent.reset()
  faces = 0
  const { cpuMsPerPicture, pictures } = await measureUntil(paths, seconds, look)
  const inside = { detect: spent.of('detect'), mesh: spent.of('mesh'), embed: spent.of('embed') }
  // Decoding and aligning are plain functions that the pipeline imports: they cannot be wrapped, and are timed apart.
  const decode = await measureDecoding(paths, seconds / 4)
  const align = lastMesh() ? await measureAligning(lastMesh()!, networks) : 0
  const perPicture = (ms: number): number => ms / pictures
  const stages = {
    decode,
    detect: perPicture(inside.detect),
    mesh: perPicture(inside.mesh),
    align,
    embed: perPicture(inside.embed),
  }
  const rest = cpuMsPerPicture - Object.values(stages).reduce((sum, ms) => sum + ms, 0)
  return { cpuMsPerPicture, stages: { ...stages, rest }, faces, pictures }
}

const ignoreRefusal = (error: unknown): null => {
  if (error instanceof AppError && error.kind === 'input') return null
  throw error
}

const createClock = () => {
  const totals = new Map<Stage, number>()
  return {
    async time<T>(stage: Stage, since: number, work: () => Promise<T>): Promise<T> {
      const result = await work()
      totals.set(stage, (totals.get(stage) ?? 0) + spentCpuMs() - since)
      return result
    },
    of: (stage: Stage): number => totals.get(stage) ?? 0,
    reset: () => totals.clear(),
  }
}

/** Sampling the crops counts towards the network that they are for. */
const wrapNetworks = (networks: Networks, clock: ReturnType<typeof createClock>) => {
  const { detector, mesher } = networks
  let detectingSince = 0
  let lastMesh: FaceMesh | null = null
  const wrapped: Networks = {
    ...networks,
    detector: {
      ...detector,
      // The stage begins by asking for the room that it fills.
      inputFor(count) {
        detectingSince = spentCpuMs()
        return detector.inputFor(count)
      },
      detect: count => clock.time('detect', detectingSince, () => detector.detect(count)),
    },
    mesher: {
      ...mesher,
      async locate(...crop) {
        lastMesh = await clock.time('mesh', spentCpuMs(), () => mesher.locate(...crop))
        return lastMesh
      },
    },
    embedders: wrapRecognisers(networks, recogniser => ({
      ...recogniser,
      embed: (raster, crops) => clock.time('embed', spentCpuMs(), () => recogniser.embed(raster, crops)),
    })),
  }
  return { networks: wrapped, lastMesh: (): FaceMesh | null => lastMesh }
}

const measureDecoding = async (paths: readonly string[], seconds: number): Promise<number> => {
  const decode = async (path: string): Promise<void> => {
    await decodeImage(new Uint8Array(await readFile(path)), DEFAULT_LIMITS).catch(ignoreRefusal)
  }
  return (await measureUntil(paths, seconds, decode)).cpuMsPerPicture
}

const measureAligning = async (mesh: FaceMesh, networks: Networks): Promise<number> => {
  const embedders = await networks.embedders()
  const repetitions = 1000
  const since = spentCpuMs()
  for (let i = 0; i < repetitions; i++) for (const { align } of embedders) align(mesh)
  return (spentCpuMs() - since) / repetitions
}
