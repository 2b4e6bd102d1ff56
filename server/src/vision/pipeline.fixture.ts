// For tests: the pipeline on this thread over the installed pack, and the measures that its results are judged by.
import { fileURLToPath } from 'node:url'
import type { FaceQuality } from '../core/face-quality.ts'
import type { AnalyseOptions } from '../core/ports.ts'
import type { Analysis, Box } from '../core/types.ts'
import { DEFAULT_LIMITS } from '../limits.ts'
import { iouOf } from './geometry.ts'
import { type Networks, openNetworks } from './networks.ts'
import { ensurePack } from './packs/install.ts'
import { analyse } from './pipeline.ts'

/** Shared by all tests, so that the pack is built once. */
export const PACKS_DIR = fileURLToPath(new URL('../../../.cache/packs', import.meta.url))

export type Look = (bytes: Uint8Array, options?: AnalyseOptions) => Promise<Analysis>

export const openTestNetworks = async (): Promise<Networks> => {
  const { directory, manifest } = await ensurePack({ id: 'open', packsDir: PACKS_DIR })
  return openNetworks(directory, manifest)
}

/** Analyses encoded pictures, every face with its template unless told otherwise. */
export const openPipeline = async (): Promise<Look> => {
  const networks = await openTestNetworks()
  return (bytes, options = { templates: 'all' }) => analyse(networks, DEFAULT_LIMITS, new Uint8Array(bytes), options)
}

export const cosineOf = (one: ArrayLike<number>, other: ArrayLike<number>): number => {
  let [dot, square, otherSquare] = [0, 0, 0]
  for (let i = 0; i < one.length; i++) {
    dot += one[i] * other[i]
    square += one[i] * one[i]
    otherSquare += other[i] * other[i]
  }
  return dot / Math.sqrt(square * otherSquare)
}

/** The face whose template is nearest to this one, and how near. */
export const nearestTo = (template: ArrayLike<number>, { faces }: Analysis): { cosine: number; index: number } =>
  faces
    .map((face, index) => ({ cosine: cosineOf(face.template!, template), index }))
    .reduce((best, next) => (next.cosine > best.cosine ? next : best), { cosine: -1, index: -1 })

/** How well a box is found again among the faces, as intersection over union. */
export const bestOverlap = (box: Box, { faces }: Analysis): number =>
  Math.max(0, ...faces.map(face => iouOf(face.box, box)))

/** Findings as yes or no. */
export const presentIn = (findings: FaceQuality['findings']): Record<string, boolean> =>
  Object.fromEntries(Object.entries(findings ?? {}).map(([name, { present }]) => [name, present]))
