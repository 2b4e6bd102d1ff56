// `likeness tenants`: makes, lists, changes, suspends and resumes tenants in the data folder, whether the server runs or not.
import { type Command, InvalidArgumentError, Option } from 'commander'
import { loadConfig } from '../config.ts'
import type { OperatorContext } from '../core/operator.ts'
import { DEFAULT_FRAME_HOURS, DEFAULT_RESULT_DAYS, retentionOf } from '../core/retention.ts'
import { createTenant, listTenants, resumeTenant, suspendTenant, updateTenant } from '../core/tenants.ts'
import { IMAGE_URL_MODES, type ImageUrlMode, PICTURE_SHAPES, type PictureShape, type Tenant } from '../core/types.ts'
import { withOperator } from './data-folder.ts'
import { createFailure } from './failure.ts'
import { addFolderOptions, createNameOption, type FolderOptions } from './options.ts'
import { formatAmount, printJson, printLine, renderTable } from './output.ts'
import { readPages } from './pages.ts'

/** For no rule of the tenant's own. */
const SERVERS_OWN = 'default'

interface SetOptions extends FolderOptions {
  readonly imageUrls?: ImageUrlMode | typeof SERVERS_OWN
  readonly pictureShape?: PictureShape
  readonly frameHours?: number | typeof SERVERS_OWN
  readonly resultDays?: number | typeof SERVERS_OWN
}

export const addTenants = (program: Command): void => {
  const tenants = program
    .command('tenants')
    .summary('Create, list, change, suspend and resume tenants.')
    .helpCommand(false)
    .description(
      'Create, list, change, suspend and resume tenants: in the data folder, whether the server runs or not.',
    )
  addFolderOptions(
    tenants
      .command('create')
      .description('Create a tenant: a customer with credentials and galleries of its own.')
      .argument('<id>', '1 to 64 lower-case letters, digits and "-"')
      .addOption(createNameOption('name for people')),
  ).action(create)
  addFolderOptions(tenants.command('list').description('List the tenants.')).action(list)
  addFolderOptions(
    tenants
      .command('set')
      .description('Change what holds for a tenant from the next request on.')
      .argument('<id>', 'the tenant')
      .addOption(
        new Option(
          '--image-urls <mode>',
          'pictures by URL; never looser than the server\'s setting "imageUrls"',
        ).choices([...IMAGE_URL_MODES, SERVERS_OWN]),
      )
      .addOption(
        new Option(
          '--picture-shape <shape>',
          'whether the Alibaba Cloud API enrols any picture, or only what is higher than it is wide',
        ).choices(PICTURE_SHAPES),
      )
      .addOption(
        new Option(
          '--frame-hours <hours>',
          `how long frames of capture sessions are kept after their end; "${SERVERS_OWN}" for ${DEFAULT_FRAME_HOURS}`,
        ).argParser(parseTime),
      )
      .addOption(
        new Option(
          '--result-days <days>',
          `how long capture sessions are kept after their end; "${SERVERS_OWN}" for ${DEFAULT_RESULT_DAYS}`,
        ).argParser(parseTime),
      ),
  ).action(set)
  addFolderOptions(
    tenants
      .command('suspend')
      .description('Refuse every credential of a tenant from the next request on; its data stays.')
      .argument('<id>', 'the tenant'),
  ).action(changeWith(suspendTenant, 'Suspended'))
  addFolderOptions(
    tenants
      .command('resume')
      .description('Take the credentials of a suspended tenant again.')
      .argument('<id>', 'the tenant'),
  ).action(changeWith(resumeTenant, 'Resumed'))
}

/** Whether the number is one that can be is for the core to say. */
const parseTime = (text: string): number | typeof SERVERS_OWN => {
  if (text === SERVERS_OWN) return text
  if (/^\d{1,9}$/.test(text)) return Number(text)
  throw new InvalidArgumentError(`It must be a whole number or "${SERVERS_OWN}".`)
}

const withOperatorOf = <T>({ dataDir }: FolderOptions, use: (context: OperatorContext) => Promise<T>): Promise<T> =>
  withOperator(loadConfig(undefined, { dataDir }).config, use)

const create = async (id: string, options: FolderOptions & { readonly name?: string }): Promise<void> => {
  const tenant = await withOperatorOf(options, context => createTenant(context, { id, name: options.name }))
  if (options.json) return printJson(toJson(tenant))
  printLine(`Created the tenant ${id}.`)
  printLine(`Give it a key: npx likeness keys create --tenant ${id}`)
}

const list = async (options: FolderOptions): Promise<void> => {
  const items = await withOperatorOf(options, ({ control }) => readPages(page => listTenants(control, page)))
  if (options.json) return printJson({ items: items.map(toJson), nextCursor: null })
  const rows = items.map(tenant => [
    tenant.id,
    tenant.status,
    tenant.imageUrls ?? SERVERS_OWN,
    tenant.pictureShape,
    `${retentionOf(tenant).frameHours} h`,
    `${retentionOf(tenant).resultDays} d`,
    tenant.createdAt.toISOString(),
    tenant.name ?? '',
  ])
  printLine(
    renderTable(
      ['id', 'status', 'image URLs', 'pictures', 'frames', 'results', 'created', 'name'].map(title => ({ title })),
      rows,
    ),
  )
}

const set = async (id: string, options: SetOptions): Promise<void> => {
  const { pictureShape } = options
  const imageUrls = toOwn(options.imageUrls)
  const frameHours = toOwn(options.frameHours)
  const resultDays = toOwn(options.resultDays)
  const change = { imageUrls, pictureShape, frameHours, resultDays }
  if (Object.values(change).every(value => value === undefined))
    throw createFailure('usage', 'Say what to change: --image-urls, --picture-shape, --frame-hours or --result-days.')
  const tenant = await withOperatorOf(options, context => updateTenant(context, id, change))
  if (options.json) return printJson(toJson(tenant))
  if (imageUrls !== undefined) printLine(`Pictures by URL for the tenant ${id}: ${describe(imageUrls)}.`)
  if (pictureShape !== undefined) printLine(`Pictures that the tenant ${id} enrols: ${SHAPES[pictureShape]}.`)
  const kept = retentionOf(tenant)
  if (frameHours !== undefined)
    printLine(`Frames of the tenant ${id}'s capture sessions are kept for ${formatAmount(kept.frameHours, 'hour')}.`)
  if (resultDays !== undefined)
    printLine(`Capture sessions of the tenant ${id} are kept for ${formatAmount(kept.resultDays, 'day')}.`)
}

const toOwn = <T>(value: T): Exclude<T, typeof SERVERS_OWN> | null =>
  value === SERVERS_OWN ? null : (value as Exclude<T, typeof SERVERS_OWN>)

const describe = (mode: ImageUrlMode | null): string =>
  mode === null ? "the server's setting" : `"${mode}", or the server's setting where that is stricter`

const SHAPES: Readonly<Record<PictureShape, string>> = {
  any: 'of any shape',
  portrait: 'only those that are higher than they are wide',
}

const changeWith =
  (change: (context: OperatorContext, id: string) => Promise<Tenant>, done: string) =>
  async (id: string, options: FolderOptions): Promise<void> => {
    const tenant = await withOperatorOf(options, context => change(context, id))
    if (options.json) printJson(toJson(tenant))
    else printLine(`${done} the tenant ${id}.`)
  }

const toJson = ({ createdAt, ...tenant }: Tenant) => ({
  ...tenant,
  ...retentionOf(tenant),
  createdAt: createdAt.toISOString(),
})
