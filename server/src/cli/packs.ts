// `likeness packs`: shows the model packs and what of them is on this machine, builds the one in use, installs and removes
// those that do not come with the npm packages.
import { type Command, Option } from 'commander'
import { type Config, loadConfig } from '../config.ts'
import { toFolderError } from './data-folder.ts'
import { createFailure } from './failure.ts'
import { addFolderOptions, type FolderOptions } from './options.ts'
import { formatBytes, hideControls, printJson, printLine, renderTable } from './output.ts'
import type { PackFacts } from './pack-states.ts'

interface InstallOptions extends FolderOptions {
  readonly from?: string
  readonly url?: string
}

export const addPacks = (program: Command): void => {
  const packs = program
    .command('packs')
    .helpCommand(false)
    .description('List the model packs; build the one in use; install and remove others.')
  addFolderOptions(
    packs.command('list', { isDefault: true }).description('List the model packs and their files.'),
  ).action(list)
  addFolderOptions(
    packs
      .command('prepare')
      .description(
        'Build the model pack in use from the weights in the npm packages, or verify it. Downloads nothing.',
      ),
  ).action(prepare)
  addFolderOptions(
    packs
      .command('install')
      .description(
        'Install a model pack: fetch its files from where they were published, verify them by SHA-256, convert them. Nothing is left behind when any of it fails.',
      )
      .argument('<name>', 'pack to install, as "packs list" shows it')
      .addOption(new Option('--from <folder>', 'take the files from this folder; nothing is fetched').conflicts('url'))
      .option('--url <address>', 'fetch the files from below this address instead'),
  ).action(install)
  addFolderOptions(
    packs
      .command('remove')
      .description(
        'Remove an installed model pack from this machine. Galleries whose templates it made cannot be searched without it.',
      )
      .argument('<name>', 'pack to remove, as "packs list" shows it'),
  ).action(remove)
}

const list = async (options: FolderOptions): Promise<void> => {
  const { config } = loadConfig(undefined, { dataDir: options.dataDir })
  const { readPacks } = await import('./pack-states.ts')
  const packs = await readPacks(config)
  if (options.json) printJson({ packs })
  else printLine(packs.map(describe).join('\n\n'))
}

const COLUMNS = [
  { title: 'task' },
  { title: 'family' },
  { title: 'file' },
  { title: 'size', align: 'right' },
  { title: 'licence' },
  { title: 'state' },
] as const

const describe = (pack: PackFacts): string => {
  const { id, version, licence, description, inUse, state, directory, bytes, sources, figures, models, parts } = pack
  const where = parts.length > 0 ? `made of ${parts.join(' and ')}` : `${formatBytes(bytes)}, folder ${directory}`
  const rows = models.map(each => [
    each.task,
    each.family,
    each.file,
    formatBytes(each.bytes),
    each.licence,
    each.state,
  ])
  return [
    `${id} ${version} (${licence}): ${state}${inUse ? ', in use' : ''}, ${where}`,
    description,
    ...sources.map(source => `from ${source}`),
    ...figures.map(({ measure, value, data }) => `measured: ${measure} ${value} (${data})`),
    ...(rows.length > 0 ? ['', renderTable(COLUMNS, rows)] : []),
  ].join('\n')
}

const prepare = async (options: FolderOptions): Promise<void> => {
  const { config } = loadConfig(undefined, { dataDir: options.dataDir })
  const { chooseRecognitionPack, openRecognition } = await import('../vision/packs/recognition.ts')
  const { packs } = await openRecognition({
    packsDir: config.packsDir,
    onProgress: (_, progress) => tellProgress(progress),
  }).catch(error => Promise.reject(toFolderError(error, config)))
  const { manifest, parts } = chooseRecognitionPack(packs, config.pack)
  const directory = parts.length === 1 ? parts[0]!.pack.directory : config.packsDir
  if (options.json) printJson({ id: manifest.id, version: manifest.version, directory })
  else printLine(`The model pack ${manifest.id} ${manifest.version} is ready in ${directory}.`)
}

