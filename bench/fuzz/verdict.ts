// What an answer must be, whatever was asked: no failure of the server's, and every refusal a problem document.

export interface Reply {
  readonly status: number
  readonly contentType: string
  readonly text: string
}

/** Null when the answer is as it must be, else what is wrong with it. */
export const judge = ({ status, contentType, text }: Reply): string | null => {
  if (status >= 500 && status !== 503) return `answered ${status}: ${text.slice(0, 300)}`
  if (status >= 400) return judgeProblem(status, contentType, text)
  if (/[/+]json\b/.test(contentType) && parse(text) === undefined) return `answered ${status} with broken JSON`
  return null
}

/** The same of an API that answers 200 always, with a code that tells. */
export const judgeEnvelope = ({ status, contentType, text }: Reply): string | null => {
  if (status !== 200) return `answered ${status}: ${text.slice(0, 300)}`
  if (!contentType.startsWith('application/json')) return `answered ${status} as "${contentType}"`
  const { code } = (parse(text) ?? {}) as { code?: unknown }
  return typeof code === 'string' && !['ERROR', 'ENROLL_FAILED'].includes(code)
    ? null
    : `answered ${text.slice(0, 300)}`
}

/** The same of an API whose refusals are JSON with a message. */
export const judgeFlat = ({ status, contentType, text }: Reply): string | null => {
  if (status >= 500 && status !== 503) return `answered ${status}: ${text.slice(0, 300)}`
  if (!contentType.startsWith('application/json')) return `answered ${status} as "${contentType}"`
  const body = parse(text) as { message?: unknown } | null | undefined
  return typeof body?.message === 'string' ? null : `answered ${status} without "message"`
}

const judgeProblem = (status: number, contentType: string, text: string): string | null => {
  if (!contentType.startsWith('application/problem+json')) return `answered ${status} as "${contentType}"`
  const problem = parse(text) as Record<string, unknown> | undefined
  if (typeof problem !== 'object' || problem === null) return `answered ${status} with no problem document`
  if (problem.status !== status) return `says ${problem.status} in an answer of ${status}`
  for (const name of ['type', 'title', 'code', 'detail', 'instance'])
    if (typeof problem[name] !== 'string' || problem[name] === '') return `answered ${status} without "${name}"`
  if (status === 503 && problem.code !== 'busy') return `answered 503 ${problem.code}`
  if (/node_modules|\/src\/|\bat \w+ \(/.test(text)) return `shows the inside: ${text.slice(0, 300)}`
  return null
}

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** The answers in what came over a bare connection. A text without any is what a caller gets who was not understood yet. */
export const readReplies = (text: string): readonly Reply[] => {
  const replies: Reply[] = []
  for (let rest = text; rest !== ''; ) {
    const head = /^HTTP\/1\.1 (\d{3})[^\r\n]*((?:\r\n[^\r\n]+)*)\r\n\r\n/.exec(rest)
    if (!head) return [...replies, { status: 599, contentType: '', text: `no HTTP: ${rest.slice(0, 200)}` }]
    const [whole, status, headers] = head
    const body = rest.slice(whole.length)
    const isOver = Number(status) >= 200
    const length = /^content-length: (\d+)/im.exec(headers)?.[1]
    // An answer without a length, or to HEAD, ends with the connection or has no body.
    const end = length === undefined || /^HTTP\/1\.1 \d{3}/.test(body) ? 0 : Number(length)
    if (isOver)
      replies.push({
        status: Number(status),
        // What is streamed comes in chunks, which are not put together here.
        contentType: length === undefined ? '' : (/^content-type: (.*)$/im.exec(headers)?.[1]?.trim() ?? ''),
        text: Buffer.from(body, 'latin1').subarray(0, end).toString('utf8'),
      })
    rest = isOver && length === undefined ? '' : body.slice(end)
  }
  return replies
}
