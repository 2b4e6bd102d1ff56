// Fitted heads → the folders of their packs: the weights as ONNX, pack.json, and the model card.
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describeShare } from '../../bench/wilson.ts'
import { FEATURES } from '../../server/src/vision/families/faceres.ts'
import { headPackOf } from '../../server/src/vision/judge-packs.ts'
import { createGraphBuilder, nameOutput } from '../../server/src/vision/packs/import/onnx-graph.ts'
import { writeOnnx } from '../../server/src/vision/packs/import/onnx-writer.ts'
import { parseManifest } from '../../server/src/vision/packs/manifest.ts'
import { hash } from '../../server/src/vision/packs/sources.ts'
import { quantise, type SmallNetwork } from '../small-network.ts'
import { type CardFacts, DATA, writeCard } from './card.ts'
import { ENOUGH } from './figures.ts'

const VERSION = '1.0.0'
const LICENCE = 'Apache-2.0'

/** Features → hidden units → probability; the inner weights are stored in 8 bits, a step for each unit. */
export const writeHead = (network: SmallNetwork): Uint8Array => {
  const builder = createGraphBuilder()
  const { codes, steps } = quantise(network)
  const hidden = steps.length
  const stored = [builder.constant(codes, [hidden, FEATURES]), builder.constant(steps, [hidden])]
  const inner = builder.node('DequantizeLinear', stored, { axis: 0 }).output
  const shifts = builder.constant(network.shifts, [hidden])
  const sums = builder.node('Gemm', ['features', inner, shifts], { transB: 1 }).output
  const outer = builder.constant(network.outer, [hidden, 1])
  const bias = builder.constant(Float32Array.of(network.bias), [1])
  const score = builder.node('Gemm', [builder.node('Relu', [sums]).output, outer, bias]).output
  nameOutput(builder, builder.node('Sigmoid', [score]).output, 'probability')
  return writeOnnx({
    name: 'attribute-head',
    inputs: [{ name: 'features', shape: ['n', FEATURES] }],
    outputs: [{ name: 'probability', shape: ['n', 1] }],
    nodes: builder.nodes,
    constants: builder.constants,
  })
}

export const writePack = async (packsDir: string, network: SmallNetwork, facts: CardFacts): Promise<void> => {
  const { name } = facts.figures
  const id = headPackOf(name)
  const onnx = writeHead(network)
  const manifest = describePack(id, onnx, facts)
  const text = `${JSON.stringify(manifest, null, 2)}\n`
  const directory = join(packsDir, id)
  const path = join(directory, 'pack.json')
  parseManifest(text, path)
  await mkdir(directory, { recursive: true })
  await writeFile(join(directory, 'head.onnx'), onnx)
  await writeFile(path, text)
  await writeFile(join(directory, 'CARD.md'), writeCard(facts, VERSION, onnx.length))
}

const describePack = (id: string, onnx: Uint8Array, { figures, ordinary }: CardFacts) => {
  const { name, threshold, kinds } = figures
  const sha256 = hash(onnx)
  return {
    spec: 1,
    id,
    version: VERSION,
    licence: LICENCE,
    description: `Tells ${DATA[name].what}, from the features of the pack open. Trained by the project on pictures whose own terms allow research only; see CARD.md.`,
    models: [
      {
        task: 'attribute',
        family: 'attribute-head',
        file: 'head.onnx',
        sha256,
        bytes: onnx.length,
        licence: LICENCE,
        source: { format: 'committed', files: [{ path: 'head.onnx', sha256 }] },
        input: { name: 'features', shape: ['n', FEATURES], layout: 'vector', mean: [0, 0, 0], scale: 1 },
        outputs: [{ name: 'probability', shape: ['n', 1], meaning: `probability that it is so: ${name}` }],
        attribute: { name, threshold },
      },
    ],
    figures: [
      ...kinds.flatMap(({ kind, yes, error, falseYes, auc, baseline }) =>
        yes < ENOUGH
          ? [
              {
                measure: 'false yes',
                value: describeShare(falseYes),
                data: `${DATA[name].labelled[kind]}, folds of persons`,
              },
            ]
          : [
              { measure: 'error', value: describeShare(error), data: `${DATA[name].labelled[kind]}, folds of persons` },
              {
                measure: 'AUC',
                value: baseline
                  ? `${auc.toFixed(4)}, where resolution and borders alone give ${baseline.auc.toFixed(4)}`
                  : auc.toFixed(4),
                data: `${DATA[name].labelled[kind]}, folds of persons`,
              },
            ],
      ),
      ...(ordinary
        ? [
            { measure: 'fired', value: describeShare(ordinary.raw), data: 'LFW, rightly or wrongly' },
            ...(ordinary.corrected
              ? [
                  {
                    measure: 'false alarms',
                    value: describeShare(ordinary.corrected),
                    data: 'LFW, without those that a look showed to be right',
                  },
                ]
              : []),
          ]
        : []),
    ],
  }
}
