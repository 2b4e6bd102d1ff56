// `npm run build`: builds the pages that the server serves, when they are missing or their sources have changed.
import { resolve } from 'node:path'
import { ensureWebBuilt, hasSources } from './web-build.mjs'

const ROOT = resolve(import.meta.dirname, '..')

await ensureWebBuilt(ROOT, process.execPath).then(
  () => process.stdout.write(hasSources(ROOT) ? 'The capture page is built.\n' : 'There is nothing to build.\n'),
  error => {
    process.stderr.write(`${error.isAdvice ? error.message : error.stack}\n`)
    process.exitCode = 1
  },
)
