// The server as the benchmarks start it: in a process of its own, which tells its parent the address and the key, and ends
// with its parent.
import { loadConfig } from '../server/src/config.ts'
import { startServer } from '../server/src/main.ts'

const server = await startServer(loadConfig().config, { onProgress: sentence => console.error(sentence) })
process.once('disconnect', () => {
  void server.close().then(() => process.exit(0))
})
await server.ready
process.send?.({ address: server.address, key: server.firstKey })
