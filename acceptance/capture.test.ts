// Capture sessions from outside: the guide's commands, the page as a browser fetches it, and a visit by the page's own calls
// with a photograph in the place of the camera's picture. What a real browser does is in server/test/browser.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { pictureOf } from './pictures.ts'
import { call, ROOT, runCommand, startServer } from './support.ts'

interface Created {
  readonly id: string
  readonly url: string
  readonly state: string
}

interface Session extends Created {
  readonly ended: boolean
  readonly reasons: readonly { readonly name: string }[]
  readonly candidates: readonly { readonly subjectId: string }[] | null
  readonly picture: { readonly sha256: string } | null
  readonly result: { readonly result: { readonly session: string; readonly sha256: string } } | null
}

interface View {
  readonly state: string
  readonly returnUrl: string | null
}

const folder = await mkdtemp(join(tmpdir(), 'likeness-acceptance-'))
const server = await startServer(join(folder, 'data'))
after(async () => {
  await server.stop()
  await rm(folder, { recursive: true, force: true })
})
const key = server.key ?? ''

const ask = <T>(method: string, path: string, body?: object | FormData) => call<T>(server.url, key, method, path, body)
const run = (command: string): Promise<string> => runCommand(command, { url: server.url, key })
const createSession = async (body: object): Promise<Created> => {
  const created = await ask<Created>('POST', '/v1/sessions', body)
  assert.equal(created.status, 201, JSON.stringify(created.body))
  return created.body
}

