// Native API: search (1:N), in one gallery or in several.
import type { FastifyPluginCallbackZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { DEFAULT_MAX_FPIR, type SearchResult, search } from '../../core/search.ts'
import { DEFAULT_LIMITS } from '../../limits.ts'
import { takeImages } from '../images.ts'
import { ASSESSMENT_ERRORS, Assess, Assessment, toAssessment, toWarnings, Warnings } from './assessments.ts'
import { describe, IMAGE_ERRORS, type NativeDeps } from './native.ts'
import { Box, GalleryPath, Id, Image, Metadata, Rate, Similarity, toBox } from './schemas.ts'
import { scoreFields, toScore } from './scores.ts'

const BODY_TYPES = ['application/json', 'multipart/form-data']
const DEFAULT_CANDIDATES = 10

const SearchRequest = z
  .strictObject({
    image: Image,
    limit: z.int().min(1).max(DEFAULT_LIMITS.maxCandidates).default(DEFAULT_CANDIDATES),
    threshold: Similarity.optional().meta({ description: 'Least similarity; not together with maxFpir.' }),
    maxFpir: Rate.optional().meta({
      description: `Share of strangers' searches that may raise a false alarm; the threshold follows from the number of faces searched. Default ${DEFAULT_MAX_FPIR}.`,
    }),
    filter: Metadata.optional().meta({
      description: `Only people whose metadata has all these values are candidates; at most ${DEFAULT_LIMITS.maxFilterKeys} keys. A search looks at the ${DEFAULT_LIMITS.maxFacesPerSearch} most similar faces of a gallery at most.`,
    }),
    assess: Assess,
  })
  .meta({ id: 'SearchRequest' })

const SeveralGalleriesSearchRequest = SearchRequest.extend({
  galleries: z.array(Id).min(1).max(DEFAULT_LIMITS.maxGalleriesPerSearch).meta({
    description: 'Different galleries of one model pack.',
  }),
}).meta({ id: 'SeveralGalleriesSearchRequest' })

const SearchResponse = z
  .object({
    candidates: z.array(z.object({ galleryId: Id, subjectId: Id, faceId: Id, ...scoreFields, metadata: Metadata })),
    threshold: Similarity,
    gallerySize: z.int().meta({ description: 'Faces in the galleries searched.' }),
    box: Box,
    warnings: Warnings,
    assessment: Assessment.optional(),
  })
  .meta({ id: 'SearchResponse', description: 'Candidates of all galleries, best first, each person once.' })

const toBody = ({
  candidates,
  threshold,
  gallerySize,
  warnings,
  face,
}: SearchResult): z.infer<typeof SearchResponse> => ({
  candidates: candidates.map(({ galleryId, subjectId, faceId, score, metadata }) => ({
    galleryId,
    subjectId,
    faceId,
    ...toScore(score),
    metadata: { ...metadata },
  })),
  threshold: threshold.similarity,
  gallerySize,
  box: toBox(face.box),
  warnings: toWarnings(warnings),
  assessment: toAssessment(face),
})

export const searchApi: FastifyPluginCallbackZod<NativeDeps> = (app, { context, ...images }, done) => {
  app.post(
    '/galleries/:gallery/search',
    {
      ...takeImages(['image'], images),
      schema: describe(
        'searchGallery',
        'search',
        'Recognition',
        'Search a gallery (1:N)',
        { consumes: BODY_TYPES, params: GalleryPath, body: SearchRequest, response: { 200: SearchResponse } },
        ...IMAGE_ERRORS,
        'face_not_detected',
        ...ASSESSMENT_ERRORS,
        'threshold_conflict',
        'gallery_not_found',
        'pack_mismatch',
      ),
    },
    async request => {
      const { limit, threshold, maxFpir, filter, assess } = request.body
      const wanted = { limit, threshold, maxFpir, filter, assess, image: request.images.image, signal: request.signal }
      const galleryIds = [request.params.gallery]
      return toBody(await search(context(), request.principal, { galleryIds, ...wanted }))
    },
  )
  app.post(
    '/search',
    {
      ...takeImages(['image'], images),
      schema: describe(
        'searchGalleries',
        'search',
        'Recognition',
        'Search several galleries (1:N)',
        { consumes: BODY_TYPES, body: SeveralGalleriesSearchRequest, response: { 200: SearchResponse } },
        ...IMAGE_ERRORS,
        'face_not_detected',
        ...ASSESSMENT_ERRORS,
        'threshold_conflict',
        'gallery_not_found',
        'pack_mismatch',
      ),
    },
    async request => {
      const { galleries, limit, threshold, maxFpir, filter, assess } = request.body
      const wanted = { limit, threshold, maxFpir, filter, assess, image: request.images.image, signal: request.signal }
      return toBody(await search(context(), request.principal, { galleryIds: galleries, ...wanted }))
    },
  )
  done()
}
