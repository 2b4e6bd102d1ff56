// The reference page of the Alibaba Cloud API: complete, closed to everything from elsewhere, and its script signs calls that
// the server takes. The script runs here as the text that browsers get.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { runInNewContext } from 'node:vm'
import { ACTIONS } from '../../src/http/protocols/alibaba/routes.ts'
import { type FakeApp, openFakeApp } from '../fake-app.ts'
import { type Keys, makeKeys, makeTemporaryKeys, picture, readingHeads } from './alibaba-client.ts'

let app: FakeApp
let keys: Keys
before(async () => {
  app = await openFakeApp({ adapt: readingHeads() })
  keys = await makeKeys(app)
})
after(() => app.close())

test('the page lists every action and code, and asks for nothing from elsewhere', async () => {
  const page = await fetch(`${app.url}/docs/alibaba`)
  const html = await page.text()
  assert.equal(page.headers.get('content-type'), 'text/html; charset=utf-8')
  const policy = page.headers.get('content-security-policy') ?? ''
  assert.match(policy, /^default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'/)
  assert.doesNotMatch(policy, /unsafe|http/)
  for (const name of Object.keys(ACTIONS)) assert.match(html, new RegExp(`<form data-action="${name}"`))
  for (const code of ['NoFaceDetected', 'Throttling.Api', 'SignatureDoesNotMatch'])
    assert.ok(html.includes(`<tr id="${code}">`))
  const [, form = ''] = /<form data-action="AddFaceRecord"(.*?)<\/form>/s.exec(html) ?? []
  assert.match(form, /<select name="ProductCode"[^>]*><option>FACE_ENROLL<\/select>/, 'the only value is chosen')
  assert.match(form, /<select name="FaceQualityCheck"[^>]*><option>Y<option selected>N<\/select>/)
  assert.doesNotMatch(html, /(src|href)="(?!\/|#)/)
  assert.doesNotMatch(html, /<script>|onclick|style="/)
  for (const path of ['script.js', 'style.css'])
    assert.equal((await fetch(`${app.url}/docs/alibaba/${path}`)).status, 200)
})

test('the document describes every action', async () => {
  const document = (await (await fetch(`${app.url}/openapi/alibaba.json`)).json()) as {
    openapi: string
    paths: Record<string, { post: { operationId: string; requestBody?: { content: object } } }>
  }
  assert.equal(document.openapi, '3.1.0')
  const operations = Object.entries(document.paths).map(([path, { post }]) => [path.split(/[=&]/)[1], post.operationId])
  assert.deepEqual(
    operations,
    Object.keys(ACTIONS).map(name => [name, name]),
  )
})

interface FakeInput {
  readonly name: string
  readonly value: string
  readonly place: string
  readonly file?: Blob
}

/** As much of a browser as the script touches. */
const submit = async (action: string, inputs: readonly FakeInput[], pair: Keys): Promise<string> => {
  const script = await (await fetch(`${app.url}/docs/alibaba/script.js`)).text()
  const shown = Promise.withResolvers<string>()
  const output = {
    set textContent(text: string) {
      if (text !== '…') shown.resolve(text)
    },
  }
  let listener: (event: { preventDefault(): void }) => void = () => {}
  const form = {
    dataset: { action, version: '2022-08-09' },
    querySelector: () => output,
    querySelectorAll: (selector: string) =>
      inputs
        .filter(({ place }) => selector === `[data-place=${place}]`)
        .map(input => ({ ...input, files: input.file ? [input.file] : null })),
    addEventListener: (_event: string, run: typeof listener) => {
      listener = run
    },
  }
  const texts: Record<string, string | undefined> = {
    accessKeyId: pair.accessKeyId,
    accessKeySecret: pair.accessKeySecret,
    securityToken: pair.securityToken,
  }
  const document = {
    querySelector: (selector: string) => ({ value: texts[/name=(\w+)/.exec(selector)?.[1] ?? ''] ?? '', hidden: true }),
    querySelectorAll: () => [form],
  }
  const sandbox: Record<string, unknown> = {
    document,
    location: { host: new URL(app.url).host },
    fetch: (path: string, init: RequestInit) => fetch(app.url + path, init),
    crypto: globalThis.crypto,
    btoa,
    TextEncoder,
  }
  sandbox.globalThis = sandbox
  runInNewContext(script, sandbox)
  listener({ preventDefault() {} })
  return shown.promise
}

test('its script signs, sends, and shows the answer', async () => {
  const text = (name: string, value: string, place: string): FakeInput => ({ name, value, place })
  assert.match(await submit('KeepaliveIntl', [], keys), /^HTTP 200\n.*"SUCCESS"/s)
  const temporary = await makeTemporaryKeys(app, keys.id)
  assert.match(await submit('KeepaliveIntl', [], temporary), /^HTTP 200/)
  const made = await submit(
    'AddFaceGroup',
    [text('Name', "Doors *~!'()é+", 'form'), text('Description', '', 'form')],
    keys,
  )
  const code = /"Code": "(sg\w+)"/.exec(made)?.[1] ?? ''
  const bytes = picture('ana')
  const added = await submit(
    'AddFaceRecord',
    [
      text('ProductCode', 'FACE_ENROLL', 'form'),
      text('FaceGroupCode', code, 'form'),
      text('FacePicture', '', 'form'),
      { ...text('FacePicture', '', 'form'), file: new Blob([new Uint8Array(bytes)]) },
    ],
    keys,
  )
  assert.match(added, /^HTTP 200\n.*"Passed": "Y"/s)
  const listed = await submit(
    'QueryFaceGroup',
    [text('CurrentPage', '1', 'query'), text('PageSize', '10', 'query'), text('Name', "*~!'()é+", 'query')],
    keys,
  )
  assert.match(listed, /"TotalCount": 1/)
  assert.match(
    await submit('KeepaliveIntl', [], { ...keys, accessKeySecret: 'x' }),
    /^HTTP 400\n.*SignatureDoesNotMatch/s,
  )
})
