// `likeness galleries`: lists, creates, changes, shows and deletes galleries.
import type { Command } from 'commander'
import type { GalleryAnswer, PageAnswer } from './answers.ts'
import { type Client, openClient } from './client.ts'
import { createFailure } from './failure.ts'
import { addServerOptions, type ServerOptions } from './options.ts'
import { formatAmount, formatCount, printJson, printLine, renderTable } from './output.ts'
import { addPolicyOptions, type PolicyOptions, policyRows, toPolicy } from './policy-options.ts'

interface ContentOptions extends ServerOptions, PolicyOptions {
  readonly name?: string
  readonly description?: string
}

interface CreateOptions extends ContentOptions {
  readonly pack?: string
}

interface DeleteOptions extends ServerOptions {
  readonly yes?: boolean
}

/** As many as the server gives at once. */
const PAGE_ITEMS = '1000'

export const addGalleries = (program: Command): void => {
  const galleries = program
    .command('galleries')
    .helpCommand(false)
    .description('List, create, change, show and delete galleries.')
  addServerOptions(galleries.command('list').description('List the galleries.')).action(list)
  addContentOptions(
    galleries
      .command('create')
      .description('Create a gallery.')
      .argument('[id]', 'letters, digits, ".", "_" and "-"; made when absent')
      .option('--pack <name>', 'recognition pack that makes its templates, for good; see "packs list"'),
  ).action(create)
  addContentOptions(
    galleries
      .command('update')
      .description('Change what a gallery is called, and what enrolments into it do from now on.')
      .argument('<id>', 'the gallery'),
  ).action(update)
  addServerOptions(galleries.command('show').description('Show a gallery.').argument('<id>', 'the gallery')).action(
    show,
  )
  addServerOptions(
    galleries
      .command('delete')
      .description('Delete a gallery with everyone in it. Nothing brings it back.')
      .argument('<id>', 'the gallery')
      .option('--yes', 'confirm that everyone in it is erased'),
  ).action(remove)
}

const addContentOptions = (command: Command): Command =>
  addServerOptions(
    addPolicyOptions(
      command.option('--name <name>', 'name for people').option('--description <text>', 'what it is for'),
    ),
  )

const list = async (options: ServerOptions): Promise<void> => {
  const items = await readAll(openClient(options))
  if (options.json) return printJson({ items, nextCursor: null })
  if (items.length === 0)
    return printLine('There are no galleries yet; create one with "likeness galleries create ID".')
  const rows = items.map(each => [
    each.id,
    formatCount(each.subjectCount),
    formatCount(each.faceCount),
    each.pack,
    each.createdAt,
    each.name ?? '',
  ])
  const columns = [
    { title: 'gallery' },
    { title: 'people', align: 'right' },
    { title: 'faces', align: 'right' },
    { title: 'pack' },
    { title: 'created' },
    { title: 'name' },
  ] as const
  printLine(renderTable(columns, rows))
}

const readAll = async (client: Client): Promise<GalleryAnswer[]> => {
  const items: GalleryAnswer[] = []
  let cursor: string | null = null
  do {
    const query: Record<string, string> = cursor === null ? { limit: PAGE_ITEMS } : { limit: PAGE_ITEMS, cursor }
    const { body } = await client.send<PageAnswer<GalleryAnswer>>({ method: 'GET', path: ['galleries'], query })
    items.push(...body.items)
    cursor = body.nextCursor
  } while (cursor !== null)
  return items
}

const toContent = (options: ContentOptions) => ({
  name: options.name,
  description: options.description,
  policy: toPolicy(options),
})

const create = async (id: string | undefined, options: CreateOptions): Promise<void> => {
  const json = { id, ...toContent(options), pack: options.pack }
  const { body, text } = await openClient(options).send<GalleryAnswer>({ method: 'POST', path: ['galleries'], json })
  printLine(options.json ? text : `Created the gallery "${body.id}".`)
}

const update = async (id: string, options: ContentOptions): Promise<void> => {
  const json = toContent(options)
  if (Object.values(json).every(value => value === undefined))
    throw createFailure('usage', 'Say what to change: see "npx likeness galleries update --help".')
  const { text } = await openClient(options).send<GalleryAnswer>({ method: 'PATCH', path: ['galleries', id], json })
  printLine(options.json ? text : `Changed the gallery "${id}".`)
}

const show = async (id: string, options: ServerOptions): Promise<void> => {
  const { body, text } = await openClient(options).send<GalleryAnswer>({ method: 'GET', path: ['galleries', id] })
  if (options.json) return printLine(text)
  const rows = [
    ['code', body.code],
    ['name', body.name ?? ''],
    ['description', body.description ?? ''],
    ['people', formatCount(body.subjectCount)],
    ['faces', formatCount(body.faceCount)],
    ['pack', body.pack],
    ...policyRows(body.policy),
    ['revision', formatCount(body.revision)],
    ['created', body.createdAt],
    ['changed', body.updatedAt],
  ]
  printLine(renderTable([{ title: 'gallery' }, { title: body.id }], rows))
}

const remove = async (id: string, options: DeleteOptions): Promise<void> => {
  const client = openClient(options)
  if (!options.yes) {
    const { body } = await client.send<GalleryAnswer>({ method: 'GET', path: ['galleries', id] })
    const content = `${formatAmount(body.subjectCount, 'person', 'people')} and ${formatAmount(body.faceCount, 'face')}`
    throw createFailure('usage', `Deleting "${id}" erases ${content} for good; say --yes to do it.`)
  }
  await client.send({ method: 'DELETE', path: ['galleries', id] })
  if (options.json) return printJson({ deleted: id })
  printLine(`Deleted the gallery "${id}".`)
}
