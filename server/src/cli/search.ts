// `likeness search`: who in a gallery is on a picture (1:N).
import { type Command, Option } from 'commander'
import { DEFAULT_LIMITS } from '../limits.ts'
import type { Candidate, SearchAnswer } from './answers.ts'
import { openClient, readPicture } from './client.ts'
import { EXIT } from './exit-codes.ts'
import {
  addServerOptions,
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
}

export const addSearch = (program: Command): void => {
  const command = program
    .command('search')
    .summary('Find who is on a picture (1:N).')
    .description('Search a gallery for the person on a picture; the largest face counts.')
    .argument('<gallery>', 'gallery to search')
    .argument('<file>', 'the picture')
    .addOption(
      new Option('--limit <count>', 'most candidates that are shown').argParser(
        readWholeNumber(1, DEFAULT_LIMITS.maxCandidates),
      ),
    )
    .addOption(createThresholdOption('maxFpir'))
    .addOption(createRateOption('--max-fpir <rate>', "share of strangers' searches that may raise a false alarm"))
  addServerOptions(command).action(search)
}

const search = async (gallery: string, file: string, options: SearchOptions): Promise<void> => {
  const { limit, threshold, maxFpir } = options
  const form = { limit, threshold, maxFpir, image: await readPicture(file) }
  const path = ['galleries', gallery, 'search']
  const { body, text } = await openClient(options).send<SearchAnswer>({ method: 'POST', path, form })
  printLine(options.json ? text : describe(body, gallery))
  process.exitCode = body.candidates.length > 0 ? EXIT.done : EXIT.noMatch
}

const describe = ({ candidates, threshold, gallerySize }: SearchAnswer, gallery: string): string => {
  const faces = formatAmount(gallerySize, 'face')
  if (candidates.length === 0)
    return `Nobody in "${gallery}" reaches the threshold of ${threshold} (${faces} searched).`
  const columns = [
    { title: 'subject' },
    { title: 'similarity', align: 'right' },
    { title: 'false match rate' },
    { title: 'metadata' },
  ] as const
  const isBare = candidates.every(({ metadata }) => Object.keys(metadata).length === 0)
  const rows = candidates.map(candidate => toRow(candidate).slice(0, isBare ? -1 : undefined))
  const table = renderTable(isBare ? columns.slice(0, -1) : columns, rows)
  return `${table}\n\nThreshold ${threshold}, ${faces} searched.`
}

const toRow = ({ subjectId, similarity, falseMatchRate, extrapolated, metadata }: Candidate): string[] => [
  subjectId,
  String(similarity),
  formatRate(falseMatchRate, extrapolated),
  Object.entries(metadata)
    .map(([name, value]) => `${name}=${value}`)
    .join(' '),
]
