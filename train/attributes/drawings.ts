// Which things are drawn on a face that does not wear them, and what the face's labels are then. Draws nothing itself.
import type { Random } from '../../bench/random.ts'
import { type Canvas, isInside, skinOf } from './canvas.ts'
import { drawBlocker } from './draw-blocker.ts'
import { drawClearGlasses, drawSunglasses } from './draw-glasses.ts'
import { drawFaceVeil, drawHat, drawVeil } from './draw-head.ts'
import { drawMask } from './draw-mask.ts'
import type { Labels } from './labels.ts'
import { frameOf } from './outline.ts'

export const DRAWINGS = ['mask', 'sunglasses', 'eyeglasses', 'hat', 'veil', 'faceVeil', 'faceBlocker'] as const
export type Drawing = (typeof DRAWINGS)[number]

/** Drawn in this order, the lower ones first; the weight says how often. */
const COMBINATIONS: readonly (readonly [weight: number, ...things: readonly Drawing[]])[] = [
  [3, 'mask'],
  [2, 'sunglasses'],
  [1.6, 'eyeglasses'],
  [1.8, 'hat'],
  [2, 'veil'],
  [0.7, 'faceVeil'],
  [3, 'faceBlocker'],
  [0.7, 'mask', 'sunglasses'],
  [0.6, 'mask', 'eyeglasses'],
  [0.6, 'mask', 'hat'],
  [0.6, 'mask', 'veil'],
  [0.4, 'sunglasses', 'hat'],
  [0.3, 'sunglasses', 'veil'],
  [0.3, 'eyeglasses', 'hat'],
  [0.3, 'sunglasses', 'faceBlocker'],
  [0.3, 'hat', 'faceBlocker'],
]

/** What is drawn once more in woven cloth: mostly head scarves, of which there are hardly any pictures. */
export const OF_CLOTH: typeof COMBINATIONS = [
  [4, 'veil'],
  [1, 'faceVeil'],
  [2, 'faceBlocker'],
  [1, 'hat'],
  [1, 'mask'],
]

/** Null where there is nothing left that could be drawn on this face. */
export const chooseDrawings = (
  canvas: Canvas,
  labels: Labels,
  random: Random,
  combinations = COMBINATIONS,
): readonly Drawing[] | null => {
  const free = combinations.filter(([, ...things]) => things.every(thing => isFree(thing, canvas, labels)))
  let at = random.next() * free.reduce((sum, [weight]) => sum + weight, 0)
  for (const [weight, ...things] of free) {
    at -= weight
    if (at < 0) return things
  }
  return null
}

const isFree = (thing: Drawing, canvas: Canvas, labels: Labels): boolean => {
  const { forehead, eyes, up, width } = frameOf(canvas)
  const hasRoom = isInside(canvas, { x: forehead.x + 0.3 * up.x, y: forehead.y + 0.3 * up.y })
  const hasSides = [-1, 1].every(side => isInside(canvas, { x: eyes.x + side * 0.6 * width, y: eyes.y }))
  const isBare = labels.hat === 0 && labels.veil === 0
  if (thing === 'mask') return labels.mask === 0 && labels.faceBlocker === 0
  if (thing === 'sunglasses' || thing === 'eyeglasses') return labels.sunglasses === 0 && labels.eyeglasses === 0
  if (thing === 'hat') return hasRoom && isBare
  if (thing === 'veil') return hasRoom && hasSides && isBare
  return labels.mask === 0 && (thing === 'faceBlocker' || (hasRoom && hasSides && isBare))
}

export const draw = (thing: Drawing, canvas: Canvas, random: Random): string => {
  if (thing === 'faceBlocker') return drawBlocker(canvas, skinOf(canvas), random)
  const outlined = {
    mask: drawMask,
    sunglasses: drawSunglasses,
    eyeglasses: drawClearGlasses,
    hat: drawHat,
    veil: drawVeil,
    faceVeil: drawFaceVeil,
  }
  return outlined[thing](canvas, random)
}

export const labelsWith = (labels: Labels, things: readonly Drawing[]): Labels => {
  const changed: { -readonly [N in keyof Labels]: Labels[N] } = { ...labels }
  for (const thing of things) {
    if (thing === 'faceVeil') Object.assign(changed, { veil: 1, faceBlocker: 1 })
    else changed[thing] = 1
    // It may hide glasses that are there.
    if (thing === 'faceBlocker')
      for (const name of ['sunglasses', 'eyeglasses'] as const)
        if (labels[name] === 1 || things.includes(name)) changed[name] = -1
  }
  return changed
}
