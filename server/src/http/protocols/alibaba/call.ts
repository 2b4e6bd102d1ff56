// A call as the gateway reads it: which action of which version, signed how, with which parameters. Proves nothing.
import type { FastifyRequest } from 'fastify'
import type { Context } from '../../../core/context.ts'
import type { Principal } from '../../../core/types.ts'
import { GatewayError } from './errors.ts'
import { mergePairs, type Pairs, parseForm, parsePairs } from './parameters.ts'
import type { SignedRequest } from './signatures.ts'

/** What a request says before anybody is asked who sent it. */
export interface Statement {
  readonly action: string
  readonly version: string | undefined
  readonly signed: SignedRequest
  /** Address and form together. */
  readonly parameters: ReadonlyMap<string, string>
}

/** A call whose caller is known. */
export interface Call {
  readonly core: Context
  readonly principal: Principal
  readonly parameters: ReadonlyMap<string, string>
  readonly request: FastifyRequest
}

const FORM = /^application\/x-www-form-urlencoded\b/i

/** Null where no action is named: then the request is none of this protocol. @throws GatewayError InvalidParameter */
export const readStatement = (request: FastifyRequest): Statement | null => {
  const { method, raw, body } = request
  const headers = toHeaders(request)
  const [path = '', query = ''] = (raw.url ?? '').split(/\?(.*)/s)
  const bytes = Buffer.isBuffer(body) ? body : Buffer.alloc(0)
  const isForm = FORM.test(headers['content-type'] ?? '')
  if (!isForm && !isNamedInHead(request)) return null
  const signed = { method, path, headers, body: bytes, query: parsePairs(query), form: isForm ? parseForm(bytes) : [] }
  const parameters = mergePairs(signed.query, signed.form)
  // Old-style clients send the header too, which their signature does not cover.
  const isAcs3 = headers.authorization !== undefined
  const [byHeader, byParameter] = [headers['x-acs-action'], parameters.get('Action')]
  const action = isAcs3 ? (byHeader ?? byParameter) : (byParameter ?? byHeader)
  if (action === undefined) return null
  const version = isAcs3 ? headers['x-acs-version'] : (parameters.get('Version') ?? headers['x-acs-version'])
  return { action, version, signed, parameters }
}

/** Whether the head alone names an action; a form may name it as well. */
const isNamedInHead = ({ headers, raw }: Pick<FastifyRequest, 'headers' | 'raw'>): boolean =>
  headers['x-acs-action'] !== undefined || /[?&]Action=/.test(raw.url ?? '')

/** Whether an error of this request is to be told in the vendor's words, also where its body was never read. */
export const isVendorCall = (request: FastifyRequest): boolean =>
  isNamedInHead(request) || FORM.test(request.headers['content-type'] ?? '')

/** The Host header is what the client signed; a trusted proxy that changed it says so. */
const toHeaders = ({ headers, host }: FastifyRequest): SignedRequest['headers'] =>
  Object.fromEntries([
    ...Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(',') : value] as const),
    ['host', host] as const,
  ])

/** Of the header or the address, for which body a refusal has. */
export const formatOf = (request: FastifyRequest): { format: string | undefined; isRpc: boolean } => {
  const pairs = safely(() => parsePairs((request.raw.url ?? '').split(/\?(.*)/s)[1] ?? ''))
  const form = Buffer.isBuffer(request.body) && FORM.test(request.headers['content-type'] ?? '') ? request.body : null
  const all = new Map([...pairs, ...(form ? safely(() => parseForm(form)) : [])])
  return { format: all.get('Format'), isRpc: request.headers.authorization === undefined && all.has('Signature') }
}

const safely = (read: () => Pairs): Pairs => {
  try {
    return read()
  } catch (error) {
    if (error instanceof GatewayError) return []
    throw error
  }
}
