// The order of stages: decode → detect → mesh → align → embed → assess. All branching is here; the stages are leaves.
import type { AnalyseOptions } from '../core/ports.ts'
import type { Analysis, DetectedFace } from '../core/types.ts'
import type { Limits } from '../limits.ts'
import { assessFace } from './assess.ts'
import { type DecodedImage, decodeImage, releaseRaster } from './decode.ts'
import { detectFaces, type FaceCandidate } from './detect.ts'
import { embedFaces } from './embed.ts'
import { MESH_POINTS } from './families/facemesh.ts'
import { areaOf, containmentOf } from './geometry.ts'
import { judgeFace } from './judges.ts'
import { boundLooks, landmarksOf, locateMeshes, type MeshedFace, poseOf } from './mesh.ts'
import type { Networks } from './networks.ts'
import type { Raster } from './tensor.ts'
import { frameView, type Turn, tileViews, type View } from './views.ts'

export const analyse = async (
  networks: Networks,
  limits: Limits,
  bytes: Uint8Array,
  options: AnalyseOptions,
): Promise<Analysis> => {
  const image = await decodeImage(bytes, limits)
  try {
    return await analyseImage(networks, limits, image, options)
  } finally {
    releaseRaster(image.raster)
  }
}

const analyseImage = async (
  { mesher, ...others }: Networks,
  limits: Limits,
  image: DecodedImage,
  options: AnalyseOptions,
): Promise<Analysis> => {
  const networks = { ...others, mesher: boundLooks(mesher, LOOKS_PER_FACE * limits.maxFacesPerImage) }
  const candidates = await detect(networks, image.raster, [frameView(image.raster, networks.detector.size)])
  const clear = options.onlyLargest ? await findClearLargest(networks, image.raster, candidates) : null
  const found = clear
    ? [clear]
    : (await findFaces(networks, image.raster, candidates)).slice(0, limits.maxFacesPerImage)
  const chosen = { none: 0, largest: 1, all: found.length }[options.templates]
  const wanted = options.assess ?? []
  const judged = chosen || found.length
  const rated = wanted.includes('quality') ? judged : 0
  // Where nobody's template is wanted, only the unified score needs one: of the pack that it was fitted to.
  const pack = chosen > 0 ? options.pack : networks.quality.pack
  const embeddings = await embedFaces(networks, image.raster, found.slice(0, Math.max(chosen, rated)), pack)
  const beside = clear && rated > 0 ? await findBeside(networks, image.raster, candidates, clear) : []
  const picture = { ...image, boxes: [...found, ...beside].map(({ box }) => box) }
  const rate = (face: MeshedFace, index: number) =>
    index < rated
      ? assessFace(picture, face, embeddings[index].parts.get(networks.quality.pack), networks.quality)
      : undefined
  const faces: DetectedFace[] = []
  for (const [index, face] of found.entries())
    faces.push({
      ...describe(image, face, options),
      template: index < chosen ? embeddings[index].template : undefined,
      quality: rate(face, index),
      ...(index < judged && (await judgeFace(networks.judges, wanted, image.raster, face))),
    })
  return { image: image.facts, faces }
}

/** Each find is looked at twice or three times, in the frame and again in tiles. */
const LOOKS_PER_FACE = 20

/**
 * The largest face, where one look at the whole frame settles which it is: found surely, large enough for its box to be
 * exact, upright. Null where only the full search can tell.
 */
const findClearLargest = async (
  networks: Networks,
  raster: Raster,
  candidates: readonly FaceCandidate[],
): Promise<MeshedFace | null> => {
  for (const candidate of candidates.toSorted((one, other) => areaOf(other.box) - areaOf(one.box))) {
    const [face] = await locateMeshes(networks.mesher, raster, [candidate])
    if (!face) continue
    const isLarge = face.box.width >= CLEAR_FACE * Math.max(raster.width, raster.height)
    return isLarge && face.confidence >= SURE && !TURNS.some(turn => isTurned(face, turn)) ? face : null
  }
  return null
}

/** Where the full search was saved: the largest other face that the look at the whole frame shows. */
const findBeside = async (
  networks: Networks,
  raster: Raster,
  candidates: readonly FaceCandidate[],
  clear: MeshedFace,
): Promise<readonly MeshedFace[]> => {
  for (const candidate of candidates.toSorted((one, other) => areaOf(other.box) - areaOf(one.box))) {
    if (containmentOf(candidate.box, clear.meshBox) > MAX_MESH_OVERLAP) continue
    const [face] = await locateMeshes(networks.mesher, raster, [candidate])
    if (face && !isSameFace(face, clear)) return [face]
  }
  return []
}

/** Least share of the frame's longer side; in the detector's view that is 20 pixels. */
const CLEAR_FACE = 0.08

/**
 * Whole frame first; tiles while it shows only small faces or none; when nothing sure was found, the frame made smaller,
 * then turned; when a face that was found lies on its side, frame and tiles turned that way; when nothing was found, at
 * other sizes. Largest first.
 */
