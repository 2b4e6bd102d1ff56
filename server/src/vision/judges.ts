// What judges a face besides its quality, one interface for all judges, and the packs that they are opened from.
import type { FaceAttributes } from '../core/face-attributes.ts'
import type { FaceLiveness } from '../core/face-liveness.ts'
import type { Assessment } from '../core/types.ts'
import type { MeshedFace } from './mesh.ts'
import type { InstalledPack } from './packs/install.ts'
import type { Raster } from './tensor.ts'

/** Plain data, as it goes to the workers. */
export interface JudgePacks {
  /** One head an attribute. */
  readonly attributes: readonly InstalledPack[]
  /** Null where liveness is not judged. */
  readonly liveness: InstalledPack | null
}

export const NO_JUDGES: JudgePacks = { attributes: [], liveness: null }

export interface FaceJudge<T> {
  judge(raster: Raster, face: MeshedFace): Promise<T>
}

/** Absent: switched off. @throws AppError pack_invalid when it is opened */
export interface Judges {
  readonly attributes?: () => Promise<FaceJudge<FaceAttributes>>
  readonly liveness?: () => Promise<FaceJudge<FaceLiveness>>
}

export interface Judgement {
  readonly attributes?: FaceAttributes
  readonly liveness?: FaceLiveness
}

/** Of one face what was asked for and is not switched off. */
export const judgeFace = async (
  judges: Judges,
  wanted: readonly Assessment[],
  raster: Raster,
  face: MeshedFace,
): Promise<Judgement> => {
  const judge = async <T>(name: Assessment, open: (() => Promise<FaceJudge<T>>) | undefined): Promise<T | undefined> =>
    open && wanted.includes(name) ? (await open()).judge(raster, face) : undefined
  return {
    attributes: await judge('attributes', judges.attributes),
    liveness: await judge('liveness', judges.liveness),
  }
}

/** Each judge replaced by one that does `around` about each of its judgements. */
export const wrapJudges = (
  { attributes, liveness }: Judges,
  around: <T>(name: keyof Judges, judge: () => Promise<T>) => Promise<T>,
): Judges => {
  const wrap =
    <T>(name: keyof Judges, open: () => Promise<FaceJudge<T>>) =>
    async (): Promise<FaceJudge<T>> => {
      const opened = await open()
      return { judge: (raster, face) => around(name, () => opened.judge(raster, face)) }
    }
  return {
    attributes: attributes && wrap('attributes', attributes),
    liveness: liveness && wrap('liveness', liveness),
  }
}
