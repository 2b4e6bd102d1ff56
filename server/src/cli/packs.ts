// `likeness packs`: shows the model packs and what of them is on this machine; builds the one in use.
import type { Command } from 'commander'
import { loadConfig } from '../config.ts'
import { toFolderError } from './data-folder.ts'
import { addDataDirOption, addJsonOption } from './options.ts'
import { formatBytes, printJson, printLine, renderTable } from './output.ts'
import type { PackFacts } from './pack-states.ts'

interface PackOptions {
  readonly json?: boolean
  readonly dataDir?: string
}

export const addPacks = (program: Command): void => {
  const packs = program
    .command('packs')
    .helpCommand(false)
    .description('List the model packs, and build the one in use.')
  addDataDirOption(
    addJsonOption(packs.command('list', { isDefault: true }).description('List the model packs and their files.')),
  ).action(list)
  addDataDirOption(
    addJsonOption(
      packs
        .command('prepare')
        .description(
          'Build the model pack in use from the weights in the npm packages, or verify it. Downloads nothing.',
        ),
    ),
  ).action(prepare)
}

const list = async (options: PackOptions): Promise<void> => {
  const { config } = loadConfig(undefined, { dataDir: options.dataDir })
  const { readPacks } = await import('./pack-states.ts')
  const packs = await readPacks(config)
  if (options.json) printJson({ packs })
  else printLine(packs.map(describe).join('\n\n'))
}

const describe = ({ id, version, licence, description, inUse, state, directory, models }: PackFacts): string => {
  const columns = [
    { title: 'task' },
    { title: 'family' },
    { title: 'file' },
    { title: 'size', align: 'right' },
    { title: 'licence' },
    { title: 'state' },
  ] as const
  const rows = models.map(each => [
    each.task,
    each.family,
    each.file,
    formatBytes(each.bytes),
    each.licence,
    each.state,
  ])
  const title = `${id} ${version} (${licence}): ${state}${inUse ? ', in use' : ''}, folder ${directory}`
  return `${title}\n${description}\n\n${renderTable(columns, rows)}`
}

const prepare = async (options: PackOptions): Promise<void> => {
  const { config } = loadConfig(undefined, { dataDir: options.dataDir })
  const { ensurePack } = await import('../vision/packs/install.ts')
  const { manifest, directory } = await ensurePack({
    id: config.pack,
    packsDir: config.packsDir,
    onProgress: ({ step, of, what }) => process.stderr.write(`Building ${what} (${step} of ${of})\n`),
  }).catch(error => Promise.reject(toFolderError(error, config)))
  if (options.json) printJson({ id: manifest.id, version: manifest.version, directory })
  else printLine(`The model pack ${manifest.id} ${manifest.version} is ready in ${directory}.`)
}
