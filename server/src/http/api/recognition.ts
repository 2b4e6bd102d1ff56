// Native API: verify (1:1) and compare.
import type { FastifyPluginCallbackZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { compare } from '../../core/compare.ts'
import { thresholdOfFmr } from '../../core/score.ts'
import { DEFAULT_MAX_FMR, verify } from '../../core/verify.ts'
import { takeImages } from '../images.ts'
import { ASSESSMENT_ERRORS, Assess, Assessment, toAssessment, toWarnings, Warnings } from './assessments.ts'
import { describe, IMAGE_ERRORS, type NativeDeps } from './native.ts'
import { Box, Id, Image, Rate, Similarity, SubjectPath, toBox } from './schemas.ts'
import { scoreFields, toScore } from './scores.ts'

const BODY_TYPES = ['application/json', 'multipart/form-data']
const DEFAULT_COMPARE_THRESHOLD = 80

const VerifyRequest = z
  .strictObject({
    image: Image,
    threshold: Similarity.optional().meta({ description: 'Least similarity; not together with maxFmr.' }),
    maxFmr: Rate.optional().meta({ description: `Share of other people that may pass. Default ${DEFAULT_MAX_FMR}.` }),
    assess: Assess,
  })
  .meta({ id: 'VerifyRequest' })

const VerifyResponse = z
  .object({
    match: z.boolean(),
    ...scoreFields,
    threshold: Similarity,
    thresholds: z.object({ '1e-3': Similarity, '1e-4': Similarity, '1e-5': Similarity }),
    best: z.object({ faceId: Id, ...scoreFields }),
    fused: z.object(scoreFields).nullable(),
    box: Box,
    warnings: Warnings,
    assessment: Assessment.optional(),
  })
  .meta({ id: 'VerifyResponse' })

const CompareRequest = z
  .strictObject({
    image1: Image,
    image2: Image,
    threshold: Similarity.default(DEFAULT_COMPARE_THRESHOLD),
    assess: Assess,
  })
  .meta({ id: 'CompareRequest' })
const CompareResponse = z
  .object({
    match: z.boolean(),
    ...scoreFields,
    threshold: Similarity,
    box1: Box,
    box2: Box,
    assessment1: Assessment.optional(),
    assessment2: Assessment.optional(),
  })
  .meta({ id: 'CompareResponse' })

export const recognitionApi: FastifyPluginCallbackZod<NativeDeps> = (app, { context, ...images }, done) => {
  app.post(
    '/galleries/:gallery/subjects/:subject/verify',
    {
      ...takeImages(['image'], images),
      schema: describe(
        'verifySubject',
        'search',
        'Recognition',
        'Verify a person (1:1)',
        { consumes: BODY_TYPES, params: SubjectPath, body: VerifyRequest, response: { 200: VerifyResponse } },
        ...IMAGE_ERRORS,
        'face_not_detected',
        ...ASSESSMENT_ERRORS,
        'threshold_conflict',
        'gallery_not_found',
        'subject_not_found',
        'pack_mismatch',
      ),
    },
    async request => {
      const { gallery, subject } = request.params
      const { threshold, maxFmr, assess } = request.body
      const input = {
        galleryId: gallery,
        subjectId: subject,
        image: request.images.image,
        threshold,
        maxFmr,
        assess,
        signal: request.signal,
      }
      const result = await verify(context(), request.principal, input)
      return {
        match: result.match,
        ...toScore(result.score),
        threshold: result.threshold.similarity,
        thresholds: {
          '1e-3': thresholdOfFmr(1e-3).similarity,
          '1e-4': thresholdOfFmr(1e-4).similarity,
          '1e-5': thresholdOfFmr(1e-5).similarity,
        },
        best: { faceId: result.best.faceId, ...toScore(result.best.score) },
        fused: result.fused && toScore(result.fused),
        box: toBox(result.face.box),
        warnings: toWarnings(result.warnings),
        assessment: toAssessment(result.face),
      }
    },
  )
  app.post(
    '/compare',
    {
      ...takeImages(['image1', 'image2'], images),
      schema: describe(
        'compareImages',
        'search',
        'Recognition',
        'Compare two pictures; nothing is stored',
        { consumes: BODY_TYPES, body: CompareRequest, response: { 200: CompareResponse } },
        ...IMAGE_ERRORS,
        'face_not_detected',
        'assessment_unavailable',
      ),
    },
    async request => {
      const { image1, image2 } = request.images
      const result = await compare(context(), {
        image1,
        image2,
        threshold: request.body.threshold,
        assess: request.body.assess,
        signal: request.signal,
      })
      const [box1, box2] = result.probes.map(probe => toBox(probe.face.box))
      const [assessment1, assessment2] = result.probes.map(probe => toAssessment(probe.face))
      return {
        match: result.match,
        ...toScore(result.score),
        threshold: result.threshold.similarity,
        box1,
        box2,
        assessment1,
        assessment2,
      }
    },
  )
  done()
}
