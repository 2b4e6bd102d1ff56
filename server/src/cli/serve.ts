// `likeness serve`: starts the server and tells the person where it is.
import { constants } from 'node:os'
import type { Command } from 'commander'
import { type Config, loadConfig } from '../config.ts'
import { isWildcard, listLanAddresses } from '../http/lan-addresses.ts'
import type { Server } from '../main.ts'
import { toFolderError } from './data-folder.ts'
import { EXIT } from './exit-codes.ts'
import { createFailure, toFailure } from './failure.ts'
import { addDataDirOption, readWholeNumber } from './options.ts'
import { printLine } from './output.ts'

export interface ServeOptions {
  readonly host?: string
  readonly port?: number
  readonly dataDir?: string
}

const HIGHEST_PORT = 65_535

export const addServe = (program: Command): void => {
  const command = program
    .command('serve')
    .summary('Start the server.')
    .description('Start the server. It runs until Ctrl-C or SIGTERM; what is in flight is finished first.')
    .option('--host <address>', 'address to listen on (setting "host", LIKENESS_HOST)')
    .option('--port <number>', 'port to listen on (setting "port", LIKENESS_PORT)', readWholeNumber(0, HIGHEST_PORT))
  addDataDirOption(command).action(serve)
}

/** Runs until a signal asks it to stop. */
export const serve = async (options: ServeOptions): Promise<void> => {
  const { config } = loadConfig(undefined, options)
  const { startServer } = await import('../main.ts')
  const started = performance.now()
  const server = await startServer(config, { onProgress: printLine }).catch(error => {
    throw describeStart(error, config)
  })
  stopOnSignals(server, config.limits.stopGraceMs)
  const { faces } = await server.ready.catch(async error => {
    await server.close()
    throw toFolderError(error, config)
  })
  const seconds = ((performance.now() - started) / 1000).toFixed(1)
  printLine(`Likeness is ready at ${server.address} (${seconds} s, ${faces} faces, data in ${config.dataDir})`)
  if (server.certificate) printLine(describeHttps(server.address, server.certificate))
  for (const line of describeLan(server, config.host)) printLine(line)
  printLine(`API reference: ${server.address}/docs`)
  if (server.firstKey) {
    printLine()
    printLine(`API key, shown this once: ${server.firstKey}`)
    if (config.masterKey === undefined) printLine(describeMasterKey(config))
    printLine('More keys: npx likeness keys create')
  }
}

const describeMasterKey = ({ masterKeyFile }: Config): string =>
  `Master key, to be copied elsewhere: ${masterKeyFile} (without it nothing that is stored can be read)`

const describeHttps = (address: string, { file, isConfigured }: NonNullable<Server['certificate']>): string =>
  `HTTPS on the same port: ${address.replace('http:', 'https:')} (certificate ${isConfigured ? '' : 'of its own, '}${file})`

/** For phones and machines beside this one, where they are let in. Browsers give the camera to https addresses only. */
export const describeLan = (
  { address, certificate }: Pick<Server, 'address' | 'certificate'>,
  host: string,
  addresses: readonly string[] = listLanAddresses(),
): readonly string[] => {
  if (!isWildcard(host)) return []
  if (addresses.length === 0) return ['In the same network: this machine has no address there']
  const port = address.slice(address.lastIndexOf(':') + 1)
  const named = addresses.map(lan => `${certificate ? 'https' : 'http'}://${lan}:${port}`).join(', ')
  const warning = certificate?.isConfigured === false ? ' (browsers warn once: they do not know the certificate)' : ''
  return [`In the same network, also for phones: ${named}${warning}`]
}

/** Beyond the time that requests in flight have, for the data to be closed, milliseconds. */
const CLOSING_MS = 5000

/** The first signal ends in good order, within bounds; the second at once. */
const stopOnSignals = (server: Server, stopGraceMs: number): void => {
  let isStopping = false
  const stop = (signal: NodeJS.Signals): void => {
    if (isStopping) process.exit(SIGNALLED + constants.signals[signal])
    isStopping = true
    // Models that are still being prepared are not waited for: what is half done there is done again.
    setTimeout(() => process.exit(EXIT.done), stopGraceMs + CLOSING_MS).unref()
    server.close().then(
      () => process.exit(EXIT.done),
      error => {
        process.stderr.write(`likeness: ${toFailure(error).message}\n`)
        process.exit(EXIT.failed)
      },
    )
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, stop)
}

/** Shells report a process that a signal ended as 128 and the signal's number. */
const SIGNALLED = 128

/** What kept the server from listening, with the cure. */
const describeStart = (error: unknown, config: Config): unknown => {
  const { host, port } = config
  const other = 'choose another one with --port or LIKENESS_PORT'
  const code = error instanceof Error && 'syscall' in error && 'code' in error ? error.code : undefined
  const isListening = error instanceof Error && 'syscall' in error && /^(listen|getaddrinfo)$/.test(`${error.syscall}`)
  if (!isListening) return toFolderError(error, config)
  if (code === 'EADDRINUSE')
    return createFailure('failed', `Port ${port} of ${host} is taken by another program; stop that one, or ${other}.`)
  if (code === 'EACCES')
    return createFailure('failed', `Port ${port} of ${host} needs more rights than this user has; ${other}.`)
  return createFailure(
    'usage',
    `${host} is no address of this machine (${code}); choose another one with --host or LIKENESS_HOST.`,
  )
}
