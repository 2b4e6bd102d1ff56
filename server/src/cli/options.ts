// Options that several commands share, and how their values are read. Reads no setting.
import { type Command, InvalidArgumentError, Option } from 'commander'
import type { MetadataValue } from '../core/types.ts'
import { DEFAULT_LIMITS } from '../limits.ts'
import { hideControls } from './output.ts'

/** What a command takes that works in the data folder. */
export interface FolderOptions {
  readonly json?: boolean
  readonly dataDir?: string
}

export interface ServerOptions {
  readonly url?: string
  readonly key?: string
  readonly json?: boolean
}

/** What a command that talks to the server takes. */
export const addServerOptions = (command: Command): Command =>
  addJsonOption(command)
    .option('--url <address>', 'server to talk to (setting "url", LIKENESS_URL)')
    .option('--key <key>', 'API key to send (setting "key"; LIKENESS_KEY keeps it out of the list of processes)')

export const addJsonOption = (command: Command): Command =>
  command.option('--json', 'print JSON for programs instead of text for people')

export const addDataDirOption = (command: Command): Command =>
  command.option('--data-dir <folder>', 'the server\'s data folder (setting "dataDir", LIKENESS_DATA_DIR)')

export const addFolderOptions = (command: Command): Command => addDataDirOption(addJsonOption(command))

/** For names of keys, credentials and tenants. */
export const createNameOption = (description: string): Option =>
  new Option('--name <name>', description).argParser((text: string) => {
    const most = DEFAULT_LIMITS.maxNameCharacters
    if (text === '' || text.length > most || hideControls(text) !== text)
      throw new InvalidArgumentError(`--name must have 1 to ${most} characters, and no control characters.`)
    return text
  })

/** Several values, one an option. */
export const collect = (text: string, before: readonly string[] | undefined): readonly string[] => [
  ...(before ?? []),
  text,
]

/** A day or an instant as the server's lists take them; a day means its beginning in UTC. */
export const readMoment = (text: string): Date => {
  const moment = /^\d{4}-\d{2}-\d{2}(T.+(Z|[+-]\d{2}:\d{2}))?$/.test(text) ? new Date(text) : new Date(Number.NaN)
  if (Number.isNaN(moment.getTime()))
    throw new InvalidArgumentError('It must be a day (2031-02-03) or an instant (2031-02-03T04:05:06Z).')
  return moment
}

/** Several `key=value`, compared with metadata: a JSON number, true, false, null or a text in double quotes as such, else as text. */
export const collectFilter = (
  text: string,
  before: Readonly<Record<string, MetadataValue>> | undefined,
): Readonly<Record<string, MetadataValue>> => {
  const [key, ...rest] = text.split('=')
  if (key === '' || rest.length === 0) throw new InvalidArgumentError('It must be key=value.')
  if (before && Object.hasOwn(before, key)) throw new InvalidArgumentError(`"${key}" must be given once.`)
  if (Object.keys(before ?? {}).length === DEFAULT_LIMITS.maxFilterKeys)
    throw new InvalidArgumentError(`At most ${DEFAULT_LIMITS.maxFilterKeys} can be given.`)
  return { ...before, [key]: readMetadataValue(rest.join('=')) }
}

const readMetadataValue = (text: string): MetadataValue => {
  try {
    const value: unknown = JSON.parse(text)
    if (value === null || ['string', 'number', 'boolean'].includes(typeof value)) return value as MetadataValue
  } catch {
    // No JSON: a text.
  }
  return text
}

/** 0-100; `rival` is the option that it cannot be given together with. */
export const createThresholdOption = (rival?: string): Option => {
  const option = new Option('--threshold <similarity>', 'least similarity that counts, 0 to 100')
  option.argParser(readSimilarity)
  return rival ? option.conflicts(rival) : option
}

export const createRateOption = (flags: string, description: string): Option =>
  new Option(flags, description).argParser(
    readNumber('a rate above 0 and below 1, such as 0.001', value => value > 0 && value < 1),
  )

export const readSimilarity = (text: string): number =>
  readNumber('a number from 0 to 100', value => value >= 0 && value <= 100)(text)

export const readWholeNumber = (least: number, most: number) =>
  readNumber(
    `a whole number from ${least} to ${most}`,
    value => Number.isInteger(value) && value >= least && value <= most,
  )

const readNumber =
  (expected: string, isFine: (value: number) => boolean) =>
  (text: string): number => {
    const value = text.trim() === '' ? Number.NaN : Number(text)
    if (!isFine(value)) throw new InvalidArgumentError(`It must be ${expected}.`)
    return value
  }
