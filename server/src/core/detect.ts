// Use case: which faces are in this picture? Nothing is stored.
import { keepAsked } from './assessment.ts'
import type { Context } from './context.ts'
import { type Acceptance, checkAcceptance, rulesOf } from './finding-profiles.ts'
import { type Finding, findFindings, wantedOf } from './findings.ts'
import type { Analysis, Assessment } from './types.ts'

export interface DetectInput {
  readonly image: Uint8Array
  readonly points: boolean
  readonly templates: boolean
  /** What the caller wants to know of each face. */
  readonly assess?: readonly Assessment[]
  /** What a gallery might mind of them. */
  readonly acceptance?: Acceptance
  readonly signal?: AbortSignal
}

export interface Detection {
  readonly analysis: Analysis
  /** Of each face, in the same order, what the acceptance would refuse or warn of; null where none was given. */
  readonly findings: readonly (readonly Finding[])[] | null
}

/** A picture without a face is no error here. @throws AppError request_invalid, assessment_unavailable, image_*, busy */
export const detect = async (context: Context, input: DetectInput): Promise<Detection> => {
  const { image, points, templates, assess = [], acceptance, signal } = input
  if (acceptance) checkAcceptance('acceptance', acceptance)
  const rules = acceptance && rulesOf(acceptance)
  const analysis = await context.engine.analyse(image, {
    templates: templates ? 'all' : 'none',
    points,
    assess: wantedOf(context.engine, assess, rules ? [rules] : []),
    signal,
  })
  const faces = analysis.faces.map(face => keepAsked(face, assess))
  return {
    analysis: { ...analysis, faces },
    findings: rules ? analysis.faces.map(face => findFindings(face, rules)) : null,
  }
}
