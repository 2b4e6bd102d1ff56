// The capture page in Chromium, with a file as its camera: somebody is captured, a sheet is not, and what can go wrong on the
// way does. The heads are drawn from the photographs of an npm package, turned through the depth of their meshes; they go
// into galleries of these tests alone. LIKENESS_SHOTS=FOLDER keeps a screenshot of each step, in light and dark; those that
// show nobody are docs/images.
import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, type TestContext, test } from 'node:test'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import sharp from 'sharp'
import { CHALLENGES, type Challenge, HEAD_CHALLENGES } from '../../src/core/session-types.ts'
import { pictureOf, samplePath } from '../../src/vision/pictures.fixture.ts'
import { assertDone, createPair, FACE_AUTHENTICATION, openAdvance, send } from '../protocols/advance-app.ts'
import { createGallery, enrol, launchReady, type TestServer } from '../support.ts'
import { launchChromium, WITHOUT_CHROMIUM } from './chromium.ts'
import { type FileCamera, openFileCamera, toCameraFrame } from './file-camera.ts'
import { drawPuppet, type Play, type Puppet, play } from './puppet.ts'

interface Session {
  id: string
  url: string
  state: string
  ended: boolean
  reasons: { name: string }[]
  match: { similarity: number } | null
  faceId: string | null
}

const SHOTS = process.env.LIKENESS_SHOTS
/** Tries of one visit: a machine that is busy may miss a blink, as a person may. */
const MOST_TRIES = 4
const PATIENCE_MS = 120_000
const GALLERY = 'drawn-heads'
const VIEWPORT = { width: 390, height: 800 }

