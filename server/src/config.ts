// Every setting: name, meaning, default, check. Read once from the environment and a file, frozen, passed in. The only
// place that reads process.env.
import { existsSync, readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { availableParallelism } from 'node:os'
import { join, resolve } from 'node:path'
import { z } from 'zod'
import { ATTRIBUTES, type AttributeName } from './core/face-attributes.ts'
import { AppError } from './errors.ts'
import { DEFAULT_LIMITS, type Limits } from './limits.ts'
import { ONE_REGION, type RegionFacts, readRegions } from './regions-file.ts'

const count = (least: number, most: number) => {
  const error = `must be a whole number from ${least} to ${most}`
  return z.coerce.number(error).int(error).min(least, error).max(most, error)
}
const flag = z.union([
  z.boolean(),
  z.enum(['true', 'false', '1', '0', 'yes', 'no']).transform(word => ['true', '1', 'yes'].includes(word)),
])

/** "true", "false", or addresses and ranges separated by commas. */
const readProxies = (text: string, context: z.RefinementCtx): boolean | readonly string[] => {
  if (text === 'true' || text === 'false') return text === 'true'
  const ranges = text.split(',').map(range => range.trim())
  if (ranges.every(isRange)) return ranges
  context.addIssue({ code: 'custom', message: PROXIES })
  return z.NEVER
}
const PROXIES = 'must be true, false, or addresses and CIDR ranges separated by commas'
const isRange = (text: string): boolean => {
  const [address, bits, ...rest] = text.split('/')
  const most = { 0: -1, 4: 32, 6: 128 }[isIP(address)] ?? -1
  return most > 0 && rest.length === 0 && (bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= most))
}

/** Names separated by commas, each once, in the order of `ATTRIBUTES`; or "none". */
const readAttributes = (text: string, context: z.RefinementCtx): readonly AttributeName[] => {
  if (text === 'none') return []
  const words = text.split(',').map(word => word.trim())
  const isListed = (name: string): boolean => words.filter(word => word === name).length === 1
  if (words.length === ATTRIBUTES.filter(isListed).length) return ATTRIBUTES.filter(isListed)
  context.addIssue({ code: 'custom', message: ATTRIBUTE_LIST })
  return z.NEVER
}
const ATTRIBUTE_LIST = `must be none, or some of ${ATTRIBUTES.join(', ')} separated by commas, each once`
/**
 * Four callers a thread find a place, at work or waiting. A longer line serves nobody better and everybody later: `npm run
 * bench -- overload` measures it.
 */
