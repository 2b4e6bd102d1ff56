// Ordinary photographs that nothing is trained on: what the heads say of them, for the thresholds and for false alarms.
import { readFile } from 'node:fs/promises'
import type { AttributeName } from '../../server/src/core/face-attributes.ts'
import { DEFAULT_LIMITS } from '../../server/src/limits.ts'
import { decodeImage, releaseRaster } from '../../server/src/vision/decode.ts'
import type { FeatureReader } from '../../server/src/vision/families/faceres.ts'
import { sigmoid } from '../logistic.ts'
import { type SmallNetwork, scoreFeatures } from '../small-network.ts'
import { findOrdinary } from './faces.ts'

export interface OrdinaryFace {
  readonly name: string
  readonly features: Float32Array
}

/** At most `most` faces of the folder. */
export const readOrdinary = async (
  folder: string,
  most: number,
  reader: FeatureReader,
  onProgress: (done: number, of: number) => void,
): Promise<OrdinaryFace[]> => {
  const read: OrdinaryFace[] = []
  for (const { path, name, points } of await findOrdinary(folder, most, onProgress)) {
    const { raster, reduction } = await decodeImage(new Uint8Array(await readFile(path)), DEFAULT_LIMITS)
    const between = (one: number, other: number) => ({
      x: (points[one].x + points[other].x) / 2 / reduction,
      y: (points[one].y + points[other].y) / 2 / reduction,
    })
    read.push({ name, features: await reader.read(raster, [between(33, 133), between(362, 263)]) })
    releaseRaster(raster)
  }
  return read
}

/** Those that the threshold takes for a "yes", the surest first. */
export const alarmsOf = (
  faces: readonly OrdinaryFace[],
  network: SmallNetwork,
  threshold: number,
): { name: string; probability: number }[] =>
  faces
    .map(({ name, features }) => ({ name, probability: sigmoid(scoreFeatures(network, features)) }))
    .filter(({ probability }) => probability >= threshold)
    .sort((one, other) => other.probability - one.probability)

/** What of the ordinary photographs of LFW does show it, by what was seen by eye: no false alarms. */
export type SeenThere = Readonly<Partial<Record<AttributeName, readonly string[]>>>