describe('the capture page in a browser', { skip: WITHOUT_CHROMIUM }, () => {
  let server: TestServer
  let camera: FileCamera
  let browser: Browser
  let folder: string
  let ada: Puppet
  let expiring: Session
  const visitors: BrowserContext[] = []

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'likeness-browser-'))
    server = await launchReady({ visionThreads: 2, attributes: 'none' })
    camera = openFileCamera(join(folder, 'camera.y4m'))
    await createGallery(server, GALLERY)
    expiring = await makeSession({ purpose: 'liveness', expiresInSeconds: 60 })
    ada = await drawPuppet(await pictureOf('ada'), CHALLENGES, camera)
    browser = await launchChromium(camera.path)
    if (SHOTS) await mkdir(SHOTS, { recursive: true })
  })
  after(async () => {
    for (const visitor of visitors) await visitor.close()
    await browser?.close()
    camera?.close()
    await server?.close()
    await rm(folder, { recursive: true, force: true })
  })

  const makeSession = async (body: object): Promise<Session> => {
    const answer = await server.call<Session>('POST', '/v1/sessions', body)
    assert.equal(answer.status, 201, JSON.stringify(answer.body))
    return answer.body
  }
  const readSession = async ({ id }: Pick<Session, 'id'>): Promise<Session> =>
    (await server.call<Session>('GET', `/v1/sessions/${id}`)).body

  /** A new browser profile, whose pages ask nobody but this server. */
  const visit = async (options: { isCameraAllowed?: boolean; hosts?: readonly string[] } = {}): Promise<Page> => {
    const { isCameraAllowed = true, hosts = [] } = options
    const context = await browser.newContext({
      permissions: isCameraAllowed ? ['camera'] : [],
      viewport: VIEWPORT,
      locale: 'en-US',
    })
    visitors.push(context)
    context.setDefaultTimeout(PATIENCE_MS)
    const page = await context.newPage()
    const own = [new URL(server.url).host, ...hosts]
    page.on('request', request => {
      const { protocol, host } = new URL(request.url())
      if (['blob:', 'data:'].includes(protocol)) return
      assert.ok(own.includes(host), `the page asked a third party: ${request.url()}`)
    })
    page.on('console', message => {
      assert.doesNotMatch(message.text(), /Content Security Policy/i)
    })
    return page
  }

  /** The puppet does what the page is told by the server, each time once. */
  const follow = (page: Page, played: Play): void => {
    page.on('response', async response => {
      if (!response.url().endsWith('/capture/api/steps') || response.status() !== 200) return
      const { step } = (await response.json().catch(() => ({ step: null }))) as { step: { challenge: string } | null }
      if (step && step.challenge !== 'portrait') played.move(step.challenge as Challenge)
    })
  }

  /** Before the camera until the test ends. */
  const stage = (t: TestContext, puppet: Puppet): Play => {
    const played = play(camera, puppet)
    t.after(() => played.stop())
    return played
  }

  const shoot = async (page: Page, name: string): Promise<void> => {
    if (!SHOTS) return
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme })
      const shot = await page.screenshot({ animations: 'disabled' })
      await sharp(shot)
        .png({ palette: true, colours: 64, effort: 10 })
        .toFile(join(SHOTS, `${name}-${colorScheme}.png`))
    }
    await page.emulateMedia({ colorScheme: null })
  }

  /** A photograph that does not move at all, before a camera of its own. */
  const refuseStill = async (t: TestContext): Promise<void> => {
    const session = await makeSession({ purpose: 'liveness', liveness: 'active' })
    const own = openFileCamera(join(folder, 'still.y4m'))
    const shown = play(own, { rest: ada.rest.slice(0, 1), moves: {} })
    const other = await launchChromium(own.path)
    t.after(async () => {
      await other.close()
      shown.stop()
      own.close()
    })
    const page = await other.newPage({ permissions: ['camera'], locale: 'en-US' })
    page.setDefaultTimeout(PATIENCE_MS)
    await page.goto(session.url)
    await press(page, /Start the camera/)
    await heading(page, 'It did not work this time').waitFor()
    const { state, reasons } = await readSession(session)
    assert.equal(state, 'failed')
    const names = reasons.map(({ name }) => name)
    const isSeen = names.some(name => ['still_picture', 'challenge_not_met'].includes(name))
    assert.ok(isSeen, `refused for ${names}`)
  }

  const press = (page: Page, name: RegExp): Promise<void> => page.getByRole('button', { name }).click()
  const heading = (page: Page, name: string | RegExp) => page.getByRole('heading', { name })

  /** Until the server has judged well; a try that failed is begun again, as the page offers. */
  const pass = async (page: Page, session: Pick<Session, 'id'>): Promise<Session> => {
    await press(page, /Start the camera|Go on/)
    for (let tries = 1; ; tries++) {
      const done = heading(page, 'Done')
      const failed = heading(page, 'It did not work this time')
      await done.or(failed).waitFor()
      if (await done.isVisible()) return readSession(session)
      const { reasons } = await readSession(session)
      assert.ok(tries < MOST_TRIES, `not passed in ${tries} tries: ${JSON.stringify(reasons)}`)
      await press(page, /Try again/)
    }
  }

  test('somebody is captured, enrolled, and taken back', async t => {
    const returnUrl = `${server.url}/health/live`
    const session = await makeSession({ purpose: 'enrol', gallery: GALLERY, subject: 'ada', returnUrl })
    const page = await visit()
    const played = stage(t, ada)
    follow(page, played)
    page.on('response', async response => {
      const isStep = response.url().endsWith('/capture/api/steps')
      if (isStep) await shoot(page, 'capture').catch(() => {})
    })
    await page.goto(session.url)
    await heading(page, 'Register your face').waitFor()
    await shoot(page, 'intro')
    const passed = await pass(page, session)
    await shoot(page, 'passed').catch(() => {})
    assert.equal(passed.state, 'passed')
    assert.ok(passed.faceId)
    await page.waitForURL(returnUrl)
    const { body } = await server.call<{ items: unknown[] }>(
      'GET',
      `/v1/galleries/${GALLERY}/subjects/ada/faces?limit=10`,
    )
    assert.equal(body.items.length, 1)
  })

  test('a reload in the middle and the back button lose nothing; the same address elsewhere is refused', async t => {
    await createGallery(server, 'reloads')
    await enrol(server, 'reloads', await pictureOf('ada'), { subjectId: 'ada' })
    const session = await makeSession({ purpose: 'verify', gallery: 'reloads', subject: 'ada', liveness: 'active' })
    const page = await visit()
    const played = stage(t, ada)
    await page.goto(session.url)
    await press(page, /Start the camera/)
    await page.waitForResponse(response => response.url().endsWith('/capture/api/steps'))
    await page.reload()
    await heading(page, 'Go on with your face check').waitFor()
    await shoot(page, 'after-reload')
    await page.goto(`${server.url}/health/live`)
    await page.goBack()
    await heading(page, 'Go on with your face check').waitFor()
    const elsewhere = await visit()
    await elsewhere.goto(session.url)
    await heading(elsewhere, 'This link was opened elsewhere').waitFor()
    await shoot(elsewhere, 'link-used')
    follow(page, played)
    const passed = await pass(page, session)
    assert.equal(passed.state, 'passed')
    assert.ok((passed.match?.similarity ?? 0) > 80)
  })

  test('a photograph is refused, tilted as a sheet and held still, and the person may stop', async t => {
    const heldStill = refuseStill(t)
    const session = await makeSession({ purpose: 'enrol', gallery: GALLERY, subject: 'sheet', liveness: 'active' })
    const sheet = await drawPuppet(await pictureOf('fay'), HEAD_CHALLENGES, camera, 'sheet')
    const page = await visit()
    const played = stage(t, sheet)
    follow(page, played)
    await page.goto(session.url)
    await press(page, /Start the camera/)
    await heading(page, 'It did not work this time').waitFor()
    await shoot(page, 'failed')
    const failed = await readSession(session)
    assert.equal(failed.state, 'failed')
    const names = failed.reasons.map(({ name }) => name)
    assert.ok(
      names.some(name => ['flat_picture', 'still_picture', 'challenge_not_met'].includes(name)),
      `refused for ${names}`,
    )
    assert.doesNotMatch(await page.locator('body').innerText(), /0\.\d/, 'no score is shown')
    await press(page, /Finish without success/)
    await heading(page, 'Not successful').waitFor()
    assert.equal((await readSession(session)).ended, true)
    const { status } = await server.call('GET', `/v1/galleries/${GALLERY}/subjects/sheet`)
    assert.equal(status, 404)
    await heldStill
  })

  test('pictures from files: what is none is told, five failures lock the session, a good one passes', async () => {
    const body = { purpose: 'liveness', liveness: 'passive', uploadAllowed: true }
    const locked = await makeSession(body)
    const page = await visit()
    const choose = (name: string, mimeType: string, bytes: Uint8Array): Promise<void> =>
      page.locator('input[type=file]').setInputFiles({ name, mimeType, buffer: Buffer.from(bytes) })
    await page.goto(locked.url)
    await choose('note.jpg', 'image/jpeg', Buffer.from('no picture'))
    await page.getByText('This file cannot be read as a picture.').waitFor()
    await shoot(page, 'upload')
    for (let tries = 1; tries <= 5; tries++) {
      const background = { r: 90 + tries, g: 90, b: 90 }
      const nobody = await sharp({ create: { width: 640, height: 480, channels: 3, background } })
        .png()
        .toBuffer()
      const submitted = page.waitForResponse(response => response.url().endsWith('/capture/api/submit'))
      await choose('nobody.png', 'image/png', nobody)
      await submitted
      await heading(page, tries < 5 ? 'It did not work this time' : 'Not successful').waitFor()
    }
    await page.getByText('There were too many failed tries').waitFor()
    await shoot(page, 'locked')
    assert.equal((await readSession(locked)).ended, true)
    const session = await makeSession(body)
    await page.goto(session.url)
    // Larger than the server takes: the page makes it smaller.
    const large = await sharp(await pictureOf('ada'))
      .resize({ width: 2000 })
      .png({ compressionLevel: 1 })
      .toBuffer()
    await choose('ada.png', 'image/png', large)
    await heading(page, 'Done').waitFor()
    assert.equal((await readSession(session)).state, 'passed')
    const without = await makeSession({ purpose: 'liveness' })
    await page.goto(without.url)
    await heading(page, 'Show that you are really here').waitFor()
    assert.equal(await page.locator('input[type=file]').count(), 0)
  })

  test('two faces and no face are told, and nothing is taken', async t => {
    const two = await sharp(samplePath(3))
      .extract({ left: 470, top: 130, width: 960, height: 720 })
      .resize(camera.width, camera.height)
      .removeAlpha()
      .raw()
      .toBuffer()
    const session = await makeSession({ purpose: 'liveness' })
    const page = await visit()
    const both = stage(t, { rest: [toCameraFrame(two, camera.width, camera.height)], moves: {} })
    await page.goto(session.url)
    await press(page, /Start the camera/)
    await page.getByText('Only one person may be in the picture.').waitFor()
    await shoot(page, 'two-faces')
    both.stop()
    const grey = new Uint8Array(camera.width * camera.height * 3).fill(120)
    const nobody = stage(t, { rest: [toCameraFrame(grey, camera.width, camera.height)], moves: {} })
    await page.getByText('Bring your face into the oval.', { exact: true }).waitFor()
    await shoot(page, 'no-face')
    nobody.stop()
    assert.equal((await readSession(session)).state, 'created')
  })

  test('a camera that is refused is explained', async () => {
    const session = await makeSession({ purpose: 'liveness' })
    const page = await visit({ isCameraAllowed: false })
    await page.goto(session.url)
    await press(page, /Start the camera/)
    await heading(page, 'The camera is not allowed').waitFor()
    await shoot(page, 'camera-refused')
  })

  test('an address that is not secure is explained, with the secure one', async t => {
    const session = await makeSession({ purpose: 'liveness' })
    const { port, pathname } = new URL(session.url)
    const host = `face.test:${port}`
    const other = await launchChromium(camera.path, [`--host-resolver-rules=MAP face.test 127.0.0.1`])
    t.after(() => other.close())
    const page = await other.newPage({ viewport: VIEWPORT })
    await page.goto(`http://${host}${pathname}`)
    await heading(page, 'This address is not secure').waitFor()
    await shoot(page, 'insecure')
    const secure = page.getByRole('link', { name: 'Open the secure page' })
    assert.equal(await secure.getAttribute('href'), `https://${host}${pathname}`)
  })

  test('a slow network is said and survived; the page inside another one says how it ended', async t => {
    const parent = createServer((request, response) => {
      const frame = new URL(request.url ?? '/', 'http://localhost').searchParams.get('frame')
      response.setHeader('content-type', 'text/html')
      response.end(
        `<script>addEventListener('message', event => { document.title = JSON.stringify(event.data) })</script><iframe allow="camera" width="380" height="780" src="${frame}"></iframe>`,
      )
    }).listen(0, '127.0.0.1')
    t.after(() => parent.close())
    await new Promise(resolve => parent.once('listening', resolve))
    const origin = `http://127.0.0.1:${(parent.address() as AddressInfo).port}`
    const session = await makeSession({ purpose: 'search', gallery: GALLERY, iframeOrigins: [origin] })
    const page = await visit({ hosts: [new URL(origin).host] })
    const slow = await page.context().newCDPSession(page)
    await slow.send('Network.emulateNetworkConditions', {
      offline: false,
      latency: 300,
      downloadThroughput: 800_000,
      uploadThroughput: 100_000,
    })
    const played = stage(t, ada)
    follow(page, played)
    await page.goto(`${origin}/?frame=${encodeURIComponent(session.url)}`)
    const inside = page.frameLocator('iframe')
    await inside.getByRole('button', { name: /Start the camera/ }).click()
    for (let tries = 1; ; tries++) {
      const done = inside.getByRole('heading', { name: 'Done' })
      await done.or(inside.getByRole('heading', { name: 'It did not work this time' })).waitFor()
      if (await done.isVisible()) break
      assert.ok(tries < MOST_TRIES, JSON.stringify((await readSession(session)).reasons))
      await inside.getByRole('button', { name: /Try again/ }).click()
    }
    await page.waitForFunction('document.title.includes("complete")')
    assert.deepEqual(JSON.parse(await page.title()), { type: 'complete', code: 'SUCCESS' })
    const { body } = await server.call<Session & { candidates: { subjectId: string }[] }>(
      'GET',
      `/v1/sessions/${session.id}`,
    )
    assert.deepEqual(
      body.candidates.map(({ subjectId }) => subjectId),
      ['ada'],
    )
  })

  test('ADVANCE.AI: two visits of one person, and the backend reads whom the face resembles', async t => {
    const { token } = await openAdvance(server, await createPair(server))
    const ask = async <T>(call: string, body: object): Promise<T> => {
      const path = FACE_AUTHENTICATION.replace('face-authentication', call)
      const headers = { 'content-type': 'application/json', 'x-access-token': token }
      return assertDone(await send<T>(server.url, 'POST', path, { headers, body: JSON.stringify(body) }))
    }
    const played = stage(t, ada)
    const visitAs = async (userId: string): Promise<string> => {
      const { signatureId, url } = await ask<{ signatureId: string; url: string }>('generate-url', {
        returnUrl: `${server.url}/health/live`,
        failReturnUrl: `${server.url}/health/ready`,
        bizId: `order-${userId}`,
        userId,
        region: 'IDN',
        language: 'id-ID',
        prefersColorScheme: 'dark',
      })
      const page = await visit()
      follow(page, played)
      await page.goto(url)
      await page.locator('main button').first().waitFor()
      await shoot(page, 'indonesian')
      await page.locator('main button').first().click()
      for (let tries = 1; ; tries++) {
        const failed = heading(page, 'Kali ini belum berhasil')
        await Promise.race([page.waitForURL(/health\/live$/), failed.waitFor().catch(() => {})])
        if (page.url().endsWith('/health/live')) return signatureId
        assert.ok(tries < MOST_TRIES, JSON.stringify(await ask('get-result', { signatureId })))
        await page.locator('main button').first().click()
      }
    }
    await visitAs('user-one')
    const signatureId = await visitAs('user-two')
    const data = await ask<{ overallResult: string; faceDetail: { faceImage: string; faceLivenessScore: number } }>(
      'get-result',
      { signatureId, returnImageType: 'BASE64' },
    )
    assert.equal(data.overallResult, 'PASS')
    assert.ok(data.faceDetail.faceLivenessScore >= 50)
    assert.equal((await sharp(Buffer.from(data.faceDetail.faceImage, 'base64')).metadata()).format, 'jpeg')
    assert.deepEqual(await ask('face-search', { signatureId }), {
      signatureId,
      simliarFaceUserIds: ['user-one'],
      similarFaceUserIds: ['user-one'],
    })
  })

  test('a session that ran out says so', async () => {
    const leftMs = Date.parse((expiring as Session & { expiresAt: string }).expiresAt) - Date.now()
    await new Promise(resolve => setTimeout(resolve, Math.max(0, leftMs + 500)))
    const page = await visit()
    await page.goto(expiring.url)
    await heading(page, 'The link has expired').waitFor()
    await shoot(page, 'expired')
    assert.equal((await readSession(expiring)).state, 'expired')
  })
})
