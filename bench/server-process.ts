// Starts the real server in a process of its own, on an empty data folder that goes when it is stopped.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { MEMORY_ENV, MEMORY_FLAGS } from '../server/bin/launch.mjs'
import { type ResidentMemory, readCpuMs, readResidentMemory } from './process-usage.ts'
import { PACKS_FOLDER, type PackChoice } from './templates.ts'

export interface BenchServer {
  readonly address: string
  readonly key: string
  /** Processor time of the whole process so far. */
  cpuMs(): number
  memory(): ResidentMemory
  /** The galleries' database with its log. */
  databaseBytes(): Promise<number>
  /** Everything in the folder of pictures: those of faces and the frames of capture sessions. */
  pictureBytes(): Promise<number>
  close(): Promise<void>
}

export interface BenchServerOptions extends PackChoice {
  readonly port?: number
  /** Environment variables. */
  readonly settings?: Readonly<Record<string, string>>
  /** Folder for processor profiles, one a thread. */
  readonly profile?: string
}

/** Beside the packs and not in the system's temporary folder, which may be in memory: a flush must reach a disk. */
const CACHE_FOLDER = resolve(PACKS_FOLDER, '..')

export const startBenchServer = async (options: BenchServerOptions): Promise<BenchServer> => {
  const { port = 0, settings, profile, pack = 'open', packsDir = PACKS_FOLDER } = options
  await mkdir(CACHE_FOLDER, { recursive: true })
  const folder = await mkdtemp(join(CACHE_FOLDER, 'bench-'))
  const dataDir = join(folder, 'data')
  const child = fork(new URL('./server-entry.ts', import.meta.url), {
    // The folder holds no likeness.json, so that the figures are those of the default settings.
    cwd: folder,
    execArgv: [...MEMORY_FLAGS, ...(profile ? ['--cpu-prof', `--cpu-prof-dir=${resolve(profile)}`] : [])],
    env: {
      ...withoutSettings(process.env),
      ...MEMORY_ENV,
      LIKENESS_PORT: String(port),
      LIKENESS_DATA_DIR: dataDir,
      LIKENESS_PACKS_DIR: resolve(packsDir),
      LIKENESS_PACK: pack,
      ...settings,
    },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  const exited = once(child, 'exit')
  const remove = () => rm(folder, { recursive: true, force: true })
  const ready = await Promise.race([once(child, 'message'), exited.then(() => null)])
  if (ready === null || child.pid === undefined) {
    await remove()
    throw new Error('The server ended before it was ready.')
  }
  const { pid } = child
  const [{ address, key }] = ready as [{ address: string; key: string }]
  return {
    address,
    key,
    cpuMs: () => readCpuMs(pid),
    memory: () => readResidentMemory(pid),
    async databaseBytes() {
      const database = join(dataDir, 'regions', 'default', 'region.db')
      const sizes = await Promise.all([database, `${database}-wal`].map(async path => (await stat(path)).size))
      return sizes.reduce((sum, size) => sum + size, 0)
    },
    pictureBytes: () => sizeOf(join(dataDir, 'regions', 'default', 'pictures')),
    async close() {
      if (child.connected) child.disconnect()
      await exited
      await remove()
    },
  }
}

const sizeOf = async (folder: string): Promise<number> => {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = entries.filter(entry => entry.isFile())
  // A file may go while the folder is read.
  const sizes = files.map(({ parentPath, name }) =>
    stat(join(parentPath, name)).then(
      ({ size }) => size,
      () => 0,
    ),
  )
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0)
}

const withoutSettings = (env: NodeJS.ProcessEnv): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('LIKENESS_')))
