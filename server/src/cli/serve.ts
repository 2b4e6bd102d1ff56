// `likeness serve`: starts the server and tells the person where it is.
import { loadConfig } from '../config.ts'
import { startServer } from '../main.ts'

export interface ServeOptions {
  readonly host?: string
  readonly port?: number
  readonly dataDir?: string
}

/** Runs until a signal asks it to stop; what is in flight is finished first. */
export const serve = async (options: ServeOptions): Promise<void> => {
  const { config } = loadConfig(process.env, options)
  const print = (line: string): void => void process.stdout.write(`${line}\n`)
  const started = performance.now()
  const server = await startServer(config, { onProgress: print })
  const stop = (): void => {
    void server.close().then(() => process.exit(0))
  }
  process.once('SIGINT', stop)
  process.once('SIGTERM', stop)
  const { faces } = await server.ready
  const seconds = ((performance.now() - started) / 1000).toFixed(1)
  print(`Likeness is ready at ${server.address} (${seconds} s, ${faces} faces, data in ${config.dataDir})`)
  print(`API reference: ${server.address}/docs`)
  if (server.firstKey) {
    print('')
    print(`API key, shown this once: ${server.firstKey}`)
    print('More keys: npx likeness keys create')
  }
}
