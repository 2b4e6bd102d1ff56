// The multipart body of a file upload, as the vendor's clients write it: some leave out the line break after the file's
// bytes and put text fields behind it, which the usual parsers take for more of the file. Pure.

export interface FileForm {
  readonly fields: ReadonlyMap<string, string>
  /** Exactly the file's bytes; null where there is none. */
  readonly file: Uint8Array | null
}

const FILE_FIELD = 'file'
const MAX_PARTS = 20
const MAX_PART_HEADER_BYTES = 4096
const CRLF = '\r\n'

/** Of the header content-type; null where it names none. */
export const boundaryOf = (contentType: string): string | null => {
  const [, quoted, plain] = /;\s*boundary=(?:"([^"\r\n]{1,70})"|([^\s;"]{1,70}))/i.exec(contentType) ?? []
  return quoted ?? plain ?? null
}

/** Null where the body is not such a form: no part begins or the last does not end. */
export const parseFileForm = (body: Buffer, boundary: string): FileForm | null => {
  const delimiter = Buffer.from(`--${boundary}`, 'latin1')
  const fields = new Map<string, string>()
  let file: Uint8Array | null = null
  let at = findDelimiter(body, delimiter, 0)
  for (let parts = 0; at >= 0 && parts <= MAX_PARTS; parts++) {
    const start = at + delimiter.length
    if (body.toString('latin1', start, start + 2) === '--') return { fields, file }
    const headerEnd = body.indexOf(CRLF + CRLF, start)
    if (headerEnd < 0 || headerEnd - start > MAX_PART_HEADER_BYTES) return null
    const name = nameOf(body.toString('utf8', start + 2, headerEnd))
    const dataStart = headerEnd + 4
    const next = findDelimiter(body, delimiter, dataStart)
    if (name === null || next < 0) return null
    const data = body.subarray(dataStart, endOfData(body, dataStart, next))
    if (name === FILE_FIELD) file = data
    else fields.set(name, data.toString('utf8').trim())
    at = next
  }
  return null
}

/** A delimiter is followed by a line break, or by two dashes where it is the last; in a file's bytes it never would be. */
const findDelimiter = (body: Buffer, delimiter: Buffer, from: number): number => {
  for (let at = body.indexOf(delimiter, from); at >= 0; at = body.indexOf(delimiter, at + 1)) {
    const after = body.toString('latin1', at + delimiter.length, at + delimiter.length + 2)
    if (after === CRLF || after === '--') return at
  }
  return -1
}

/** The line break before a delimiter belongs to it, where there is one. */
const endOfData = (body: Buffer, start: number, delimiterAt: number): number =>
  delimiterAt - 2 >= start && body.toString('latin1', delimiterAt - 2, delimiterAt) === CRLF
    ? delimiterAt - 2
    : delimiterAt

const nameOf = (header: string): string | null =>
  /^content-disposition:\s*form-data(?:;.*)?;\s*name="([^"\r\n]*)"/im.exec(header)?.[1] ?? null
