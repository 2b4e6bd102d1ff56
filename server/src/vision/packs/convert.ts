// Converts the weight files of one model of a pack to the bytes of its ONNX file. Touches no disk.
import { posix } from 'node:path'
import { AppError } from '../../errors.ts'
import { importDlibRecogniser } from './import/dlib-onnx.ts'
import { corruptDownload } from './import/download-errors.ts'
import type { OnnxGraph, OnnxValue } from './import/onnx-graph.ts'
import { describeOnnx } from './import/onnx-reader.ts'
import { writeOnnx } from './import/onnx-writer.ts'
import { importOpenvino } from './import/openvino/openvino-onnx.ts'
import { importTfjsGraph } from './import/tfjs-onnx.ts'
import { corruptSource, type ReadShard } from './import/tfjs-weights.ts'
import { readCheckpoint } from './import/torch/checkpoint.ts'
import { importMinifasnet } from './import/torch/minifasnet.ts'
import type { PackModel, TensorShape } from './manifest.ts'
import type { NpmSource, PackSource } from './pack-source.ts'

/**
 * `sources` holds the bytes of `model.source.files` by path, the description (.json, .xml) first. Throws
 * `pack_source_corrupt`, `pack_operation_unknown`, or `pack_invalid` where the manifest promises other inputs or outputs
 * than the network has.
 */
export function convertModel(model: PackModel, sources: ReadonlyMap<string, Uint8Array>): Uint8Array {
  const { values, write } = importers[model.source.format](model, sources)
  for (const promised of [model.input, ...model.outputs]) {
    const found = values.find(each => each.name === promised.name)
    if (found && sameShape(found.shape, promised.shape)) continue
    const message = `The pack gives ${promised.name} of ${model.file} the shape ${promised.shape.join('x')}, the network ${found?.shape.join('x') ?? 'none'}.`
    throw new AppError('pack_invalid', message, { details: { file: model.file, field: promised.name } })
  }
  return write()
}

interface Imported {
  /** Inputs and outputs. */
  readonly values: readonly OnnxValue[]
  write(): Uint8Array
}

type Importer = (model: PackModel, sources: ReadonlyMap<string, Uint8Array>) => Imported

const importers: Record<PackSource['format'], Importer> = {
  'tfjs-graph': (model, sources) =>
    imported(
      importTfjsGraph({
        ...description(model, sources),
        outputs: model.outputs.map(each => ({ name: each.name, node: each.node ?? each.name })),
      }),
    ),
  'dlib-weights': (model, sources) =>
    imported(importDlibRecogniser({ ...description(model, sources), ...soleOutput(model) })),
  'minifasnet-checkpoint': (model, sources) => {
    const { path, bytes } = download(model, sources)
    const tensors = readCheckpoint(bytes, path)
    return imported(importMinifasnet({ path, tensors, ...names(model) }))
  },
  'openvino-ir': (model, sources) => {
    const { path, bytes } = download(model, sources)
    const text = Buffer.from(bytes).toString('utf8')
    const constants = download(model, sources, 1).bytes
    return imported(importOpenvino({ path, text, constants, ...names(model) }))
  },
  onnx: asItIs,
  committed: asItIs,
}

/** An ONNX file that somebody else has written, or the project's own training. */
function asItIs(model: PackModel, sources: ReadonlyMap<string, Uint8Array>): Imported {
  const { path, bytes } = download(model, sources)
  return { values: describeOnnx(bytes, path), write: () => bytes }
}

function imported(graph: OnnxGraph): Imported {
  return { values: [...graph.inputs, ...graph.outputs], write: () => writeOnnx(graph) }
}

function soleOutput(model: PackModel) {
  return { outputName: model.outputs[0]!.name }
}

function names(model: PackModel) {
  return { name: model.family, inputName: model.input.name, ...soleOutput(model) }
}

function download(model: PackModel, sources: ReadonlyMap<string, Uint8Array>, index = 0) {
  const path = model.source.files[index]?.path ?? ''
  const bytes = sources.get(path)
  if (bytes) return { path, bytes }
  throw corruptDownload(model.file, `has no source number ${index + 1}`)
}

/** What the importers of npm sources need: the description's text, a way to its shards (paths beside it), the public names. */
function description(model: PackModel, sources: ReadonlyMap<string, Uint8Array>) {
  const { path } = model.source.files[0]!
  const name = (file: string) => `${(model.source as NpmSource).package}/${file}`
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
