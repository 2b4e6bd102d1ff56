// `likeness config`: every setting, its value and where it came from. Never shows a key.
import type { Command } from 'commander'
import { loadConfig, SECRET_SETTINGS, SETTINGS, type SettingName } from '../config.ts'
import { addJsonOption } from './options.ts'
import { hideControls, printJson, printLine } from './output.ts'

interface SettingInForce {
  readonly name: SettingName
  readonly env: string
  readonly value: unknown
  readonly default: unknown
  /** The environment variable, the file's path, or "default". */
  readonly origin: string
  readonly description: string
}

const MASK = '********'
const SETTINGS_FILE = 'likeness.json, or the file that LIKENESS_CONFIG names'

export const addConfig = (program: Command): void => {
  const command = program
    .command('config')
    .summary('Show every setting, its value and where it came from.')
    .description(
      'Show every setting: its name in the environment, its value and where that came from (environment, file or default).',
    )
  addJsonOption(command).action(show)
}

const show = (options: { json?: boolean }): void => {
  const settings = readSettings()
  if (options.json) printJson({ settings })
  else printLine(describe(settings))
}

const readSettings = (): SettingInForce[] => {
  const { config, origins } = loadConfig()
  return SETTINGS.map(({ name, env, description, default: fallback }) => ({
    name,
    env,
    value: SECRET_SETTINGS.includes(name) && config[name] !== undefined ? MASK : (config[name] ?? null),
    default: fallback ?? null,
    origin: origins[name] ?? 'default',
    description,
  }))
}

const describe = (settings: readonly SettingInForce[]): string =>
  [`Names in parentheses are those of the settings file (${SETTINGS_FILE}).`, ...settings.map(describeOne)].join('\n\n')

const describeOne = ({ name, env, value, default: fallback, origin, description }: SettingInForce): string => {
  const usual = fallback === null || fallback === value ? '' : `, default ${fallback}`
  const from = origin === 'default' ? `default${usual ? ` ${fallback}` : ''}` : `from ${origin}${usual}`
  const line = hideControls(`${env} (${name}) = ${value ?? 'not set'}   [${from}]`)
  return `${line}\n  ${description}`
}
