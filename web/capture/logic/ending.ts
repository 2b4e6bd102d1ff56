// Where the page goes and what it tells the page around it once nothing more can come. Pure.
import type { SessionView } from '../words.ts'

/** The word for the page around this one: the protocol's own, or SUCCESS, or the first reason in capitals. */
export const endingCode = ({ state, reasons, endCode }: SessionView): string => {
  if (endCode !== null) return endCode
  if (state === 'passed') return 'SUCCESS'
  const [reason] = reasons
  return state === 'expired' || !reason ? state.toUpperCase() : toCode(reason.name)
}

const toCode = (name: string): string => name.replace(/[a-z](?=[A-Z])/g, '$&_').toUpperCase()

/** Origins that are told, one message each; the browser delivers to the one that matches. */
export const messageTargets = ({ iframeOrigins }: SessionView): readonly string[] =>
  iframeOrigins.includes('*') ? ['*'] : iframeOrigins

const REFUSED_SCHEMES = ['javascript:', 'data:', 'file:', 'about:', 'blob:', 'intent:']

/** The return address if it is one that may be gone to; the server has checked it, and so does the page. */
export const safeReturn = (address: string | null): string | null => {
  if (address === null) return null
  try {
    return REFUSED_SCHEMES.includes(new URL(address).protocol) ? null : address
  } catch {
    return null
  }
}
