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
const CHANGING = ['done', 'usage', 'refused', 'failed'] as const

/** By the command's words without the program's name. */
export const HELP: Readonly<Record<string, CommandHelp>> = {
  serve: {
    examples: ['npx likeness serve', 'npx likeness serve --host 0.0.0.0 --port 8080 --data-dir /srv/likeness'],
    exits: LOCAL,
  },
  config: { examples: ['npx likeness config', 'npx likeness config --json'], exits: LOCAL },
  'keys create': {
    examples: [
      'npx likeness keys create --name "front desk"',
      'npx likeness keys create --scope search --ttl 86400',
      'npx likeness keys create --tenant acme --region eu --json',
      'npx likeness keys create --rate-limit 10 --burst 40 --quota-per-day 50000',
    ],
    exits: CHANGING,
  },
  'keys list': { examples: ['npx likeness keys list', 'npx likeness keys list --tenant acme'], exits: LOCAL },
  'keys limits': {
    examples: [
      'npx likeness keys limits 019a3c1e-7f2b-7c31-9d0e-5a4b8f6c2d10',
      'npx likeness keys limits 019a3c1e-7f2b-7c31-9d0e-5a4b8f6c2d10 --rate-limit none --quota-per-month 1000000',
    ],
    exits: CHANGING,
  },
  'keys revoke': {
    examples: ['npx likeness keys revoke 019a3c1e-7f2b-7c31-9d0e-5a4b8f6c2d10'],
    exits: CHANGING,
  },
  'tenants create': { examples: ['npx likeness tenants create acme --name "Acme Ltd."'], exits: CHANGING },
  'tenants list': { examples: ['npx likeness tenants list'], exits: LOCAL },
  'tenants set': {
    examples: ['npx likeness tenants set acme --image-urls off', 'npx likeness tenants set acme --image-urls default'],
    exits: CHANGING,
  },
  'tenants suspend': { examples: ['npx likeness tenants suspend acme'], exits: CHANGING },
  'tenants resume': { examples: ['npx likeness tenants resume acme'], exits: CHANGING },
  'credentials create': {
    examples: [
      'npx likeness credentials create --protocol verihubs --gallery staff --json',
      'npx likeness credentials create --parent 019a3c1e-7f2b-7c31-9d0e-5a4b8f6c2d10 --deny DeleteFaceRecordV2',
    ],
    exits: CHANGING,
  },
  'credentials list': { examples: ['npx likeness credentials list --tenant acme'], exits: LOCAL },
  'credentials limits': {
    examples: ['npx likeness credentials limits 019a3c1e-7f2b-7c31-9d0e-5a4b8f6c2d10 --rate-limit 5'],
    exits: CHANGING,
  },
  'credentials revoke': {
    examples: ['npx likeness credentials revoke 019a3c1e-7f2b-7c31-9d0e-5a4b8f6c2d10'],
    exits: CHANGING,
  },
  'credentials sts': {
    examples: ['npx likeness credentials sts 019a3c1e-7f2b-7c31-9d0e-5a4b8f6c2d10 --ttl 3600 --json'],
    exits: CHANGING,
  },
  'credentials testing': {
    examples: ['npx likeness credentials testing 019a3c1e-7f2b-7c31-9d0e-5a4b8f6c2d10 --quota 500 --reset'],
    exits: CHANGING,
  },
  usage: {
    examples: ['npx likeness usage', 'npx likeness usage --tenant acme --from 2031-02-01 --to 2031-02-28 --json'],
    exits: CHANGING,
  },
  audit: {
    examples: ['npx likeness audit --action face.enrol', 'npx likeness audit --gallery staff --subject jane --json'],
    exits: CHANGING,
  },
  'master-key rotate': {
    examples: ['npx likeness master-key rotate', 'npx likeness master-key rotate --to-file /etc/likeness/master.key'],
    exits: LOCAL,
  },
  'galleries list': { examples: ['npx likeness galleries list'], exits: ['done', ...ASKING] },
  'galleries create': {
    examples: [
      'npx likeness galleries create staff --name "Staff of the head office"',
      'npx likeness galleries create members --duplicates refuse --several-faces refuse',
    ],
    exits: ['done', ...ASKING],
  },
  'galleries update': {
    examples: ['npx likeness galleries update staff --max-faces 10 --when-full replace_oldest'],
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
      'npx likeness search --gallery staff --gallery members visitor.jpg --filter floor=3',
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
  'sessions create': {
    examples: [
      'npx likeness sessions create --purpose enrol --gallery staff --subject jane',
      'npx likeness sessions create --purpose search --gallery staff --expires 600 --json',
      'npx likeness sessions create --purpose liveness --host faces.local',
    ],
    exits: ['done', ...ASKING],
  },
  'sessions show': {
    examples: ['npx likeness sessions show 019a3c1e-7f2b-7c31-9d0e-5a4b8f6c2d10'],
    exits: ['done', ...ASKING],
  },
  'sessions list': {
    examples: ['npx likeness sessions list --state passed'],
    exits: ['done', ...ASKING],
  },
  'sessions wait': {
    examples: ['npx likeness sessions wait 019a3c1e-7f2b-7c31-9d0e-5a4b8f6c2d10 --json'],
    exits: ['done', 'noMatch', ...ASKING],
  },
  'sessions delete': {
    examples: ['npx likeness sessions delete 019a3c1e-7f2b-7c31-9d0e-5a4b8f6c2d10'],
    exits: ['done', ...ASKING],
  },
  'webhook set': {
    examples: [
      'npx likeness webhook set https://shop.example/likeness',
      'npx likeness webhook set https://shop.example/likeness --algorithm HMAC-SHA512 --json',
    ],
    exits: ['done', ...ASKING],
  },
  'webhook show': { examples: ['npx likeness webhook show'], exits: ['done', ...ASKING] },
  'webhook remove': { examples: ['npx likeness webhook remove'], exits: ['done', ...ASKING] },
  'verify-receipt': {
    examples: [
      'npx likeness verify-receipt receipt.json',
      'npx likeness verify-receipt receipt.json --keys keys.json --subject jane',
    ],
    exits: ['done', 'noMatch', ...ASKING],
  },
  'packs list': { examples: ['npx likeness packs'], exits: LOCAL },
  'packs prepare': { examples: ['npx likeness packs prepare'], exits: LOCAL },
  'packs install': {
    examples: [
      'npx likeness packs install minifasnet',
      'npx likeness packs install retail-0095 --from downloads/',
      'npx likeness packs install yunet --url https://mirror.example/packs/yunet/',
    ],
    exits: LOCAL,
  },
  'packs remove': { examples: ['npx likeness packs remove minifasnet'], exits: CHANGING },
  backup: {
    examples: ['npx likeness backup --to /mnt/backups', 'npx likeness backup --to backups --json'],
    exits: LOCAL,
  },
  restore: {
    examples: [
      'npx likeness restore --from /mnt/backups/likeness-backup-20310203T040506Z --data-dir /srv/likeness',
      'npx likeness restore --from backups/likeness-backup-20310203T040506Z --erasures old/erasures',
      'npx likeness restore --from backups/likeness-backup-20310203T040506Z --replace',
    ],
    exits: LOCAL,
  },
  doctor: {
    examples: ['npx likeness doctor', 'npx likeness doctor --repair', 'npx likeness doctor --json'],
    exits: ['done', 'usage', 'failed', 'problems'],
  },
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
