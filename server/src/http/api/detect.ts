// Native API: detect, the faces of one picture.
import type { FastifyPluginCallbackZod } from 'fastify-type-provider-zod'
import { z } from 'zod'
import { detect } from '../../core/detect.ts'
import type { DetectedFace } from '../../core/types.ts'
import { takeImages } from '../images.ts'
import { describe, IMAGE_ERRORS, type NativeDeps } from './native.ts'
import { Box, Image, Point, roundPixel, toBox } from './schemas.ts'

const DetectRequest = z
  .strictObject({
    image: Image,
    points: z.boolean().default(false).meta({ description: 'Whether the 468 mesh points are returned.' }),
    template: z.boolean().default(false).meta({ description: 'Whether each face carries its template.' }),
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
  })
  .meta({ id: 'DetectedFace' })

const DetectResponse = z
  .object({ image: z.object({ width: z.int(), height: z.int() }), faces: z.array(DetectedFaceBody), pack: z.string() })
  .meta({ id: 'DetectResponse', description: 'Faces sorted by area, largest first.' })

const round = (value: number, digits: number): number => Number(value.toFixed(digits))

const toBody = ({
  box,
  confidence,
  landmarks,
  pose,
  points,
  template,
}: DetectedFace): z.infer<typeof DetectedFaceBody> => {
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
      ),
    },
    async request => {
      const { points, template } = request.body
      const core = context()
      const { image, faces } = await detect(core, {
        image: request.images.image,
        points,
        templates: template,
        signal: request.signal,
      })
      return {
        image: { width: image.width, height: image.height },
        faces: faces.map(toBody),
        pack: `${core.engine.pack.id}@${core.engine.pack.version}`,
      }
    },
  )
  done()
}
