// What is tried on the ADVANCE.AI API: bodies, forms, ids and tokens that no sane client sends. Makes requests and sends none.
import { createHash } from 'node:crypto'
import type { Random } from '../random.ts'
import type { Attempt, World } from './attempts.ts'
import { mutatePicture } from './pictures.ts'
import { mutateBody, randomText, randomValue, writeBody, writeForm } from './texts.ts'

type Body = Readonly<Record<string, unknown>>

const BASE = '/advance/intl/openapi'
const AUTHENTICATION = `${BASE}/identity-risk/idvs-h5/ekyc/v1/face-authentication`
const SEARCH = `${BASE}/face-search`
const TOKEN = '/advance/openapi/auth/ticket/v1/generate-token'

/** What asks for a token. */
export const tokenRequest = ({
  publicId: accessKey,
  secret,
}: {
  readonly publicId: string
  readonly secret: string
}) => {
  const timestamp = Date.now()
  const signature = createHash('sha256').update(`${accessKey}${secret}${timestamp}`).digest('hex')
  return { path: TOKEN, body: { accessKey, timestamp, signature, periodSecond: 86_400 } }
}

const calls = (picture: Buffer): readonly (readonly [string, string, Body])[] => [
  ['POST', `${AUTHENTICATION}/enroll`, { userId: 'ada', region: 'PHL', faceImage: picture.toString('base64') }],
  ['POST', `${AUTHENTICATION}/get-enroll`, { userId: 'ada' }],
  ['POST', `${AUTHENTICATION}/delete-enroll`, { userId: 'ada' }],
  ['POST', `${SEARCH}/facesets`, { name: 'Staff', description: 'Doors' }],
  ['PUT', `${SEARCH}/facereferences?id=1`, { name: 'Ada', country: 'PH', idNumber: '7' }],
  ['POST', TOKEN, { accessKey: 'a', timestamp: 1, signature: 'x', periodSecond: 60 }],
]

const FORMS: readonly (readonly [string, Body])[] = [
  [`${SEARCH}/facereferences`, { faceSetId: '1', faceImage: '', country: 'MG', name: 'Ada' }],
  [`${SEARCH}/search`, { faceSetId: '1', faceImage: '', topK: '20', threshold: '50.0' }],
]

const LISTS = ['facereferences', 'facesets']
const PARAMETERS = ['id', 'faceSetId', 'pageSize', 'afterId', 'x']

export const tryAdvance = (world: World, random: Random): Attempt => {
  const { seeds, token = '' } = world
  const picture = random.isLikely(0.5) ? mutatePicture(seeds, random) : (seeds[0]?.bytes ?? Buffer.alloc(0))
  const headers = { 'x-access-token': random.isLikely(0.03) ? `${token.slice(0, -1)}x` : token }
  const kind = 'advance'
  const shape = random.below(3)
  if (shape === 0) {
    const [path, good] = random.pick(FORMS)
    const body = writeForm(mutateBody(good, random), picture, 'b', random)
    return {
      kind,
      method: 'POST',
      path,
      headers: { ...headers, 'content-type': 'multipart/form-data; boundary=b' },
      body,
    }
  }
  if (shape === 1) {
    const text = encodeURIComponent(random.isLikely(0.5) ? '1' : randomText(random).toWellFormed().slice(0, 1000))
    const path = `${SEARCH}/${random.pick(LISTS)}?${random.pick(PARAMETERS)}=${text}`
    return { kind, method: random.pick(['GET', 'GET', 'DELETE', 'PATCH']), path, headers, body: null }
  }
  const [method, path, good] = random.pick(calls(picture))
  const body = writeBody(random.isLikely(0.1) ? randomValue(random) : mutateBody(good, random), random)
  return { kind, method, path, headers: { ...headers, 'content-type': 'application/json' }, body }
}