const QUEUED_IMAGES_PER_THREAD = 3
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
  pack: z
    .enum(['auto', 'open+retail', 'retail-0095', 'open'])
    .default('auto')
    .describe(
      'Model pack that new galleries take: auto is the best one installed, in the order open+retail, retail-0095, open. A gallery keeps the pack that it was made with.',
    ),
  attributes: z
    .string()
    .default(ATTRIBUTES.join(','))
    .transform(readAttributes)
    .describe(
      'What is told of a face where attributes are asked for: names separated by commas, or none. Each is a model pack of its own; docs/reference/attributes.md has their figures.',
    ),
  liveness: z
    .enum(['auto', 'minifasnet', 'liveness', 'off'], 'must be auto, minifasnet, liveness or off')
    .default('auto')
    .describe(
      'Model pack that judges liveness: auto is minifasnet where it is installed, else liveness, which comes with the server; off judges none.',
    ),
  visionThreads: count(1, MAX_THREADS)
    .default(availableParallelism())
    .describe('Threads that decode and analyse pictures. Default: one a core.'),
  searchThreads: count(1, MAX_THREADS).default(1).describe('Threads that scan the index.'),
  keepPictures: flag.default(true).describe('Whether enrolled pictures are kept beside their templates.'),
  erasuresDir: z
    .string()
    .min(1)
    .optional()
    .describe(
      'Folder of the logs of erasures, which a restore replays; best on another disk. Default: "erasures" inside the data folder.',
    ),
  masterKeyFile: z
    .string()
    .min(1)
    .optional()
    .describe(
      'File of the master key that everything is sealed under. Default: "master.key" inside the data folder, made on first start.',
    ),
  masterKey: z
    .string()
    .min(1)
    .optional()
    .describe('The master key itself, 32 bytes in base64 or hex; no file is used then.'),
  nextMasterKey: z
    .string()
    .min(1)
    .optional()
    .describe(
      'The master key that "likeness master-key rotate" changes to. Default: a random one, where the key is in a file.',
    ),
  maxImageBytes: count(1024, 1_073_741_824)
    .default(DEFAULT_LIMITS.maxImageBytes)
    .describe('Largest encoded picture, bytes.'),
  maxImagePixels: count(1024, 1_000_000_000)
    .default(DEFAULT_LIMITS.maxImagePixels)
    .describe('Largest decoded picture, pixels.'),
  maxQueuedImages: count(1, 100_000)
    .optional()
    .describe(
      'Pictures that may wait for a free thread before callers are told to come back. Default: three a vision thread.',
    ),
  callTimeoutMs: count(1, 3_600_000)
    .default(DEFAULT_LIMITS.callTimeoutMs)
    .describe('Time for a call from the arrival of its body to its answer, milliseconds; callers can ask for less.'),
  rateLimit: count(1, DEFAULT_LIMITS.maxAllowedCalls)
    .optional()
    .describe('Calls a second of a credential that has no limit of its own. Default: no limit.'),
  rateBurst: count(1, DEFAULT_LIMITS.maxAllowedCalls)
    .optional()
    .describe('Calls at once after a pause, for rateLimit. Default: those of a second.'),
  quotaPerDay: count(1, DEFAULT_LIMITS.maxAllowedCalls)
    .optional()
    .describe('Accepted calls a day (UTC) of a credential that has no quota of its own. Default: no quota.'),
  quotaPerMonth: count(1, DEFAULT_LIMITS.maxAllowedCalls)
    .optional()
    .describe('Accepted calls a month (UTC) of a credential that has no quota of its own. Default: no quota.'),
  alibabaRate: count(1, 10_000)
    .default(DEFAULT_LIMITS.alibabaCallsPerSecond)
    .describe('Calls a second of one tenant and action in the Alibaba Cloud API, its sub-users together.'),
  alibabaUrlTimeoutMs: count(1, DEFAULT_LIMITS.urlFetchTimeoutMs)
    .default(DEFAULT_LIMITS.alibabaUrlTimeoutMs)
    .describe(
      'Time for a picture by URL in the Alibaba Cloud API, milliseconds; its clients wait three seconds for an answer.',
    ),
  alibabaCallTimeoutMs: count(1, 3_600_000)
    .default(DEFAULT_LIMITS.alibabaCallTimeoutMs)
    .describe('Time for a call of the Alibaba Cloud API from the arrival of its body to its answer, milliseconds.'),
  imageUrls: z
    .enum(['off', 'allow-list', 'public'])
    .default('public')
    .describe('Pictures by URL: off, only from the hosts of imageUrlAllow, or from those and public hosts.'),
  imageUrlAllow: z
    .string()
    .optional()
    .describe(
      'Hosts, addresses and CIDR ranges that pictures may be fetched from though they are not public, separated by commas, each with or without ":port".',
    ),
  callbackAllow: z
    .string()
    .optional()
    .describe(
      'Hosts, addresses and CIDR ranges that are told of the ends of capture sessions (callbacks, webhooks) though they are not public, separated by commas, each with or without ":port". Default: public hosts only.',
    ),
  regionsFile: z
    .string()
    .min(1)
    .optional()
    .describe(
      'JSON file that names the regions: {"regions": {"ID": {"hosts": [...], "countries": [...] or null}}}. Default: one region, "default".',
    ),
  unknownHosts: z
    .string()
    .min(1)
    .default('credential')
    .describe(
      'Region of calls of the other protocols over a host that no region names: credential is that of whoever calls, refuse is none, else the id of a region.',
    ),
  publicUrl: z
    .url({ protocol: /^https?$/, error: 'must be an http or https URL' })
    .transform(url => url.replace(/\/+$/, ''))
    .optional()
    .describe(
      'Base of the links that answers hold (signed pictures, capture pages), as callers reach the server: https://faces.example.com. Default: as the request was addressed.',
    ),
  transactionDays: count(1, 3650)
    .default(60)
    .describe('Days that calls stay in the log of calls; their counts are kept for good.'),
  tls: z.enum(['on', 'off']).default('on').describe('Whether the port takes HTTPS as well as HTTP: on or off.'),
  tlsCertFile: z
    .string()
    .min(1)
    .optional()
    .describe(
      'Certificate for HTTPS with its chain, PEM; with tlsKeyFile. Default: one made on first start, which no browser knows.',
    ),
  tlsKeyFile: z.string().min(1).optional().describe('Private key of tlsCertFile, PEM without a passphrase.'),
  trustProxy: z
    .union([z.boolean(), z.string().transform(readProxies)], PROXIES)
    .default(false)
    .describe(
      'Whose X-Forwarded headers are believed: false, true for everybody, or the addresses and CIDR ranges of the proxies, separated by commas.',
    ),
  metrics: z
    .enum(['off', 'local', 'open'])
    .default('local')
    .describe(
      'Who may read /metrics: nobody, callers on this machine and admin keys of the tenant "default", or everybody.',
    ),
  logLevel: z
    .enum(LOG_LEVELS)
    .default('warn')
    .describe('Least severe log line that is written: silent, error, warn, info, debug.'),
  url: z.url().optional().describe('Server that the command line talks to. Default: this host and port.'),
  key: z.string().min(1).optional().describe('API key that the command line sends.'),
})

