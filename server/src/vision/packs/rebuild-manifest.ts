// Run by hand after a change to the importer or the manifest: recomputes every SHA-256 and size in a committed pack.json
// from the installed packages. `node server/src/vision/packs/rebuild-manifest.ts [PACK.JSON] [FOLDER FOR THE ONNX FILES]`
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { convertModel } from './convert.ts'
import { committedManifest } from './install.ts'
import { parseManifest } from './manifest.ts'
import { hash, resolveInstalled } from './sources.ts'

const path = process.argv[2] ?? committedManifest('open')
const folder = process.argv[3]
const text = await readFile(path, 'utf8')
let renewed = text
if (folder) await mkdir(folder, { recursive: true })

for (const model of parseManifest(text, path).models) {
  const sources = new Map<string, Buffer>()
  for (const file of model.source.files) {
    const resolved = resolveInstalled(model.source.package, file.path)
    if (!resolved) throw new Error(`${model.source.package} is not installed`)
    sources.set(file.path, await readFile(resolved))
  }
  const onnx = convertModel(model, sources)
  if (folder) await writeFile(join(folder, model.file), onnx)
  for (const [name, content] of sources) replace(`"path": "${name}"`, 'sha256', `"${hash(content)}"`)
  replace(`"file": "${model.file}"`, 'sha256', `"${hash(onnx)}"`)
  replace(`"file": "${model.file}"`, 'bytes', `${onnx.length}`)
  console.log(`${model.file}  ${onnx.length} bytes`)
}
parseManifest(renewed, path)
await writeFile(path, renewed)

/** Sets the first `field` after `anchor`, so that the layout of the file and everything else in it stays as it is. */
function replace(anchor: string, field: string, value: string): void {
  const from = renewed.indexOf(anchor)
  const rest = renewed.slice(from).replace(new RegExp(`("${field}":\\s*)("[^"]*"|\\d+)`), `$1${value}`)
  renewed = renewed.slice(0, from) + rest
}
