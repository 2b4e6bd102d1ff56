// Converts the weight files of one model of a pack to the bytes of its ONNX file. Touches no disk.
import { posix } from 'node:path'
import { AppError } from '../../errors.ts'
import { importDlibRecogniser } from './import/dlib-onnx.ts'
import type { OnnxGraph } from './import/onnx-graph.ts'
import { writeOnnx } from './import/onnx-writer.ts'
import { importTfjsGraph } from './import/tfjs-onnx.ts'
import { corruptSource, type ReadShard } from './import/tfjs-weights.ts'
import type { PackModel, TensorShape } from './manifest.ts'

/**
 * `sources` holds the bytes of `model.source.files` by path, the description (.json) first. Throws `pack_source_corrupt`,
 * `pack_operation_unknown`, or `pack_invalid` where the manifest promises other inputs or outputs than the network has.
 */
export function convertModel(model: PackModel, sources: ReadonlyMap<string, Uint8Array>): Uint8Array {
  const graph = importers[model.source.format](model, sources)
  for (const promised of [model.input, ...model.outputs]) {
    const found = [...graph.inputs, ...graph.outputs].find(each => each.name === promised.name)
    if (found && sameShape(found.shape, promised.shape)) continue
    const message = `The pack gives ${promised.name} of ${model.file} the shape ${promised.shape.join('x')}, the network ${found?.shape.join('x') ?? 'none'}.`
    throw new AppError('pack_invalid', message, { details: { file: model.file, field: promised.name } })
  }
  return writeOnnx(graph)
}

type Importer = (model: PackModel, sources: ReadonlyMap<string, Uint8Array>) => OnnxGraph

const importers: Record<PackModel['source']['format'], Importer> = {
  'tfjs-graph': (model, sources) =>
    importTfjsGraph({
      ...description(model, sources),
      outputs: model.outputs.map(each => ({ name: each.name, node: each.node ?? each.name })),
    }),
  'dlib-weights': (model, sources) =>
    importDlibRecogniser({ ...description(model, sources), outputName: model.outputs[0]!.name }),
}

/** What both importers need: the description's text, a way to its shards (paths beside it), and the public names. */
function description(model: PackModel, sources: ReadonlyMap<string, Uint8Array>) {
  const { path } = model.source.files[0]!
  const name = (file: string) => `${model.source.package}/${file}`
  const read = (file: string): Uint8Array => {
    const bytes = sources.get(file)
    if (bytes) return bytes
    throw corruptSource(name(path), `names the shard ${file}, which the pack does not list`)
  }
  const readShard: ReadShard = shard => read(posix.join(posix.dirname(path), shard))
  return {
    path: name(path),
    text: Buffer.from(read(path)).toString('utf8'),
    readShard,
    name: model.family,
    inputName: model.input.name,
  }
}

function sameShape(first: TensorShape, second: TensorShape): boolean {
  return first.join() === second.join()
}
