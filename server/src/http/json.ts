// JSON as it comes from outside: UTF-8 or refused, without the keys that change what an object is. Knows no schema.
import { isUtf8 } from 'node:buffer'
import type { FastifyInstance } from 'fastify'
import { AppError } from '../errors.ts'

/**
 * Fastify's parser puts a substitute in the place of bytes that are no UTF-8, and two ids that differ become one; here such
 * a body is refused. An empty body is refused too, unless it is taken for none.
 */
export const takeUtf8Json = (app: FastifyInstance, { takesEmpty = false } = {}): void => {
  const parse = app.getDefaultJsonParser('error', 'error')
  app.removeContentTypeParser('application/json')
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body: Buffer, done) => {
    if (takesEmpty && body.length === 0) done(null, undefined)
    else if (isUtf8(body)) parse(request, body.toString('utf8'), done)
    else done(new AppError('body_malformed', 'The JSON body is not UTF-8.'))
  })
}

/** JSON that comes in parts or lines. @throws SyntaxError also for the keys that `takeUtf8Json` refuses */
export const parseJson = (text: string): unknown => {
  const value: unknown = JSON.parse(text)
  if (SUSPICIOUS.test(text)) refuseForeignKeys(value)
  return value
}

/** A key may be written with escapes. */
const SUSPICIOUS = /__proto__|constructor|\\u00[4-7]/i

const refuseForeignKeys = (value: unknown): void => {
  // Not by recursion: a text of some kilobytes can be nested deeper than the stack goes.
  const left: unknown[] = [value]
  while (left.length > 0) {
    const next = left.pop()
    if (typeof next !== 'object' || next === null) continue
    if (Object.hasOwn(next, '__proto__') || hasPrototype(next)) throw new SyntaxError('A key is not allowed.')
    for (const each of Object.values(next)) left.push(each)
  }
}

const hasPrototype = (value: object): boolean => {
  const inner: unknown = Object.hasOwn(value, 'constructor') ? Reflect.get(value, 'constructor') : null
  return typeof inner === 'object' && inner !== null && Object.hasOwn(inner, 'prototype')
}
