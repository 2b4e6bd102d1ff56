// Lines out of a stream of bytes, one at a time, with a bound on each. Knows nothing of what is in them.

/** `text` is null for a line that is longer than the bound, which was skipped to its end. */
export interface Line {
  /** Counting from 1; blank lines count and are left out. */
  readonly number: number
  readonly text: string | null | undefined
}

const NEWLINE = 10

/**
 * The lines of a stream, in order. `text` is undefined where a line is not UTF-8. Reads on only when the next line is
 * asked for, so it holds one line and one chunk at a time.
 */
export async function* readLines(source: AsyncIterable<Uint8Array>, maxLineBytes: number): AsyncGenerator<Line> {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  let number = 1
  let parts: Uint8Array[] = []
  let length = 0
  const take = (): Line | null => {
    const line = { number, text: length > maxLineBytes ? null : decode(decoder, parts) }
    number++
    parts = []
    length = 0
    return line.text?.trim() === '' ? null : line
  }
  const add = (part: Uint8Array): void => {
    length += part.length
    if (length > maxLineBytes) parts = []
    else if (part.length > 0) parts.push(part)
  }
  for await (const chunk of source) {
    let start = 0
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      add(chunk.subarray(start, end))
      start = end + 1
      const line = take()
      if (line) yield line
    }
    add(chunk.subarray(start))
  }
  const last = length > 0 ? take() : null
  if (last) yield last
}

const decode = (decoder: InstanceType<typeof TextDecoder>, parts: readonly Uint8Array[]): string | undefined => {
  try {
    return decoder.decode(parts.length === 1 ? parts[0] : Buffer.concat(parts))
  } catch {
    return undefined
  }
}
