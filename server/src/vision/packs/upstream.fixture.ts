// A pack that is not part of the npm packages, made up for tests: one network of one operation in a file of its own. No
// tests here.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createGraphBuilder, nameOutput } from './import/onnx-graph.ts'
import { writeOnnx } from './import/onnx-writer.ts'
import { hash } from './sources.ts'

const NETWORK = 'sample-v1.onnx'

export interface SamplePack {
  readonly id: string
  readonly packsDir: string
  readonly manifestPath: string
  /** The only file that has to be fetched, and its right content. */
  readonly file: string
  readonly content: Uint8Array
  readonly manifest: object
}

interface Ender {
  after(undo: () => unknown): void
}

/** In a folder that goes with the test. */
export const makeSamplePack = async (context: Ender): Promise<SamplePack> => {
  const folder = await mkdtemp(join(tmpdir(), 'likeness-upstream-'))
  context.after(() => rm(folder, { recursive: true, force: true }))
  const content = writeSample()
  const sha256 = hash(content)
  const manifest = {
    spec: 1,
    id: 'sample',
    version: '1.0.0',
    licence: 'Apache-2.0',
    description: 'A network that leaves out what is negative.',
    models: [
      {
        task: 'landmarks',
        family: 'yunet',
        file: 'sample.onnx',
        sha256,
        bytes: content.length,
        licence: 'Apache-2.0',
        source: {
          format: 'onnx',
          upstream: 'https://packs.invalid/sample/v1/',
          version: 'v1',
          files: [{ path: NETWORK, sha256, bytes: content.length }],
        },
        input: { name: 'input', shape: ['n', 3, 4, 4], layout: 'nchw', order: 'bgr', mean: [0, 0, 0], scale: 1 },
        outputs: [{ name: 'output', shape: ['n', 3, 4, 4], meaning: 'what is left' }],
      },
    ],
  }
  const manifestPath = join(folder, 'manifest.json')
  await writeFile(manifestPath, JSON.stringify(manifest))
  return { id: 'sample', packsDir: join(folder, 'packs'), manifestPath, file: NETWORK, content, manifest }
}

const writeSample = (): Uint8Array => {
  const builder = createGraphBuilder()
  nameOutput(builder, builder.node('Relu', ['input']).output, 'output')
  const shape = ['n', 3, 4, 4] as const
  return writeOnnx({
    name: 'sample',
    inputs: [{ name: 'input', shape }],
    outputs: [{ name: 'output', shape }],
    nodes: builder.nodes,
    constants: builder.constants,
  })
}
