// A capture in the place of the real one, for tests of what is around it; and a small capture page of files.
import { randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Capture } from '../src/core/capture.ts'
import type { CaptureSession } from '../src/core/session-types.ts'
import { AppError, type ErrorCode } from '../src/errors.ts'
import { type CaptureFiles, openCaptureFiles } from '../src/http/capture/files.ts'

export const makeSecret = (): string => randomBytes(32).toString('base64url')

export const SESSION: CaptureSession = {
  id: '019a3c1e-7f2b-7c31-9d0e-5a4b8f6c2d10',
  tenantId: 'default',
  credentialId: 'credential',
  protocol: 'native',
  publicId: null,
  purpose: 'verify',
  galleryId: 'gallery-hidden',
  subjectId: 'subject-hidden',
  metadata: { note: 'metadata-hidden' },
  liveness: 'both',
  uploadAllowed: false,
  threshold: 81.5,
  returnUrl: 'https://shop.example/done',
  failReturnUrl: 'myapp://failed',
  callbackUrl: 'https://shop.example/callback-hidden',
  language: 'id',
  colourScheme: 'dark',
  iframeOrigins: ['https://shop.example'],
  details: { note: 'details-hidden' },
  state: 'started',
  ended: false,
  reasons: [],
  attempt: {
    number: 2,
    nonce: 'nonce-of-this-try',
    startedAt: new Date(0),
    challenges: ['turn_left', 'blink'],
    steps: [],
  },
  failures: [],
  verdict: null,
  createdAt: new Date(0),
  expiresAt: new Date('2031-02-03T04:05:06Z'),
  startedAt: null,
  submittedAt: null,
  endedAt: null,
  clearedAt: null,
  revision: 1,
}

export interface CaptureDouble extends Capture {
  /** What it was called with, in order: the method's name and its arguments. */
  readonly calls: readonly (readonly [string, ...unknown[]])[]
  /** Every call from now on is refused so; null: none. */
  refuse(code: ErrorCode | null): void
  /** What calls answer from now on. */
  become(change: Partial<CaptureSession>): void
}

/** Knows `secret` and no other. */
export const createCaptureDouble = (secret: string, visit: string): CaptureDouble => {
  const calls: [string, ...unknown[]][] = []
  let refusal: ErrorCode | null = null
  let session = SESSION
  const note = async <T>(name: string, shown: string, args: unknown[], answer: () => T): Promise<T> => {
    calls.push([name, ...args])
    if (shown !== secret) throw new AppError('session_link_invalid')
    if (refusal && name !== 'view' && name !== 'admit') throw new AppError(refusal)
    return answer()
  }
  return {
    calls,
    refuse(code) {
      refusal = code
    },
    become(change) {
      session = { ...session, ...change }
    },
    admit: shown => note('admit', shown, [], () => {}),
    view: shown => note('view', shown, [], () => session),
    start: (shown, proposal) => note('start', shown, [proposal], () => ({ session, visit: proposal ?? visit })),
    nextStep: (shown, question) =>
      note('nextStep', shown, [question], () => ({ id: 'step-1', challenge: 'portrait', revealedAt: new Date(0) })),
    addFrame: (shown, frame) => note('addFrame', shown, [frame], () => ({ pauseMs: 250 })),
    submit: (shown, nonce) => note('submit', shown, [nonce], () => ({ ...session, state: 'submitted' })),
    end: (shown, ...rest) => note('end', shown, rest, () => session),
    resume: async () => {},
    idle: async () => {},
    close: async () => {},
  }
}

export const PAGE =
  '<!doctype html><title>Capture</title><script type="module" src="/capture/assets/main-1a2b.js"></script>'
export const SCRIPT = `export const words = ${JSON.stringify('guide '.repeat(500))}\n`

/** As the build of web/ writes them, and models as their package has them. */
export const openTestFiles = async (ender: { after(undo: () => unknown): void }): Promise<CaptureFiles> => {
  const folder = await mkdtemp(join(tmpdir(), 'likeness-page-'))
  ender.after(() => rm(folder, { recursive: true, force: true }))
  const write = async (path: string, content: string | Uint8Array): Promise<void> => {
    await mkdir(join(folder, path, '..'), { recursive: true })
    await writeFile(join(folder, path), content)
  }
  await write('page/index.html', PAGE)
  await write('page/secret.txt', 'no part of the page')
  await write('page/assets/main-1a2b.js', SCRIPT)
  await write('page/assets/main-1a2b.js.map', '{}')
  await write('page/assets/fonts/mark-3c4d.woff2', new Uint8Array(100))
  await write('models/blazeface.json', JSON.stringify({ weights: 'x'.repeat(3000) }))
  await write('models/blazeface.bin', new Uint8Array(200_000).fill(7))
  await write('models/emotion.json', '{}')
  return openCaptureFiles({ page: join(folder, 'page'), models: join(folder, 'models') })
}
