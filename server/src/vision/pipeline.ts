// The order of stages: decode → detect → mesh → align → embed. All branching is here; the stages are leaves.
import type { AnalyseOptions } from '../core/ports.ts'
import type { Analysis, DetectedFace } from '../core/types.ts'
import type { Limits } from '../limits.ts'
import { alignFace } from './align.ts'
import { type DecodedImage, decodeImage } from './decode.ts'
import { detectFaces } from './detect.ts'
import { suppressOverlaps } from './families/blazeface.ts'
import { MESH_POINTS } from './families/facemesh.ts'
import { areaOf } from './geometry.ts'
import { landmarksOf, locateMeshes, type MeshedFace, pointOf, poseOf } from './mesh.ts'
import type { Networks } from './networks.ts'
import type { Raster } from './tensor.ts'
import { frameView, tileViews, type View } from './views.ts'

/** The mesh network must agree that a candidate is a face. */
const MIN_FACE_PROBABILITY = 0.5

export const analyse = async (
  networks: Networks,
  limits: Limits,
  bytes: Uint8Array,
  options: AnalyseOptions,
): Promise<Analysis> => {
  const image = await decodeImage(bytes, limits)
  const found = (await findFaces(networks, image.raster)).slice(0, limits.maxFacesPerImage)
  const chosen = { none: 0, largest: 1, all: found.length }[options.templates]
  const templates = await embed(networks, image.raster, found.slice(0, chosen))
  return { image: image.facts, faces: found.map((face, index) => describe(image, face, options, templates[index])) }
}

/** Whole frame first; tiles when it shows only small faces or none; turned frames when there is still nothing. Largest first. */
const findFaces = async (networks: Networks, raster: Raster): Promise<readonly MeshedFace[]> => {
  const { size } = networks.detector
  let faces = await look(networks, raster, [frameView(raster, size)])
  for (const side of tileSides(raster, size)) {
    if (!needsCloserLook(raster, faces)) break
    faces = merge(networks, faces, await look(networks, raster, tileViews(raster, side, TILE_OVERLAP, size)))
  }
  if (faces.length === 0)
    faces = await look(networks, raster, [
      frameView(raster, size, 90),
      frameView(raster, size, 180),
      frameView(raster, size, 270),
    ])
  return [...faces].sort((one, other) => areaOf(other.box) - areaOf(one.box))
}

const TILE_OVERLAP = 0.4
/** A face narrower than this share of the longer side may have smaller ones beside it that the whole frame does not show. */
const SMALL_FACE = 0.16

const needsCloserLook = (raster: Raster, faces: readonly MeshedFace[]): boolean => {
  const longer = Math.max(raster.width, raster.height)
  return faces.every(face => face.box.width < SMALL_FACE * longer)
}

const tileSides = (raster: Raster, size: number): readonly number[] =>
  [2, 4].map(parts => Math.max(raster.width, raster.height) / parts).filter(side => side >= size)

const look = async (networks: Networks, raster: Raster, views: readonly View[]): Promise<MeshedFace[]> => {
  const candidates = await detectFaces(networks.detector, raster, views, networks.iouThreshold)
  const meshed = await locateMeshes(networks.mesher, raster, candidates)
  return meshed.filter(face => face.mesh.faceProbability >= MIN_FACE_PROBABILITY)
}

const merge = (networks: Networks, one: readonly MeshedFace[], other: readonly MeshedFace[]): MeshedFace[] =>
  suppressOverlaps([...one, ...other], networks.iouThreshold)

const embed = (networks: Networks, raster: Raster, faces: readonly MeshedFace[]): Promise<readonly Float32Array[]> => {
  const crops = faces.map(({ mesh }) =>
    alignFace(
      Array.from({ length: MESH_POINTS }, (_, index) => pointOf(mesh, index)),
      networks.alignment,
    ),
  )
  return networks.recogniser.embed(raster, crops)
}

/** In pixels of the picture as it was sent (upright), whatever size the raster had. */
const describe = (
  { reduction }: DecodedImage,
  face: MeshedFace,
  options: AnalyseOptions,
  template?: Float32Array,
): DetectedFace => {
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
    template,
  }
}
