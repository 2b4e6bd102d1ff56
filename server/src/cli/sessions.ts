// `likeness sessions`: makes capture sessions, shows and lists them, waits for their end and deletes what they hold.
import { setTimeout as sleep } from 'node:timers/promises'
import { type Command, Option } from 'commander'
import {
  COLOUR_SCHEMES,
  SESSION_LANGUAGES,
  SESSION_LIVENESS,
  SESSION_PURPOSES,
  SESSION_STATES,
} from '../core/session-types.ts'
import { DEFAULT_LIMITS } from '../limits.ts'
import type { CreatedSessionAnswer, PageAnswer, SessionAnswer, SessionSummaryAnswer } from './answers.ts'
import { type Client, openClient } from './client.ts'
import { EXIT } from './exit-codes.ts'
import { addServerOptions, collect, createThresholdOption, readWholeNumber, type ServerOptions } from './options.ts'
import { formatCount, printJson, printLine, renderTable } from './output.ts'
import { findPhoneAddresses, onHost } from './phone-addresses.ts'
import { renderQrCode } from './qr-code.ts'

interface CreateOptions extends ServerOptions {
  readonly purpose: string
  readonly gallery?: string
  readonly subject?: string
  readonly liveness?: string
  readonly upload?: boolean
  readonly threshold?: number
  readonly language?: string
  readonly colourScheme?: string
  readonly expires?: number
  readonly returnUrl?: string
  readonly failReturnUrl?: string
  readonly callbackUrl?: string
  readonly iframeOrigin?: readonly string[]
  readonly host?: string
}

interface ListOptions extends ServerOptions {
  readonly state?: string
  readonly limit: number
}

const POLL_MS = 1000
const LISTED = 50

export const addSessions = (program: Command): void => {
  const sessions = program
    .command('sessions')
    .helpCommand(false)
    .description('Create, show, list, await and delete capture sessions: one person each, at the hosted capture page.')
  addCreate(sessions)
  const withId = (name: string, description: string): Command =>
    addServerOptions(sessions.command(name).description(description).argument('<id>', 'the session'))
  withId('show', 'Show a session and what came of it.').action(show)
  addServerOptions(
    sessions
      .command('list')
      .description('List the sessions, newest first.')
      .addOption(new Option('--state <state>', 'only those in this state').choices(SESSION_STATES))
      .option('--limit <number>', 'most that are listed', readWholeNumber(1, DEFAULT_LIMITS.maxPageItems), LISTED),
  ).action(list)
  withId('wait', 'Wait until a session has ended, at the latest until it expires.').action(wait)
  withId('delete', 'End a session and delete what it holds of the person. Nothing brings it back.').action(remove)
}

const addCreate = (sessions: Command): void => {
  const { minSessionSeconds, maxSessionSeconds } = DEFAULT_LIMITS
  const command = sessions
    .command('create')
    .description('Create a session and print its one-time address, in a terminal with a QR code for a phone.')
    .addOption(
      new Option('--purpose <purpose>', 'what a pass does with the face')
        .choices(SESSION_PURPOSES)
        .makeOptionMandatory(),
    )
    .option('--gallery <id>', 'gallery to enrol into, verify in or search')
    .option('--subject <id>', 'whom to enrol or verify')
    .addOption(new Option('--liveness <kind>', 'what proves a living person').choices(SESSION_LIVENESS))
    .option('--upload', 'let the person send a file in the place of the camera; with passive liveness only')
    .addOption(createThresholdOption())
    .addOption(new Option('--language <code>', "the page's; the browser's unless given").choices(SESSION_LANGUAGES))
    .addOption(new Option('--colour-scheme <scheme>', "the page's").choices(COLOUR_SCHEMES))
    .option(
      '--expires <seconds>',
      'how long it is good for; 1800 unless given',
      readWholeNumber(minSessionSeconds, maxSessionSeconds),
    )
    .option('--return-url <address>', 'where the page goes after a pass')
    .option('--fail-return-url <address>', 'where the page goes after any other end')
    .option('--callback-url <address>', 'told when the session has ended')
    .option('--iframe-origin <origin>', 'who may show the page in an iframe; can be repeated', collect)
    .option('--host <name>', 'name or address of the server for the phone, in the printed address')
  addServerOptions(command).action(create)
}

