// The control data for commands that work beside the server, and what to say when the data folder cannot be used.
import type { Config } from '../config.ts'
import type { OperatorContext } from '../core/operator.ts'
import type { ControlStore } from '../core/ports.ts'
import { AppError } from '../errors.ts'

/** Opens the control data for the operator's use cases, and closes it after `use`. */
export const withOperator = async <T>(config: Config, use: (context: OperatorContext) => Promise<T>): Promise<T> => {
  const { operatorContext } = await import('../main.ts')
  return withControl(config, control => use(operatorContext(config, control)))
}

/** Opens the control data (made where there is none yet), and closes it after `use`. */
export const withControl = async <T>(config: Config, use: (control: ControlStore) => Promise<T>): Promise<T> => {
  // Loaded here and not above: the other commands need no server and start faster without it.
  const { openControl } = await import('../main.ts')
  const control = await Promise.resolve()
    .then(() => openControl(config))
    .catch(error => Promise.reject(toFolderError(error, config)))
  try {
    return await use(control)
  } finally {
    await control.close()
  }
}

/** Errors of the file system and of SQLite as a sentence that names the folder and the cure; others as they are. */
export const toFolderError = (error: unknown, { dataDir, packsDir }: Pick<Config, 'dataDir' | 'packsDir'>): unknown => {
  if (error instanceof AppError || !(error instanceof Error) || !('code' in error)) return error
  if (!/^(E[A-Z]+|SQLITE_[A-Z_]+)$/.test(String(error.code))) return error
  const path = 'path' in error ? String(error.path) : dataDir
  if (/^(ENOSPC|EDQUOT|SQLITE_FULL)$/.test(String(error.code)))
    return new AppError(
      'storage_full',
      `There is no space left on the disk of ${path} (${error.code}): free some, and start again.`,
      { cause: error },
    )
  const cure = path.startsWith(packsDir)
    ? 'choose another folder for the model packs with LIKENESS_PACKS_DIR'
    : 'choose another data folder with --data-dir or LIKENESS_DATA_DIR'
  return new AppError('data_folder_unusable', `${path} cannot be used (${error.code}); ${cure}.`, { cause: error })
}
