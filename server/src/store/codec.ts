// How values are written in rows, the same in every database: instants, metadata, templates. Knows no SQL.
import { endianness } from 'node:os'
import type { Metadata } from '../core/types.ts'

const HOST_IS_LITTLE_ENDIAN = endianness() === 'LE'

export function toNumber(value: number | string | bigint): number {
  return Number(value)
}

export function toDate(value: number | string | bigint): Date {
  return new Date(Number(value))
}

export function metadataToText(metadata: Metadata): string {
  return JSON.stringify(metadata)
}

export function textToMetadata(text: string): Metadata {
  return JSON.parse(text) as Metadata
}

/** Float32, little-endian, four bytes a dimension. */
export function templateToBytes(template: Float32Array): Uint8Array {
  const bytes = Buffer.from(
    Uint8Array.from(new Uint8Array(template.buffer, template.byteOffset, template.byteLength)).buffer,
  )
  return HOST_IS_LITTLE_ENDIAN ? bytes : bytes.swap32()
}

/** A view where the bytes lie as numbers must; else a copy, since a Float32Array cannot start at every offset. */
export function bytesToTemplate(bytes: Uint8Array): Float32Array {
  const { buffer, byteOffset, byteLength } = bytes
  const isAligned = byteOffset % Float32Array.BYTES_PER_ELEMENT === 0
  if (HOST_IS_LITTLE_ENDIAN && isAligned) return new Float32Array(buffer as ArrayBuffer, byteOffset, byteLength / 4)
  const template = new Float32Array(bytes.byteLength / 4)
  const target = Buffer.from(template.buffer)
  target.set(bytes)
  if (!HOST_IS_LITTLE_ENDIAN) target.swap32()
  return template
}
