// Opens the networks for one worker: which family serves which task is what pack.json says. Detector and mesh are the base
// pack's; the networks that make templates are opened when a pack's template is first asked for.
import { AppError } from '../errors.ts'
import { alignFace } from './align.ts'
import { alignFive } from './align-five.ts'
import type { QualitySettings } from './assess.ts'
import { createBlazeface, type Detector } from './families/blazeface.ts'
import { createDlibResnet, type Recogniser } from './families/dlib-resnet.ts'
import { createFacemesh, type FaceMesh, type Mesher } from './families/facemesh.ts'
import { createRetailReid } from './families/retail-reid.ts'
import type { Affine } from './geometry.ts'
import type { Judges } from './judges.ts'
import { landmarksOf, meshPoints } from './mesh.ts'
import { inputOf, normalisationOf, openModel } from './models.ts'
import type { InstalledPack } from './packs/install.ts'
import { distributionOf, modelFor, type PackManifest, type PackModel, requireField } from './packs/manifest.ts'
import { alone, findRecognitionPack, type RecognitionPack, type RecognitionPart } from './packs/recognition-pack.ts'
import { createCropMemory, FINE, WIDE } from './quality/crop.ts'

export interface Networks {
  readonly detector: Detector
  readonly mesher: Mesher
  /**
   * What makes the templates of the pack of this id, or of the one that is meant when nobody says: one network, or several
   * whose templates are put one after the other. @throws AppError pack_invalid, pack_not_installed
   */
  embedders(pack?: string): Promise<readonly Embedder[]>
  /** Two finds that overlap more than this are one face. */
  readonly iouThreshold: number
  readonly quality: QualitySettings
  readonly judges: Judges
}

/** A recogniser with what belongs to it. */
export interface Embedder {
  /** The pack that the network is of. */
  readonly pack: string
  readonly recogniser: Recogniser
  /** The crop of a face that the recogniser expects: crop pixel → picture. */
  readonly align: (mesh: FaceMesh) => Affine
  /** Length of this network's share of a template; 1 where it makes the whole. */
  readonly weight: number
}

export interface RecognitionNetworks {
  /** The packs that templates can be made with; the base pack where they are left out. */
  readonly packs?: readonly RecognitionPack[]
  /** The id of the one that is meant when nobody says; the base pack's where it is left out. Opened at once. */
  readonly pack?: string
}

/** `directory` and `manifest` are the base pack's. @throws AppError pack_invalid, pack_not_installed */
export const openNetworks = async (
  directory: string,
  manifest: PackManifest,
  recognition: RecognitionNetworks = {},
  judges: Judges = {},
): Promise<Networks> => {
  const detect = modelFor(manifest, 'detect')
  const mesh = modelFor(manifest, 'mesh')
  const detection = requireField(detect, 'detection')
  const [detectSession, meshSession] = [await openModel(detect, directory), await openModel(mesh, directory)]
  const { packs = [alone({ manifest, directory })], pack: usual = manifest.id } = recognition
  const embedders = createEmbedders(packs)
  await embedders(usual)
  return {
    detector: createBlazeface(detectSession, { ...inputOf(detect), ...detection }),
    mesher: createFacemesh(meshSession, inputOf(mesh)),
    embedders: (pack = usual) => embedders(pack),
    iouThreshold: detection.iouThreshold,
    quality: qualityOf(manifest),
    judges,
  }
}

/** The networks with every recogniser replaced by what `wrap` makes of it. */
export const wrapRecognisers =
  ({ embedders }: Pick<Networks, 'embedders'>, wrap: (recogniser: Recogniser) => Recogniser): Networks['embedders'] =>
  async pack =>
    (await embedders(pack)).map(embedder => ({ ...embedder, recogniser: wrap(embedder.recogniser) }))

/** Each network is opened once, when it is first needed, whichever packs share it. */
const createEmbedders = (packs: readonly RecognitionPack[]): ((id: string) => Promise<readonly Embedder[]>) => {
  const opened = new Map<string, ReturnType<typeof openRecogniser>>()
  const openPart = async ({ pack, weight }: RecognitionPart): Promise<Embedder> => {
    const { id } = pack.manifest
    let opening = opened.get(id)
    if (!opening) {
      opening = openRecogniser(pack)
      opened.set(id, opening)
      // Tried again with the next picture, should it have been memory that was lacking.
      opening.catch(() => opened.delete(id))
    }
    return { pack: id, weight, ...(await opening) }
  }
  return id => Promise.all(findRecognitionPack(packs, id).parts.map(openPart))
}

const openRecogniser = async ({
  manifest,
  directory,
}: InstalledPack): Promise<Pick<Embedder, 'recogniser' | 'align'>> => {
  const model = modelFor(manifest, 'embed')
  const alignment = requireField(model, 'alignment')
  const create = RECOGNISERS[model.family]
  if (!create)
    throw new AppError(
      'pack_invalid',
      `The model ${model.file} is of the family ${model.family}, which makes no templates.`,
    )
  return {
    recogniser: create(await openModel(model, directory), {
      size: alignment.size,
      dimensions: requireField(model, 'dimensions'),
      normalisation: normalisationOf(model),
      mirror: alignment.mirror,
    }),
    align:
      alignment.form === 'mesh-33'
        ? face => alignFace(meshPoints(face), alignment)
        : face => alignFive(landmarksOf(face), alignment.size),
  }
}

const RECOGNISERS: Partial<Record<PackModel['family'], typeof createDlibResnet>> = {
  'dlib-resnet': createDlibResnet,
  'retail-reid': createRetailReid,
}

const qualityOf = (manifest: PackManifest): QualitySettings => ({
  wide: createCropMemory(WIDE),
  fine: createCropMemory(FINE),
  ...manifest.quality,
  pack: manifest.id,
  centre: distributionOf(manifest)?.centre,
})
