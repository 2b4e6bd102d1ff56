// Use case: what is to be said of the largest face of this picture? Nothing is stored.
import type { Context } from './context.ts'
import { type Probe, type ProbeRequest, probeOf } from './probe.ts'

export type JudgeInput = Pick<ProbeRequest, 'image' | 'name' | 'assess' | 'accept' | 'signal'>

/** @throws AppError face_not_detected, assessment_unavailable, image_*, busy */
export const judge = ({ engine }: Pick<Context, 'engine'>, input: JudgeInput): Promise<Probe> => probeOf(engine, input)
