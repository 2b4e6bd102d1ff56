// Draws what is held or worn over a face without being a mask: scarves, hands, phones, microphones, cards, cups. Pure.
import type { Random } from '../../bench/random.ts'
import type { Point } from '../../server/src/core/types.ts'
import { clothColour, colourOf, makeCloth, shade } from './cloth.ts'
import { between, curve, frameOf, mix, type Outline, shift } from './outline.ts'

/** `skin`: the colour of the cheek, 0-255 a channel. */
export const drawBlocker = (outline: Outline, skin: readonly number[], random: Random): string => {
  const draw = random.pick([
    drawScarf,
    drawScarf,
    drawScarf,
    drawHand,
    drawHand,
    drawHand,
    drawPhone,
    drawMicrophone,
    drawMicrophone,
    drawCard,
    drawCup,
  ])!
  return draw(outline, random, skin)
}

/** Around the neck and up to the mouth or the nose: wide, lying in folds, and it goes on below the chin. */
const drawScarf = (outline: Outline, random: Random): string => {
  const { left, right, nose, mouth, chin, width, height } = frameOf(outline)
  const bottom = outline.side + 20
  const top = mix(nose, mouth, between(-0.6, 0.55, random))
  const lean = between(-0.1, 0.1, random) * height
  const reach = between(0.05, 0.35, random) * width
  const rise = between(-0.02, 0.2, random) * height
  const path = curve([
    { x: left.x - reach, y: top.y + rise + lean },
    { x: mix(left, right, 0.3).x, y: top.y + lean * 0.5 },
    { x: mix(left, right, 0.7).x, y: top.y - lean * 0.5 },
    { x: right.x + reach, y: top.y + rise - lean },
    { x: right.x + reach + 20, y: bottom },
    { x: left.x - reach - 20, y: bottom },
  ])
  const cloth = makeCloth('scarf', random, undefined, 0.45)
  const light = shade('scarf-light', path, random)
  const folds = Array.from({ length: 2 + Math.floor(random.next() * 6) }, () => {
    const y = between(top.y + 8, bottom, random)
    return `<path d="M${(left.x - reach).toFixed(1)} ${y.toFixed(1)}Q${chin.x.toFixed(1)} ${(y + between(-30, 30, random)).toFixed(1)} ${(right.x + reach).toFixed(1)} ${(y + between(-25, 25, random)).toFixed(1)}" fill="none" stroke="${random.isLikely(0.7) ? 'black' : 'white'}" stroke-opacity="${between(0.1, 0.45, random).toFixed(2)}" stroke-width="${between(1.5, 7, random).toFixed(1)}"/>`
  }).join('')
  return `<defs>${cloth.defs}${light.defs}<clipPath id="scarf-clip"><path d="${path}"/></clipPath></defs><path d="${path}" fill="${cloth.fill}"/>${light.body}<g clip-path="url(#scarf-clip)">${folds}</g>`
}

/** A palm and four fingers, over mouth, cheek, or eye. */
const drawHand = (outline: Outline, random: Random, skin: readonly number[]): string => {
  const frame = frameOf(outline)
  const target = random.pick([
    frame.mouth,
    frame.mouth,
    frame.nose,
    frame.leftEye,
    frame.rightEye,
    mix(frame.mouth, frame.left, 0.4),
  ])!
  const size = frame.width * between(0.3, 0.45, random)
  const turn = random.pick([between(-30, 30, random), between(50, 110, random), between(-110, -50, random)])!
  const tone = between(0.75, 1.15, random)
  const paint = (factor: number): string =>
    `rgb(${skin.map(value => Math.max(0, Math.min(255, Math.round(value * tone * factor)))).join(',')})`
  const length = size * between(1, 1.5, random)
  const fingers = Array.from({ length: 4 }, (_, index) => {
    const x = (index - 1.5) * size * 0.29
    const long = length * [0.85, 1, 0.97, 0.78][index]
    const spread = (index - 1.5) * between(1, 7, random)
    const shape = `x="${(x - size * 0.14).toFixed(1)}" y="${(-size * 0.5 - long).toFixed(1)}" width="${(size * 0.28).toFixed(1)}" height="${(long + size * 0.3).toFixed(1)}" rx="${(size * 0.14).toFixed(1)}" transform="rotate(${spread.toFixed(1)} ${x.toFixed(1)} 0)"`
    return `<rect ${shape} fill="${paint(between(0.9, 1.06, random))}" stroke="${paint(0.6)}" stroke-width="1.2" stroke-opacity="0.7"/>`
  }).join('')
  const thumb = `<rect x="${(size * 0.4).toFixed(1)}" y="${(-size * 0.55).toFixed(1)}" width="${(size * 0.3).toFixed(1)}" height="${(size * 0.9).toFixed(1)}" rx="${(size * 0.15).toFixed(1)}" transform="rotate(35)" fill="${paint(0.96)}" stroke="${paint(0.6)}" stroke-opacity="0.6"/>`
  const arm = `<rect x="${(-size * 0.4).toFixed(1)}" y="${(size * 0.4).toFixed(1)}" width="${(size * 0.8).toFixed(1)}" height="${(size * 5).toFixed(1)}" rx="${(size * 0.3).toFixed(1)}" fill="${random.isLikely(0.6) ? paint(0.92) : clothColour(random)}"/>`
  const palm = `<rect x="${(-size * 0.6).toFixed(1)}" y="${(-size * 0.6).toFixed(1)}" width="${(size * 1.2).toFixed(1)}" height="${(size * 1.25).toFixed(1)}" rx="${(size * 0.35).toFixed(1)}" fill="${paint(1)}"/>`
  const place = `translate(${(target.x + between(-6, 6, random)).toFixed(1)} ${(target.y + length * between(0.2, 0.8, random)).toFixed(1)}) rotate(${turn.toFixed(0)} 0 ${(-length * 0.5).toFixed(1)})`
  return `<g transform="${place}">${arm}${thumb}${palm}${fingers}</g>`
}

