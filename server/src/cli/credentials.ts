// `likeness credentials`: the pairs of the other protocols, their sub-users and temporary pairs, in the data folder, whether
// the server runs or not.
import { type Command, Option } from 'commander'
import { loadConfig } from '../config.ts'
import {
  type CreatedCredential,
  createCredential,
  createSubUser,
  createTemporary,
  type Pair,
  type PairProtocol,
  revokeCredential,
} from '../core/credentials.ts'
import { CREDENTIAL_MODES, type Credential, type CredentialMode, PROTOCOLS } from '../core/types.ts'
import { DEFAULT_LIMITS } from '../limits.ts'
import { addTesting } from './application-modes.ts'
import { withOperator } from './data-folder.ts'
import { createFailure } from './failure.ts'
import { type AllowanceOptions, addAllowanceOptions, addLimits, applyOptions, limitsToJson } from './limits.ts'
import { addFolderOptions, collect, createNameOption, type FolderOptions, readWholeNumber } from './options.ts'
import { printJson, printLine, renderTable } from './output.ts'
import { readPages } from './pages.ts'
import { stateOf } from './states.ts'

interface CreateOptions extends FolderOptions, AllowanceOptions {
  readonly protocol?: PairProtocol
  readonly tenant?: string
  readonly region?: string
  readonly gallery?: string
  readonly name?: string
  readonly parent?: string
  readonly deny?: readonly string[]
  readonly mode?: CredentialMode
  readonly testingQuota?: number
}

/** What each protocol's clients call the two halves of a pair. */
const HALVES: Readonly<Record<PairProtocol, readonly [string, string]>> = {
  advance: ['accessKey', 'secretKey'],
  verihubs: ['appId', 'apiKey'],
  alibaba: ['accessKeyId', 'accessKeySecret'],
}

export const addCredentials = (program: Command): void => {
  const credentials = program
    .command('credentials')
    .summary('Create, list and revoke the key pairs of the other protocols.')
    .helpCommand(false)
    .description(
      'Create, list and revoke the key pairs of the other protocols: in the data folder, whether the server runs or not.',
    )
  addCreate(credentials.command('create'))
  addFolderOptions(
    credentials
      .command('list')
      .description('List keys and pairs of every protocol, without their secrets.')
      .option('--tenant <id>', 'only those of this tenant'),
  ).action(list)
  addLimits(credentials, 'key or pair', () => true)
  addTesting(credentials)
  addFolderOptions(
    credentials
      .command('revoke')
      .description('Revoke a key or pair with its sub-users and temporary pairs; it counts from the next request on.')
      .argument('<id>', 'id, as "credentials list" shows it'),
  ).action(revoke)
  const { minTemporarySeconds, maxTemporarySeconds } = DEFAULT_LIMITS
  addFolderOptions(
    credentials
      .command('sts')
      .description('Create a temporary pair with a security token, of a pair of protocol alibaba.')
      .argument('<id>', 'id of the pair that it stands for')
      .requiredOption(
        '--ttl <seconds>',
        `how long it is good for, ${minTemporarySeconds} to ${maxTemporarySeconds} seconds`,
        readWholeNumber(minTemporarySeconds, maxTemporarySeconds),
      ),
  ).action(createForTime)
}

const addCreate = (command: Command): void => {
  const isPair = (protocol: string): protocol is PairProtocol => protocol !== 'native'
  addFolderOptions(
    addAllowanceOptions(
      command
        .description('Create a key pair, or a sub-user of one (--parent, --deny). The secret is shown this once.')
        .addOption(new Option('--protocol <name>', 'API that it opens').choices(PROTOCOLS.filter(isPair)))
        .option('--tenant <id>', 'tenant that it belongs to; "default" unless given')
        .option('--region <id>', 'region that it is bound to; "default" unless given')
        .option('--gallery <id>', 'gallery that its calls go to; as the protocol decides unless given')
        .addOption(createNameOption('what it is for'))
        .addOption(
          new Option('--parent <id>', 'make a sub-user of this pair of protocol alibaba').conflicts([
            'protocol',
            'tenant',
            'region',
            'gallery',
            'mode',
            'testingQuota',
          ]),
        )
        .addOption(new Option('--mode <mode>', 'of protocol verihubs; "live" unless given').choices(CREDENTIAL_MODES))
        .option(
          '--testing-quota <uses>',
          `how often an application in testing mode may use each product; ${DEFAULT_LIMITS.testingQuota} unless given`,
          readWholeNumber(0, DEFAULT_LIMITS.maxAllowedCalls),
        )
        .option('--deny <action>', 'action that the sub-user may not call; give it once for each', collect),
    ),
  ).action(create)
}

