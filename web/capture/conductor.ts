// Does what the views ask for: calls the server, opens the camera, runs a try, and leads from one view to the next. What is
// shown is decided by logic/page.ts; what a try does by logic/try.ts.
import { Problem } from './api/retry.ts'
import type { SessionClient } from './api/session-client.ts'
import type { Camera } from './device/camera.ts'
import type { Detector } from './device/detector.ts'
import { ovalInPicture } from './logic/oval.ts'
import {
  browserTroubleOf,
  type CameraTrouble,
  cameraTroubleOf,
  FIRST_PAGE,
  isAboutState,
  type Page,
  type PageEvent,
  reducePage,
} from './logic/page.ts'
import { runTry, type TryEye } from './logic/try.ts'
import { runUploadTry } from './logic/upload-try.ts'
import type { SessionView } from './words.ts'

export interface Conductor {
  readonly page: () => Page
  readonly subscribe: (listener: () => void) => () => void
  /** Asks the server how things stand, and shows it. */
  readonly open: () => Promise<void>
  readonly startCamera: () => Promise<void>
  /** Takes the picture by hand. */
  readonly take: () => void
  readonly upload: (file: Blob) => Promise<void>
  /** The person stops; what was not handed in is as if it had not been. */
  readonly leave: () => Promise<void>
  /** Gives up for good after a failed try. */
  readonly finish: () => Promise<void>
  /** Lets the camera go and returns to the beginning; the try is as if it had not been. */
  readonly interrupt: () => void
  /** The live picture while there is one. */
  readonly video: () => HTMLVideoElement | null
  readonly hasDetector: () => boolean | 'loading'
}

export interface ConductorDeps {
  /** Its calls are made again until they are answered, or `signal` is aborted. */
  readonly createClient: (onWaiting: (isWaiting: boolean) => void, signal?: AbortSignal) => SessionClient
  readonly openCamera: (onLost: () => void) => Promise<Camera>
  readonly loadDetector: () => Promise<Detector>
  readonly readPictureFile: (file: Blob) => Promise<Blob>
  /** Whether the page is secure and the browser knows cameras. */
  readonly browser: { readonly isSecure: boolean; readonly hasCameras: boolean }
  readonly now: () => number
  readonly sleep: (ms: number) => Promise<void>
  /** Nothing more can come. */
  readonly onOver: (session: SessionView) => void
  readonly onBrowserTrouble: (session: SessionView) => void
  readonly onLeft: (session: SessionView) => void
  readonly onMoved: () => void
  /** Something that went wrong without the person having to know. */
  readonly onTrouble: (error: unknown) => void
}

/** Width by height of the stage on the screen; styles/capture.css has the same. */
const STAGE = { width: 3, height: 4 }
const POLL_MS = 1000
const DETECTOR_TRIES = 4

