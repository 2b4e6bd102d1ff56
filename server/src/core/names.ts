// The rules for ids and metadata that callers choose, and the sentences that refuse them.
import { AppError } from '../errors.ts'
import type { Limits } from '../limits.ts'
import type { Metadata } from './types.ts'

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are just what is refused here
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/

/** 1-256 characters, no control characters, not "." or "..". @throws AppError request_invalid */
export const checkSubjectId = (id: string, limits: Limits): void => {
  checkText(id, 'subjectId', limits.maxIdCharacters)
  // HTTP clients take these out of an address, so such a subject could never be reached again.
  if (id === '.' || id === '..') throw refuse('subjectId', 'another value than "." or ".."')
}

/** Letters, digits, dot, dash, underscore; 1-256 characters; begins with a letter or digit. @throws AppError request_invalid */
export const checkGalleryId = (id: string, limits: Limits): void => {
  checkText(id, 'id', limits.maxIdCharacters)
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(id))
    throw refuse('id', 'letters, digits, ".", "_" and "-", beginning with a letter or digit')
}

/** A flat object of strings, numbers, booleans and nulls, at most 16 KB as JSON. @throws AppError request_invalid */
export const checkMetadata = (metadata: Metadata, limits: Limits): void => {
  const flat = Object.values(metadata).every(
    value => value === null || ['string', 'number', 'boolean'].includes(typeof value),
  )
  if (!flat) throw refuse('metadata', 'a flat object whose values are strings, numbers, booleans or null')
  const bytes = new TextEncoder().encode(JSON.stringify(metadata)).length
  if (bytes > limits.maxMetadataBytes)
    throw refuse('metadata', `at most ${limits.maxMetadataBytes} bytes of JSON (it has ${bytes})`)
}

const checkText = (value: string, name: string, maxCharacters: number): void => {
  if (value.length === 0 || value.length > maxCharacters)
    throw refuse(name, `1 to ${maxCharacters} characters (it has ${value.length})`)
  if (CONTROL.test(value)) throw refuse(name, 'no control characters')
  if (!value.isWellFormed()) throw refuse(name, 'well-formed Unicode text')
}

const refuse = (name: string, expected: string): AppError =>
  new AppError('request_invalid', `"${name}" must have ${expected}.`, { details: { field: name } })
