// What is tried on the Verihubs API: bodies, pictures and ids that no sane client sends. Makes requests and sends none.
import type { Random } from '../random.ts'
import type { Attempt, World } from './attempts.ts'
import { mutatePicture } from './pictures.ts'
import { mutateBody, randomText, randomValue, writeBody } from './texts.ts'

const FLAGS = {
  is_quality: true,
  is_attribute: true,
  is_liveness: false,
  validate_quality: false,
  validate_nface: true,
}

const operations = (image: string): readonly (readonly [string, string, Readonly<Record<string, unknown>>])[] => [
  ['POST', '/enroll', { image, subject_id: 'ada', ...FLAGS }],
  ['POST', '/verify', { image, subject_id: 'ada', threshold: 82 }],
  ['POST', '/search', { image, limit: 3, threshold: 82, return_image: true, ...FLAGS }],
  ['POST', '/compare', { image_1: image, image_2: image, threshold: 82 }],
  ['DELETE', '/enroll', { subject_id: 'ada' }],
]

export const tryVerihubs = ({ seeds, pair }: World, random: Random): Attempt => {
  const picture = random.isLikely(0.5) ? mutatePicture(seeds, random) : (seeds[0]?.bytes ?? Buffer.alloc(0))
  const [method, path, good] = random.pick(operations(picture.toString('base64')))
  const body = writeBody(random.isLikely(0.1) ? randomValue(random) : mutateBody(good, random), random)
  const query = method === 'DELETE' && random.isLikely(0.3)
  const text = encodeURIComponent(randomText(random).toWellFormed().slice(0, 1000))
  return {
    kind: 'verihubs',
    method: random.isLikely(0.03) ? random.pick(['PUT', 'PATCH', 'OPTIONS']) : method,
    path: `/verihubs/v1/face${path}${query ? `?subject_id=${text}` : ''}`,
    headers: { 'content-type': 'application/json', 'app-id': pair?.publicId ?? '', 'api-key': pair?.secret ?? '' },
    body,
  }
}