export const createConductor = (deps: ConductorDeps): Conductor => {
  let page: Page = FIRST_PAGE
  const listeners = new Set<() => void>()
  const send = (event: PageEvent): void => {
    const next = reducePage(page, event)
    if (next === page) return
    page = next
    for (const listener of listeners) listener()
  }
  const browserTrouble = browserTroubleOf(deps.browser.isSecure, deps.browser.hasCameras)
  const createClient = (signal?: AbortSignal): SessionClient =>
    deps.createClient(isWaiting => send({ type: 'waiting', isWaiting }), signal)
  const client = createClient()
  let camera: Camera | null = null
  let running = new AbortController()
  let isTakeAsked = false
  let detector: Detector | null = null
  let isDetectorLost = false
  let isDetectorAsked = false

  const closeCamera = (): void => {
    running.abort()
    camera?.stop()
    camera = null
  }

  /** Shows a session, follows its judgement, and says when it is over. */
  const showSession = async (session: SessionView): Promise<void> => {
    send({ type: 'session', session })
    if (session.ended) deps.onOver(session)
    else if (session.state === 'submitted') {
      await deps.sleep(POLL_MS)
      if (page.session === session) await showSession(await client.view())
    } else if (browserTrouble) showTrouble(browserTrouble)
    else prepareDetector()
  }

  /** Runs what may meet a problem of the server, and shows it. */
  const guard = async (act: () => Promise<void>): Promise<void> => {
    try {
      await act()
    } catch (error) {
      if (error instanceof DOMException && error.name === 'AbortError') return
      closeCamera()
      if (!(error instanceof Problem)) deps.onTrouble(error)
      const code = error instanceof Problem ? error.code : 'unknown'
      if (!isAboutState(code)) send({ type: 'problem', code })
      else await guard(async () => showSession(await client.view()))
    }
  }

  const prepareDetector = (): void => {
    if (isDetectorAsked) return
    isDetectorAsked = true
    void (async () => {
      for (let tries = 1; tries <= DETECTOR_TRIES && detector === null; tries++) {
        try {
          detector = await deps.loadDetector()
        } catch (error) {
          deps.onTrouble(error)
          if (tries < DETECTOR_TRIES) await deps.sleep(2000 * tries)
        }
      }
      isDetectorLost = detector === null
    })()
  }

  const showTrouble = (trouble: CameraTrouble): void => {
    closeCamera()
    send({ type: 'camera_trouble', trouble })
    if (trouble === browserTrouble && page.session) deps.onBrowserTrouble(page.session)
  }

  const openCamera = async (): Promise<Camera | null> => {
    const { signal } = running
    try {
      const opened = await deps.openCamera(() => showTrouble('busy'))
      if (!signal.aborted) return opened
      opened.stop()
    } catch (error) {
      if (!signal.aborted) showTrouble(cameraTroubleOf(error instanceof DOMException ? error.name : ''))
    }
    return null
  }

  const eyeOf = (opened: Camera): TryEye => ({
    look: async () => {
      await opened.next()
      const picture = opened.draw()
      try {
        return detector && (await detector.detect(picture))
      } catch (error) {
        // A graphics context that is lost does not come back: the try goes on without guidance.
        deps.onTrouble(error)
        detector = null
        isDetectorLost = true
        return null
      }
    },
    oval: () => ovalInPicture(opened.size(), STAGE),
    frame: opened.frame,
    portrait: opened.portrait,
  })

  return {
    page: () => page,
    subscribe: listener => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    open: () => guard(async () => showSession(await client.view())),
    startCamera: () =>
      guard(async () => {
        closeCamera()
        running = new AbortController()
        isTakeAsked = false
        const { signal } = running
        send({ type: 'asked_for_camera' })
        prepareDetector()
        camera = await openCamera()
        if (camera === null) return
        const session = await runTry({
          client: createClient(signal),
          eye: eyeOf(camera),
          now: deps.now,
          sleep: deps.sleep,
          show: (scene, step) => {
            if (signal.aborted) return
            if (scene.phase === 'moved') deps.onMoved()
            send({ type: 'scene', scene, step })
          },
          isTakeAsked: () => isTakeAsked,
          signal,
        })
        closeCamera()
        await showSession(session)
      }),
    take: () => {
      isTakeAsked = true
    },
    upload: file =>
      guard(async () => {
        const picture = await deps.readPictureFile(file).catch(() => null)
        if (picture === null) {
          send({ type: 'file_unreadable' })
          return
        }
        send({ type: 'uploading' })
        await showSession(await runUploadTry(client, picture))
      }),
    leave: () =>
      guard(async () => {
        closeCamera()
        const session = await client.end()
        send({ type: 'left' })
        if (session.ended) await showSession(session)
        else deps.onLeft(session)
      }),
    finish: () => guard(async () => showSession(await client.end())),
    interrupt: () => {
      closeCamera()
      send({ type: 'interrupted' })
    },
    video: () => camera?.video ?? null,
    hasDetector: () => (detector ? true : isDetectorLost ? false : 'loading'),
  }
}
