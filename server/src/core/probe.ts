// From a picture to the one face a use case is about. Shared by enrolment, verification, search and comparison.
import { AppError } from '../errors.ts'
import type { FaceEngine } from './ports.ts'
import type { Analysis, DetectedFace } from './types.ts'

export interface Probe {
  readonly analysis: Analysis
  readonly face: DetectedFace
  readonly template: Float32Array
}

/**
 * A face counts as another person in the picture when it is at least this much of the largest one's width: who is four
 * times as far from the camera only passes by.
 */
const PERSON_WIDTH_SHARE = 0.25

/**
 * The largest face of the picture with its template. `name` is the caller's word for the picture ("image", "image1").
 * @throws AppError face_not_detected, image_*, busy
 */
export const probeOf = async (
  engine: FaceEngine,
  image: Uint8Array,
  name = 'image',
  signal?: AbortSignal,
): Promise<Probe> => requireFace(await engine.analyse(image, { templates: 'largest', onlyLargest: true, signal }), name)

/** The one person's face of the picture, with its template. @throws AppError several_faces, and what probeOf throws */
export const soleProbeOf = async (engine: FaceEngine, image: Uint8Array, signal?: AbortSignal): Promise<Probe> => {
  const probe = requireFace(await engine.analyse(image, { templates: 'largest', signal }), 'image')
  const least = probe.face.box.width * PERSON_WIDTH_SHARE
  const faces = probe.analysis.faces.filter(face => face.box.width >= least).length
  if (faces > 1)
    throw new AppError('several_faces', `"image" shows ${faces} people; one is expected.`, {
      details: { image: 'image', faces },
    })
  return probe
}

const requireFace = (analysis: Analysis, name: string): Probe => {
  const face = analysis.faces[0]
  if (!face?.template)
    throw new AppError(
      'face_not_detected',
      `No face was found in "${name}" (${analysis.image.width}x${analysis.image.height} pixels).`,
      {
        details: { image: name },
      },
    )
  return { analysis, face, template: face.template }
}
