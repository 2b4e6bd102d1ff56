// A gallery's enrolment policy as options of commands and as lines for people. Sends nothing.
import { type Command, InvalidArgumentError, Option } from 'commander'
import type { Acceptance } from '../core/finding-profiles.ts'
import { DEFAULT_LIMITS } from '../limits.ts'
import { ACCEPTANCE, readAcceptance, writeAcceptance } from './acceptance-option.ts'
import type { PolicyAnswer } from './answers.ts'
import { readSimilarity, readWholeNumber } from './options.ts'

export interface PolicyOptions {
  readonly maxFaces?: number
  readonly whenFull?: PolicyAnswer['whenFull']
  readonly existing?: PolicyAnswer['existingSubject']
  readonly severalFaces?: PolicyAnswer['severalFaces']
  readonly duplicates?: PolicyAnswer['duplicates']
  readonly duplicateThreshold?: number | typeof AUTO
  readonly capture?: PolicyAnswer['capture']
  readonly acceptance?: Acceptance
  readonly probeAcceptance?: Acceptance
}

/** For the threshold that grows with the gallery. */
const AUTO = 'auto'

const readThreshold = (text: string): number | typeof AUTO => {
  if (text === AUTO) return AUTO
  try {
    return readSimilarity(text)
  } catch {
    throw new InvalidArgumentError(`It must be a similarity from 0 to 100, or "${AUTO}".`)
  }
}

export const addPolicyOptions = (command: Command): Command =>
  command
    .addOption(
      new Option('--max-faces <count>', 'most faces of a person').argParser(
        readWholeNumber(1, DEFAULT_LIMITS.maxFacesPerSubject),
      ),
    )
    .addOption(
      new Option('--when-full <policy>', 'for a person with that many faces').choices(['refuse', 'replace_oldest']),
    )
    .addOption(
      new Option('--existing <policy>', 'for a person who is there already').choices(['append', 'replace', 'refuse']),
    )
    .addOption(new Option('--several-faces <policy>', 'for a picture of several people').choices(['largest', 'refuse']))
    .addOption(
      new Option('--duplicates <policy>', "for a face like another person's").choices(['allow', 'warn', 'refuse']),
    )
    .addOption(
      new Option(
        '--duplicate-threshold <similarity>',
        `least similarity of a duplicate, 0 to 100; "${AUTO}" grows with the gallery`,
      ).argParser(readThreshold),
    )
    .addOption(
      new Option('--capture <policy>', 'whether faces of passed capture sessions alone are enrolled').choices([
        'optional',
        'required',
      ]),
    )
    .addOption(
      new Option('--acceptance <rules>', `what is minded of enrolled faces: ${ACCEPTANCE}`).argParser(readAcceptance),
    )
    .addOption(
      new Option('--probe-acceptance <rules>', 'the same of faces that are searched with or verified').argParser(
        readAcceptance,
      ),
    )

/** What was given; undefined where nothing was, and the policy stays as it is. */
export const toPolicy = (options: PolicyOptions): Partial<PolicyAnswer> | undefined => {
  const { duplicateThreshold: threshold } = options
  const policy: Partial<PolicyAnswer> = {
    maxFacesPerSubject: options.maxFaces,
    whenFull: options.whenFull,
    existingSubject: options.existing,
    severalFaces: options.severalFaces,
    duplicates: options.duplicates,
    duplicateThreshold: threshold === AUTO ? null : threshold,
    capture: options.capture,
    acceptance: options.acceptance,
    probeAcceptance: options.probeAcceptance,
  }
  return Object.values(policy).some(value => value !== undefined) ? policy : undefined
}

/** Under the names of the options. */
export const policyRows = (policy: PolicyAnswer): string[][] => [
  ['max faces', String(policy.maxFacesPerSubject)],
  ['when full', policy.whenFull],
  ['existing', policy.existingSubject],
  ['several faces', policy.severalFaces],
  ['duplicates', policy.duplicates],
  ['duplicate threshold', policy.duplicateThreshold === null ? AUTO : String(policy.duplicateThreshold)],
  ['capture', policy.capture],
  ['acceptance', writeAcceptance(policy.acceptance)],
  ['probe acceptance', writeAcceptance(policy.probeAcceptance)],
]
