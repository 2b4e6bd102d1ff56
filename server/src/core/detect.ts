// Use case: which faces are in this picture? Nothing is stored.
import type { Context } from './context.ts'
import type { Analysis } from './types.ts'

export interface DetectInput {
  readonly image: Uint8Array
  readonly points: boolean
  readonly templates: boolean
  readonly signal?: AbortSignal
}

/** A picture without a face is no error here. @throws AppError image_*, busy */
export const detect = (context: Context, input: DetectInput): Promise<Analysis> =>
  context.engine.analyse(input.image, {
    templates: input.templates ? 'all' : 'none',
    points: input.points,
    signal: input.signal,
  })
