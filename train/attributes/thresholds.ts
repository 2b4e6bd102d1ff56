// From which probability on the answer is yes. Chosen by what the folds gave, and so that ordinary photographs (LFW, on
// which nothing is trained) hardly ever fire.
import type { AttributeName } from '../../server/src/core/face-attributes.ts'

export const THRESHOLDS: Readonly<Record<AttributeName, number>> = {
  mask: 0.25,
  sunglasses: 0.15,
  eyeglasses: 0.4,
  hat: 0.3,
  veil: 0.5,
  faceBlocker: 0.5,
}
