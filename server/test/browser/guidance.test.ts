// What the capture page in Chromium says, while the face is in the oval, of a mask, of sunglasses and of closed eyes; and that it
// says nothing of the kind of a bare face. The things are drawn on a photograph of an npm package, and the lids too.
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, type TestContext, test } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import type { Drawing } from '../../../train/attributes/drawings.ts'
import { type FrameState, NEUTRAL, openScene, renderFrame } from '../../src/vision/face-sequences.fixture.ts'
import { type Person, pictureOf } from '../../src/vision/pictures.fixture.ts'
import { type Look, openPipeline } from '../../src/vision/pipeline.fixture.ts'
import { launchReady, type TestServer } from '../support.ts'
import { canvasOf, jpegOf, wearing } from '../worn-pictures.ts'
import { launchChromium, WITHOUT_CHROMIUM } from './chromium.ts'
import { type CameraFrame, type FileCamera, openFileCamera, toCameraFrame } from './file-camera.ts'
import { play } from './puppet.ts'

const PATIENCE_MS = 40_000

describe('the guidance of the capture page in a browser', { skip: WITHOUT_CHROMIUM }, () => {
  let server: TestServer
  let look: Look
  let camera: FileCamera
  let browser: Browser
  let folder: string

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'likeness-guidance-'))
    server = await launchReady({ visionThreads: 1, attributes: 'none' })
    look = await openPipeline()
    camera = openFileCamera(join(folder, 'camera.y4m'))
    browser = await launchChromium(camera.path)
  })
  after(async () => {
    await browser?.close()
    camera?.close()
    await server?.close()
    await rm(folder, { recursive: true, force: true })
  })

  const draw = async (picture: Uint8Array, state: Partial<FrameState> = {}): Promise<CameraFrame> => {
    const { width, height } = camera
    const scene = await openScene(picture, look, width, height)
    return toCameraFrame(renderFrame(scene, { ...NEUTRAL, ...state }).data, width, height)
  }
  const drawWith = async (person: Person, thing: Drawing): Promise<CameraFrame> =>
    draw(await jpegOf(await wearing(await canvasOf(server, person), thing)))

  /** The page, with the camera on, before which this is. */
  const show = async (t: TestContext, frame: CameraFrame): Promise<Page> => {
    const shown = play(camera, { rest: [frame], moves: {} })
    const { body } = await server.call<{ url: string }>('POST', '/v1/sessions', { purpose: 'liveness' })
    const context = await browser.newContext({ permissions: ['camera'], locale: 'en-US' })
    t.after(async () => {
      shown.stop()
      await context.close()
    })
    context.setDefaultTimeout(PATIENCE_MS)
    const page = await context.newPage()
    await page.goto(body.url)
    await page.getByRole('button', { name: /Start the camera/ }).click()
    return page
  }

  const says = (page: Page, sentence: string): Promise<void> => page.getByText(sentence, { exact: true }).waitFor()

  test('a mask is to be taken off', async t => {
    await says(await show(t, await drawWith('ada', 'mask')), 'Take off your mask.')
  })

  test('sunglasses are to be taken off', async t => {
    await says(await show(t, await drawWith('ada', 'sunglasses')), 'Take off your sunglasses.')
  })

  test('closed eyes are to be opened', async t => {
    await says(await show(t, await draw(await pictureOf('gia'), { closed: 1 })), 'Open your eyes.')
  })

  test('a bare face hears nothing of the kind, and its picture is taken', async t => {
    const page = await show(t, await draw(await pictureOf('gia')))
    const heard: string[] = []
    const taken = page.waitForRequest(request => request.url().includes('/capture/api/frames'))
    let isTaken = false
    const watch = taken.then(() => {
      isTaken = true
    })
    while (!isTaken) {
      heard.push(await page.locator('body').innerText())
      await Promise.race([watch, page.waitForTimeout(100)])
    }
    assert.doesNotMatch(heard.join(), /Take off|Open your eyes/)
  })
})
