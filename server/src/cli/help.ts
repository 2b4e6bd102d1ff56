// What the help of each command says beyond its arguments and options: examples and exit codes. One entry a command; the
// reference prints the same.
import type { Command } from 'commander'
import { type ExitName, renderExitCodes } from './exit-codes.ts'

export interface CommandHelp {
  readonly examples: readonly string[]
  readonly exits: readonly ExitName[]
}

const ASKING = ['usage', 'refused', 'unreachable', 'keyInvalid', 'failed'] as const
const LOCAL = ['done', 'usage', 'failed'] as const

/** By the command's words without the program's name. */
export const HELP: Readonly<Record<string, CommandHelp>> = {
  serve: {
    examples: ['npx likeness serve', 'npx likeness serve --host 0.0.0.0 --port 8080 --data-dir /srv/likeness'],
    exits: LOCAL,
  },
  config: { examples: ['npx likeness config', 'npx likeness config --json'], exits: LOCAL },
  'keys create': {
    examples: ['npx likeness keys create --name "front desk"', 'npx likeness keys create --json'],
    exits: LOCAL,
  },
  'keys list': { examples: ['npx likeness keys list'], exits: LOCAL },
  'keys revoke': {
    examples: ['npx likeness keys revoke 019a3c1e-7f2b-7c31-9d0e-5a4b8f6c2d10'],
    exits: ['done', 'usage', 'refused', 'failed'],
  },
  'galleries list': { examples: ['npx likeness galleries list'], exits: ['done', ...ASKING] },
  'galleries create': {
    examples: ['npx likeness galleries create staff --name "Staff of the head office"'],
    exits: ['done', ...ASKING],
  },
  'galleries show': { examples: ['npx likeness galleries show staff'], exits: ['done', ...ASKING] },
  'galleries delete': { examples: ['npx likeness galleries delete staff --yes'], exits: ['done', ...ASKING] },
  enrol: {
    examples: [
      'npx likeness enrol staff pictures/ --create',
      'npx likeness enrol staff jane-2024.jpg --subject jane',
      'npx likeness enrol staff pictures/ --concurrency 16 --json',
    ],
    exits: ['done', ...ASKING, 'incomplete'],
  },
  search: {
    examples: [
      'npx likeness search staff visitor.jpg',
      'npx likeness search staff visitor.jpg --max-fpir 0.001 --json',
    ],
    exits: ['done', 'noMatch', ...ASKING],
  },
  verify: {
    examples: [
      'npx likeness verify staff jane visitor.jpg',
      'npx likeness verify staff jane visitor.jpg --max-fmr 1e-5',
    ],
    exits: ['done', 'noMatch', ...ASKING],
  },
  compare: {
    examples: ['npx likeness compare passport.jpg selfie.jpg --threshold 85'],
    exits: ['done', 'noMatch', ...ASKING],
  },
  detect: {
    examples: ['npx likeness detect group.jpg', 'npx likeness detect group.jpg --points --json'],
    exits: ['done', 'noMatch', ...ASKING],
  },
  'packs list': { examples: ['npx likeness packs'], exits: LOCAL },
  'packs prepare': { examples: ['npx likeness packs prepare'], exits: LOCAL },
  bench: { examples: ['npx likeness bench', 'npx likeness bench search'], exits: LOCAL },
}

/** The words that call a command, without the program's name. */
export const wordsOf = (command: Command): string =>
  command.parent ? [wordsOf(command.parent), command.name()].filter(Boolean).join(' ') : ''

/** Every command of the tree, parents before their children, the program itself first. */
export const listCommands = (command: Command): Command[] => [command, ...command.commands.flatMap(listCommands)]

/** Puts examples and exit codes under the help of every command that has them. */
export const addHelpTexts = (program: Command): void => {
  for (const command of listCommands(program)) {
    const help = HELP[wordsOf(command)]
    if (help) command.addHelpText('after', () => renderHelp(help))
  }
}

const renderHelp = ({ examples, exits }: CommandHelp): string => {
  const lines = examples.map(example => `  ${example}`).join('\n')
  return `\nExamples:\n${lines}\n\nExit codes:\n${renderExitCodes(exits)}`
}
