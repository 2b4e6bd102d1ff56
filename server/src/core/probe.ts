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
 * The largest face of the picture with its template. `name` is the caller's word for the picture ("image", "image1").
 * @throws AppError face_not_detected, image_*, busy
 */
export const probeOf = async (
  engine: FaceEngine,
  image: Uint8Array,
  name = 'image',
  signal?: AbortSignal,
): Promise<Probe> => {
  const analysis = await engine.analyse(image, { templates: 'largest', onlyLargest: true, signal })
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
