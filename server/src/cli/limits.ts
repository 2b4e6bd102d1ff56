// `likeness keys limits` and `likeness credentials limits`: how fast and how often a credential may call, and the options with
// which a new one gets its limits.
import { type Command, InvalidArgumentError } from 'commander'
import { loadConfig } from '../config.ts'
import { limitCredential } from '../core/credentials.ts'
import type { Allowance, Bound, Credential } from '../core/types.ts'
import { DEFAULT_LIMITS } from '../limits.ts'
import { withOperator } from './data-folder.ts'
import { createFailure } from './failure.ts'
import { addFolderOptions, collect, type FolderOptions } from './options.ts'
import { printJson, printLine } from './output.ts'

/** "default": as the server's settings have it. */
type GivenBound = Bound | 'default'

export interface AllowanceOptions {
  readonly rateLimit?: GivenBound
  readonly burst?: GivenBound
  readonly quotaPerDay?: GivenBound
  readonly quotaPerMonth?: GivenBound
  readonly quotaOperation?: readonly string[]
}

const readBound = (text: string): GivenBound => {
  if (text === 'default' || text === 'none') return text
  if (/^[1-9]\d{0,9}$/.test(text) && Number(text) <= DEFAULT_LIMITS.maxAllowedCalls) return Number(text)
  throw new InvalidArgumentError(
    `It must be a whole number from 1 to ${DEFAULT_LIMITS.maxAllowedCalls}, "none", or "default" for what the server's settings say.`,
  )
}

export const addAllowanceOptions = (command: Command): Command =>
  command
    .option('--rate-limit <calls>', 'calls a second; the setting "rateLimit" unless given', readBound)
    .option('--burst <calls>', 'calls at once after a pause; those of a second unless given', readBound)
    .option('--quota-per-day <calls>', 'accepted calls a day; the setting "quotaPerDay" unless given', readBound)
    .option('--quota-per-month <calls>', 'accepted calls a month; the setting "quotaPerMonth" unless given', readBound)
    .option(
      '--quota-operation <name>',
      'count only this operation for the quotas, by its name in "likeness usage" ("all" for every one); give it once for each',
      collect,
    )

const NO_LIMITS: Allowance = { requestsPerSecond: null, burst: null, perDay: null, perMonth: null, operations: null }

/** What the options change of it; null when nothing is set. */
export const applyOptions = (options: AllowanceOptions, before: Allowance | null = null): Allowance | null => {
  const { rateLimit, burst, quotaPerDay, quotaPerMonth, quotaOperation } = options
  if (burst === 'none') throw createFailure('usage', '--burst takes a whole number or "default".')
  const toBound = (given: GivenBound | undefined) => (given === 'default' ? null : given)
  const change = {
    requestsPerSecond: toBound(rateLimit),
    // A burst goes with the rate that it was given for.
    burst: toBound(burst) ?? (rateLimit === undefined && burst === undefined ? undefined : null),
    perDay: toBound(quotaPerDay),
    perMonth: toBound(quotaPerMonth),
    operations: quotaOperation?.includes('all') ? null : quotaOperation,
  }
  const given = Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined))
  const allowance: Allowance = { ...NO_LIMITS, ...before, ...given }
  return Object.values(allowance).every(value => value === null) ? null : allowance
}

/** In the words of the options and settings. */
export const limitsToJson = (allowance: Allowance | null) =>
  allowance && {
    rateLimit: allowance.requestsPerSecond,
    burst: allowance.burst,
    quotaPerDay: allowance.perDay,
    quotaPerMonth: allowance.perMonth,
    quotaOperations: allowance.operations,
  }

/** `noun` is what the parent command calls those that `isMine` lets through. */
export const addLimits = (parent: Command, noun: string, isMine: (credential: Credential) => boolean): void => {
  addFolderOptions(
    addAllowanceOptions(
      parent
        .command('limits')
        .description(`Show how fast and how often a ${noun} may call, or change it from the next request on.`)
        .argument('<id>', `id of the ${noun}, as "${parent.name()} list" shows it`),
    ),
  ).action(async (id: string, options: FolderOptions & AllowanceOptions) => {
    const { config } = loadConfig(undefined, { dataDir: options.dataDir })
    const credential = await withOperator(config, async context => {
      const found = await context.control.readCredential(id)
      if (!found || !isMine(found)) return null
      return isChange(options) ? limitCredential(context, id, applyOptions(options, found.allowance)) : found
    })
    if (!credential)
      throw createFailure(
        'refused',
        `There is no ${noun} with the id ${id}; "npx likeness ${parent.name()} list" shows them.`,
      )
    if (options.json) printJson({ id, limits: limitsToJson(credential.allowance) })
    else print(credential.allowance)
  })
}

const isChange = ({ rateLimit, burst, quotaPerDay, quotaPerMonth, quotaOperation }: AllowanceOptions): boolean =>
  [rateLimit, burst, quotaPerDay, quotaPerMonth, quotaOperation].some(value => value !== undefined)

const print = (allowance: Allowance | null): void => {
  const { requestsPerSecond, burst, perDay, perMonth, operations } = allowance ?? NO_LIMITS
  const tell = (value: Bound | null, setting: string): string =>
    value === null ? `as the setting "${setting}"` : String(value)
  printLine(`Calls a second:  ${tell(requestsPerSecond, 'rateLimit')}`)
  if (burst !== null) printLine(`Calls at once:   ${burst}`)
  printLine(`Calls a day:     ${tell(perDay, 'quotaPerDay')}`)
  printLine(`Calls a month:   ${tell(perMonth, 'quotaPerMonth')}`)
  if (operations) printLine(`Quotas count:    ${operations.join(', ')}`)
}
