// `likeness audit`: who changed what, from the data folder, whether the server runs or not.
import type { Command } from 'commander'
import { loadConfig } from '../config.ts'
import { listAudit } from '../core/audit.ts'
import type { AuditEntry } from '../core/ports.ts'
import { readTenant } from '../core/tenants.ts'
import { withOperator } from './data-folder.ts'
import { addFolderOptions, type FolderOptions, readMoment, readWholeNumber } from './options.ts'
import { printJson, printLine, renderTable } from './output.ts'
import { readPages } from './pages.ts'

interface AuditOptions extends FolderOptions {
  readonly tenant?: string
  readonly region?: string
  readonly from?: Date
  readonly to?: Date
  readonly actor?: string
  readonly action?: string
  readonly gallery?: string
  readonly subject?: string
  readonly limit: number
}

const DEFAULT_ENTRIES = 100
const MAX_ENTRIES = 1_000_000

export const addAudit = (program: Command): void => {
  addFolderOptions(
    program
      .command('audit')
      .summary('Show who changed what.')
      .description(
        'Show who changed what in a tenant, newest first. People are named by a hash; --subject asks for one of them, also after an erasure.',
      )
      .option('--tenant <id>', 'the tenant; "default" unless given')
      .option('--region <id>', 'region of the subject; "default" unless given')
      .option('--from <moment>', 'first day or instant', readMoment)
      .option('--to <moment>', 'end of the period, itself not included', readMoment)
      .option('--actor <id>', 'only what this credential did; "operator" for the command line')
      .option('--action <name>', 'only this kind of change, e.g. face.enrol')
      .option('--gallery <id>', 'only this gallery')
      .option('--subject <id>', 'only this subject of the gallery')
      .option('--limit <number>', 'most entries', readWholeNumber(1, MAX_ENTRIES), DEFAULT_ENTRIES),
  ).action(show)
}

const show = async (options: AuditOptions): Promise<void> => {
  const { config } = loadConfig(undefined, { dataDir: options.dataDir })
  const { DEFAULT_TENANT, defaultRegionOf } = await import('../main.ts')
  const question = {
    from: options.from ?? null,
    to: options.to ?? null,
    actor: options.actor,
    action: options.action,
    galleryId: options.gallery,
    subjectId: options.subject,
  }
  const entries = await withOperator(config, async ({ control, vault }) => {
    const { id: tenantId } = await readTenant(control, options.tenant ?? DEFAULT_TENANT)
    const scope = { tenantId, regionId: options.region ?? defaultRegionOf(config) }
    return readPages(page => listAudit({ control, vault }, scope, question, page), options.limit)
  })
  if (options.json) return printJson({ items: entries.map(toJson), nextCursor: null })
  if (entries.length === 0) return printLine('There is no such change.')
  const rows = entries.map(each => [
    each.at.toISOString(),
    each.actor,
    each.action,
    each.galleryId ?? each.target ?? '',
    each.faceId ?? '',
  ])
  printLine(
    renderTable(
      ['at', 'actor', 'action', 'what', 'face'].map(title => ({ title })),
      rows,
    ),
  )
}

/** As the API answers it. */
const toJson = ({ tenantId: _, at, ...entry }: AuditEntry) => ({ ...entry, at: at.toISOString() })
