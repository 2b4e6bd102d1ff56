// Every setting: name, meaning, default, check. Read once from the environment and a file, frozen, passed in. The only
// place that reads process.env.
import { existsSync, readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join, resolve } from 'node:path'
import { z } from 'zod'
import { AppError } from './errors.ts'
import { DEFAULT_LIMITS, type Limits } from './limits.ts'

const count = (least: number, most: number) => {
  const error = `must be a whole number from ${least} to ${most}`
  return z.coerce.number(error).int(error).min(least, error).max(most, error)
}
const flag = z.union([
  z.boolean(),
  z.enum(['true', 'false', '1', '0', 'yes', 'no']).transform(word => ['true', '1', 'yes'].includes(word)),
])
const LOG_LEVELS = ['silent', 'error', 'warn', 'info', 'debug'] as const
const MAX_THREADS = 256

/** One field a setting; the description is what `likeness config` and the reference print. */
const settings = z.strictObject({
  host: z
    .string()
    .min(1)
    .default('127.0.0.1')
    .describe('Address the server listens on; 0.0.0.0 for every network card.'),
  port: count(0, 65_535).default(8470).describe('Port the server listens on; 0 takes any free one.'),
  dataDir: z.string().min(1).default('./data').describe('Folder that holds everything the server keeps.'),
  packsDir: z
    .string()
    .min(1)
    .optional()
    .describe('Folder of the model packs. Default: "packs" inside the data folder.'),
  pack: z.enum(['open']).default('open').describe('Model pack that makes the templates.'),
  visionThreads: count(1, MAX_THREADS)
    .default(availableParallelism())
    .describe('Threads that decode and analyse pictures. Default: one a core.'),
  searchThreads: count(1, MAX_THREADS).default(1).describe('Threads that scan the index.'),
  keepPictures: flag.default(true).describe('Whether enrolled pictures are kept beside their templates.'),
  maxImageBytes: count(1024, 1_073_741_824)
    .default(DEFAULT_LIMITS.maxImageBytes)
    .describe('Largest encoded picture, bytes.'),
  maxImagePixels: count(1024, 1_000_000_000)
    .default(DEFAULT_LIMITS.maxImagePixels)
    .describe('Largest decoded picture, pixels.'),
  maxQueuedImages: count(1, 100_000)
    .default(DEFAULT_LIMITS.maxQueuedImages)
    .describe('Pictures that may wait for a free thread before callers are told to come back.'),
  logLevel: z
    .enum(LOG_LEVELS)
    .default('warn')
    .describe('Least severe log line that is written: silent, error, warn, info, debug.'),
  url: z.url().optional().describe('Server that the command line talks to. Default: this host and port.'),
  key: z.string().min(1).optional().describe('API key that the command line sends.'),
})

type Settings = z.infer<typeof settings>
export type SettingName = keyof Settings

export type Config = Readonly<Settings & { packsDir: string; url: string; limits: Limits }>

export interface SettingFacts {
  readonly name: SettingName
  readonly env: string
  readonly description: string
  readonly default: unknown
}

const envName = (name: string): string => `LIKENESS_${name.replace(/[A-Z]/g, letter => `_${letter}`).toUpperCase()}`

/** All settings in the order they are documented. */
export const SETTINGS: readonly SettingFacts[] = Object.entries(settings.shape).map(([name, schema]) => ({
  name: name as SettingName,
  env: envName(name),
  description: schema.description ?? '',
  default: schema.safeParse(undefined).data,
}))

/** The settings file, when LIKENESS_CONFIG names none. */
const CONFIG_FILE = 'likeness.json'

export interface LoadedConfig {
  readonly config: Config
  /** Where each setting that is not a default came from. */
  readonly origins: Readonly<Partial<Record<SettingName, string>>>
}

/**
 * Reads the environment (LIKENESS_…), then the file (LIKENESS_CONFIG or ./likeness.json, JSON with the settings' names);
 * the environment wins. @throws AppError config_invalid that names the setting, where it came from and what is expected
 */
export const loadConfig = (env: NodeJS.ProcessEnv = process.env, overrides: Partial<Settings> = {}): LoadedConfig => {
  const origins: Partial<Record<SettingName, string>> = {}
  const values: Record<string, unknown> = {}
  const path = env.LIKENESS_CONFIG ?? CONFIG_FILE
  for (const [name, value] of Object.entries(readFile(path, env.LIKENESS_CONFIG !== undefined))) {
    values[name] = value
    origins[name as SettingName] = path
  }
  for (const setting of SETTINGS) {
    const value = env[setting.env]
    if (value === undefined || value === '') continue
    values[setting.name] = value
    origins[setting.name] = setting.env
  }
  for (const [name, value] of Object.entries(overrides)) {
    if (value === undefined) continue
    values[name] = value
    origins[name as SettingName] = `--${name.replace(/[A-Z]/g, letter => `-${letter.toLowerCase()}`)}`
  }
  return { config: parse(values, origins), origins }
}

const readFile = (path: string, required: boolean): Record<string, unknown> => {
  if (!existsSync(path)) {
    if (!required) return {}
    throw new AppError('config_invalid', `The settings file ${path} that LIKENESS_CONFIG names does not exist.`)
  }
  try {
    return z.record(z.string(), z.unknown()).parse(JSON.parse(readFileSync(path, 'utf8')))
  } catch (cause) {
    throw new AppError('config_invalid', `The settings file ${path} must hold one JSON object.`, { cause })
  }
}

const parse = (values: Record<string, unknown>, origins: Partial<Record<SettingName, string>>): Config => {
  const result = settings.safeParse(values)
  if (!result.success) {
    const issue = result.error.issues[0]
    const name = String(issue.path[0] ?? '')
    const where = origins[name as SettingName] ?? 'the settings file'
    const found = name in values ? `, found ${JSON.stringify(values[name])}` : ''
    throw new AppError('config_invalid', `${where}: ${name ? `"${name}": ` : ''}${issue.message}${found}.`)
  }
  const { data } = result
  const { maxImageBytes, maxImagePixels, maxQueuedImages } = data
  return Object.freeze({
    ...data,
    dataDir: resolve(data.dataDir),
    packsDir: resolve(data.packsDir ?? join(data.dataDir, 'packs')),
    url: data.url ?? urlOf(data.host, data.port),
    limits: Object.freeze({
      ...DEFAULT_LIMITS,
      maxImageBytes,
      maxImagePixels,
      maxQueuedImages,
      maxBodyBytes: bodyFor(maxImageBytes),
    }),
  })
}

/** Where a server with these settings is reached from the same machine. */
const urlOf = (host: string, port: number): string => {
  const reachable = { '0.0.0.0': '127.0.0.1', '::': '::1' }[host] ?? host
  return `http://${reachable.includes(':') ? `[${reachable}]` : reachable}:${port}`
}

/** Two pictures in base64 (4 bytes for 3) and a megabyte of JSON around them. */
const bodyFor = (maxImageBytes: number): number => Math.ceil((2 * maxImageBytes * 4) / 3) + 1024 * 1024