const toBody = (options: CreateOptions) => ({
  purpose: options.purpose,
  gallery: options.gallery,
  subject: options.subject,
  liveness: options.liveness,
  uploadAllowed: options.upload,
  threshold: options.threshold,
  language: options.language,
  colourScheme: options.colourScheme,
  expiresInSeconds: options.expires,
  returnUrl: options.returnUrl,
  failReturnUrl: options.failReturnUrl,
  callbackUrl: options.callbackUrl,
  iframeOrigins: options.iframeOrigin,
})

const create = async (options: CreateOptions): Promise<void> => {
  const call = { method: 'POST', path: ['sessions'], json: toBody(options) } as const
  const { body, text } = await openClient(options).send<CreatedSessionAnswer>(call)
  if (options.json) return printLine(text)
  const phones = options.host === undefined ? await findPhoneAddresses(body.url) : [onHost(body.url, options.host)]
  printLine(`Session: ${body.id}`)
  printLine(`Address: ${body.url}`)
  for (const phone of phones) printLine(`On a phone in the same network: ${phone}`)
  printLine(`It is good for one browser, until ${body.expiresAt}.`)
  if (process.stdout.isTTY) printLine(`\n${renderQrCode(phones[0] ?? body.url)}\n`)
  printLine(`Wait for its end: npx likeness sessions wait ${body.id}`)
}

const read = (client: Client, id: string) => client.send<SessionAnswer>({ method: 'GET', path: ['sessions', id] })

const show = async (id: string, options: ServerOptions): Promise<void> => {
  const { body, text } = await read(openClient(options), id)
  printLine(options.json ? text : renderSession(body))
}

const renderSession = (session: SessionAnswer): string => {
  const { liveness, match, candidates } = session
  const rows: (readonly [string, string | null])[] = [
    ['purpose', session.purpose],
    ['state', describeState(session)],
    ...session.reasons.map(({ message }) => ['reason', message] as const),
    ['gallery', session.gallery],
    ['subject', session.subject],
    ['tries', formatCount(session.attempts)],
    ['liveness', liveness && `${liveness.score.toFixed(3)} of at least ${liveness.threshold.toFixed(3)}`],
    ['similarity', match && `${match.similarity.toFixed(1)} of at least ${match.threshold.toFixed(1)}`],
    ...(candidates ?? []).map(
      ({ subjectId, similarity }) => ['resembles', `${subjectId} (${similarity.toFixed(1)})`] as const,
    ),
    ['face', session.faceId],
    ['created', session.createdAt],
    ['ended', session.endedAt],
    ['expires', session.expiresAt],
    ['cleared', session.clearedAt],
  ]
  const told = rows.filter((row): row is readonly [string, string] => row[1] !== null)
  return renderTable([{ title: 'session' }, { title: session.id }], told)
}

const describeState = ({ state, ended }: Pick<SessionAnswer, 'state' | 'ended'>): string =>
  state === 'failed' && !ended ? 'failed, and may be tried again' : state

const list = async (options: ListOptions): Promise<void> => {
  const query: Record<string, string> = { limit: String(options.limit) }
  if (options.state !== undefined) query.state = options.state
  const call = { method: 'GET', path: ['sessions'], query } as const
  const { body, text } = await openClient(options).send<PageAnswer<SessionSummaryAnswer>>(call)
  if (options.json) return printLine(text)
  if (body.items.length === 0) return printLine('There are no sessions; see "npx likeness sessions create --help".')
  const rows = body.items.map(each => [
    each.id,
    each.purpose,
    describeState(each),
    each.gallery ?? '',
    each.subject ?? '',
    each.createdAt,
    each.reasons.join(' '),
  ])
  const titles = ['session', 'purpose', 'state', 'gallery', 'subject', 'created', 'reasons']
  printLine(
    renderTable(
      titles.map(title => ({ title })),
      rows,
    ),
  )
}

/** Ends with 0 after a pass, and with 1 after any other end. */
const wait = async (id: string, options: ServerOptions): Promise<void> => {
  const client = openClient(options)
  let told = ''
  for (;;) {
    const { body, text } = await read(client, id)
    const state = describeState(body)
    if (!options.json && !body.ended && state !== told) printLine(state)
    told = state
    if (body.ended) {
      printLine(options.json ? text : renderSession(body))
      process.exitCode = body.state === 'passed' ? EXIT.done : EXIT.noMatch
      return
    }
    await sleep(POLL_MS)
  }
}

const remove = async (id: string, options: ServerOptions): Promise<void> => {
  await openClient(options).send({ method: 'DELETE', path: ['sessions', id] })
  if (options.json) return printJson({ deleted: id })
  printLine(`Ended the session ${id}, and deleted what it held of the person.`)
}
