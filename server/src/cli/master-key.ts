// `likeness master-key`: changes the master key of the data folder, whether the server runs or not. Shows no key.
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Command } from 'commander'
import { type Config, loadConfig } from '../config.ts'
import { createMasterKeySource, createNewFileTarget } from '../seal/master-key.ts'
import { rotateMasterKey } from '../seal/rotation.ts'
import { withControl } from './data-folder.ts'
import { createFailure } from './failure.ts'
import { addDataDirOption, addJsonOption } from './options.ts'
import { formatAmount, printJson, printLine } from './output.ts'

interface RotateOptions {
  readonly json?: boolean
  readonly dataDir?: string
  readonly toFile?: string
}

export const addMasterKey = (program: Command): void => {
  const masterKey = program
    .command('master-key')
    .summary('Change the key that everything is sealed under.')
    .helpCommand(false)
    .description('The key that everything in the data folder is sealed under.')
  const command = masterKey
    .command('rotate')
    .description(
      "Change the master key, whether the server runs or not. The tenants' keys are wrapped anew; no data is sealed again. The present key file is replaced: a backup made before needs a copy of it.",
    )
    .option('--to-file <file>', 'put the new key into this file, which must not exist, and leave the present key alone')
  addDataDirOption(addJsonOption(command)).action(rotate)
}

const rotate = async (options: RotateOptions): Promise<void> => {
  const { config } = loadConfig(undefined, { dataDir: options.dataDir })
  requireData(config)
  const source = createMasterKeySource(config)
  const target = options.toFile ? createNewFileTarget(resolve(options.toFile), config.nextMasterKey) : source
  const { tenantKeys } = await withControl(config, control => rotateMasterKey(control.tenantKeys, source, target))
  if (options.json) return printJson({ tenantKeys })
  printLine(`Changed the master key; ${formatAmount(tenantKeys, 'tenant key')} wrapped anew.`)
  printLine(describeNext(config, options))
}

const describeNext = ({ masterKey, masterKeyFile }: Config, { toFile }: RotateOptions): string => {
  if (toFile) {
    const also = masterKey === undefined ? '' : ' and without LIKENESS_MASTER_KEY'
    return `Start the server again with LIKENESS_MASTER_KEY_FILE=${resolve(toFile)}${also}. Older backups need the key of before.`
  }
  if (masterKey === undefined) return `It is in ${masterKeyFile}: keep a copy elsewhere.`
  return 'Start the server again with LIKENESS_MASTER_KEY set to the value of LIKENESS_NEXT_MASTER_KEY.'
}

/** A wrong folder would be filled with new, empty data. */
const requireData = ({ dataDir }: Config): void => {
  if (existsSync(join(dataDir, 'control', 'control.db'))) return
  throw createFailure(
    'usage',
    `There is no data in ${dataDir}; name the server's data folder with --data-dir or LIKENESS_DATA_DIR.`,
  )
}
