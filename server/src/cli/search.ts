// `likeness search`: who in a gallery is on a picture (1:N).
import { type Command, Option } from 'commander'
import type { MetadataValue } from '../core/types.ts'
import { DEFAULT_LIMITS } from '../limits.ts'
import type { Candidate, SearchAnswer } from './answers.ts'
import { openClient, readPicture } from './client.ts'
import { EXIT } from './exit-codes.ts'
import { createFailure } from './failure.ts'
import {
  addServerOptions,
  collect,
  collectFilter,
  createRateOption,
  createThresholdOption,
  readWholeNumber,
  type ServerOptions,
} from './options.ts'
import { formatAmount, formatRate, printLine, renderTable } from './output.ts'

interface SearchOptions extends ServerOptions {
  readonly limit?: number
  readonly threshold?: number
  readonly maxFpir?: number
  readonly gallery?: readonly string[]
  readonly filter?: Readonly<Record<string, MetadataValue>>
}

export const addSearch = (program: Command): void => {
  const command = program
    .command('search')
    .summary('Find who is on a picture (1:N).')
    .description('Search a gallery, or several with --gallery, for the person on a picture; the largest face counts.')
    .argument('<gallery>', 'gallery to search; left out where --gallery names them')
    .argument('[file]', 'the picture')
    .option('--gallery <id>', 'gallery to search; once for each of several', collect)
    .option('--filter <key=value>', 'only people with this metadata; once for each key', collectFilter)
    .addOption(
      new Option('--limit <count>', 'most candidates that are shown').argParser(
        readWholeNumber(1, DEFAULT_LIMITS.maxCandidates),
      ),
    )
    .addOption(createThresholdOption('maxFpir'))
    .addOption(createRateOption('--max-fpir <rate>', "share of strangers' searches that may raise a false alarm"))
  addServerOptions(command).action(search)
}

const search = async (first: string, second: string | undefined, options: SearchOptions): Promise<void> => {
  const { galleries, file } = readPlaces(first, second, options.gallery)
  const { limit, threshold, maxFpir, filter } = options
  const form = {
    limit,
    threshold,
    maxFpir,
    filter: filter && JSON.stringify(filter),
    galleries: options.gallery && JSON.stringify(galleries),
    image: await readPicture(file),
  }
  const path = options.gallery ? ['search'] : ['galleries', ...galleries, 'search']
  const { body, text } = await openClient(options).send<SearchAnswer>({ method: 'POST', path, form })
  printLine(options.json ? text : describe(body, galleries))
  process.exitCode = body.candidates.length > 0 ? EXIT.done : EXIT.noMatch
}

/** @throws Failure usage where a gallery or the picture is missing, or one of them is given twice */
const readPlaces = (first: string, second: string | undefined, named: readonly string[] | undefined) => {
  if (named === undefined && second === undefined)
    throw createFailure('usage', 'Expected a gallery and a picture: npx likeness search GALLERY FILE.')
  if (named !== undefined && second !== undefined)
    throw createFailure('usage', `Expected the picture alone beside --gallery, and found "${first}" before it.`)
  return { galleries: named ?? [first], file: second ?? first }
}

const describe = ({ candidates, threshold, gallerySize }: SearchAnswer, galleries: readonly string[]): string => {
  const faces = formatAmount(gallerySize, 'face')
  const names = galleries.map(id => `"${id}"`).join(', ')
  if (candidates.length === 0) return `Nobody in ${names} reaches the threshold of ${threshold} (${faces} searched).`
  const columns = [
    { title: 'gallery', isShown: galleries.length > 1, cellOf: ({ galleryId }: Candidate) => galleryId },
    { title: 'subject', isShown: true, cellOf: ({ subjectId }: Candidate) => subjectId },
    { title: 'similarity', align: 'right', isShown: true, cellOf: ({ similarity }: Candidate) => String(similarity) },
    {
      title: 'false match rate',
      isShown: true,
      cellOf: ({ falseMatchRate, extrapolated }: Candidate) => formatRate(falseMatchRate, extrapolated),
    },
    {
      title: 'metadata',
      isShown: candidates.some(({ metadata }) => Object.keys(metadata).length > 0),
      cellOf: toMetadataText,
    },
  ] as const
  const shown = columns.filter(({ isShown }) => isShown)
  const rows = candidates.map(candidate => shown.map(({ cellOf }) => cellOf(candidate)))
  return `${renderTable(shown, rows)}\n\nThreshold ${threshold}, ${faces} searched.`
}

const toMetadataText = ({ metadata }: Candidate): string =>
  Object.entries(metadata)
    .map(([name, value]) => `${name}=${value}`)
    .join(' ')
