// Puts the page together: the parts that touch the browser are made here and passed on.
import { render } from 'preact'
import { createSessionClient } from './api/session-client.ts'
import { openVisitKey } from './api/visit-key.ts'
import { App } from './app.tsx'
import { createConductor } from './conductor.ts'
import { openCamera, readPictureFile } from './device/camera.ts'
import { createFarewell } from './device/farewell.ts'
import { untilWorthTrying } from './device/line.ts'
import './styles/tokens.css'
import './styles/layout.css'
import './styles/cards.css'
import './styles/capture.css'
import './styles/motion.css'

/** The folder of this page's address, with slashes: "/capture/", or more where a proxy stands before the server. */
const base = new URL('.', location.href).pathname
const token = decodeURIComponent(location.pathname.slice(base.length).replace(/\/+$/, ''))
const sleep = (ms: number): Promise<void> => new Promise(resolve => setTimeout(resolve, ms))
const key = openVisitKey(token, () => sessionStorage)
const farewell = createFarewell(token)

const conductor = createConductor({
  createClient: (onWaiting, signal) =>
    createSessionClient({
      fetch: (input, init) => fetch(input, init),
      base: `${base}api`,
      key,
      sleep: untilWorthTrying,
      onWaiting,
      signal,
    }),
  openCamera,
  loadDetector: async () => (await import('./device/detector.ts')).loadDetector(`${base}models/`),
  readPictureFile,
  browser: { isSecure: isSecureContext, hasCameras: typeof navigator.mediaDevices?.getUserMedia === 'function' },
  now: () => performance.now(),
  sleep,
  onOver: farewell.over,
  onBrowserTrouble: session => farewell.tell(session, 'BROWSER_ISSUE'),
  onLeft: session => farewell.tell(session, 'CAMERA_ISSUE'),
  onMoved: () => navigator.vibrate?.(60),
  onTrouble: error => console.warn(error),
})

// A person who looks elsewhere is not filmed. The browser's own question for the camera may hide the page too: that is waited for.
document.addEventListener('visibilitychange', () => {
  if (document.hidden && conductor.page().view.name === 'capture') conductor.interrupt()
})
addEventListener('pagehide', () => conductor.interrupt())
addEventListener('pageshow', event => {
  if (event.persisted) void conductor.open()
})

const root = document.getElementById('page')
if (root) {
  root.replaceChildren()
  render(<App conductor={conductor} />, root)
  void conductor.open()
}
