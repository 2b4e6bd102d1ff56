// Opens a pack's networks for one worker: which family serves which task is what pack.json says.
import { join } from 'node:path'
import { AppError } from '../errors.ts'
import type { AlignmentForm } from './align.ts'
import type { QualitySettings } from './assess.ts'
import { createBlazeface, type Detector } from './families/blazeface.ts'
import { createDlibResnet, type Recogniser } from './families/dlib-resnet.ts'
import { createFacemesh, type Mesher } from './families/facemesh.ts'
import { distributionOf, modelFor, type PackManifest, type PackModel, requireField } from './packs/manifest.ts'
import type { Normalisation } from './tensor.ts'
import { openSession } from './workers/session.ts'

export interface Networks {
  readonly detector: Detector
  readonly mesher: Mesher
  readonly recogniser: Recogniser
  readonly alignment: AlignmentForm
  /** Two finds that overlap more than this are one face. */
  readonly iouThreshold: number
  readonly quality: QualitySettings
}

/** @throws AppError pack_invalid */
export const openNetworks = async (directory: string, manifest: PackManifest): Promise<Networks> => {
  const open = (model: PackModel) => openSession(join(directory, model.file), model.input.name)
  const detect = modelFor(manifest, 'detect')
  const mesh = modelFor(manifest, 'mesh')
  const embed = modelFor(manifest, 'embed')
  const detection = requireField(detect, 'detection')
  const alignment = meshFormOf(embed)
  const dimensions = requireField(embed, 'dimensions')
  const [detectSession, meshSession, embedSession] = [await open(detect), await open(mesh), await open(embed)]
  return {
    detector: createBlazeface(detectSession, {
      size: sideOf(detect),
      normalisation: normalisationOf(detect),
      ...detection,
    }),
    mesher: createFacemesh(meshSession, { size: sideOf(mesh), normalisation: normalisationOf(mesh) }),
    recogniser: createDlibResnet(embedSession, {
      size: alignment.size,
      dimensions,
      normalisation: normalisationOf(embed),
      mirror: alignment.mirror,
    }),
    alignment,
    iouThreshold: detection.iouThreshold,
    quality: qualityOf(manifest),
  }
}

/** The alignment of a recogniser that takes the mesh's points. */
const meshFormOf = (embed: PackModel) => {
  const alignment = requireField(embed, 'alignment')
  if (alignment.form === 'mesh-33') return alignment
  throw new AppError('pack_invalid', `The model ${embed.file} is aligned by ${alignment.form}, not by the mesh.`)
}

const normalisationOf = ({ input }: PackModel): Normalisation => ({ mean: input.mean, scale: input.scale })

/** The last axis of an NCHW input: the side of the square. */
const sideOf = ({ input }: PackModel): number => Number(input.shape.at(-1))

const qualityOf = (manifest: PackManifest): QualitySettings => ({
  ...manifest.quality,
  centre: distributionOf(manifest)?.centre,
})
