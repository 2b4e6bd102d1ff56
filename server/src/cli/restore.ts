// `likeness restore`: puts a backup in the place of the data, and erases again what was erased since it was made.
import { existsSync, statSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { Command } from 'commander'
import { type Config, loadConfig } from '../config.ts'
import type { Restored, RestoredRegion } from './backup-reading.ts'
import { toFolderError } from './data-folder.ts'
import { createFailure } from './failure.ts'
import { addFolderOptions, type FolderOptions } from './options.ts'
import { formatAmount, printJson, printLine } from './output.ts'
import { createProgress, type Progress } from './progress.ts'

interface RestoreOptions extends FolderOptions {
  readonly from: string
  readonly erasures?: string
  readonly replace?: boolean
}

export const addRestore = (program: Command): void => {
  const command = program
    .command('restore')
    .summary('Put a backup in the place of the data; the server must not run.')
    .description(
      'Put a backup in the place of the data, and erase again whoever was erased since it was made. The server must not run, and the master key must be where the settings say.',
    )
    .requiredOption('--from <folder>', 'folder of the backup')
    .option(
      '--erasures <folder>',
      'logs of erasures to replay besides those that the settings name: the folder "erasures" of the former data folder',
    )
    .option('--replace', 'move the data that is there aside, within the data folder')
  addFolderOptions(command).action(restore)
}

const restore = async (options: RestoreOptions): Promise<void> => {
  const { config } = loadConfig(undefined, { dataDir: options.dataDir })
  const erasures = options.erasures === undefined ? null : resolve(options.erasures)
  if (erasures !== null && !(existsSync(erasures) && statSync(erasures).isDirectory()))
    throw createFailure('usage', `There is no folder ${erasures}; --erasures names the folder of the logs.`)
  const { holdsData, readBackup } = await import('./backup-reading.ts')
  // Loaded here and not above: the other commands start faster without it.
  const { lockDataFolder } = await import('../store/data-lock.ts')
  await mkdir(config.dataDir, { recursive: true, mode: 0o700 }).catch(error =>
    Promise.reject(toFolderError(error, config)),
  )
  const lock = lockDataFolder(config.dataDir)
  let progress: Progress | null = null
  try {
    if (holdsData(config) && !options.replace)
      throw createFailure(
        'usage',
        `There is data in ${config.dataDir}; choose another folder with --data-dir, or move what is there aside with --replace.`,
      )
    const restored = await readBackup(config, {
      from: resolve(options.from),
      erasures,
      replace: options.replace ?? false,
      onFile(done, total) {
        progress ??= createProgress({ label: 'Copying files', total, stream: process.stderr })
        progress.update(done)
      },
    }).finally(() => (progress as Progress | null)?.end())
    if (options.json) printJson(toJson(restored))
    else printLine(describe(restored, config))
  } catch (error) {
    throw toFolderError(error, config)
  } finally {
    lock.release()
  }
}

const toJson = ({ manifest, regions, replaced }: Restored) => ({
  createdAt: manifest.createdAt,
  version: manifest.version,
  regions,
  replaced,
})

const describe = ({ manifest, regions, replaced }: Restored, config: Config): string =>
  [
    `Restored the backup of ${manifest.createdAt} into ${config.dataDir}`,
    ...regions.flatMap(describeRegion),
    ...regions
      .filter(({ id }) => !config.regions.some(region => region.id === id))
      .map(({ id }) => `The settings do not name the region "${id}", so the server will not serve it.`),
    ...(regions.some(({ logs }) => logs.every(log => log === 'backup'))
      ? [
          `No log of erasures younger than the backup was found: whoever was erased since is back. If the former data folder still exists, restore again with --erasures ${join('FOLDER', 'erasures')}.`,
        ]
      : []),
    ...(replaced === null ? [] : [`The data of before is in ${replaced}: delete it when you no longer need it.`]),
    'Keys and tenants are as they were in the backup: revoke again the keys that were revoked since.',
  ].join('\n')

const describeRegion = ({ id, galleries, subjects, faces, erasedAgain }: RestoredRegion): readonly string[] => {
  const { pictures } = erasedAgain
  return [
    `Region "${id}": ${countPeople({ galleries, subjects, faces })}`,
    `Region "${id}": erased again ${countPeople(erasedAgain)}, ${formatAmount(pictures, 'picture')}`,
  ]
}

const countPeople = (counts: { galleries: number; subjects: number; faces: number }): string =>
  [
    formatAmount(counts.galleries, 'gallery', 'galleries'),
    formatAmount(counts.subjects, 'subject'),
    formatAmount(counts.faces, 'face'),
  ].join(', ')
