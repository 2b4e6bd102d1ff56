// Native API: detect, the faces of one picture.
import type { FastifyPluginCallbackZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { detect } from '../../core/detect.ts'
import type { Finding } from '../../core/findings.ts'
import { round } from '../../core/rounding.ts'
import type { DetectedFace } from '../../core/types.ts'
import { takeImages } from '../images.ts'
import { AcceptanceChange, Assess, Assessment, FindingBody, toAssessment, toWarnings } from './assessments.ts'
import { describe, IMAGE_ERRORS, type NativeDeps } from './native.ts'
import { Box, Image, Point, roundPixel, toBox } from './schemas.ts'

const DetectRequest = z
  .strictObject({
    image: Image,
    points: z.boolean().default(false).meta({ description: 'Whether the 468 mesh points are returned.' }),
    template: z.boolean().default(false).meta({ description: 'Whether each face carries its template.' }),
    assess: Assess,
    acceptance: AcceptanceChange.optional().meta({
      description: 'What a gallery might mind: each face comes with what it would be refused or warned for.',
    }),
  })
  .meta({ id: 'DetectRequest' })

const DetectedFaceBody = z
  .object({
    box: Box,
    confidence: z.number(),
    landmarks: z
      .object({ leftEye: Point, rightEye: Point, nose: Point, mouthLeft: Point, mouthRight: Point })
      .meta({ description: "Left and right are the viewer's." }),
    pose: z.object({ yaw: z.number(), pitch: z.number(), roll: z.number() }).meta({
      description: "Degrees. Yaw: positive to the viewer's right; pitch: positive upwards; roll: positive clockwise.",
    }),
    points: z.array(z.tuple([z.number(), z.number(), z.number()])).optional(),
    template: z.array(z.number()).optional(),
    assessment: Assessment.optional(),
    findings: z.array(FindingBody).optional().meta({ description: 'Only with `acceptance`.' }),
  })
  .meta({ id: 'DetectedFace' })

const DetectResponse = z
  .object({ image: z.object({ width: z.int(), height: z.int() }), faces: z.array(DetectedFaceBody), pack: z.string() })
  .meta({ id: 'DetectResponse', description: 'Faces sorted by area, largest first.' })

const toBody = (face: DetectedFace, findings: readonly Finding[] | undefined): z.infer<typeof DetectedFaceBody> => {
  const { box, confidence, landmarks, pose, points, template } = face
  const at = ({ x, y }: { x: number; y: number }) => ({ x: roundPixel(x), y: roundPixel(y) })
  return {
    box: toBox(box),
    confidence: round(confidence, 4),
    landmarks: {
      leftEye: at(landmarks.leftEye),
      rightEye: at(landmarks.rightEye),
      nose: at(landmarks.nose),
      mouthLeft: at(landmarks.mouthLeft),
      mouthRight: at(landmarks.mouthRight),
    },
    pose: { yaw: round(pose.yaw, 1), pitch: round(pose.pitch, 1), roll: round(pose.roll, 1) },
    points: points?.map(([x, y, z]) => [roundPixel(x), roundPixel(y), roundPixel(z)]),
    template: template && Array.from(template, value => round(value, 6)),
    assessment: toAssessment(face),
    findings: findings && toWarnings(findings),
  }
}

export const detectApi: FastifyPluginCallbackZod<NativeDeps> = (app, { context, ...images }, done) => {
  app.post(
    '/detect',
    {
      ...takeImages(['image'], images),
      schema: describe(
        'detectFaces',
        'search',
        'Recognition',
        'Detect faces; nothing is stored',
        {
          consumes: ['application/json', 'multipart/form-data'],
          body: DetectRequest,
          response: { 200: DetectResponse },
        },
        ...IMAGE_ERRORS,
        'assessment_unavailable',
      ),
    },
    async request => {
      const { points, template, assess, acceptance } = request.body
      const core = context()
      const { analysis, findings } = await detect(core, {
        image: request.images.image,
        points,
        templates: template,
        assess,
        acceptance,
        signal: request.signal,
      })
      return {
        image: { width: analysis.image.width, height: analysis.image.height },
        faces: analysis.faces.map((face, index) => toBody(face, findings?.[index])),
        pack: `${core.engine.pack.id}@${core.engine.pack.version}`,
      }
    },
  )
  done()
}
