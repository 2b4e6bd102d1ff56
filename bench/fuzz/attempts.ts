// What is tried: pictures, bodies, forms, bare bytes, and calls in any order. Makes requests and sends none.

import type { Random } from '../random.ts'
import { mutateBytes } from './bytes.ts'
import { mutatePicture, type SeedPicture } from './pictures.ts'
import { mutateBody, randomText, randomValue, writeBody, writeForm } from './texts.ts'

export interface Attempt {
  readonly kind: AttemptKind
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer | null
}

export interface BareAttempt {
  readonly kind: 'http'
  readonly bytes: Buffer
}

export type AttemptKind = 'picture' | 'json' | 'form' | 'lines' | 'calls' | 'verihubs' | 'advance'

export interface World {
  readonly seeds: readonly SeedPicture[]
  readonly key: string
  /** Of the Verihubs API; without it its calls are refused. */
  readonly pair?: { readonly publicId: string; readonly secret: string }
  /** Of the ADVANCE.AI API; without it its calls are refused. */
  readonly token?: string
}

const JSON_TYPE = { 'content-type': 'application/json' }
const GALLERY = '/v1/galleries/people'
const PICTURE_PATHS = ['/v1/detect', `${GALLERY}/faces`, `${GALLERY}/search`, '/v1/detect']

export const tryPicture = ({ seeds }: World, random: Random): Attempt => {
  const image = mutatePicture(seeds, random).toString('base64')
  const body = Buffer.from(JSON.stringify({ image }))
  return { kind: 'picture', method: 'POST', path: random.pick(PICTURE_PATHS), headers: JSON_TYPE, body }
}

/** Operations with a good body each. */
const operations = (image: string): readonly (readonly [string, string, Readonly<Record<string, unknown>>])[] => [
  ['POST', '/v1/galleries', { id: 'other', name: 'x', description: 'y', policy: { maxFacesPerSubject: 3 } }],
  ['PATCH', GALLERY, { name: 'x', policy: { duplicates: 'allow' } }],
  ['POST', `${GALLERY}/faces`, { image, subjectId: 'ada', metadata: { a: 1 } }],
  ['POST', `${GALLERY}/search`, { image, limit: 5, threshold: 80, filter: { a: 1 } }],
  ['POST', '/v1/search', { image, galleries: ['people'], maxFpir: 0.01 }],
  ['POST', `${GALLERY}/subjects/ada/verify`, { image, maxFmr: 0.01 }],
  ['PATCH', `${GALLERY}/subjects/ada`, { metadata: { a: 1 } }],
  ['POST', '/v1/compare', { image1: image, image2: image, threshold: 50 }],
  ['POST', '/v1/detect', { image, points: true, template: true }],
]

const goodImage = ({ seeds }: World): string => (seeds[0]?.bytes ?? Buffer.alloc(0)).toString('base64')

export const tryJson = (world: World, random: Random): Attempt => {
  const [method, path, good] = random.pick(operations(goodImage(world)))
  const body = writeBody(random.isLikely(0.1) ? randomValue(random) : mutateBody(good, random), random)
  return { kind: 'json', method, path, headers: JSON_TYPE, body }
}

export const tryForm = (world: World, random: Random): Attempt => {
  const takesForms = operations(goodImage(world)).filter(([, , good]) => 'image' in good || 'image1' in good)
  const [method, path, good] = random.pick(takesForms)
  const boundary = random.pick(['b', '----x', "'()+_,-./:=?", 'b'.repeat(70)])
  const body = writeForm(mutateBody(good, random), random.pick(world.seeds).bytes, boundary, random)
  const type = `multipart/form-data; boundary="${boundary}"`
  return { kind: 'form', method, path, headers: { 'content-type': type }, body }
}

export const tryLines = (world: World, random: Random): Attempt => {
  const line = (): Buffer => writeBody(mutateBody({ image: goodImage(world), ref: 'a' }, random), random)
  const lines = Array.from({ length: 1 + random.below(5) }, () => [
    line(),
    Buffer.from(random.pick(['\n', '\r\n', '\n\n'])),
  ])
  const headers = { 'content-type': 'application/x-ndjson' }
  return { kind: 'lines', method: 'POST', path: `${GALLERY}/faces:batch`, headers, body: Buffer.concat(lines.flat()) }
}

