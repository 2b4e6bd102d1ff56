// Chromium as the Debian package installs it, driven by playwright-core. Knows no page of ours.
import { existsSync } from 'node:fs'
import { type Browser, chromium } from 'playwright-core'

const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome']

/** Null where this machine has none: tests say so and skip. */
export const chromiumPath: string | null = PLACES.find(place => existsSync(place)) ?? null

export const WITHOUT_CHROMIUM = chromiumPath ? false : 'this machine has no Chromium: apt-get install chromium'

const QUIET = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/** With a file as its camera, or with none at all. */
export const launchChromium = (camera: string | null, args: readonly string[] = []): Promise<Browser> =>
  chromium.launch({
    executablePath: chromiumPath ?? undefined,
    args: [
      ...QUIET,
      ...args,
      ...(camera === null ? [] : ['--use-fake-device-for-media-stream', `--use-file-for-fake-video-capture=${camera}`]),
    ],
  })
