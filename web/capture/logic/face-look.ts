// How a face looks, pixel by pixel: its brightness, whether the eyes are open, whether glasses or a mask are worn. Pure; the
// detector cuts the picture. Would rather miss a mask than nag a bare face: the server judges for itself.
import type { Point } from './face-measures.ts'

/** A face, upright, cut out of a picture. */
export interface FaceCut {
  /** Pixels of a side. */
  readonly side: number
  /** Red, green, blue and a fourth byte that is not read, 0-255, row by row. */
  readonly data: Uint8ClampedArray
}

/** Where a cut lies in the picture: a point becomes `a·x + c·y + e`, `b·x + d·y + f`, as canvases name it. */
export interface CutPlace {
  readonly a: number
  readonly b: number
  readonly c: number
  readonly d: number
  readonly e: number
  readonly f: number
}

export interface FaceLook {
  /** Mean brightness of the middle of the face, 0-255. */
  readonly brightness: number
  /** Height of the dark part of the narrower eye by the eye's width. */
  readonly eyeHeight: number
  /** Brightness around the eyes by the cheeks', divided by how even it is (0-1): dark and even is low. The eye that has more. */
  readonly eyeLight: number
  /** How far the colours of mouth, chin and lower cheeks are from the forehead's, by the two places that are nearest. */
  readonly lowerDistance: number
}

/** Pixels of a cut's side; an eye is about 20 wide then. */
export const CUT_SIDE = 160
/** What is cut out, in distances from the top of the forehead to the chin. */
const CUT_HEIGHTS = 1.1

const TOP = 10
const CHIN = 152
const EYES = [
  [33, 133],
  [263, 362],
] as const

/** @param mesh at least `MESH_POINTS` points, in pixels of the picture */
export const placeCut = (mesh: readonly Point[]): CutPlace => {
  const at = (index: number): Point => mesh[index] ?? [0, 0, 0]
  const [right, left, top, chin] = [at(EYES[0][0]), at(EYES[1][0]), at(TOP), at(CHIN)]
  const angle = Math.atan2(left[1] - right[1], left[0] - right[0])
  const height = Math.max(1, Math.hypot(chin[0] - top[0], chin[1] - top[1]))
  const scale = CUT_SIDE / (CUT_HEIGHTS * height)
  const [a, b, c, d] = [
    scale * Math.cos(angle),
    -scale * Math.sin(angle),
    scale * Math.sin(angle),
    scale * Math.cos(angle),
  ]
  const [x, y] = [(top[0] + chin[0]) / 2, (top[1] + chin[1]) / 2]
  return { a, b, c, d, e: CUT_SIDE / 2 - a * x - c * y, f: CUT_SIDE / 2 - b * x - d * y }
}

type Spot = readonly [x: number, y: number]
type Colour = readonly [red: number, green: number, blue: number]

export const measureLook = (cut: FaceCut, place: CutPlace, mesh: readonly Point[]): FaceLook => {
  const at = (index: number): Spot => {
    const [x, y] = mesh[index] ?? [0, 0, 0]
    return [place.a * x + place.c * y + place.e, place.b * x + place.d * y + place.f]
  }
  const cheeks = mean(CHEEKS.map(index => luma(colourAt(cut, at(index)))))
  const eyes = EYES.map(([outer, inner]) => ({ outer: at(outer), inner: at(inner) }))
  return {
    brightness: mean(lumas(cut, cut.side * 0.25, cut.side * 0.25, cut.side * 0.75, cut.side * 0.75)),
    eyeHeight: Math.min(...eyes.map(eye => darkHeight(cut, eye))),
    eyeLight: Math.max(...eyes.map(eye => lightOfEye(cut, eye, cheeks))),
    lowerDistance: distanceOfLower(cut, at),
  }
}

interface Eye {
  readonly outer: Spot
  readonly inner: Spot
}

/** From the eye's middle, in eye widths. */
interface Reach {
  readonly beside: number
  readonly above: number
  readonly below: number
}

/** Brightness row by row, and how many are in a row. */
const around = (cut: FaceCut, { outer, inner }: Eye, { beside, above, below }: Reach) => {
  const width = Math.max(1, Math.hypot(outer[0] - inner[0], outer[1] - inner[1]))
  const [x, y] = [(outer[0] + inner[0]) / 2, (outer[1] + inner[1]) / 2]
  const [left, right] = [Math.round(x - beside * width), Math.round(x + beside * width)]
  const values = lumas(cut, left, y - above * width, right, y + below * width)
  return { values, columns: right - left + 1, width }
}

