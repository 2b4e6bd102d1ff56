// `likeness backup`: copies the data folder into a folder of its own, whether the server runs or not.
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Command } from 'commander'
import { type Config, loadConfig } from '../config.ts'
import type { Manifest } from './backup-format.ts'
import { toFolderError } from './data-folder.ts'
import { createFailure } from './failure.ts'
import { addFolderOptions, type FolderOptions } from './options.ts'
import { formatAmount, formatBytes, printJson, printLine } from './output.ts'
import { createProgress, type Progress } from './progress.ts'

interface BackupOptions extends FolderOptions {
  readonly to: string
}

export const addBackup = (program: Command): void => {
  const command = program
    .command('backup')
    .summary('Copy the data, whether the server runs or not.')
    .description(
      'Copy databases, pictures and logs of erasures into a new folder below this one, whether the server runs or not. The master key is not part of it: keep a copy elsewhere, as without it nothing in the backup can be read.',
    )
    .requiredOption('--to <folder>', 'where the folder of the backup is made')
  addFolderOptions(command).action(backup)
}

const backup = async (options: BackupOptions): Promise<void> => {
  const { config } = loadConfig(undefined, { dataDir: options.dataDir })
  requireDatabase(config)
  const { writeBackup } = await import('./backup-writing.ts')
  let progress: Progress | null = null
  const { folder, manifest } = await writeBackup(config, resolve(options.to), {
    onPicture(done, total) {
      progress ??= createProgress({ label: 'Copying pictures', total, stream: process.stderr })
      progress.update(done)
    },
  })
    .catch(error => Promise.reject(toFolderError(error, config)))
    .finally(() => (progress as Progress | null)?.end())
  if (options.json) return printJson({ folder, manifest })
  printLine(describe(folder, manifest))
}

/** A wrong folder would make an empty backup. */
export const requireDatabase = ({ dataDir }: Pick<Config, 'dataDir'>): void => {
  if (existsSync(join(dataDir, 'control', 'control.db'))) return
  throw createFailure(
    'usage',
    `There is no data in ${dataDir}; name the server's data folder with --data-dir or LIKENESS_DATA_DIR.`,
  )
}

const describe = (folder: string, { regions, files, bytes, masterKeyFingerprint }: Manifest): string =>
  [
    `Backup written to ${folder} (${formatAmount(files, 'file')}, ${formatBytes(bytes)})`,
    ...regions.map(
      ({ id, galleries, subjects, faces, pictures }) =>
        `Region "${id}": ${formatAmount(galleries, 'gallery', 'galleries')}, ${formatAmount(subjects, 'subject')}, ${formatAmount(faces, 'face')}, ${formatAmount(pictures, 'picture')}`,
    ),
    ...regions.flatMap(describeMissing),
    masterKeyFingerprint === null
      ? 'Nothing is sealed yet, so no master key is needed to read it.'
      : `The master key is NOT in the backup: keep a copy of it elsewhere. Fingerprint ${masterKeyFingerprint}.`,
  ].join('\n')

const describeMissing = ({ id, missingPictures }: Manifest['regions'][number]): readonly string[] => {
  const erased = missingPictures.filter(picture => picture.erased).length
  const lost = missingPictures.length - erased
  return [
    ...(erased > 0 ? [`Region "${id}": ${formatAmount(erased, 'face')} erased while the backup ran`] : []),
    ...(lost > 0 ? [`Region "${id}": ${formatAmount(lost, 'picture')} missing; see "npx likeness doctor"`] : []),
  ]
}
