// The reference of the command line as Markdown, made from the tree of commands. Pure: no setting, no file, no clock.
import type { Command, Option } from 'commander'
import { EXIT, EXIT_MEANINGS, type ExitName } from './exit-codes.ts'
import { HELP, listCommands, wordsOf } from './help.ts'
import { createProgram } from './program.ts'

const INTRODUCTION = `# Command line

\`npx likeness COMMAND\`. Every command explains itself with \`--help\`. \`--json\` prints JSON for programs: of a command that
asks the server, the server's answer as it came. What fails prints one sentence to stderr and ends with an
[exit code](#exit-codes) that says what kind of failure it was.

The server and the key are the settings \`url\` and \`key\` (\`LIKENESS_URL\`, \`LIKENESS_KEY\`); see the
[settings](config.md). A busy server is asked again for as long as it says, by its \`Retry-After\`.`

export const renderCliReference = (): string => {
  const commands = listCommands(createProgram()).filter(command => HELP[wordsOf(command)])
  return `${[INTRODUCTION, ...commands.map(renderCommand), renderExits()].join('\n\n')}\n`
}

const renderCommand = (command: Command): string => {
  const words = wordsOf(command)
  const { examples, exits } = HELP[words]
  const parts = [
    `## likeness ${words}`,
    command.description(),
    renderCode([`likeness ${words} ${command.usage()}`]),
    renderTable(
      'Argument',
      command.registeredArguments.map(each => [each.name(), each.description]),
    ),
    renderTable(
      'Option',
      command.options.map(option => [option.flags, describeOption(option)]),
    ),
    renderCode(examples),
    `Exit codes: ${exits.map(name => EXIT[name]).join(', ')}.`,
  ]
  return parts.filter(part => part !== '').join('\n\n')
}

const describeOption = ({ description, defaultValue }: Option): string =>
  defaultValue === undefined ? description : `${description} (default ${defaultValue})`

const renderCode = (lines: readonly string[]): string => ['```sh', ...lines, '```'].join('\n')

const renderTable = (title: string, rows: readonly (readonly [string, string])[]): string => {
  if (rows.length === 0) return ''
  const lines = rows.map(([term, description]) => `| \`${term}\` | ${description.replaceAll('|', '\\|')} |`)
  return [`| ${title} | |`, '| --- | --- |', ...lines].join('\n')
}

const renderExits = (): string => {
  const rows = (Object.keys(EXIT) as ExitName[]).map(name => `| ${EXIT[name]} | ${EXIT_MEANINGS[name]} |`)
  return ['## Exit codes', '', '| Code | Meaning |', '| --- | --- |', ...rows].join('\n')
}