/** Without the corners, and below the brow, as the server looks at eyes. */
const OPENING: Reach = { beside: 0.35, above: 0.32, below: 0.3 }

/** Over closed eyes the mesh's lids stay apart; the dark of iris and lashes shrinks to a line. */
const darkHeight = (cut: FaceCut, eye: Eye): number => {
  const { values, columns, width } = around(cut, eye, OPENING)
  const sorted = ascending(values)
  // Between the dark of the eye and the skin around it, whatever their brightness.
  const border = (share(sorted, 0.8) + share(sorted, 0.03)) / 2
  const heights = new Array<number>(columns).fill(0)
  for (const [index, value] of values.entries()) {
    const column = index % columns
    if (value < border) heights[column] = (heights[column] ?? 0) + 1
  }
  return share(ascending(heights), 0.9) / width
}

/** What lenses cover, from the eye's middle, in eye widths. */
const LENS: Reach = { beside: 0.4, above: 0.25, below: 0.3 }
const CHEEKS = [205, 425]

const lightOfEye = (cut: FaceCut, eye: Eye, cheeks: number): number => {
  const sorted = ascending(around(cut, eye, LENS).values)
  const usual = Math.max(1, share(sorted, 0.6))
  // An open eye is darker than its skin by far, however deep its shade; behind a dark lens there is little to tell apart.
  const evenness = Math.max(0.1, share(sorted, 0.1) / usual)
  return usual / Math.max(1, cheeks) / evenness
}

/** Mouth, chin and lower cheeks; and above, between the brows, what neither masks nor hair cover. */
const LOWER = [164, 13, 17, 199, 192, 416, 214, 434]
const UPPER = [151, 9, 107, 336, 168]

/** Lips, shade and beards change some places, a mask all of them. */
const distanceOfLower = (cut: FaceCut, at: (index: number) => Spot): number => {
  const [lower, upper] = [LOWER, UPPER].map(each => each.map(index => signatureOf(colourAt(cut, at(index)))))
  const distances = (lower ?? []).flatMap(one => (upper ?? []).map(other => Math.hypot(...subtract(one, other))))
  return Math.min(...distances)
}

/** Shade changes a colour's brightness more than its tint. */
const LIGHT_WEIGHT = 0.2
/** So that the noise of the dark is no tint. */
const FLOOR = 12

const signatureOf = (colour: Colour): readonly number[] => {
  const [red, green, blue] = colour.map(value => Math.log(value + FLOOR)) as unknown as Colour
  return [red - green, blue - green, LIGHT_WEIGHT * Math.log(luma(colour) + FLOOR)]
}

/** Half the side of a patch in pixels. */
const PATCH = 2

const colourAt = (cut: FaceCut, [x, y]: Spot): Colour => {
  const colours: Colour[] = []
  for (let row = -PATCH; row <= PATCH; row++)
    for (let column = -PATCH; column <= PATCH; column++) colours.push(pixelOf(cut, x + column, y + row))
  return mix(colours)
}

const pixelOf = ({ side, data }: FaceCut, x: number, y: number): Colour => {
  const hold = (value: number): number => Math.min(side - 1, Math.max(0, Math.round(value)))
  const from = (hold(y) * side + hold(x)) * 4
  return [data[from] ?? 0, data[from + 1] ?? 0, data[from + 2] ?? 0]
}

/** Row by row, ends included. */
const lumas = (cut: FaceCut, left: number, top: number, right: number, bottom: number): number[] => {
  const values: number[] = []
  for (let y = Math.round(top); y <= Math.round(bottom); y++)
    for (let x = Math.round(left); x <= Math.round(right); x++) values.push(luma(pixelOf(cut, x, y)))
  return values
}

/** ITU-R BT.601. */
const luma = ([red, green, blue]: Colour): number => 0.299 * red + 0.587 * green + 0.114 * blue

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length)

const mix = (colours: readonly Colour[]): Colour =>
  [0, 1, 2].map(channel => mean(colours.map(colour => colour[channel] ?? 0))) as unknown as Colour

const subtract = (one: readonly number[], other: readonly number[]): number[] =>
  one.map((value, part) => value - (other[part] ?? 0))

const ascending = (values: readonly number[]): number[] => [...values].sort((one, other) => one - other)

const share = (sorted: readonly number[], part: number): number => sorted[Math.floor(part * (sorted.length - 1))] ?? 0
