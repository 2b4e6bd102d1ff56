// The rules for ids and metadata that callers choose, and the sentences that refuse them.
import { AppError } from '../errors.ts'
import type { Limits } from '../limits.ts'
import type { Metadata } from './types.ts'

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are just what is refused here
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/

/** Without control characters and halves of characters: what ids and names are made of. */
export const isPlainText = (text: string): boolean => !CONTROL.test(text) && text.isWellFormed()

/** Of a gallery, tenant, key or pair: at most 200 characters, no control characters. @throws AppError request_invalid */
export const checkName = (name: string, limits: Limits): void => {
  if (name.length > limits.maxNameCharacters)
    throw refuse('name', `at most ${limits.maxNameCharacters} characters (it has ${name.length})`)
  if (!isPlainText(name)) throw refuse('name', 'well-formed Unicode text without control characters')
}

/** A gallery's: at most 2,000 characters; of control characters only tabs and line breaks. @throws AppError request_invalid */
export const checkDescription = (description: string, limits: Limits): void => {
  if (description.length > limits.maxDescriptionCharacters)
    throw refuse('description', `at most ${limits.maxDescriptionCharacters} characters (it has ${description.length})`)
  if (!isPlainText(description.replace(/[\t\r\n]/g, '')))
    throw refuse('description', 'well-formed Unicode text, of control characters only tabs and line breaks')
}

/** 1-256 characters, no control characters, not "." or "..". @throws AppError request_invalid */
export const checkSubjectId = (id: string, limits: Limits, name = 'subjectId'): void => {
  checkText(id, name, limits.maxIdCharacters)
  // HTTP clients take these out of an address, so such a subject could never be reached again.
  if (id === '.' || id === '..') throw refuse(name, 'another value than "." or ".."')
}

/** Letters, digits, dot, dash, underscore; 1-256 characters; begins with a letter or digit. @throws AppError request_invalid */
export const checkGalleryId = (id: string, limits: Limits, name = 'id'): void => {
  checkText(id, name, limits.maxIdCharacters)
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(id))
    throw refuse(name, 'letters, digits, ".", "_" and "-", beginning with a letter or digit')
}

/** Lower-case letters, digits and dashes; 1-64 characters; begins and ends with a letter or digit. @throws AppError request_invalid */
export const checkTenantId = (id: string, limits: Limits): void => {
  checkText(id, 'id', limits.maxTenantIdCharacters)
  if (!/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/.test(id))
    throw refuse('id', 'lower-case letters, digits and "-", beginning and ending with a letter or digit')
}

/** A flat object of strings, numbers, booleans and nulls, at most 16 KB as JSON. @throws AppError request_invalid */
export const checkMetadata = (metadata: Metadata, limits: Limits, name = 'metadata'): void => {
  const flat = Object.values(metadata).every(
    value => value === null || ['string', 'number', 'boolean'].includes(typeof value),
  )
  if (!flat) throw refuse(name, 'a flat object whose values are strings, numbers, booleans or null')
  const texts = [...Object.keys(metadata), ...Object.values(metadata).filter(value => typeof value === 'string')]
  // PostgreSQL takes neither in JSON that it is to look into.
  if (texts.some(text => text.includes('\0') || !text.isWellFormed()))
    throw refuse(name, 'well-formed Unicode text without the character U+0000')
  const bytes = new TextEncoder().encode(JSON.stringify(metadata)).length
  if (bytes > limits.maxMetadataBytes)
    throw refuse(name, `at most ${limits.maxMetadataBytes} bytes of JSON (it has ${bytes})`)
}

const checkText = (value: string, name: string, maxCharacters: number): void => {
  if (value.length === 0 || value.length > maxCharacters)
    throw refuse(name, `1 to ${maxCharacters} characters (it has ${value.length})`)
  if (CONTROL.test(value)) throw refuse(name, 'no control characters')
  if (!value.isWellFormed()) throw refuse(name, 'well-formed Unicode text')
}

const refuse = (name: string, expected: string): AppError =>
  new AppError('request_invalid', `"${name}" must have ${expected}.`, { details: { field: name } })