const findFaces = async (
  networks: Networks,
  raster: Raster,
  candidates: readonly FaceCandidate[],
): Promise<readonly MeshedFace[]> => {
  const { size } = networks.detector
  let faces = await lookCloser(networks, raster, await confirm(networks, raster, candidates), 0)
  const isUnsure = (): boolean => faces.every(face => face.confidence < SURE)
  const lookAgain = async (views: readonly View[]): Promise<void> => {
    if (views.length > 0) faces = keepSurest([...faces, ...(await look(networks, raster, views))])
  }
  if (isUnsure()) await lookAgain([frameView(raster, size, 0, ZOOM_OUT)])
  const turns = isUnsure() ? TURNS : TURNS.filter(turn => faces.some(face => isTurned(face, turn)))
  await lookAgain(turns.map(turn => frameView(raster, size, turn)))
  for (const turn of turns)
    if (faces.some(face => isTurned(face, turn))) faces = await lookCloser(networks, raster, faces, turn)
  if (faces.length === 0) await lookAgain(OTHER_ZOOMS.map(zoom => frameView(raster, size, 0, zoom)))
  return [...faces].sort((one, other) => areaOf(other.box) - areaOf(one.box))
}

/** Tiles of half the side, and again, while only small faces are known. A closer look's finds replace those they overlap. */
const lookCloser = async (
  networks: Networks,
  raster: Raster,
  known: readonly MeshedFace[],
  turn: Turn,
): Promise<readonly MeshedFace[]> => {
  const { size } = networks.detector
  let faces = known
  let side = Math.max(raster.width, raster.height)
  while (side / 2 >= size && faces.every(face => face.box.width < SMALL_FACE * side)) {
    side /= 2
    const closer = await look(networks, raster, tileViews(raster, side, TILE_OVERLAP, size, turn))
    faces = [...closer, ...faces.filter(face => closer.every(other => !isSameFace(face, other)))]
  }
  return faces
}

const TILE_OVERLAP = 0.4
/** A face narrower than this share of a view's side may have smaller ones beside it that the view does not show. */
const SMALL_FACE = 0.12
/** A face that fills the frame is found more surely when the frame is shown at half its size. */
const ZOOM_OUT = 2
/** Where nothing was found at all: half-hidden faces that were cut out tightly are found at one zoom and not at another. */
const OTHER_ZOOMS = [1.5, 3] as const
const TURNS = [90, 180, 270] as const
/** Upside down or lying faces are sometimes found without being turned, but never as surely as upright ones. */
const SURE = 0.75

/** Where one face lies on its side, those beside it do too, and some of them are only found upright. */
const isTurned = ({ mesh }: MeshedFace, turn: number): boolean =>
  Math.abs(((poseOf(mesh).roll - turn + 540) % 360) - 180) < MAX_LEAN

/** A head leans by less than this; beyond it the picture is turned. Degrees from the quarter turn. */
const MAX_LEAN = 45

const detect = (networks: Networks, raster: Raster, views: readonly View[]): Promise<FaceCandidate[]> =>
  detectFaces(networks.detector, raster, views, networks.iouThreshold)

const confirm = async (
  networks: Networks,
  raster: Raster,
  candidates: readonly FaceCandidate[],
): Promise<MeshedFace[]> => keepSurest(await locateMeshes(networks.mesher, raster, candidates))

const look = async (networks: Networks, raster: Raster, views: readonly View[]): Promise<MeshedFace[]> =>
  confirm(networks, raster, await detect(networks, raster, views))

const keepSurest = (faces: readonly MeshedFace[]): MeshedFace[] => {
  const kept: MeshedFace[] = []
  for (const face of [...faces].sort((one, other) => other.confidence - one.confidence))
    if (kept.every(surer => !isSameFace(face, surer))) kept.push(face)
  return kept
}

/** Two people's meshes may touch, cheek to cheek; more than that is one face found twice. Share of the smaller mesh. */
const MAX_MESH_OVERLAP = 0.4
/** A find of less confidence than this, beside a surer one, is most often the same face seen badly. */
const BESIDE_SURE = 0.85
const MAX_UNSURE_OVERLAP = 0.15

const isSameFace = (face: MeshedFace, surer: MeshedFace): boolean =>
  containmentOf(face.meshBox, surer.meshBox) > (face.confidence < BESIDE_SURE ? MAX_UNSURE_OVERLAP : MAX_MESH_OVERLAP)

/** In pixels of the picture as it was sent (upright), whatever size the raster had. */
const describe = ({ reduction }: DecodedImage, face: MeshedFace, options: AnalyseOptions): DetectedFace => {
  const grow = ({ x, y }: { x: number; y: number }) => ({ x: x * reduction, y: y * reduction })
  const landmarks = landmarksOf(face.mesh)
  const { box, mesh } = face
  return {
    box: { ...grow(box), width: box.width * reduction, height: box.height * reduction },
    confidence: face.confidence,
    landmarks: {
      leftEye: grow(landmarks.leftEye),
      rightEye: grow(landmarks.rightEye),
      nose: grow(landmarks.nose),
      mouthLeft: grow(landmarks.mouthLeft),
      mouthRight: grow(landmarks.mouthRight),
    },
    pose: poseOf(mesh),
    points: options.points
      ? Array.from(
          { length: MESH_POINTS },
          (_, i) => [0, 1, 2].map(axis => mesh.points[i * 3 + axis] * reduction) as [number, number, number],
        )
      : undefined,
  }
}
