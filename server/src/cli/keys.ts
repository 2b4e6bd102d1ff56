// `likeness keys`: makes, lists and revokes API keys in the data folder, whether the server runs or not.
import type { Command } from 'commander'
import { loadConfig } from '../config.ts'
import { createKey, type KeyContext, listKeys, revokeKey } from '../core/keys.ts'
import type { ApiKey } from '../core/types.ts'
import { DEFAULT_LIMITS } from '../limits.ts'
import { withKeys } from './data-folder.ts'
import { createFailure } from './failure.ts'
import { addDataDirOption, addJsonOption } from './options.ts'
import { printJson, printLine, renderTable } from './output.ts'

interface KeyOptions {
  readonly json?: boolean
  readonly dataDir?: string
}

interface CreateOptions extends KeyOptions {
  readonly name?: string
}

export const addKeys = (program: Command): void => {
  const keys = program
    .command('keys')
    .summary('Create, list and revoke API keys.')
    .helpCommand(false)
    .description('Create, list and revoke API keys: in the data folder, whether the server runs or not.')
  const add = (command: Command): Command => addDataDirOption(addJsonOption(command))
  add(
    keys
      .command('create')
      .description('Create an API key. It is shown this once; only its hash is kept.')
      .option('--name <name>', 'what the key is for'),
  ).action(create)
  add(keys.command('list').description('List the keys; the keys themselves are not kept.')).action(list)
  add(
    keys
      .command('revoke')
      .description('Revoke a key; it counts from the next request on.')
      .argument('<id>', 'id of the key, as "keys list" shows it'),
  ).action(revoke)
}

const withKeysOf = <T>({ dataDir }: KeyOptions, use: (context: KeyContext) => Promise<T>): Promise<T> =>
  withKeys(loadConfig(undefined, { dataDir }).config, use)

const create = async (options: CreateOptions): Promise<void> => {
  const { name } = options
  if (name !== undefined && (name === '' || name.length > DEFAULT_LIMITS.maxNameCharacters))
    throw createFailure('usage', `--name must have 1 to ${DEFAULT_LIMITS.maxNameCharacters} characters.`)
  const { DEFAULT_REGION, DEFAULT_TENANT } = await import('../main.ts')
  const created = await withKeysOf(options, context =>
    createKey(context, { tenantId: DEFAULT_TENANT, regionId: DEFAULT_REGION, name }),
  )
  if (options.json) return printJson(created)
  printLine(`API key, shown this once: ${created.key}`)
  printLine(`Use it here: export LIKENESS_KEY=${created.key}`)
  printLine(`Revoke it:   npx likeness keys revoke ${created.id}`)
}

const list = async (options: KeyOptions): Promise<void> => {
  const items = await withKeysOf(options, readAll)
  if (options.json) return printJson({ items: items.map(toJson), nextCursor: null })
  if (items.length === 0) return printLine('There are no keys yet; make one with "npx likeness keys create".')
  const rows = items.map(key => [
    key.id,
    key.createdAt.toISOString(),
    key.revokedAt ? `revoked ${key.revokedAt.toISOString()}` : 'valid',
    key.name ?? '',
  ])
  printLine(renderTable([{ title: 'id' }, { title: 'created' }, { title: 'state' }, { title: 'name' }], rows))
}

const readAll = async ({ control }: KeyContext): Promise<ApiKey[]> => {
  const { DEFAULT_TENANT } = await import('../main.ts')
  const items: ApiKey[] = []
  let cursor: string | null = null
  do {
    const page = await listKeys(control, DEFAULT_TENANT, { limit: DEFAULT_LIMITS.maxPageItems, cursor })
    items.push(...page.items)
    cursor = page.nextCursor
  } while (cursor !== null)
  return items
}

const revoke = async (id: string, options: KeyOptions): Promise<void> => {
  const { DEFAULT_TENANT } = await import('../main.ts')
  const key = await withKeysOf(options, context => revokeKey(context, DEFAULT_TENANT, id))
  if (!key) throw createFailure('refused', `There is no key with the id ${id}; "npx likeness keys list" shows them.`)
  if (options.json) printJson(toJson(key))
  else printLine(`Revoked the key ${id}.`)
}

const toJson = ({ id, name, createdAt, revokedAt }: ApiKey) => ({
  id,
  name,
  createdAt: createdAt.toISOString(),
  revokedAt: revokedAt?.toISOString() ?? null,
})
