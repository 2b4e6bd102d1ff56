// `likeness enrol`: puts pictures from files and folders into a gallery.
import { type Command, Option } from 'commander'
import { type Client, openClient } from './client.ts'
import { type DuplicatePicture, type EnrolSummary, enrolPictures } from './enrol-pictures.ts'
import { EXIT } from './exit-codes.ts'
import { isFailure } from './failure.ts'
import { addServerOptions, readWholeNumber, type ServerOptions } from './options.ts'
import { formatAmount, formatSeconds, hideControls, printJson, printLine, renderTable } from './output.ts'
import { findPictures } from './pictures.ts'
import { createProgress } from './progress.ts'

interface EnrolOptions extends ServerOptions {
  readonly subject?: string
  readonly create?: boolean
  readonly concurrency: number
}

const DEFAULT_CONCURRENCY = 4
const MAX_CONCURRENCY = 64

const DESCRIPTION = `Enrol pictures into a gallery.

A file is enrolled for the subject named like it, without the extension: jane.jpg for "jane", Person_0001.jpg for \
"Person_0001"; --subject names another one. A folder's own pictures count the same way. A folder inside it is one subject: \
its name is the id, and all its pictures are that person's. Other files in folders are skipped.`

export const addEnrol = (program: Command): void => {
  const command = program
    .command('enrol')
    .summary('Enrol pictures from files and folders.')
    .description(DESCRIPTION)
    .argument('<gallery>', 'gallery to enrol into')
    .argument('<path...>', 'pictures, folders of pictures, folders with one folder a subject')
    .option('--subject <id>', 'the person on all the pictures')
    .option('--create', 'create the gallery where there is none')
    .addOption(
      new Option('--concurrency <count>', 'pictures on their way at a time')
        .default(DEFAULT_CONCURRENCY)
        .argParser(readWholeNumber(1, MAX_CONCURRENCY)),
    )
  addServerOptions(command).action(enrol)
}

const enrol = async (gallery: string, paths: string[], options: EnrolOptions): Promise<void> => {
  const { pictures, skipped } = await findPictures(paths, options.subject)
  const client = openClient(options)
  await requireGallery(client, gallery, options.create ?? false)
  const progress = createProgress({ label: 'Enrolling', total: pictures.length, stream: process.stderr })
  progress.update(0)
  const { concurrency } = options
  const onProgress = (done: number, refused: number): void =>
    progress.update(done, refused > 0 ? `${refused} refused` : '')
  const job = { client, gallery, pictures, concurrency, onProgress }
  const summary = await enrolPictures(job).finally(() => progress.end())
  if (options.json) printJson(summary)
  else printLine(describeSummary(summary, gallery, skipped))
  process.exitCode = summary.refused.length > 0 ? EXIT.incomplete : EXIT.done
}

const requireGallery = async (client: Client, id: string, create: boolean): Promise<void> => {
  if (!create) {
    await client.send({ method: 'GET', path: ['galleries', id] })
    return
  }
  await client.send({ method: 'POST', path: ['galleries'], json: { id } }).catch(error => {
    if (!isFailure(error) || error.code !== 'gallery_exists') throw error
  })
}

/** '"ana" (similarity 100), "bea" (93.2)'; the likest first. */
const describeDuplicates = ({ duplicates }: DuplicatePicture): string =>
  duplicates
    .map(({ subjectId, similarity }, at) => `"${subjectId}" (${at === 0 ? 'similarity ' : ''}${similarity})`)
    .join(', ')

/** What was enrolled; who has a face of these too; how many were refused for which reason; each refused file with its reason. */
const describeSummary = (summary: EnrolSummary, gallery: string, skipped: number): string => {
  const { enrolled, duplicates, refused, subjects, seconds } = summary
  const people = formatAmount(subjects, 'person', 'people')
  const lines = [
    `Enrolled ${formatAmount(enrolled, 'picture')} of ${people} in "${gallery}" (${formatSeconds(seconds)}).`,
  ]
  if (skipped > 0) lines.push(`Skipped ${formatAmount(skipped, 'file')} whose name is not that of a picture.`)
  if (duplicates.length > 0) {
    lines.push(`${formatAmount(duplicates.length, 'picture')} of these may show people who are there already:`)
    for (const each of duplicates) lines.push(hideControls(`${each.path}: like ${describeDuplicates(each)}`))
  }
  if (refused.length > 0) {
    const byCode = [...Map.groupBy(refused, each => each.code)].sort(([, one], [, other]) => other.length - one.length)
    lines.push(`Refused ${formatAmount(refused.length, 'picture')}:`, '')
    lines.push(
      renderTable(
        [{ title: 'reason' }, { title: 'pictures', align: 'right' }],
        byCode.map(([code, pictures]) => [code, String(pictures.length)]),
      ),
      '',
    )
    for (const { path, detail } of refused) lines.push(hideControls(`${path}: ${detail}`))
  }
  return lines.join('\n')
}
