// Bodies of answers that are no success, as JSON or as XML, and which of the two a caller wants. Pure.
import type { GatewayError } from './errors.ts'

export interface ErrorFacts {
  readonly requestId: string
  /** The host that was asked. */
  readonly hostId: string
  /** Where the code is explained. */
  readonly recommend: string
}

export const JSON_TYPE = 'application/json;charset=utf-8'
/** The vendor's clients read XML of exactly this type and take everything else for JSON. */
export const XML_TYPE = 'text/xml;charset=utf-8'

export const toJsonBody = ({ code, message, deniedAction }: GatewayError, facts: ErrorFacts): string =>
  JSON.stringify({
    RequestId: facts.requestId,
    HostId: facts.hostId,
    Code: code,
    Message: message,
    Recommend: facts.recommend,
    ...(deniedAction !== null && { AccessDeniedDetail: { AuthAction: `antcloudauth:${deniedAction}` } }),
  })

export const toXmlBody = ({ code, message }: GatewayError, facts: ErrorFacts): string =>
  [
    "<?xml version='1.0' encoding='UTF-8'?><Error>",
    element('RequestId', facts.requestId),
    element('HostId', facts.hostId),
    element('Code', code),
    element('Message', message),
    `<Recommend><![CDATA[${facts.recommend.replaceAll(']]>', ']]]]><![CDATA[>')}]]></Recommend>`,
    '</Error>',
  ].join('')

export const element = (name: string, text: string): string => `<${name}>${escapeXml(text)}</${name}>`

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
}

/** XML 1.0 has no way to write most control characters. */
const escapeXml = (text: string): string =>
  text
    .toWellFormed()
    .replace(/[^\P{Cc}\t\r\n]|[\ufffe\uffff]/gu, '')
    .replace(/[&<>"']/g, each => ENTITIES[each])

/**
 * JSON for every client that asks for it or signs as current ones do; XML for old-style calls that ask for neither, as the
 * vendor's gateway has it.
 */
export const wantsXml = (call: {
  readonly accept: string | undefined
  readonly format: string | undefined
  readonly isRpc: boolean
}): boolean => {
  if (call.format !== undefined) return call.format.toLowerCase() === 'xml'
  const accept = (call.accept ?? '').toLowerCase()
  if (accept.includes('json')) return false
  return accept.includes('xml') || call.isRpc
}