const guide = await readFile(join(ROOT, 'docs/guide/capture.md'), 'utf8')
/** Each "$ npx likeness …" with the lines that the guide shows below it. */
const shown = new Map(
  [...guide.matchAll(/^\$ (npx likeness [^\n]+)\n((?:(?!\$|```)[^\n]*\n)*)/gm)].map(([, command, lines]) => [
    command,
    lines,
  ]),
)
const commandOf = (start: string): string =>
  [...shown.keys()].find(each => each.startsWith(`npx likeness ${start}`)) ?? assert.fail(`the guide has no ${start}`)

/** Ids, addresses, times and secrets differ from run to run. */
const withoutParticulars = (text: string): string[] =>
  text
    .trim()
    .split('\n')
    .map(line =>
      line
        .replace(/https?:\/\/[\d.]+:\d+\/capture\/[\w-]{43}/, 'ADDRESS')
        .replace(/[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}/, 'ID')
        .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/, 'TIME')
        .replace(/[\w+/]{43}=$/, 'SECRET'),
    )

test("the guide's first commands make a gallery and a session, and print what it shows", async () => {
  const gallery = commandOf('galleries create')
  assert.deepEqual(withoutParticulars(await run(gallery)), withoutParticulars(shown.get(gallery) ?? ''))
  const session = commandOf('sessions create')
  // This server listens on its own machine only.
  const expected = withoutParticulars(shown.get(session) ?? '').filter(line => !line.startsWith('On a phone'))
  assert.deepEqual(withoutParticulars(await run(session)), expected)
})

test('a session is listed, shown, ended and awaited', async () => {
  const listed = await run('npx likeness sessions list --state created')
  const id = /[\da-f-]{36}/.exec(listed)?.[0] ?? assert.fail(listed)
  assert.match(await run(`npx likeness sessions show ${id}`), /purpose +enrol\nstate +created\ngallery +staff\n/)
  assert.match(await run(`npx likeness sessions delete ${id}`), new RegExp(`Ended the session ${id}`))
  assert.match(await run(`npx likeness sessions wait ${id} || echo "exit $?"`), /state +expired\n(?:.*\n)*exit 1\n$/)
})

test('the webhook is set as the guide says, shown and removed', async () => {
  const set = commandOf('webhook set')
  assert.deepEqual(withoutParticulars(await run(set)), withoutParticulars(shown.get(set) ?? ''))
  assert.match(await run('npx likeness webhook show'), /https:\/\/shop\.example\/likeness\nalgorithm +HMAC-SHA256/)
  assert.equal(await run('npx likeness webhook remove'), 'Removed the webhook.\n')
})

test('the page and its files come from this server alone, under a strict policy', async () => {
  const { url } = await createSession({ purpose: 'liveness' })
  const page = await fetch(url)
  assert.deepEqual([page.status, page.headers.get('content-type')], [200, 'text/html; charset=utf-8'])
  const policy = page.headers.get('content-security-policy') ?? ''
  for (const rule of ["default-src 'none'", "connect-src 'self'", "frame-ancestors 'none'", "base-uri 'none'"])
    assert.ok(policy.split('; ').includes(rule), policy)
  assert.doesNotMatch(policy, /unsafe-inline|'unsafe-eval'|https?:/)
  assert.equal(page.headers.get('permissions-policy'), 'camera=(self)')
  assert.equal(page.headers.get('referrer-policy'), 'no-referrer')
  assert.equal(page.headers.get('set-cookie'), null)
  const html = await page.text()
  assert.doesNotMatch(html, /https?:|<script>|style=/)
  const files = [...html.matchAll(/(?:src|href)="([^"]+\.(?:js|css))"/g)].map(([, file]) => new URL(file, url).href)
  assert.ok(files.length >= 2, html)
  for (const file of [...files, `${server.url}/capture/models/blazeface.json`]) {
    assert.equal(new URL(file).origin, server.url)
    const { status, headers } = await fetch(file)
    assert.equal(status, 200, file)
    assert.match(headers.get('cache-control') ?? '', /^public, max-age=\d{6,}/, file)
  }
})

test('who frames the page is named by the session', async () => {
  const { url } = await createSession({ purpose: 'liveness', iframeOrigins: ['https://shop.example'] })
  const policy = (await fetch(url)).headers.get('content-security-policy')
  assert.match(policy ?? '', /; frame-ancestors https:\/\/shop\.example$/)
})

/** What the page asks at the address; `secret` is the token of the address or the key of the visit. */
const visitor = (secret: string) => ({
  ask: <T>(method: string, path: string, body?: object) =>
    call<T>(server.url, secret, method, `/capture/api/${path}`, body),
  send: (query: Record<string, string>, picture: Uint8Array): Promise<Response> =>
    fetch(`${server.url}/capture/api/frames?${new URLSearchParams(query)}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${secret}`, 'content-type': 'image/jpeg' },
      body: new Uint8Array(picture),
    }),
})

/** Reads until nothing more can come. */
const readEnd = async (id: string): Promise<Session> => {
  for (let tries = 0; tries < 600; tries++) {
    const { body } = await ask<Session>('GET', `/v1/sessions/${id}`)
    if (body.ended || body.state === 'failed') return body
    await new Promise(resolve => setTimeout(resolve, 100))
  }
  return assert.fail('the try was never judged')
}

test('somebody is captured, and the backend reads whom the face resembles', async () => {
  const picture = await pictureOf('ada')
  const form = new FormData()
  form.set('image', new Blob([new Uint8Array(picture)]), 'ada.jpg')
  form.set('subjectId', 'ada')
  assert.equal((await ask('POST', '/v1/galleries/staff/faces', form)).status, 201)
  const returnUrl = 'https://shop.example/done'
  const { id, url } = await createSession({ purpose: 'search', gallery: 'staff', liveness: 'passive', returnUrl })
  const token = url.slice(url.lastIndexOf('/') + 1)
  const first = visitor(token)
  assert.equal((await first.ask<View>('GET', 'session')).body.returnUrl, null)
  const started = (await first.ask<{ visit: string; nonce: string }>('POST', 'start', {})).body
  const used = await first.ask<{ code: string }>('GET', 'session')
  assert.deepEqual([used.status, used.body.code], [409, 'session_link_used'])
  const page = visitor(started.visit)
  const { nonce } = started
  const { step } = (await page.ask<{ step: { id: string } }>('POST', 'steps', { nonce, after: null })).body
  const sent = await page.send({ nonce, step: step.id, sequence: '1', at: '500' }, picture)
  assert.equal(sent.status, 202)
  const handedIn = await page.ask<View>('POST', 'submit', { nonce })
  assert.equal(handedIn.status, 202, JSON.stringify(handedIn.body))
  const session = await readEnd(id)
  assert.deepEqual([session.state, session.reasons], ['passed', []])
  assert.deepEqual(
    session.candidates?.map(({ subjectId }) => subjectId),
    ['ada'],
  )
  const digest = createHash('sha256').update(picture).digest('hex')
  assert.deepEqual([session.picture?.sha256, session.result?.result.sha256], [digest, digest])
  const view = await page.ask<View>('GET', 'session')
  assert.deepEqual([view.body.state, view.body.returnUrl], ['passed', returnUrl])
  assert.doesNotMatch(JSON.stringify(view.body), /score|similarity|candidate|ada/)
  assert.match(await run(`npx likeness sessions wait ${id}`), /state +passed\n(?:.*\n)*resembles +ada \(/)
})

test('what a session held of the person is deleted on demand', async () => {
  const { body } = await ask<{ items: readonly Created[] }>('GET', '/v1/sessions?state=passed')
  const [{ id }] = body.items
  const read = () => fetch(`${server.url}/v1/sessions/${id}/picture`, { headers: { authorization: `Bearer ${key}` } })
  assert.equal((await read()).status, 200)
  assert.equal((await ask('DELETE', `/v1/sessions/${id}`)).status, 204)
  assert.equal((await read()).status, 404)
  const cleared = (await ask<Session>('GET', `/v1/sessions/${id}`)).body
  assert.deepEqual([cleared.state, cleared.candidates, cleared.result], ['passed', null, null])
})
