// Templates and probes as int8: what is subtracted, how many steps a unit has, and which way components are rounded. Pure
// arithmetic on typed arrays; knows no rows, no faces and no memory but its own scratch.
import type { TemplateDistribution } from '../core/ports.ts'

const LARGEST = 127

/**
 * Largest component that int8 can hold where no distribution is known, in units of 1/√dimensions (the standard deviation of a
 * unit vector's component). Random unit vectors go beyond 5.1 in one component of three million.
 */
const RANGE_DEVIATIONS = 5.1

/** The most, in steps, that a row's rounding errors may add up to along the centre. */
export const LARGEST_BALANCE = 0.05

/** Components are rounded the other way in this order: first those that were nearly a half and lose little by it. */
const BALANCE_FROM = [0.3, 0.1, 0]

export interface Probe {
  /** Unit length. */
  readonly unit: Float32Array
  readonly row: Int8Array
  /** int8 steps per unit of `row`: as many as its largest component leaves room for, so that nothing is clipped. */
  readonly scale: number
  /** Dot product of `unit` and the centre: what all rows' dots lack of a cosine. */
  readonly centreDot: number
  /** Squared length of the part of `unit` at right angles to the centre; 1 where the centre is 0. */
  readonly across: number
}

export interface Quantiser {
  readonly dimensions: number
  /** int8 steps per unit of a template's row. */
  readonly scale: number
  /**
   * Writes (template / |template| - centre) · scale, rounded, to `row` from `at` on. False, with zeros written, for a template
   * that int8 cannot hold with the error that shortlist.ts counts on.
   */
  write(template: Float32Array, row: Int8Array, at: number): boolean
  /** The same without rounding, for templates that `write` refuses; one that has no direction counts as zeros. */
  measure(template: Float32Array): Float32Array
  prepare(probe: Float32Array): Probe
}

export interface QuantiserOptions {
  readonly dimensions: number
  /** Without it nothing is subtracted, and the scale suits unit vectors of any direction. */
  readonly distribution?: TemplateDistribution
  /** int8 steps per unit instead of those that the distribution asks for. */
  readonly scale?: number
}

/** Throws a TypeError for a distribution of another length or without an extent. */
export function createQuantiser({ dimensions, distribution, ...options }: QuantiserOptions): Quantiser {
  if (distribution) checkDistribution(distribution, dimensions)
  const centre = distribution?.centre ?? new Float32Array(dimensions)
  const scale = options.scale ?? LARGEST / (distribution?.largest ?? RANGE_DEVIATIONS / Math.sqrt(dimensions))
  const centreLength = lengthOf(centre)
  const direction = Float64Array.from(centre, value => (centreLength > 0 ? value / centreLength : 0))
  const shift = Float64Array.from(centre, value => value * scale)
  const errors = new Float64Array(dimensions)

  const round = (template: Float32Array, row: Int8Array, at: number): boolean => {
    const factor = unitFactor(template) * scale
    let sum = 0
    for (let i = 0; i < dimensions; i += 1) {
      const exact = template[i]! * factor - shift[i]!
      const rounded = Math.round(exact)
      // Also false for what is not a number.
      if (!(Math.abs(rounded) <= LARGEST)) return false
      row[at + i] = rounded
      errors[i] = rounded - exact
      sum += (rounded - exact) * direction[i]!
    }
    return balance(row, at, errors, direction, sum)
  }

  return {
    dimensions,
    scale,

    write(template, row, at) {
      const isWithin = round(template, row, at)
      if (!isWithin) row.fill(0, at, at + dimensions)
      return isWithin
    },

    measure(template) {
      const factor = unitFactor(template) * scale
      return template.map((value, i) => (factor > 0 ? value * factor : 0) - shift[i]!)
    },

    prepare(probe) {
      const factor = unitFactor(probe)
      const unit = probe.map(value => value * factor)
      const largest = unit.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
      const probeScale = largest > 0 ? LARGEST / largest : 1
      const along = unit.reduce((sum, value, i) => sum + value * direction[i]!, 0)
      return {
        unit,
        row: Int8Array.from(unit, value => Math.round(value * probeScale)),
        scale: probeScale,
        centreDot: along * centreLength,
        across: Math.max(0, 1 - along * along),
      }
    },
  }
}

/**
 * Most of a probe lies along the centre, and so would most of what rounding does to its dot with a row. So a few components
 * are rounded the other way, until the errors cancel out along the centre (`direction`, unit length; `sumBefore`, what they
 * add up to there): what is left counts only as far as the probe differs from the centre. False where that does not succeed.
 */
function balance(
  row: Int8Array,
  at: number,
  errors: Float64Array,
  direction: Float64Array,
  sumBefore: number,
): boolean {
  let sum = sumBefore
  for (const least of BALANCE_FROM) {
    for (let i = 0; i < errors.length; i += 1) {
      if (Math.abs(sum) <= LARGEST_BALANCE) return true
      const error = errors[i]!
      const part = direction[i]!
      if (Math.abs(error) < least || error * part * sum <= 0 || Math.abs(part) >= 2 * Math.abs(sum)) continue
      const step = error > 0 ? -1 : 1
      if (Math.abs(row[at + i]! + step) > LARGEST) continue
      row[at + i]! += step
      errors[i] = error + step
      sum += step * part
    }
  }
  return Math.abs(sum) <= LARGEST_BALANCE
}

function checkDistribution({ centre, largest }: TemplateDistribution, dimensions: number): void {
  if (centre.length !== dimensions || !centre.every(Number.isFinite)) {
    throw new TypeError(`Expected ${dimensions} numbers for the centre of templates, got ${centre.length} values.`)
  }
  if (largest > 0 && Number.isFinite(largest)) return
  throw new TypeError(`Expected a number above 0 for the largest component of templates, got ${largest}.`)
}

/** What makes the vector one of unit length; 0 for one of zeros. */
function unitFactor(vector: Float32Array): number {
  const length = lengthOf(vector)
  return length > 0 ? 1 / length : 0
}

function lengthOf(vector: Float32Array): number {
  let squares = 0
  for (let i = 0; i < vector.length; i += 1) squares += vector[i]! * vector[i]!
  return Math.sqrt(squares)
}
