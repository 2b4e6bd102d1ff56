// Writes what is generated from the code (OpenAPI document, references) or, with --check, proves that it is up to date.
import { existsSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { renderCliReference } from '../server/src/cli/reference.ts'
import { makeOpenApiDocuments } from './generate/openapi.ts'
import {
  renderApiReference,
  renderConfigReference,
  renderErrorReference,
  renderPackReference,
} from './generate/references.ts'

const root = fileURLToPath(new URL('..', import.meta.url))

const makeFiles = async (): Promise<Record<string, string>> => {
  const { native: document, protocols } = await makeOpenApiDocuments()
  const ofProtocols = Object.entries(protocols).map(([name, each]) => [
    `docs/protocols/${name}.openapi.json`,
    `${JSON.stringify(each, null, 2)}\n`,
  ])
  return {
    ...Object.fromEntries(ofProtocols),
    'docs/openapi.json': `${JSON.stringify(document, null, 2)}\n`,
    'docs/reference/api.md': renderApiReference(document),
    'docs/reference/errors.md': renderErrorReference(),
    'docs/reference/config.md': renderConfigReference(),
    'docs/reference/packs.md': await renderPackReference(),
    'docs/reference/cli.md': renderCliReference(),
  }
}

const checkOnly = process.argv.includes('--check')
const stale: string[] = []
for (const [path, content] of Object.entries(await makeFiles())) {
  const file = join(root, path)
  const current = existsSync(file) ? await readFile(file, 'utf8') : null
  if (current === content) continue
  stale.push(path)
  if (checkOnly) continue
  await mkdir(dirname(file), { recursive: true })
  await writeFile(file, content)
}
if (checkOnly && stale.length > 0) {
  process.stderr.write(
    `Generated files are out of date: ${stale.join(', ')}. Run "npm run generate" and commit the result.\n`,
  )
  process.exitCode = 1
} else process.stdout.write(stale.length > 0 ? `Written: ${stale.join(', ')}\n` : 'Generated files are up to date.\n')
