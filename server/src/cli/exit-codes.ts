// The exit codes of every command, for scripts; the help text and the reference print this table.

export const EXIT = {
  done: 0,
  noMatch: 1,
  usage: 2,
  refused: 3,
  unreachable: 4,
  keyInvalid: 5,
  failed: 6,
  incomplete: 7,
  problems: 8,
} as const

export type ExitName = keyof typeof EXIT

/** What each code means; one line each. */
export const EXIT_MEANINGS: Readonly<Record<ExitName, string>> = {
  done: 'Done: enrolled, found, or the same person.',
  noMatch:
    'No match: another person, no candidate, no face in the picture, a receipt that is not genuine, or a session that did not pass.',
  usage: 'Usage: an option, an argument, a file or a setting is wrong.',
  refused: 'Refused by the server: the picture, or what was addressed is not there.',
  unreachable: 'The server cannot be reached, or stayed busy.',
  keyInvalid: 'The API key is missing, not known or revoked.',
  failed: 'Something else failed, here or inside the server.',
  incomplete: 'Enrolment came to its end, but pictures were refused.',
  problems: 'The data has problems, which were listed.',
}

/** The table for people, one line a code. */
export const renderExitCodes = (names: readonly ExitName[]): string =>
  names.map(name => `  ${EXIT[name]}  ${EXIT_MEANINGS[name]}`).join('\n')
