// The server as the crash benchmark starts it: real store, pictures, index and vault, and an engine that reads its faces out
// of the picture's bytes, so that there are many changes to be killed in the middle of.
import { loadConfig } from '../server/src/config.ts'
import { startServer } from '../server/src/main.ts'
import { createFakeEngine } from '../server/test/fake-core.ts'

const { config } = loadConfig()
const server = await startServer(config, { onProgress: () => {}, engine: createFakeEngine() })
process.once('disconnect', () => process.exit(0))
await server.ready
process.send?.({ address: server.address, key: server.firstKey })
