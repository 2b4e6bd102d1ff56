// Native API: search (1:N), verify (1:1) and compare.
import type { FastifyPluginCallbackZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { compare } from '../../core/compare.ts'
import { type Score, thresholdOfFmr } from '../../core/score.ts'
import { DEFAULT_MAX_FPIR, search } from '../../core/search.ts'
import { DEFAULT_MAX_FMR, verify } from '../../core/verify.ts'
import { DEFAULT_LIMITS } from '../../limits.ts'
import { readImages } from '../images.ts'
import { describe, IMAGE_ERRORS, type NativeDeps } from './native.ts'
import { Box, GalleryPath, Id, Image, Metadata, Rate, Similarity, SubjectPath, toBox } from './schemas.ts'

const BODY_TYPES = ['application/json', 'multipart/form-data']
const DEFAULT_COMPARE_THRESHOLD = 80
const DEFAULT_CANDIDATES = 10

const scoreFields = {
  similarity: Similarity.meta({
    description: '0-100, calibrated: 60, 70, 80, 90, 100 mean a false match rate of 1e-2, 1e-3, 1e-4, 1e-6, 1e-8.',
  }),
  falseMatchRate: z.number().meta({ description: 'How often two different people score at least this much.' }),
  extrapolated: z.boolean().meta({ description: 'True when the rate lies beyond what the calibration data supports.' }),
}
const toScore = ({ similarity, falseMatchRate, extrapolated }: Score) => ({ similarity, falseMatchRate, extrapolated })

const SearchRequest = z
  .strictObject({
    image: Image,
    limit: z.int().min(1).max(DEFAULT_LIMITS.maxCandidates).default(DEFAULT_CANDIDATES),
    threshold: Similarity.optional().meta({ description: 'Least similarity; not together with maxFpir.' }),
    maxFpir: Rate.optional().meta({
      description: `Share of strangers' searches that may raise a false alarm; the threshold follows from the gallery's size. Default ${DEFAULT_MAX_FPIR}.`,
    }),
  })
  .meta({ id: 'SearchRequest' })

const SearchResponse = z
  .object({
    candidates: z.array(z.object({ subjectId: Id, faceId: Id, ...scoreFields, metadata: Metadata })),
    threshold: Similarity,
    gallerySize: z.int().meta({ description: 'Faces in the gallery.' }),
    box: Box,
  })
  .meta({ id: 'SearchResponse' })

const VerifyRequest = z
  .strictObject({
    image: Image,
    threshold: Similarity.optional().meta({ description: 'Least similarity; not together with maxFmr.' }),
    maxFmr: Rate.optional().meta({ description: `Share of other people that may pass. Default ${DEFAULT_MAX_FMR}.` }),
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
  })
  .meta({ id: 'VerifyResponse' })

const CompareRequest = z
  .strictObject({ image1: Image, image2: Image, threshold: Similarity.default(DEFAULT_COMPARE_THRESHOLD) })
  .meta({ id: 'CompareRequest' })
const CompareResponse = z
  .object({ match: z.boolean(), ...scoreFields, threshold: Similarity, box1: Box, box2: Box })
  .meta({ id: 'CompareResponse' })

export const recognitionApi: FastifyPluginCallbackZod<NativeDeps> = (app, { context, limits }, done) => {
  app.post(
    '/galleries/:gallery/search',
    {
      preValidation: readImages(['image'], limits),
      schema: describe(
        'searchGallery',
        'Recognition',
        'Search a gallery (1:N)',
        { consumes: BODY_TYPES, params: GalleryPath, body: SearchRequest, response: { 200: SearchResponse } },
        ...IMAGE_ERRORS,
        'face_not_detected',
        'threshold_conflict',
        'gallery_not_found',
        'pack_mismatch',
      ),
    },
    async request => {
      const { limit, threshold, maxFpir } = request.body
      const input = {
        galleryId: request.params.gallery,
        image: request.images.image,
        limit,
        threshold,
        maxFpir,
        signal: request.signal,
      }
      const result = await search(context(), request.principal, input)
      return {
        candidates: result.candidates.map(({ subjectId, faceId, score, metadata }) => ({
          subjectId,
          faceId,
          ...toScore(score),
          metadata: { ...metadata },
        })),
        threshold: result.threshold.similarity,
        gallerySize: result.gallerySize,
        box: toBox(result.face.box),
      }
    },
  )
  app.post(
    '/galleries/:gallery/subjects/:subject/verify',
    {
      preValidation: readImages(['image'], limits),
      schema: describe(
        'verifySubject',
        'Recognition',
        'Verify a person (1:1)',
        { consumes: BODY_TYPES, params: SubjectPath, body: VerifyRequest, response: { 200: VerifyResponse } },
        ...IMAGE_ERRORS,
        'face_not_detected',
        'threshold_conflict',
        'gallery_not_found',
        'subject_not_found',
        'pack_mismatch',
      ),
    },
    async request => {
      const { gallery, subject } = request.params
      const { threshold, maxFmr } = request.body
      const input = {
        galleryId: gallery,
        subjectId: subject,
        image: request.images.image,
        threshold,
        maxFmr,
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
      }
    },
  )
  app.post(
    '/compare',
    {
      preValidation: readImages(['image1', 'image2'], limits),
      schema: describe(
        'compareImages',
        'Recognition',
        'Compare two pictures; nothing is stored',
        { consumes: BODY_TYPES, body: CompareRequest, response: { 200: CompareResponse } },
        ...IMAGE_ERRORS,
        'face_not_detected',
      ),
    },
    async request => {
      const { image1, image2 } = request.images
      const result = await compare(context(), {
        image1,
        image2,
        threshold: request.body.threshold,
        signal: request.signal,
      })
      const [box1, box2] = result.probes.map(probe => toBox(probe.face.box))
      return { match: result.match, ...toScore(result.score), threshold: result.threshold.similarity, box1, box2 }
    },
  )
  done()
}
