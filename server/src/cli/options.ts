// Options that several commands share, and how their values are read. Reads no setting.
import { type Command, InvalidArgumentError, Option } from 'commander'

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

/** 0-100; `rival` is the option that it cannot be given together with. */
export const createThresholdOption = (rival?: string): Option => {
  const option = new Option('--threshold <similarity>', 'least similarity that counts, 0 to 100')
  option.argParser(readNumber('a number from 0 to 100', value => value >= 0 && value <= 100))
  return rival ? option.conflicts(rival) : option
}

export const createRateOption = (flags: string, description: string): Option =>
  new Option(flags, description).argParser(
    readNumber('a rate above 0 and below 1, such as 0.001', value => value > 0 && value < 1),
  )

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
