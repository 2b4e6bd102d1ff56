// `likeness usage`: how often each operation was called, from the data folder, whether the server runs or not.
import type { Command } from 'commander'
import { loadConfig } from '../config.ts'
import type { UsageCount } from '../core/ports.ts'
import { readTenant } from '../core/tenants.ts'
import { withOperator } from './data-folder.ts'
import { addFolderOptions, type FolderOptions, readMoment } from './options.ts'
import { formatCount, printJson, printLine, renderTable } from './output.ts'
import { readPages } from './pages.ts'

interface UsageOptions extends FolderOptions {
  readonly tenant?: string
  readonly from?: Date
  readonly to?: Date
  readonly operation?: string
}

export const addUsage = (program: Command): void => {
  addFolderOptions(
    program
      .command('usage')
      .summary('Show how often each operation was called.')
      .description('Show how often each operation of a tenant was called and how it ended, by day (UTC) and region.')
      .option('--tenant <id>', 'the tenant; "default" unless given')
      .option('--from <day>', 'first day', readMoment)
      .option('--to <day>', 'last day', readMoment)
      .option('--operation <name>', 'only this operation'),
  ).action(show)
}

const toDay = (moment: Date | undefined): string | null => moment?.toISOString().slice(0, 10) ?? null

const show = async (options: UsageOptions): Promise<void> => {
  const { config } = loadConfig(undefined, { dataDir: options.dataDir })
  const { DEFAULT_TENANT } = await import('../main.ts')
  const filter = { from: toDay(options.from), to: toDay(options.to), operation: options.operation }
  const counts = await withOperator(config, async ({ control }) => {
    const { id } = await readTenant(control, options.tenant ?? DEFAULT_TENANT)
    return readPages(page => control.listUsage(id, filter, page))
  })
  if (options.json) return printJson({ items: counts.map(toJson), nextCursor: null })
  if (counts.length === 0) return printLine('There were no calls.')
  const rows = counts.map(each => [
    each.day,
    each.regionId,
    each.operation,
    each.outcome,
    each.pricing ?? '',
    formatCount(each.count),
  ])
  const columns = [
    { title: 'day' },
    { title: 'region' },
    { title: 'operation' },
    { title: 'outcome' },
    { title: 'price' },
    { title: 'calls', align: 'right' },
  ] as const
  printLine(renderTable(columns, rows))
}

/** As the API answers it. */
const toJson = ({ tenantId: _, ...count }: UsageCount) => count