const PATHS = [
  '/v1/galleries',
  '/v1/galleries/G',
  '/v1/galleries/G/faces',
  '/v1/galleries/G/faces/S',
  '/v1/galleries/G/faces/S/picture',
  '/v1/galleries/G/subjects',
  '/v1/galleries/G/subjects/S',
  '/v1/galleries/G/subjects/S/faces',
  '/v1/galleries/G/subjects/S/export',
  '/v1/galleries/G/subjects/S/verify',
  '/v1/galleries/G/search',
  '/v1/transactions',
  '/v1/transactions/S',
  '/v1/usage',
  '/v1/audit',
  '/v1/receipts/keys',
  '/health/ready',
  '/openapi.json',
]
const PARAMETERS = ['limit', 'cursor', 'receipt', 'from', 'to', 'metadata.a', 'subject', 'gallery', 'pictures', 'x']
const HEADERS = ['if-match', 'if-none-match', 'idempotency-key', 'prefer', 'accept', 'content-encoding']

/** Any call in any order; galleries and subjects come and go under it. */
export const tryCall = (world: World, random: Random): Attempt => {
  const gallery = random.pick(['one', 'two', 'three', 'people', randomText(random)])
  const subject = random.pick(['ada', 'bea', 'x', randomText(random)])
  const method = random.pick(['GET', 'GET', 'POST', 'POST', 'PATCH', 'DELETE', 'PUT', 'HEAD', 'OPTIONS'])
  const query = new URLSearchParams(
    Object.fromEntries(
      Array.from({ length: random.below(3) }, () => [random.pick(PARAMETERS), toSendable(randomText(random))]),
    ),
  )
  const path = random
    .pick(PATHS)
    .replace('G', () => encodeURIComponent(toSendable(gallery)))
    .replace('S', () => encodeURIComponent(toSendable(subject)))
  const address = `${path}${query.size > 0 ? `?${query}` : ''}`
  const isSent = method === 'POST' || method === 'PATCH'
  const body = path === '/v1/galleries' ? { id: toSendable(gallery) } : { image: goodImage(world), subjectId: subject }
  const name = random.pick(HEADERS)
  return {
    kind: 'calls',
    method,
    // The gallery that the other attempts go to stays.
    path: method === 'DELETE' && address.startsWith(GALLERY) ? `${GALLERY}/subjects/ada` : address,
    headers: {
      ...(isSent && JSON_TYPE),
      ...(random.isLikely(0.3) && {
        [name]: randomText(random)
          .replace(/[^\x20-\x7e]/g, '')
          .slice(0, 2000),
      }),
    },
    body: isSent ? Buffer.from(JSON.stringify(body)) : null,
  }
}

/** Half characters cannot be written into an address, and one that is too long is not what is tried here. */
const toSendable = (text: string): string => text.toWellFormed().slice(0, 2000)

/** A good request byte by byte, broken; sometimes with another one behind it. */
export const tryBare = (world: World, random: Random): BareAttempt => {
  const requests = Array.from({ length: 1 + random.below(2) }, () => {
    const { method: any, path, headers, body } = random.pick([tryCall, tryJson, tryForm])(world, random)
    // An answer without the body whose length it tells cannot be told from a broken one.
    const method = any === 'HEAD' ? 'GET' : any
    const lines = Object.entries({ host: 'x', authorization: `Bearer ${world.key}`, ...headers })
    const framing = random.isLikely(0.3)
      ? ['transfer-encoding', 'chunked']
      : ['content-length', String(body?.length ?? 0)]
    const head = [`${method} ${path} HTTP/1.1`, ...[...lines, framing].map(([name, value]) => `${name}: ${value}`)]
    const content = body ?? Buffer.alloc(0)
    const chunks =
      framing[1] === 'chunked'
        ? [Buffer.from(`${content.length.toString(16)}\r\n`), content, Buffer.from('\r\n0\r\n\r\n')]
        : [content]
    return Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`), ...chunks])
  })
  return { kind: 'http', bytes: mutateBytes(Buffer.concat(requests), random) }
}