const drawPhone = (outline: Outline, random: Random, skin: readonly number[]): string => {
  const { mouth, leftEye, rightEye, nose, width } = frameOf(outline)
  const target = random.pick([mouth, nose, leftEye, rightEye, mix(mouth, leftEye, 0.5), mix(mouth, rightEye, 0.5)])!
  const wide = width * between(0.42, 0.62, random)
  const high = wide * between(1.8, 2.15, random)
  const turn = random.pick([between(-20, 20, random), between(70, 110, random)])!
  const lenses = `<circle cx="${(-wide * 0.28).toFixed(1)}" cy="${(-high * 0.38).toFixed(1)}" r="${(wide * 0.09).toFixed(1)}" fill="#111" stroke="#777"/>`
  const colour = random.isLikely(0.6) ? colourOf(0, 0, between(4, 25, random)) : clothColour(random)
  const finger = `<rect x="${(wide * 0.3).toFixed(1)}" y="0" width="${(wide * 0.5).toFixed(1)}" height="${(wide * 0.22).toFixed(1)}" rx="${(wide * 0.1).toFixed(1)}" fill="rgb(${skin.map(Math.round).join(',')})"/>`
  return `<g transform="translate(${target.x.toFixed(1)} ${target.y.toFixed(1)}) rotate(${turn.toFixed(0)})"><rect x="${(-wide / 2).toFixed(1)}" y="${(-high / 2).toFixed(1)}" width="${wide.toFixed(1)}" height="${high.toFixed(1)}" rx="${(wide * 0.12).toFixed(1)}" fill="${colour}"/>${lenses}${finger}</g>`
}

const drawMicrophone = (outline: Outline, random: Random): string => {
  const { mouth, width } = frameOf(outline)
  const head = width * between(0.14, 0.26, random)
  const centre = shift(mouth, between(-0.12, 0.12, random) * width, between(-0.02, 0.12, random) * width)
  const turn = between(-60, 60, random).toFixed(0)
  const colour = random.isLikely(0.6) ? colourOf(0, 0, between(5, 40, random)) : clothColour(random)
  return `<g transform="translate(${centre.x.toFixed(1)} ${centre.y.toFixed(1)}) rotate(${turn})"><rect x="${(-head * 0.45).toFixed(1)}" y="0" width="${(head * 0.9).toFixed(1)}" height="${(head * 9).toFixed(1)}" rx="4" fill="${colourOf(0, 0, between(4, 35, random))}"/><ellipse rx="${head.toFixed(1)}" ry="${(head * between(1, 1.4, random)).toFixed(1)}" fill="${colour}"/><ellipse cx="${(-head * 0.3).toFixed(1)}" cy="${(-head * 0.3).toFixed(1)}" rx="${(head * 0.4).toFixed(1)}" ry="${(head * 0.4).toFixed(1)}" fill="white" fill-opacity="${between(0, 0.35, random).toFixed(2)}"/></g>`
}

/** A card, a sheet or a book before some part of the face. */
const drawCard = (outline: Outline, random: Random): string => {
  const { mouth, nose, leftEye, rightEye, width } = frameOf(outline)
  const target = random.pick([mouth, mouth, nose, leftEye, rightEye])!
  const [wide, high] = [width * between(0.5, 1.3, random), width * between(0.4, 0.9, random)]
  const cloth = makeCloth(
    'card',
    random,
    random.isLikely(0.5) ? colourOf(40, 10, between(75, 98, random)) : undefined,
    0.5,
  )
  const lower: Point = shift(target, between(-0.1, 0.1, random) * width, high * between(0, 0.3, random))
  const path = `M${(-wide / 2).toFixed(1)} ${(-high / 2).toFixed(1)}h${wide.toFixed(1)}v${high.toFixed(1)}h${(-wide).toFixed(1)}Z`
  const light = shade('card-light', path, random)
  return `<defs>${cloth.defs}${light.defs}</defs><g transform="translate(${lower.x.toFixed(1)} ${lower.y.toFixed(1)}) rotate(${between(-25, 25, random).toFixed(0)})"><path d="${path}" fill="${cloth.fill}"/>${light.body}</g>`
}

const drawCup = (outline: Outline, random: Random): string => {
  const { mouth, width } = frameOf(outline)
  const [wide, high] = [width * between(0.4, 0.6, random), width * between(0.45, 0.8, random)]
  const cloth = makeCloth('cup', random, undefined, 0.6)
  const top = shift(mouth, between(-0.05, 0.05, random) * width, between(-0.15, 0.02, random) * width)
  const path = `M${(-wide / 2).toFixed(1)} 0L${(wide / 2).toFixed(1)} 0L${(wide * 0.38).toFixed(1)} ${high.toFixed(1)}L${(-wide * 0.38).toFixed(1)} ${high.toFixed(1)}Z`
  const light = shade('cup-light', path, random)
  return `<defs>${cloth.defs}${light.defs}</defs><g transform="translate(${top.x.toFixed(1)} ${top.y.toFixed(1)}) rotate(${between(-12, 12, random).toFixed(0)})"><path d="${path}" fill="${cloth.fill}"/>${light.body}<ellipse rx="${(wide / 2).toFixed(1)}" ry="${(wide * 0.1).toFixed(1)}" fill="${cloth.colour}"/></g>`
}