const create = async (options: CreateOptions): Promise<void> => {
  const { config } = loadConfig(undefined, { dataDir: options.dataDir })
  const { DEFAULT_TENANT, defaultRegionOf } = await import('../main.ts')
  const { protocol, parent: parentId, deny, name } = options
  if (parentId !== undefined) {
    if (!deny) throw createFailure('usage', 'A sub-user needs --deny with an action that it may not call.')
    const input = { parentId, deniedActions: deny, name }
    return print(await withOperator(config, context => createSubUser(context, input)), options)
  }
  if (deny) throw createFailure('usage', '--deny goes with --parent: only a sub-user is denied actions.')
  if (!protocol) throw createFailure('usage', 'Give --protocol, or --parent for a sub-user.')
  const input = {
    protocol,
    tenantId: options.tenant ?? DEFAULT_TENANT,
    regionId: options.region ?? defaultRegionOf(config),
    galleryId: options.gallery,
    name,
    allowance: applyOptions(options),
    mode: options.mode,
    testingQuota: options.testingQuota,
  }
  print(await withOperator(config, context => createCredential(context, input)), options)
}

const createForTime = async (parentId: string, options: FolderOptions & { readonly ttl: number }): Promise<void> => {
  const { config } = loadConfig(undefined, { dataDir: options.dataDir })
  const input = { parentId, seconds: options.ttl }
  print(await withOperator(config, context => createTemporary(context, input)), options)
}

const print = ({ credential, pair }: CreatedCredential, { json }: FolderOptions): void => {
  const halves = namePair(credential, pair)
  if (json) {
    printJson({ ...halves, ...toJson(credential) })
    return
  }
  printLine('Shown this once:')
  for (const [name, value] of Object.entries(halves)) printLine(`  ${name}: ${value}`)
  printLine(`Revoke it: npx likeness credentials revoke ${credential.id}`)
}

const namePair = ({ protocol }: Credential, { publicId, secret, securityToken }: Pair): Record<string, string> => {
  const [publicName, secretName] = HALVES[protocol as PairProtocol]
  return { [publicName]: publicId, [secretName]: secret, ...(securityToken !== undefined && { securityToken }) }
}

const list = async (options: FolderOptions & { readonly tenant?: string }): Promise<void> => {
  const { config } = loadConfig(undefined, { dataDir: options.dataDir })
  const items = await withOperator(config, ({ control }) =>
    readPages(page => control.listCredentials({ tenantId: options.tenant }, page)),
  )
  if (options.json) return printJson({ items: items.map(toJson), nextCursor: null })
  if (items.length === 0) return printLine('There are no credentials yet.')
  const rows = items.map(each => [
    each.id,
    each.mode === null || each.mode === 'live' ? each.protocol : `${each.protocol} (${each.mode})`,
    each.publicId ?? '',
    stateOf(each),
    each.tenantId,
    each.regionId,
    each.galleryId ?? '',
    each.name ?? '',
  ])
  const titles = ['id', 'protocol', 'public half', 'state', 'tenant', 'region', 'gallery', 'name']
  printLine(
    renderTable(
      titles.map(title => ({ title })),
      rows,
    ),
  )
}

const revoke = async (id: string, options: FolderOptions): Promise<void> => {
  const { config } = loadConfig(undefined, { dataDir: options.dataDir })
  const credential = await withOperator(config, context => revokeCredential(context, id))
  if (!credential)
    throw createFailure(
      'refused',
      `There is no credential with the id ${id}; "npx likeness credentials list" shows them.`,
    )
  if (options.json) printJson(toJson(credential))
  else printLine(`Revoked the credential ${id}.`)
}

const toJson = (credential: Credential) => ({
  id: credential.id,
  protocol: credential.protocol,
  publicId: credential.publicId,
  tenant: credential.tenantId,
  region: credential.regionId,
  gallery: credential.galleryId,
  name: credential.name,
  parent: credential.parentId,
  deniedActions: credential.deniedActions,
  mode: credential.mode,
  testingQuota: credential.testingQuota,
  limits: limitsToJson(credential.allowance),
  createdAt: credential.createdAt.toISOString(),
  expiresAt: credential.expiresAt?.toISOString() ?? null,
  revokedAt: credential.revokedAt?.toISOString() ?? null,
})
