// Which view the page shows, and what leads from one to the next. A pure reducer: effects are the conductor's.
import type { SessionView } from '../words.ts'
import type { TryScene } from './try.ts'

export const CAMERA_TROUBLES = ['refused', 'missing', 'busy', 'insecure', 'unsupported'] as const
export type CameraTrouble = (typeof CAMERA_TROUBLES)[number]

export const DEAD_ENDS = ['not_found', 'link_used', 'broken'] as const
export type DeadEnd = (typeof DEAD_ENDS)[number]

export type View =
  | { readonly name: 'loading' }
  | { readonly name: 'dead_end'; readonly reason: DeadEnd }
  /** `isAgain`: the person has been further before. */
  | { readonly name: 'intro'; readonly isAgain: boolean }
  | { readonly name: 'permission' }
  | { readonly name: 'camera_trouble'; readonly trouble: CameraTrouble }
  /** The person has given up for now; the session is still open. */
  | { readonly name: 'left' }
  | { readonly name: 'capture'; readonly scene: TryScene; readonly step: number }
  | { readonly name: 'upload' }
  | { readonly name: 'judging' }
  | { readonly name: 'failed' }
  | { readonly name: 'over' }

export interface Page {
  readonly view: View
  readonly session: SessionView | null
  /** Whether a call waits for the line to come back. */
  readonly isWaiting: boolean
  /** Whether a picture from a file could not be read. */
  readonly isFileUnreadable: boolean
}

export type PageEvent =
  | { readonly type: 'session'; readonly session: SessionView }
  | { readonly type: 'waiting'; readonly isWaiting: boolean }
  | { readonly type: 'problem'; readonly code: string }
  | { readonly type: 'asked_for_camera' }
  | { readonly type: 'camera_trouble'; readonly trouble: CameraTrouble }
  | { readonly type: 'scene'; readonly scene: TryScene; readonly step: number }
  | { readonly type: 'uploading' }
  | { readonly type: 'file_unreadable' }
  | { readonly type: 'left' }
  | { readonly type: 'interrupted' }

export const FIRST_PAGE: Page = { view: { name: 'loading' }, session: null, isWaiting: false, isFileUnreadable: false }

export const reducePage = (page: Page, event: PageEvent): Page => {
  switch (event.type) {
    case 'session':
      return { ...page, session: event.session, view: viewOf(event.session) }
    case 'waiting':
      return page.isWaiting === event.isWaiting ? page : { ...page, isWaiting: event.isWaiting }
    case 'problem':
      return { ...page, view: { name: 'dead_end', reason: deadEndOf(event.code) } }
    case 'asked_for_camera':
      return { ...page, view: { name: 'permission' }, isFileUnreadable: false }
    case 'camera_trouble':
      return { ...page, view: { name: 'camera_trouble', trouble: event.trouble } }
    case 'scene':
      return { ...page, view: { name: 'capture', scene: event.scene, step: event.step } }
    case 'uploading':
      return { ...page, view: { name: 'upload' }, isFileUnreadable: false }
    case 'file_unreadable':
      return { ...page, isFileUnreadable: true }
    case 'left':
      return { ...page, view: { name: 'left' } }
    case 'interrupted':
      // A judgement goes on without the page; everything else begins anew where it makes sense.
      return isInterruptible(page.view) ? { ...page, view: { name: 'intro', isAgain: true }, isWaiting: false } : page
  }
}

/** What the state of the session itself asks for. */
export const viewOf = ({ state, ended }: SessionView): View => {
  if (ended) return { name: 'over' }
  if (state === 'submitted') return { name: 'judging' }
  if (state === 'failed') return { name: 'failed' }
  return { name: 'intro', isAgain: state === 'started' }
}

const ABOUT_STATE: readonly string[] = [
  'session_ended',
  'session_locked',
  'session_unfinished',
  'session_attempt_stale',
  'session_frames_exceeded',
]

/** Problems after which the session's own state says what to do; the page asks for it. */
export const isAboutState = (code: string): boolean => ABOUT_STATE.includes(code)

export const deadEndOf = (code: string): DeadEnd => {
  if (code === 'session_link_used') return 'link_used'
  return code === 'session_link_invalid' || code === 'session_not_found' ? 'not_found' : 'broken'
}

const isInterruptible = ({ name }: View): boolean => name === 'capture' || name === 'permission'

/** @param name of the DOMException that getUserMedia threw */
export const cameraTroubleOf = (name: string): CameraTrouble => {
  if (name === 'NotAllowedError' || name === 'SecurityError' || name === 'PermissionDeniedError') return 'refused'
  if (name === 'NotFoundError' || name === 'OverconstrainedError' || name === 'DevicesNotFoundError') return 'missing'
  return 'busy'
}

/** Why this browser gives no camera at all, or null. */
export const browserTroubleOf = (isSecure: boolean, hasCameras: boolean): CameraTrouble | null => {
  if (!isSecure) return 'insecure'
  return hasCameras ? null : 'unsupported'
}

/** The same page over HTTPS: one port of the server speaks both. */
export const secureAddress = (address: string): string => address.replace(/^http:/, 'https:')
