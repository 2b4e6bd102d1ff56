// Wire schemas of what is judged of a face, and of what is found to be wrong with it; shared by all recognition calls.
import { z } from 'zod'
import { assessmentOf } from '../../core/assessment.ts'
import { ATTRIBUTES } from '../../core/face-attributes.ts'
import { QUALITY_COMPONENTS, QUALITY_FINDINGS } from '../../core/face-quality.ts'
import { PROFILES } from '../../core/finding-profiles.ts'
import { FINDING_ACTIONS, FINDINGS, type Finding } from '../../core/findings.ts'
import { ASSESSMENTS, type DetectedFace } from '../../core/types.ts'

/** The request's field; what it asks for comes back as `assessment`. */
export const Assess = z
  .array(z.enum(ASSESSMENTS))
  .max(ASSESSMENTS.length)
  .refine(names => new Set(names).size === names.length, 'must not name one twice')
  .default([])
  .meta({ description: 'What is judged of each face; see the pages on quality, attributes and liveness.' })

const Score = z.number().min(0).max(100)

const Measure = z
  .object({
    score: Score.nullable().meta({
      description: 'Higher is better; null where the picture does not let it be measured.',
    }),
    value: z.number().nullable().meta({ description: 'The native measure.' }),
    unit: z.string(),
  })
  .meta({ id: 'QualityMeasure' })

const Quality = z
  .object({
    components: z.object(
      Object.fromEntries(QUALITY_COMPONENTS.map(name => [name, Measure])) as Record<
        (typeof QUALITY_COMPONENTS)[number],
        typeof Measure
      >,
    ),
    unified: z
      .object({ score: Score, expectedFnmr: z.number().min(0).max(1) })
      .nullable()
      .meta({ description: 'Null where the model pack has none.' }),
    findings: z
      .object(
        Object.fromEntries(QUALITY_FINDINGS.map(name => [name, z.boolean()])) as Record<
          (typeof QUALITY_FINDINGS)[number],
          z.ZodBoolean
        >,
      )
      .nullable(),
  })
  .meta({ id: 'Quality', description: 'Measured on the face, in the words of ISO/IEC 29794-5.' })

const Attribute = z
  .object({ probability: z.number().min(0).max(1), threshold: z.number().min(0).max(1), present: z.boolean() })
  .meta({ id: 'Attribute' })

const Attributes = z
  .object(
    Object.fromEntries(ATTRIBUTES.map(name => [name, Attribute.optional()])) as Record<
      (typeof ATTRIBUTES)[number],
      z.ZodOptional<typeof Attribute>
    >,
  )
  .meta({ id: 'Attributes', description: 'An attribute that is switched off is absent.' })

const Liveness = z
  .object({
    score: z.number().min(0).max(1).meta({ description: 'Higher is live. Not for the eyes of who is judged.' }),
    threshold: z.number().min(0).max(1),
    live: z.boolean(),
    model: z.string().meta({ description: 'The pack that judged.' }),
    bpcer: z
      .number()
      .min(0)
      .max(1)
      .meta({ description: 'Share of live presentations that the threshold was chosen to refuse.' }),
  })
  .meta({ id: 'Liveness' })

/** Part of the answer's face; absent unless asked for. */
export const Assessment = z
  .object({ quality: Quality.optional(), attributes: Attributes.optional(), liveness: Liveness.optional() })
  .meta({ id: 'Assessment', description: 'What `assess` asked for.' })

export const FindingBody = z
  .object({
    name: z.enum([...FINDINGS, 'severalFaces']),
    action: z.enum(['refuse', 'warn']),
    component: z.string(),
    value: z.number(),
    unit: z.string(),
    threshold: z.number(),
    wanted: z.enum(['at_least', 'below', 'at_most']),
    message: z.string().meta({ description: 'For the person in front of the camera.' }),
  })
  .meta({ id: 'Finding' })

export const Warnings = z
  .array(FindingBody)
  .meta({ description: "What the gallery's policy warns of; empty where it minds nothing." })

const Rule = z
  .strictObject({
    action: z.enum(FINDING_ACTIONS),
    threshold: z.number().min(0).max(100).optional().meta({
      description:
        'Components and unifiedQuality: least score, 0-100. Attributes: probability that is too much, 0-1. notLive: least score, 0-1. The usual one when absent; blur, dark and grayscale take none.',
    }),
  })
  .meta({ id: 'FindingRule' })

const Rules = z.strictObject(
  Object.fromEntries(FINDINGS.map(name => [name, Rule.optional()])) as Record<
    (typeof FINDINGS)[number],
    z.ZodOptional<typeof Rule>
  >,
)

const acceptanceFields = {
  profile: z.enum(PROFILES).meta({ description: 'Ready-made rules; "none" minds nothing.' }),
  rules: Rules.meta({ description: 'Go before those of the profile.' }),
}
export const Acceptance = z
  .object(acceptanceFields)
  .meta({ id: 'Acceptance', description: 'What is minded of a face. What is not named is ignored.' })
export const AcceptanceChange = z
  .strictObject({ profile: acceptanceFields.profile.default('none'), rules: acceptanceFields.rules.default({}) })
  .meta({ id: 'AcceptanceChange', description: 'Replaces what was there as a whole.' })

export const toAssessment = (face: DetectedFace): z.infer<typeof Assessment> | undefined =>
  assessmentOf(face) as z.infer<typeof Assessment> | undefined

export const toWarnings = (findings: readonly Finding[]): z.infer<typeof Warnings> =>
  findings.map(finding => ({ ...finding }))

/** What a call that judges a face can be refused for besides. */
export const ASSESSMENT_ERRORS = ['face_refused', 'assessment_unavailable'] as const
