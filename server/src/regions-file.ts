// The file that names the regions of a server: which host names lead to each, which countries each serves. Reads that one
// file; opens no region.
import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { AppError } from './errors.ts'

export interface RegionFacts {
  readonly id: string
  /** Host names, lower case, without a port, by which the other protocols choose the region. */
  readonly hosts: readonly string[]
  /** ISO 3166-1 alpha-2 codes of the countries that it serves; null: all. */
  readonly countries: readonly string[] | null
}

export const MAX_REGION_ID_CHARACTERS = 32
const MAX_REGIONS = 32

/** What a server has without a file. */
export const ONE_REGION: readonly RegionFacts[] = [{ id: 'default', hosts: [], countries: null }]

const RegionId = z
  .string()
  .regex(
    new RegExp(`^[a-z0-9]([a-z0-9-]{0,${MAX_REGION_ID_CHARACTERS - 2}}[a-z0-9])?$`),
    `a region's id has 1 to ${MAX_REGION_ID_CHARACTERS} lower-case letters, digits and "-", and begins and ends with a letter or digit`,
  )
const Host = z
  .string()
  .toLowerCase()
  .regex(/^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/, 'must be a host name without a scheme or port')
const Country = z.string().regex(/^[A-Z]{2}$/, 'must be an ISO 3166-1 code of two capital letters')

const Content = z.strictObject({
  regions: z.record(
    RegionId,
    z.strictObject({ hosts: z.array(Host).default([]), countries: z.array(Country).min(1).nullable().default(null) }),
  ),
})

/** In the order of the file. @throws AppError config_invalid that names the file, the place in it and what is expected */
export const readRegions = (path: string): readonly RegionFacts[] => {
  const result = Content.safeParse(readJson(path))
  if (!result.success) {
    const { path: place, message } = result.error.issues[0]
    throw refuse(
      path,
      `${place.length > 0 ? `"${place.join('.')}": ` : ''}${describe(result.error.issues[0], message)}`,
    )
  }
  const regions = Object.entries(result.data.regions).map(([id, facts]) => ({ id, ...facts }))
  if (regions.length === 0 || regions.length > MAX_REGIONS)
    throw refuse(path, `it must name 1 to ${MAX_REGIONS} regions; it names ${regions.length}`)
  const seen = new Map<string, string>()
  for (const { id, hosts } of regions)
    for (const host of hosts) {
      const other = seen.get(host)
      if (other !== undefined) throw refuse(path, `the host "${host}" leads to two regions, "${other}" and "${id}"`)
      seen.set(host, id)
    }
  return Object.freeze(regions)
}

const readJson = (path: string): unknown => {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch (cause) {
    throw refuse(path, 'it must be a readable file of JSON', cause)
  }
}

/** A wrong key of a record hides what is wrong with it one level deeper. */
const describe = (issue: z.core.$ZodIssue, message: string): string =>
  issue.code === 'invalid_key' ? (issue.issues[0]?.message ?? message) : message

const refuse = (path: string, problem: string, cause?: unknown): AppError =>
  new AppError('config_invalid', `The regions file ${path}: ${problem}.`, { cause })
