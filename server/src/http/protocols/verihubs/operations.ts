// What the vendor's calls do, however they do it: on the core, or made up in the sandbox.
import type { Context } from '../../../core/context.ts'
import type { Principal } from '../../../core/types.ts'
import type { Seen } from './map.ts'
import type { Scenario } from './sandbox.ts'
import type { Flags } from './wire.ts'

/** Who calls, with which pictures. */
export interface Caller {
  readonly core: Context
  readonly principal: Principal
  readonly galleryId: string
  readonly signal: AbortSignal
}

export interface PictureCall extends Caller {
  readonly flags: Flags
  /** By the vendor's field; of an application in sandbox mode `scenarios` in their place. */
  readonly images: Readonly<Record<string, Uint8Array>>
  readonly scenarios: Readonly<Record<string, Scenario>>
}

export interface Match {
  readonly subjectId: string
  /** Encoded; null where it was not kept, absent where nobody asked. */
  readonly image?: Uint8Array | null
}

/** Each throws FailOn where a validation of the call fails, and then nothing is stored. */
export interface Operations {
  enroll(call: PictureCall, subjectId: string): Promise<Seen>
  verify(call: PictureCall, wanted: { subjectId: string; threshold: number }): Promise<{ seen: Seen; match: boolean }>
  search(
    call: PictureCall,
    wanted: { limit: number; threshold: number; returnImage: boolean },
  ): Promise<{ seen: Seen; matches: readonly Match[] }>
  compare(call: PictureCall, wanted: { threshold: number }): Promise<{ seen: readonly [Seen, Seen]; match: boolean }>
  liveness(call: PictureCall): Promise<Seen>
  /** @throws AppError subject_not_found */
  requireSubject(caller: Caller, subjectId: string): Promise<void>
  /** @throws AppError subject_not_found */
  remove(caller: Caller, subjectId: string): Promise<void>
}
