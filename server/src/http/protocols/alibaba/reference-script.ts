// What the reference page runs in the browser: signs a call with WebCrypto and sends it to this server. Its functions are
// handed out as their own source text, so they use nothing from outside of themselves.

export interface SignedCall {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | undefined
}

export interface CallToSign {
  readonly accessKeyId: string
  readonly accessKeySecret: string
  readonly securityToken: string
  readonly host: string
  readonly action: string
  readonly version: string
  readonly query: readonly (readonly [string, string])[]
  readonly form: readonly (readonly [string, string])[]
  /** YYYY-MM-DDThh:mm:ssZ */
  readonly date: string
  readonly nonce: string
}

/** ACS3-HMAC-SHA256, as the vendor's current clients sign. */
export const signCall = async (call: CallToSign): Promise<SignedCall> => {
  const encoder = new TextEncoder()
  const toHex = (bytes: ArrayBuffer) =>
    [...new Uint8Array(bytes)].map(byte => byte.toString(16).padStart(2, '0')).join('')
  const hash = async (text: string) => toHex(await crypto.subtle.digest('SHA-256', encoder.encode(text)))
  const encode = (text: string) =>
    encodeURIComponent(text).replace(/[!'()*]/g, each => `%${each.charCodeAt(0).toString(16).toUpperCase()}`)
  const write = (pairs: readonly (readonly [string, string])[]) =>
    [...pairs]
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([name, value]) => `${encode(name)}=${encode(value)}`)
      .join('&')
  const body = write(call.form)
  const bodyHash = await hash(body)
  const headers: Record<string, string> = {
    'x-acs-action': call.action,
    'x-acs-content-sha256': bodyHash,
    'x-acs-date': call.date,
    'x-acs-signature-nonce': call.nonce,
    'x-acs-version': call.version,
  }
  if (body !== '') headers['content-type'] = 'application/x-www-form-urlencoded'
  if (call.securityToken !== '') headers['x-acs-security-token'] = call.securityToken
  const signed: Record<string, string> = { ...headers, host: call.host }
  const names = Object.keys(signed).sort()
  const lines = names.map(name => `${name}:${signed[name]}`)
  const query = write(call.query)
  const canonical = ['POST', '/', query, ...lines, '', names.join(';'), bodyHash].join('\n')
  const algorithm = { name: 'HMAC', hash: 'SHA-256' }
  const key = await crypto.subtle.importKey('raw', encoder.encode(call.accessKeySecret), algorithm, false, ['sign'])
  const stringToSign = `ACS3-HMAC-SHA256\n${await hash(canonical)}`
  const signature = toHex(await crypto.subtle.sign('HMAC', key, encoder.encode(stringToSign)))
  const authorization = `ACS3-HMAC-SHA256 Credential=${call.accessKeyId},SignedHeaders=${names.join(';')},Signature=${signature}`
  return {
    url: query === '' ? '/' : `/?${query}`,
    headers: { ...headers, accept: 'application/json', authorization },
    body: body === '' ? undefined : body,
  }
}

/** As much of a browser's document as the page uses. */
interface PageElement {
  readonly dataset: Readonly<Record<string, string | undefined>>
  readonly name: string
  readonly value: string
  readonly files: readonly Blob[] | null
  textContent: string
  hidden: boolean
  querySelector(selector: string): PageElement | null
  querySelectorAll(selector: string): Iterable<PageElement>
  addEventListener(event: string, listener: (event: { preventDefault(): void }) => void): void
}

export const runPage = (sign: typeof signCall): void => {
  const { document, location } = globalThis as unknown as { document: PageElement; location: { host: string } }
  const keyOf = (name: string): string => document.querySelector(`#keys [name=${name}]`)?.value ?? ''
  const toBase64 = async (file: Blob): Promise<string> => {
    let text = ''
    for (const byte of new Uint8Array(await file.arrayBuffer())) text += String.fromCharCode(byte)
    return btoa(text)
  }
  const readFields = async (form: PageElement, place: string): Promise<[string, string][]> => {
    const pairs: [string, string][] = []
    for (const input of form.querySelectorAll(`[data-place=${place}]`)) {
      const file = input.files?.[0]
      const value = file ? await toBase64(file) : input.value
      if (value !== '' && !pairs.some(([name]) => name === input.name)) pairs.push([input.name, value])
    }
    return pairs
  }
  const send = async (form: PageElement): Promise<string> => {
    const { url, headers, body } = await sign({
      accessKeyId: keyOf('accessKeyId'),
      accessKeySecret: keyOf('accessKeySecret'),
      securityToken: keyOf('securityToken'),
      host: location.host,
      action: form.dataset.action ?? '',
      version: form.dataset.version ?? '',
      query: await readFields(form, 'query'),
      form: await readFields(form, 'form'),
      date: `${new Date().toISOString().slice(0, 19)}Z`,
      nonce: crypto.randomUUID(),
    })
    const answer = await fetch(url, { method: 'POST', headers, body, credentials: 'omit' })
    return `HTTP ${answer.status}\n${JSON.stringify(await answer.json(), null, 2)}`
  }
  const warning = document.querySelector('#insecure')
  if (warning) warning.hidden = globalThis.crypto?.subtle !== undefined
  for (const form of document.querySelectorAll('form[data-action]'))
    form.addEventListener('submit', event => {
      event.preventDefault()
      const output = form.querySelector('output')
      if (!output) return
      output.textContent = '…'
      send(form).then(
        text => {
          output.textContent = text
        },
        error => {
          output.textContent = String(error)
        },
      )
    })
}

/** The script as the browser gets it. */
export const renderScript = (): string => `'use strict';\n(${runPage})(${signCall});\n`
