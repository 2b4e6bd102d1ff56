// The BlazeFace "back" family: square views in, detections in view pixels out. Knows the network's anchors and outputs,
// and nothing of where a view lies in its picture.
import type { Box, Point } from '../../core/types.ts'
import { iouOf } from '../geometry.ts'
import type { Normalisation } from '../tensor.ts'
import type { NetworkSession } from '../workers/session.ts'

export interface Detection {
  readonly box: Box
  /** Both eyes (viewer's left first), nose tip, mouth, both ears (viewer's left first). */
  readonly keyPoints: readonly Point[]
  /** 0-1. */
  readonly confidence: number
}

export interface Detector {
  /** Side of a view, pixels. */
  readonly size: number
  readonly normalisation: Normalisation
  /** Room for `count` views of 3×size×size normalised floats. The same memory each time: fill it, then call `detect`. */
  inputFor(count: number): Float32Array
  /** Detections of each view in `inputFor(count)`, strongest first. */
  detect(count: number): Promise<readonly (readonly Detection[])[]>
}

/** Values of one box: centre x, y, width, height, then six key points. */
const VALUES_PER_BOX = 16
const KEY_POINTS = 6

interface DetectorSettings {
  readonly size: number
  readonly normalisation: Normalisation
  /** Least confidence of a detection. */
  readonly threshold: number
  /** Two detections that overlap more than this are one face. */
  readonly iouThreshold: number
}

export const createBlazeface = (session: NetworkSession, settings: DetectorSettings): Detector => {
  const { size, threshold, iouThreshold } = settings
  // Two anchors a cell at stride 16, six at stride 32, as the network was built.
  const levels = [
    { scores: 'scores16', boxes: 'boxes16', anchors: makeAnchors(size, 16, 2) },
    { scores: 'scores32', boxes: 'boxes32', anchors: makeAnchors(size, 32, 6) },
  ]
  const logit = Math.log(threshold / (1 - threshold))
  const viewLength = 3 * size * size
  let input = new Float32Array(viewLength)
  const inputFor = (count: number): Float32Array => {
    if (input.length < count * viewLength) input = new Float32Array(count * viewLength)
    return input.subarray(0, count * viewLength)
  }
  return {
    size,
    normalisation: settings.normalisation,
    inputFor,
    async detect(count) {
      const input = inputFor(count)
      const found: Detection[][] = []
      // One view a run: together they take as long, and the session would keep the memory of the largest run for ever.
      for (let view = 0; view < count; view++) {
        const planes = input.subarray(view * viewLength, (view + 1) * viewLength)
        const outputs = await session.run(planes, [1, 3, size, size])
        found.push(
          suppressOverlaps(
            levels.flatMap(({ scores, boxes, anchors }) =>
              decodeLevel(outputs[scores], outputs[boxes], anchors, logit),
            ),
            iouThreshold,
          ),
        )
      }
      return found
    },
  }
}

/** Anchor centres in view pixels, row by row, `perCell` times each. */
const makeAnchors = (size: number, stride: number, perCell: number): readonly Point[] => {
  const cells = size / stride
  return Array.from({ length: cells * cells * perCell }, (_, index) => {
    const cell = Math.floor(index / perCell)
    return { x: ((cell % cells) + 0.5) * stride, y: (Math.floor(cell / cells) + 0.5) * stride }
  })
}

const decodeLevel = (
  scores: Float32Array,
  boxes: Float32Array,
  anchors: readonly Point[],
  logit: number,
): Detection[] => {
  const found: Detection[] = []
  for (let i = 0; i < scores.length; i++) {
    if (scores[i] < logit) continue
    const at = i * VALUES_PER_BOX
    const anchor = anchors[i]
    const width = boxes[at + 2]
    const height = boxes[at + 3]
    const keyPoints = Array.from({ length: KEY_POINTS }, (_, k) => ({
      x: anchor.x + boxes[at + 4 + 2 * k],
      y: anchor.y + boxes[at + 5 + 2 * k],
    }))
    const box = { x: anchor.x + boxes[at] - width / 2, y: anchor.y + boxes[at + 1] - height / 2, width, height }
    found.push({ box, keyPoints, confidence: 1 / (1 + Math.exp(-scores[i])) })
  }
  return found
}

/** Greedy non-maximum suppression: the strongest stays, what overlaps it more than `iouThreshold` goes. */
export const suppressOverlaps = <T extends { box: Box; confidence: number }>(
  found: readonly T[],
  iouThreshold: number,
): T[] => {
  const kept: T[] = []
  for (const candidate of [...found].sort((one, other) => other.confidence - one.confidence)) {
    if (kept.every(better => iouOf(better.box, candidate.box) <= iouThreshold)) kept.push(candidate)
  }
  return kept
}
