// Run by hand after a change to the importer or the manifest: recomputes every SHA-256 and size in a committed pack.json
// from the installed packages, or from a folder of downloaded files.
// `node server/src/vision/packs/rebuild-manifest.ts [PACK.JSON] [FOLDER FOR THE ONNX FILES] [FOLDER OF THE DOWNLOADED FILES]`
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { convertModel } from './convert.ts'
import { committedManifest } from './install.ts'
import { parseManifest } from './manifest.ts'
import { isNpmSource, isUpstreamSource, type PackSource } from './pack-source.ts'
import { hash, resolveInstalled } from './sources.ts'

const [path = committedManifest('open'), folder, downloaded] = process.argv.slice(2)
const text = await readFile(path, 'utf8')
let renewed = text
if (folder) await mkdir(folder, { recursive: true })

for (const model of parseManifest(text, path).models) {
  const sources = new Map<string, Buffer>()
  for (const file of model.source.files) sources.set(file.path, await readFile(locate(model.source, file.path)))
  const onnx = convertModel(model, sources)
  if (folder) await writeFile(join(folder, model.file), onnx)
  for (const [name, content] of sources) {
    replace(`"path": "${name}"`, 'sha256', `"${hash(content)}"`)
    if (isUpstreamSource(model.source)) replace(`"path": "${name}"`, 'bytes', `${content.length}`)
  }
  replace(`"file": "${model.file}"`, 'sha256', `"${hash(onnx)}"`)
  replace(`"file": "${model.file}"`, 'bytes', `${onnx.length}`)
  console.log(`${model.file}  ${onnx.length} bytes`)
}
parseManifest(renewed, path)
await writeFile(path, renewed)

function locate(source: PackSource, file: string): string {
  const folder = isUpstreamSource(source) ? downloaded : dirname(path)
  const found = isNpmSource(source) ? resolveInstalled(source.package, file) : folder && join(folder, file)
  if (found) return found
  throw new Error(`${file} is not here: install its package, or name the folder that it was downloaded to.`)
}

/** Sets the first `field` after `anchor`, so that the layout of the file and everything else in it stays as it is. */
function replace(anchor: string, field: string, value: string): void {
  const from = renewed.indexOf(anchor)
  const rest = renewed.slice(from).replace(new RegExp(`("${field}":\\s*)("[^"]*"|\\d+)`), `$1${value}`)
  renewed = renewed.slice(0, from) + rest
}
