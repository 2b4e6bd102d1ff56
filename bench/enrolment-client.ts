// Enrols pictures over HTTP with connections that are kept open, one new person a request. The bodies are made beforehand,
// so that the client costs the machine little.
import { Agent, request } from 'node:http'
import type { Outcome, Send } from './load.ts'

export interface EnrolmentClient {
  readonly enrol: Send
  close(): void
}

const GALLERY = 'bench'
const BOUNDARY = 'likeness-bench-boundary'
const CREATED = 201
const UNPROCESSABLE = 422

/** Makes the gallery; request `index` then sends picture `index`, over and over. */
export const openEnrolmentClient = async (
  { address, key }: { readonly address: string; readonly key: string },
  pictures: readonly Buffer[],
): Promise<EnrolmentClient> => {
  const agent = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY })
  const bodies = pictures.map(toMultipart)
  const post = (path: string, type: string, body: Buffer): Promise<number> =>
    new Promise((resolve, reject) => {
      const headers = { authorization: `Bearer ${key}`, 'content-type': type, 'content-length': body.length }
      const sent = request(`${address}${path}`, { method: 'POST', agent, headers }, response => {
        response.resume()
        response.once('end', () => resolve(response.statusCode ?? 0))
        response.once('error', reject)
      })
      sent.once('error', reject)
      sent.end(body)
    })
  const status = await post('/v1/galleries', 'application/json', Buffer.from(JSON.stringify({ id: GALLERY })))
  if (status !== CREATED) throw new Error(`The server answered ${status} where a gallery was to be made.`)
  const type = `multipart/form-data; boundary=${BOUNDARY}`
  return {
    async enrol(index): Promise<Outcome> {
      const status = await post(`/v1/galleries/${GALLERY}/faces`, type, bodies[index % bodies.length]).catch(() => 0)
      if (status === CREATED) return 'done'
      return status === UNPROCESSABLE ? 'refused' : 'failed'
    },
    close: () => agent.destroy(),
  }
}

/** The whole request as it goes over the wire. */
export const toEnrolment = (picture: Buffer, { address, key }: { address: string; key: string }): Buffer => {
  const body = toMultipart(picture)
  const head = [
    `POST /v1/galleries/${GALLERY}/faces HTTP/1.1`,
    `host: ${new URL(address).host}`,
    `authorization: Bearer ${key}`,
    `content-type: multipart/form-data; boundary=${BOUNDARY}`,
    `content-length: ${body.length}`,
  ]
  return Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`), body])
}

const toMultipart = (picture: Buffer): Buffer =>
  Buffer.concat([
    Buffer.from(
      `--${BOUNDARY}\r\ncontent-disposition: form-data; name="image"; filename="picture"\r\ncontent-type: application/octet-stream\r\n\r\n`,
    ),
    picture,
    Buffer.from(`\r\n--${BOUNDARY}--\r\n`),
  ])
