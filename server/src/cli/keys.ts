// `likeness keys`: makes, lists, limits and revokes API keys in the data folder, whether the server runs or not.
import { type Command, Option } from 'commander'
import { loadConfig } from '../config.ts'
import { revokeCredential } from '../core/credentials.ts'
import { createKey } from '../core/keys.ts'
import type { OperatorContext } from '../core/operator.ts'
import { type Credential, SCOPES, type Scope } from '../core/types.ts'
import { DEFAULT_LIMITS } from '../limits.ts'
import { withOperator } from './data-folder.ts'
import { createFailure } from './failure.ts'
import { type AllowanceOptions, addAllowanceOptions, addLimits, applyOptions, limitsToJson } from './limits.ts'
import { addFolderOptions, createNameOption, type FolderOptions, readWholeNumber } from './options.ts'
import { printJson, printLine, renderTable } from './output.ts'
import { readPages } from './pages.ts'
import { stateOf } from './states.ts'

interface CreateOptions extends FolderOptions, AllowanceOptions {
  readonly name?: string
  readonly tenant?: string
  readonly region?: string
  readonly scope?: readonly Scope[]
  readonly ttl?: number
}

export const addKeys = (program: Command): void => {
  const keys = program
    .command('keys')
    .summary('Create, list and revoke API keys.')
    .helpCommand(false)
    .description('Create, list and revoke API keys: in the data folder, whether the server runs or not.')
  addFolderOptions(
    addAllowanceOptions(
      keys
        .command('create')
        .description('Create an API key. It is shown this once; only its hash is kept.')
        .addOption(createNameOption('what the key is for'))
        .option('--tenant <id>', 'tenant that it belongs to; "default" unless given')
        .option('--region <id>', 'region that it is bound to; "default" unless given')
        .addOption(createScopeOption())
        .option(
          '--ttl <seconds>',
          'how long it is good for; without end unless given',
          readWholeNumber(1, DEFAULT_LIMITS.maxKeySeconds),
        ),
    ),
  ).action(create)
  addFolderOptions(
    keys
      .command('list')
      .description('List the keys; the keys themselves are not kept.')
      .option('--tenant <id>', 'only those of this tenant'),
  ).action(list)
  addLimits(keys, 'key', ({ protocol }) => protocol === 'native')
  addFolderOptions(
    keys
      .command('revoke')
      .description('Revoke a key; it counts from the next request on.')
      .argument('<id>', 'id of the key, as "keys list" shows it'),
  ).action(revoke)
}

const createScopeOption = (): Option =>
  new Option(
    '--scope <scope...>',
    'what it may do, also several: admin (everything), enrol, search, read; all unless given',
  ).choices(SCOPES)

const create = async (options: CreateOptions): Promise<void> => {
  const { config } = loadConfig(undefined, { dataDir: options.dataDir })
  const { DEFAULT_TENANT, defaultRegionOf } = await import('../main.ts')
  const { id, key, credential } = await withOperator(config, context =>
    createKey(context, {
      tenantId: options.tenant ?? DEFAULT_TENANT,
      regionId: options.region ?? defaultRegionOf(config),
      name: options.name,
      scopes: options.scope && [...new Set(options.scope)],
      expiresAt: options.ttl === undefined ? null : new Date(Date.now() + options.ttl * 1000),
      allowance: applyOptions(options),
    }),
  )
  if (options.json) return printJson({ id, key, ...bindingsOf(credential) })
  printLine(`API key, shown this once: ${key}`)
  printLine(`Use it here: export LIKENESS_KEY=${key}`)
  printLine(`Revoke it:   npx likeness keys revoke ${id}`)
}

const list = async (options: FolderOptions & { readonly tenant?: string }): Promise<void> => {
  const { config } = loadConfig(undefined, { dataDir: options.dataDir })
  const filter = { protocol: 'native', tenantId: options.tenant } as const
  const items = await withOperator(config, ({ control }) => readPages(page => control.listCredentials(filter, page)))
  if (options.json) return printJson({ items: items.map(toJson), nextCursor: null })
  if (items.length === 0) return printLine('There are no keys yet; make one with "npx likeness keys create".')
  const rows = items.map(key => [
    key.id,
    key.createdAt.toISOString(),
    stateOf(key),
    key.tenantId,
    key.regionId,
    key.scopes.join(' '),
    key.name ?? '',
  ])
  const columns = ['id', 'created', 'state', 'tenant', 'region', 'scopes', 'name'].map(title => ({ title }))
  printLine(renderTable(columns, rows))
}

const revoke = async (id: string, options: FolderOptions): Promise<void> => {
  const { config } = loadConfig(undefined, { dataDir: options.dataDir })
  const key = await withOperator(config, context => revokeKey(context, id))
  if (!key) throw createFailure('refused', `There is no key with the id ${id}; "npx likeness keys list" shows them.`)
  if (options.json) printJson(toJson(key))
  else printLine(`Revoked the key ${id}.`)
}

/** Other credentials have a command of their own, so that a mixed-up id does no harm. */
const revokeKey = async (context: OperatorContext, id: string): Promise<Credential | null> => {
  const found = await context.control.readCredential(id)
  return found?.protocol === 'native' ? revokeCredential(context, id) : null
}

const bindingsOf = ({ tenantId, regionId, scopes, expiresAt, allowance }: Credential) => ({
  tenant: tenantId,
  region: regionId,
  scopes,
  expiresAt: expiresAt?.toISOString() ?? null,
  limits: limitsToJson(allowance),
})

const toJson = (key: Credential) => ({
  id: key.id,
  name: key.name,
  ...bindingsOf(key),
  createdAt: key.createdAt.toISOString(),
  revokedAt: key.revokedAt?.toISOString() ?? null,
})
