// The doctor's checks of what lies around the regions: rights of files, disk, master key, control database, packs, and
// the server that may be running. Mends nothing.
import { opendir, stat, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import type { Config } from '../config.ts'
import { examine } from '../core/doctor.ts'
import type { Finding } from '../core/doctor-parts.ts'
import type { ControlStore } from '../core/ports.ts'
import { createMasterKeySource, findMasterKey } from '../seal/master-key.ts'
import { checkSqlite } from '../store/sqlite-files.ts'
import { formatAmount, formatBytes } from './output.ts'
import { type PackFacts, readPacks } from './pack-states.ts'

/** Rights of the group and of everybody. */
const OTHERS = 0o077
const HAS_RIGHTS = process.platform !== 'win32'
const MAX_LISTED = 20
const METRICS_TIMEOUT_MS = 2000

export const examineFiles = (config: Config): Promise<Finding> =>
  examine('files', null, async () => {
    if (!HAS_RIGHTS) return { summary: 'this system has no such rights' }
    const exposed: string[] = []
    let files = 0
    for await (const path of listPrivate(config)) {
      files++
      const mode = (await stat(path).catch(() => null))?.mode ?? 0
      if ((mode & OTHERS) !== 0 && exposed.length < MAX_LISTED) exposed.push(describeMode(path, mode))
    }
    return {
      summary: `${formatAmount(files, 'file')} and folders looked at, private to their owner`,
      problems: exposed,
    }
  })

const describeMode = (path: string, mode: number): string =>
  `other users of this machine may use ${path} (mode ${(mode & 0o777).toString(8)}): run "chmod go= ${path}"`

/** Everything in the data folder but the packs, which are no secret; and the logs of erasures. */
async function* listPrivate({ dataDir, packsDir, erasuresDir }: Config): AsyncGenerator<string> {
  const isBelow = erasuresDir.startsWith(dataDir)
  for (const folder of isBelow ? [dataDir] : [dataDir, erasuresDir]) {
    yield folder
    for await (const path of listBelow(folder)) if (!path.startsWith(packsDir)) yield path
  }
}

/** Files may go while they are listed. */
async function* listBelow(folder: string): AsyncGenerator<string> {
  const entries = await opendir(folder).catch(() => null)
  if (!entries) return
  for await (const entry of entries) {
    const path = join(folder, entry.name)
    yield path
    if (entry.isDirectory()) yield* listBelow(path)
  }
}

export const examineDisk = ({ dataDir, limits }: Config): Promise<Finding> =>
  examine('disk', null, async () => {
    const { bavail, bsize } = await statfs(dataDir)
    const free = bavail * bsize
    const summary = `${formatBytes(free)} are free`
    if (free >= limits.minFreeDiskBytes) return { summary }
    return { summary, problems: [`only ${formatBytes(free)} are free where ${dataDir} is: make room`] }
  })

export const examinePacks = (config: Config): Promise<Finding> =>
  examine('packs', null, async () => {
    const packs = await readPacks(config)
    const states = packs.map(({ id, version, state }) => `${id} ${version} ${state}`).join(', ')
    // A pack that is made of others has no files that could be damaged.
    const damaged = packs.filter(({ state, parts }) => state === 'damaged' && parts.length === 0)
    return {
      summary: states,
      problems: damaged.map(pack => `the pack "${pack.id}" is damaged: ${howToMend(pack)}`),
    }
  })

/** What comes with npm packages is built by the next start, everything else was fetched. */
const howToMend = ({ id, directory, sources }: PackFacts): string =>
  sources.some(source => source.startsWith('https:'))
    ? `install it again with "npx likeness packs install ${id}"`
    : `delete ${directory} and start again`

export const examineControl = (config: Config): Promise<Finding> =>
  examine('control', null, () => ({
    summary: 'the control database is whole',
    problems: checkSqlite(join(config.dataDir, 'control', 'control.db')),
  }))

/** Makes no key: a missing one is what is to be found out. */
export const examineMasterKey = (config: Config, control: ControlStore): Promise<Finding> =>
  examine('master key', null, async () => {
    const held = await control.tenantKeys.change(async keys => ({ check: keys.check, keys: keys.keys }))
    if (held.keys.length === 0) return { summary: 'nothing is sealed yet' }
    const { origin } = await findMasterKey(createMasterKeySource(config), held)
    return {
      summary: `the one from ${origin} opens ${formatAmount(held.keys.length, "tenant's key", "tenants' keys")}`,
    }
  })

/** What a region's index must hold, by its database. */
export interface ExpectedFaces {
  readonly region: string
  count(): Promise<number>
}

/** Compares with the index of the server at the address of the settings, which may be of another data folder. */
export const examineServer = (
  config: Config,
  expected: readonly ExpectedFaces[],
  recheckMs: number,
): Promise<Finding> =>
  examine('server', null, async () => {
    const differences = await compare(config, expected)
    if (differences === null) return { summary: `no server at ${config.url} tells what its index holds` }
    if (differences.length === 0) return { summary: `the index of the server at ${config.url} holds what is stored` }
    await new Promise(resolve => setTimeout(resolve, recheckMs))
    return { summary: `asked the server at ${config.url}`, problems: (await compare(config, expected)) ?? [] }
  })

const compare = async (config: Config, expected: readonly ExpectedFaces[]): Promise<readonly string[] | null> => {
  const indexed = await readIndexed(config)
  if (!indexed) return null
  const problems: string[] = []
  for (const { region, count } of expected) {
    const held = indexed.get(region)
    const stored = await count()
    if (held !== undefined && held !== stored)
      problems.push(
        `the index of the server at ${config.url} holds ${held} faces of region "${region}", and ${stored} are stored: start that server again if this is its data folder`,
      )
  }
  return problems
}

/** By region; null when nobody answers, or does not tell. */
const readIndexed = async ({ url }: Config): Promise<ReadonlyMap<string, number> | null> => {
  try {
    const response = await fetch(new URL('/metrics', url), { signal: AbortSignal.timeout(METRICS_TIMEOUT_MS) })
    const text = response.ok ? await response.text() : ''
    const found = text.matchAll(/^likeness_index_faces\{region="([^"]+)"\} (\d+)$/gm)
    const faces = new Map([...found].map(([, region, count]) => [region!, Number(count)]))
    return faces.size > 0 ? faces : null
  } catch {
    return null
  }
}
