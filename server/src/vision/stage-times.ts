// How long one picture takes in each stage, by wrapping the networks that the pipeline is given: the pipeline itself knows no
// clock. For one picture at a time, as a worker has it.
import type { StageTimes } from '../core/ports.ts'
import { wrapJudges } from './judges.ts'
import { type Networks, wrapRecognisers } from './networks.ts'

export interface StageClock {
  /** The networks, timed. */
  readonly networks: Networks
  /** Forgets the picture before; decoding begins now. */
  start(): void
  /** Milliseconds since `start`. Sampling the crops counts towards the network that they are for. */
  read(): StageTimes
}

export const timeStages = (networks: Networks): StageClock => {
  const { detector, mesher } = networks
  let spent: Record<keyof StageTimes, number>
  // The end of the last stage is the beginning of what the next one needs.
  let last: number
  const charge = (stage: keyof StageTimes): void => {
    const now = performance.now()
    spent[stage] += now - last
    last = now
  }
  const time = async <T>(stage: keyof StageTimes, work: Promise<T>): Promise<T> => {
    const result = await work
    charge(stage)
    return result
  }
  const start = (): void => {
    spent = { decode: 0, detect: 0, mesh: 0, align: 0, embed: 0, attributes: 0, liveness: 0 }
    last = performance.now()
  }
  start()
  return {
    networks: {
      ...networks,
      detector: {
        ...detector,
        // The detector first asks for room: the picture is decoded then.
        inputFor(count) {
          if (spent.decode === 0) charge('decode')
          return detector.inputFor(count)
        },
        detect: count => time('detect', detector.detect(count)),
      },
      mesher: { ...mesher, locate: (...crop) => time('mesh', mesher.locate(...crop)) },
      embedders: wrapRecognisers(networks, recogniser => ({
        ...recogniser,
        embed(raster, crops) {
          // Nobody's template is wanted.
          if (crops.length === 0) return recogniser.embed(raster, crops)
          charge('align')
          return time('embed', recogniser.embed(raster, crops))
        },
      })),
      judges: wrapJudges(networks.judges, (name, judge) => {
        // What lies between is the quality's, which is no network's.
        last = performance.now()
        return time(name, judge())
      }),
    },
    start,
    read: () => Object.fromEntries(Object.entries(spent).filter(([, ms]) => ms > 0)),
  }
}