const tellProgress = ({ step, of, what }: { step: number; of: number; what: string }): void =>
  void process.stderr.write(`Building ${what} (${step} of ${of})\n`)

const install = async (name: string, options: InstallOptions): Promise<void> => {
  const { config } = loadConfig(undefined, { dataDir: options.dataDir })
  const pack = await findPack(name, config)
  const isForeign = pack.sources.some(source => source.startsWith('https:'))
  if (!isForeign && (options.from ?? options.url) !== undefined)
    throw createFailure(
      'usage',
      `The pack ${name} is built from what comes with the server; --from and --url are for other packs.`,
    )
  const { ensurePack } = await import('../vision/packs/install.ts')
  let wasThere = true
  const onProgress = (progress: Parameters<typeof tellProgress>[0]): void => {
    wasThere = false
    tellProgress(progress)
  }
  for (const id of pack.parts.length > 0 ? pack.parts : [name])
    await ensurePack({
      id,
      packsDir: config.packsDir,
      onProgress,
      fetchSource: await chooseSource(id, options),
    }).catch(error => Promise.reject(toFolderError(error, config)))
  const { version, licence } = pack
  const directory = pack.parts.length > 0 ? config.packsDir : pack.directory
  if (options.json) printJson({ id: name, version, directory, wasThere })
  else
    printLine(
      wasThere
        ? `The model pack ${name} ${version} is installed already, in ${directory}.`
        : `The model pack ${name} ${version} (${licence}) is installed in ${directory}.`,
    )
}

const chooseSource = async (packId: string, { from, url }: InstallOptions) => {
  const { readBaseAddress, readFolder, takeFromAddress, takeFromFolder } = await import('./pack-files.ts')
  return from === undefined
    ? takeFromAddress({ base: url && readBaseAddress(url), packId, stream: process.stderr })
    : takeFromFolder(await readFolder(from), packId)
}

const remove = async (name: string, options: FolderOptions): Promise<void> => {
  const { config } = loadConfig(undefined, { dataDir: options.dataDir })
  const pack = await findPack(name, config)
  await refuseNeeded(pack, config)
  const { removePack } = await import('../vision/packs/install.ts')
  const wasThere = await removePack({ id: name, packsDir: config.packsDir }).catch(error =>
    Promise.reject(toFolderError(error, config)),
  )
  if (!wasThere) throw createFailure('refused', `The pack ${name} is not installed.`)
  if (options.json) printJson({ id: name, removed: pack.directory })
  else printLine(`The model pack ${name} is removed from ${pack.directory}.`)
}

/** The base pack finds the faces; the one that the settings name makes the templates of new galleries. */
const refuseNeeded = async ({ id, parts }: PackFacts, config: Config): Promise<void> => {
  if (parts.length > 0)
    throw createFailure('refused', `The pack ${id} is made of ${parts.join(' and ')}, and has no files to remove.`)
  const { BASE_PACK } = await import('../vision/packs/recognition.ts')
  if (id === BASE_PACK)
    throw createFailure('refused', `The pack ${id} finds the faces of all pictures; the server cannot do without it.`)
  if (config.pack === 'auto') return
  const chosen = await findPack(config.pack, config)
  if (chosen.id === id || chosen.parts.includes(id))
    throw createFailure(
      'refused',
      `The pack ${id} makes the templates of new galleries; choose another with LIKENESS_PACK first.`,
    )
}

/** By the name of a pack that comes with the server, and nothing else: it becomes part of a path. */
const findPack = async (name: string, config: Config): Promise<PackFacts> => {
  const { readPacks } = await import('./pack-states.ts')
  const packs = await readPacks(config)
  const found = packs.find(({ id }) => id === name)
  if (found) return found
  const names = packs.map(({ id }) => id).join(', ')
  throw createFailure('usage', `There is no pack "${hideControls(name)}"; there are ${names}.`)
}
