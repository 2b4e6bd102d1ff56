// Reads what goes into an ONNX file and what comes out of it. Looks at nothing else in it.
import { corruptDownload } from './download-errors.ts'
import type { OnnxValue } from './onnx-graph.ts'
import { modelMessage } from './onnx-message.ts'

interface ReadValue {
  readonly name: string
  readonly type?: { readonly tensorType?: { readonly shape?: { readonly dim?: readonly ReadSize[] } } }
}

interface ReadSize {
  readonly dimValue?: number
  readonly dimParam?: string
}

/** Inputs and outputs; a size that the file leaves open is 'n'. Throws `pack_source_corrupt` that names `path`. */
export function describeOnnx(bytes: Uint8Array, path: string): OnnxValue[] {
  let graph: { input?: readonly ReadValue[]; output?: readonly ReadValue[] } | undefined
  try {
    graph = modelMessage.toObject(modelMessage.decode(bytes), { longs: Number }).graph
  } catch (cause) {
    throw corruptDownload(path, 'is not an ONNX file', cause)
  }
  if (!graph?.input || !graph.output) throw corruptDownload(path, 'is an ONNX file without a network')
  return [...graph.input, ...graph.output].map(({ name, type }) => ({
    name,
    shape: (type?.tensorType?.shape?.dim ?? []).map(({ dimValue }) => dimValue ?? 'n'),
  }))
}
