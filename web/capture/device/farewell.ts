// Leaves the page when nothing more can come: back to the caller's page, or a message to the page around this one.
import { endingCode, messageTargets, safeReturn } from '../logic/ending.ts'
import type { SessionView } from '../words.ts'

export interface Farewell {
  /** The session is over; goes back after a moment that lets the person see how it ended. */
  readonly over: (session: SessionView) => void
  /** Tells the page around this one that it is done, with the given code; nothing where there is none. */
  readonly tell: (session: SessionView, code: string) => void
}

const MOMENT_MS = 2500

export const isFramed = (): boolean => window.parent !== window

/** Whether the end is told to the page around this one instead of going anywhere. */
export const isToldOf = (session: SessionView): boolean => session.isEmbedded && isFramed()

export const createFarewell = (token: string): Farewell => {
  const name = `likeness-capture-gone:${token}`
  const tell = (session: SessionView, code: string): void => {
    if (!isToldOf(session)) return
    for (const origin of messageTargets(session)) window.parent.postMessage({ type: 'complete', code }, origin)
  }
  return {
    tell,
    over: session => {
      const address = safeReturn(session.returnUrl)
      if (isToldOf(session)) tell(session, endingCode(session))
      // Who comes back by the back button wants to see this page, not to be sent away again.
      else if (address !== null && !wasHere(name)) setTimeout(() => location.replace(address), MOMENT_MS)
    },
  }
}

/** Whether this tab was sent away before; remembers that it is now. */
const wasHere = (name: string): boolean => {
  try {
    const before = sessionStorage.getItem(name) !== null
    sessionStorage.setItem(name, '1')
    return before
  } catch {
    return false
  }
}
