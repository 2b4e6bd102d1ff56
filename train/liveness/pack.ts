// Writes the pack `liveness` from trained networks: their ONNX files, the threshold, and the error rates on people that the
// networks had not seen. Trains nothing.
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { areaUnder, ordinaryFaces, ratesAt, type ScoredFace, thresholdFor } from '../../bench/liveness-rates.ts'
import { describeShare } from '../../bench/wilson.ts'
import { writeOnnx } from '../../server/src/vision/packs/import/onnx-writer.ts'
import { readCheckpoint } from '../../server/src/vision/packs/import/torch/checkpoint.ts'
import { importLivenessNet } from '../../server/src/vision/packs/import/torch/liveness-net.ts'
import { parseManifest } from '../../server/src/vision/packs/manifest.ts'
import { hash } from '../../server/src/vision/packs/sources.ts'
import { CROPS, kindOf, type SampleFacts } from './prepare.ts'

const FOLDER = new URL('../../server/packs/liveness/', import.meta.url).pathname
const VERSION = '1.0.0'
/** The share of real faces that the threshold refuses. */
export const BPCER = 0.05
const LICENCE = 'Apache-2.0'

export interface JudgedSample extends SampleFacts {
  /** By networks that saw nobody of the sample's group; null where no fold was trained for it. */
  readonly score: number | null
  readonly fold: number | null
}

export const readJudged = async (folder: string): Promise<JudgedSample[]> => {
  const lines = async (name: string) => (await readFile(join(folder, name), 'utf8')).trim().split('\n')
  const [facts, scores] = [await lines('samples.jsonl'), await lines('scores.jsonl')]
  return facts.map((line, at) => ({ ...JSON.parse(line), ...JSON.parse(scores[at]) }))
}

/** Real pictures as they were sent, and attacks, with what they are called in tables. */
const toFaces = (samples: readonly JudgedSample[]): ScoredFace[] =>
  samples.flatMap(sample => {
    if (sample.score === null || (sample.isLive && sample.kind === 'captured')) return []
    return [{ ...kindOf(sample), score: sample.score }]
  })

/** For people who read pack.json. */
const FULL_NAMES: Readonly<Record<string, string>> = {
  nuaa: 'webcam frames of NUAA',
  'nuaa, captured again': 'webcam frames of NUAA as another camera may have them',
  celeba: 'small portraits of CelebA',
  photographs: 'photographs of fixtures',
  live: 'ordinary photographs, Labeled Faces in the Wild',
  'with mask': 'people with masks, mostly cut out tightly',
  'without mask': 'faces cut out tightly',
}
const nameFully = (kind: string): string => FULL_NAMES[kind] ?? kind

export const packNetworks = async (folder: string): Promise<void> => {
  const models = []
  for (const { name, scale, size } of CROPS) {
    const path = join(folder, `${name}.pth`)
    const tensors = readCheckpoint(await readFile(path), path)
    const file = `liveness-${name}.onnx`
    const names = { name: `liveness-${name}`, inputName: 'input', outputName: 'logit' }
    const onnx = writeOnnx(importLivenessNet({ path, tensors, side: size, ...names }))
    await writeFile(join(FOLDER, file), onnx)
    models.push(describeModel(file, onnx, scale, size))
  }
  const samples = (await readJudged(folder)).filter(
    ({ set }) => !['silent-face', 'inspireface', 'npm samples'].includes(set),
  )
  const faces = toFaces(samples)
  const live = ordinaryFaces(faces)
  const threshold = Number(thresholdFor(live, BPCER).toFixed(3))
  const text = `${JSON.stringify(
    {
      spec: 1,
      id: 'liveness',
      version: VERSION,
      licence: LICENCE,
      description:
        'Passive liveness from one picture: two small networks of the project, one for the face and one for what surrounds it. Judges where minifasnet is not installed. See CARD.md.',
      models,
      decision: {
        threshold,
        bpcer: BPCER,
        madeFrom: `Real faces, each collection counting the same: ${[...new Set(live.map(({ kind }) => nameFully(kind)))].join('; ')}; judged by networks that had not seen the people`,
        images: live.length,
        date: new Date().toISOString().slice(0, 10),
      },
      figures: describeFigures(faces, threshold),
    },
    null,
    2,
  )}\n`
  parseManifest(text, join(FOLDER, 'pack.json'))
  await writeFile(join(FOLDER, 'pack.json'), text)
  console.log(`threshold ${threshold}`)
  for (const { measure, value, data } of describeFigures(faces, threshold))
    console.log(`${measure}: ${value}  (${data})`)
}

const describeModel = (file: string, onnx: Uint8Array, cropScale: number, size: number) => ({
  task: 'liveness',
  family: 'liveness-net',
  file,
  sha256: hash(onnx),
  bytes: onnx.length,
  licence: LICENCE,
  source: { format: 'committed', files: [{ path: file, sha256: hash(onnx) }] },
  input: {
    name: 'input',
    shape: ['n', 3, size, size],
    layout: 'nchw',
    order: 'rgb',
    mean: [127.5, 127.5, 127.5],
    scale: 1 / 127.5,
  },
  outputs: [{ name: 'logit', shape: ['n', 1], meaning: 'of a live face; the mean over the networks is the answer' }],
  cropScale,
})

const describeFigures = (faces: readonly ScoredFace[], threshold: number) => {
  const own = faces.filter(({ kind }) => kind === 'nuaa')
  const ownThreshold = thresholdFor(own, BPCER)
  return [
    ...ratesAt(faces, threshold).map(({ kind, isLive, rate }) => ({
      measure: isLive ? 'BPCER' : 'APCER',
      value: describeShare(rate),
      data: nameFully(kind),
    })),
    ...ratesAt(own, ownThreshold)
      .filter(({ isLive }) => !isLive)
      .map(({ rate }) => ({
        measure: 'APCER at a BPCER of 5 % on the same collection',
        value: describeShare(rate),
        data: 'webcam frames of NUAA, real and printed; people that the networks had not seen',
      })),
    {
      measure: 'AUC',
      value: areaUnder(own).toFixed(4),
      data: 'webcam frames of NUAA, real and printed; people that the networks had not seen',
    },
  ]
}