type Settings = z.infer<typeof settings>
/** As they are written in a file or given on a command line. */
type SettingInputs = Partial<z.input<typeof settings>>
export type SettingName = keyof Settings

export type Config = Readonly<
  Settings & {
    packsDir: string
    erasuresDir: string
    masterKeyFile: string
    url: string
    limits: Limits
    regions: readonly RegionFacts[]
  }
>

/** Settings whose value no one should find in a terminal's history or a log. */
export const SECRET_SETTINGS: readonly SettingName[] = ['key', 'masterKey', 'nextMasterKey']

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
export const loadConfig = (env: NodeJS.ProcessEnv = process.env, overrides: SettingInputs = {}): LoadedConfig => {
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
    const isShown = name in values && !SECRET_SETTINGS.includes(name as SettingName)
    const found = isShown ? `, found ${JSON.stringify(values[name])}` : ''
    throw new AppError('config_invalid', `${where}: ${name ? `"${name}": ` : ''}${issue.message}${found}.`)
  }
  const { data } = result
  if ((data.tlsCertFile === undefined) !== (data.tlsKeyFile === undefined))
    throw new AppError('config_invalid', 'Set both "tlsCertFile" and "tlsKeyFile", or neither.')
  if (data.rateBurst !== undefined && data.rateLimit === undefined)
    throw new AppError('config_invalid', 'Set "rateLimit" with "rateBurst".')
  const regions = data.regionsFile === undefined ? ONE_REGION : readRegions(resolve(data.regionsFile))
  if (!['credential', 'refuse', ...regions.map(({ id }) => id)].includes(data.unknownHosts))
    throw new AppError(
      'config_invalid',
      `"unknownHosts" must be credential, refuse or the id of a region, found "${data.unknownHosts}".`,
    )
  const { maxImageBytes, maxImagePixels, callTimeoutMs } = data
  const maxBodyBytes = bodyFor(maxImageBytes)
  return Object.freeze({
    ...data,
    dataDir: resolve(data.dataDir),
    packsDir: resolve(data.packsDir ?? join(data.dataDir, 'packs')),
    erasuresDir: resolve(data.erasuresDir ?? join(data.dataDir, 'erasures')),
    masterKeyFile: resolve(data.masterKeyFile ?? join(data.dataDir, 'master.key')),
    url: data.url ?? urlOf(data.host, data.port),
    regions,
    limits: Object.freeze({
      ...DEFAULT_LIMITS,
      maxImageBytes,
      maxImagePixels,
      alibabaCallsPerSecond: data.alibabaRate,
      alibabaUrlTimeoutMs: data.alibabaUrlTimeoutMs,
      alibabaCallTimeoutMs: data.alibabaCallTimeoutMs,
      maxQueuedImages: data.maxQueuedImages ?? QUEUED_IMAGES_PER_THREAD * data.visionThreads,
      callTimeoutMs,
      maxBodyBytes,
      maxInFlightBodyBytes: Math.max(DEFAULT_LIMITS.maxInFlightBodyBytes, 2 * maxBodyBytes),
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
