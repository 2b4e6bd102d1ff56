// What passes between the pool and its workers; plain data only.
import type { AnalyseOptions, StageTimes } from '../../core/ports.ts'
import type { Analysis } from '../../core/types.ts'
import type { ErrorCode } from '../../errors.ts'
import type { Limits } from '../../limits.ts'
import type { JudgePacks } from '../judges.ts'
import type { PackManifest } from '../packs/manifest.ts'
import type { RecognitionPack } from '../packs/recognition-pack.ts'

export interface VisionWorkerData {
  /** Of the base pack. */
  readonly directory: string
  readonly manifest: PackManifest
  /** The packs that templates can be made with, and the id of the usual one. */
  readonly packs: readonly RecognitionPack[]
  readonly pack: string
  readonly judges: JudgePacks
  readonly limits: Limits
}

export interface VisionTask {
  readonly image: Uint8Array
  readonly options: Omit<AnalyseOptions, 'signal' | 'lane'>
}

/** A task without a reply is one whose worker died. */
export type VisionReply =
  | { readonly analysis: Analysis; readonly stages: StageTimes }
  | {
      readonly refusal: {
        readonly code: ErrorCode
        readonly message: string
        readonly details: Readonly<Record<string, unknown>>
      }
    }
  /** An error of no catalogue, with its stack, for the log. */
  | { readonly failure: string }
