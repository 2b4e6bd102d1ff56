// Gives a picture up that takes too long, by wrapping the networks that the pipeline is given: the pipeline itself knows no
// clock, and a thread cannot be ended from outside while it is inside of onnxruntime. For one picture at a time.
import { AppError } from '../errors.ts'
import { wrapJudges } from './judges.ts'
import { type Networks, wrapRecognisers } from './networks.ts'

export interface Deadline {
  /** The networks; each run throws image_too_complex when the time is over. */
  readonly networks: Networks
  /** A picture begins, with all its time ahead. */
  start(): void
}

/** `now` gives milliseconds; tests bring their own. */
export const addDeadline = (networks: Networks, maxMs: number, now = () => performance.now()): Deadline => {
  const { detector, mesher } = networks
  let endMs = Number.POSITIVE_INFINITY
  const check = (): void => {
    if (now() > endMs) throw tooComplex(maxMs)
  }
  return {
    networks: {
      ...networks,
      detector: {
        ...detector,
        async detect(count) {
          check()
          return detector.detect(count)
        },
      },
      mesher: {
        ...mesher,
        async locate(...crop) {
          check()
          return mesher.locate(...crop)
        },
      },
      embedders: wrapRecognisers(networks, recogniser => ({
        ...recogniser,
        async embed(raster, crops) {
          check()
          return recogniser.embed(raster, crops)
        },
      })),
      judges: wrapJudges(networks.judges, async (_name, judge) => {
        check()
        return judge()
      }),
    },
    start() {
      endMs = now() + maxMs
    },
  }
}

export const tooComplex = (maxMs: number): AppError =>
  new AppError('image_too_complex', `The picture was not analysed within ${maxMs / 1000} s.`, { details: { maxMs } })
