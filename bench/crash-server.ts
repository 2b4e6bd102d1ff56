// Starts the server of the crash benchmark on one data folder, and kills it. Knows nothing of what is in the folder.
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { MEMORY_ENV } from '../server/bin/launch.mjs'

export interface CrashServer {
  readonly address: string
  /** Made on the very first start. */
  readonly key: string | null
  kill(): Promise<void>
}

const forkServer = (folder: string, dataDir: string): ChildProcess =>
  fork(new URL('./crash-entry.ts', import.meta.url), {
    // The folder holds no likeness.json.
    cwd: folder,
    env: {
      ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('LIKENESS_'))),
      ...MEMORY_ENV,
      LIKENESS_PORT: '0',
      LIKENESS_TLS: 'off',
      LIKENESS_DATA_DIR: dataDir,
    },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })

const killChild = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exit = once(child, 'exit')
  child.kill('SIGKILL')
  await exit
}

/** Resolves when it is ready. @throws when it ends before that */
export const startCrashServer = async (folder: string, dataDir: string): Promise<CrashServer> => {
  const child = forkServer(folder, dataDir)
  const exited = once(child, 'exit')
  const ready = await Promise.race([once(child, 'message'), exited.then(() => null)])
  if (ready === null) throw new Error('The server ended before it was ready.')
  const [{ address, key }] = ready as [{ address: string; key: string | null }]
  return { address, key, kill: () => killChild(child) }
}

/** Kills a start after so many milliseconds, wherever it is then. */
export const killStart = async (folder: string, dataDir: string, afterMs: number): Promise<void> => {
  const child = forkServer(folder, dataDir)
  await Promise.race([sleep(afterMs), once(child, 'exit')])
  await killChild(child)
}
