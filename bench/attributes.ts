// `npm run bench -- attributes`: what the shipped heads say of labelled pictures and of ordinary ones, and what they cost.
// The labelled pictures are those that the heads were trained on: what is said of people never seen stands in the packs.
import { readFile } from 'node:fs/promises'
import { ATTRIBUTES, type AttributeName, type FaceAttributes } from '../server/src/core/face-attributes.ts'
import { DEFAULT_LIMITS } from '../server/src/limits.ts'
import { type AttributeJudge, openAttributeJudge } from '../server/src/vision/attributes.ts'
import { decodeImage, releaseRaster } from '../server/src/vision/decode.ts'
import { ensureJudgePacks } from '../server/src/vision/judge-packs.ts'
import type { MeshedFace } from '../server/src/vision/mesh.ts'
import { ensurePack } from '../server/src/vision/packs/install.ts'
import type { PackManifest } from '../server/src/vision/packs/manifest.ts'
import { readSeen } from '../train/attributes/command.ts'
import { findFaces, findOrdinary } from '../train/attributes/faces.ts'
import type { Label } from '../train/attributes/labels.ts'
import { printAttributes } from './attributes-table.ts'
import { countDecisions, type Decision, type DecisionFigures } from './decisions.ts'
import { describeMachine, type Machine } from './machine.ts'
import { spentCpuMs } from './measure.ts'
import { PACKS_FOLDER } from './templates.ts'
import { type Share, shareOf } from './wilson.ts'

export interface AttributeFigures {
  readonly name: AttributeName
  readonly pack: string
  readonly threshold: number
  /** On the pictures of `data` that are labelled for it; null without `data`. */
  readonly labelled: DecisionFigures | null
  /** As training wrote them into the pack: folds of people, and the baseline. */
  readonly folds: NonNullable<PackManifest['figures']>
  readonly ordinary: {
    readonly raw: Share
    /** Without those that a look showed to be right; null where nobody looked. */
    readonly corrected: Share | null
    readonly fired: readonly string[]
  } | null
}

export interface AttributesResult {
  readonly attributes: readonly AttributeFigures[]
  readonly faces: number
  /** Pictures of `data` without a face that was found, by folder. */
  readonly missing: Readonly<Record<string, number>>
  /** Processor time of all attributes of one face together, on one core. */
  readonly msPerFace: number
  readonly machine: Machine
}

interface Judged {
  readonly name: string
  readonly labels?: Readonly<Record<AttributeName, Label>>
  readonly answers: FaceAttributes
}

/** `data`: celeba/ and mask/. `images`: ordinary photographs. Prints tables unless `json`. */
export const benchAttributes = async (options: {
  data?: string
  images?: string
  count?: number
  json: boolean
}): Promise<AttributesResult> => {
  const { attributes: heads } = await ensureJudgePacks(
    { packsDir: PACKS_FOLDER },
    { attributes: ATTRIBUTES, liveness: 'off' },
  )
  const judge = await openAttributeJudge(await ensurePack({ id: 'open', packsDir: PACKS_FOLDER }), heads)
  const found = options.data
    ? await findFaces(options.data, progressOf('pictures searched'))
    : { faces: [], missing: {} }
  const others = options.images
    ? await findOrdinary(options.images, options.count ?? 2600, progressOf('others searched'))
    : []
  const clock = { ms: 0, faces: 0 }
  const judged = await judgeAll(judge, found.faces, clock)
  const ordinary = await judgeAll(judge, others, clock)
  const seen = await readSeen()
  const attributes = heads.map(({ manifest }) => {
    const { name, threshold } = manifest.models[0].attribute!
    const shown = new Set(seen[name])
    const fired = ordinary.filter(({ answers }) => answers[name]!.present).map(face => face.name)
    const wrong = fired.filter(face => !shown.has(face))
    return {
      name,
      pack: `${manifest.id}@${manifest.version}`,
      threshold,
      labelled: options.data ? countDecisions(decisionsOf(judged, name), threshold) : null,
      folds: manifest.figures ?? [],
      ordinary: options.images
        ? {
            raw: shareOf(fired.length, ordinary.length),
            corrected:
              seen[name] || fired.length === 0
                ? shareOf(wrong.length, ordinary.length - (fired.length - wrong.length))
                : null,
            fired,
          }
        : null,
    }
  })
  const { missing } = found
  const result = {
    attributes,
    faces: clock.faces,
    missing,
    msPerFace: clock.ms / clock.faces,
    machine: describeMachine(),
  }
  if (!options.json) printAttributes(result)
  return result
}

const decisionsOf = (judged: readonly Judged[], name: AttributeName): Decision[] =>
  judged
    .filter(({ labels }) => labels && labels[name] !== -1)
    .map(({ labels, answers }) => ({ score: answers[name]!.probability, label: labels![name] === 1 }))

/** The time of the first face, in which the networks are warmed up, is not counted. */
const judgeAll = async (
  judge: AttributeJudge,
  faces: Awaited<ReturnType<typeof findFaces>>['faces'],
  clock: { ms: number; faces: number },
): Promise<Judged[]> => {
  const judged: Judged[] = []
  for (const { path, name, labels, points } of faces) {
    const { raster, reduction } = await decodeImage(new Uint8Array(await readFile(path)), DEFAULT_LIMITS)
    const face = {
      mesh: { points: Float32Array.from(points.flatMap(({ x, y }) => [x / reduction, y / reduction, 0])) },
    }
    const since = spentCpuMs()
    const answers = await judge.judge(raster, face as MeshedFace)
    if (judged.length > 0) {
      clock.ms += spentCpuMs() - since
      clock.faces++
    }
    releaseRaster(raster)
    judged.push({ name, labels, answers })
  }
  return judged
}

const progressOf =
  (what: string) =>
  (done: number, of: number): void => {
    if (done % 500 === 0 || done === of) console.error(`${done} of ${of} ${what}`)
  }
