// Keeps the key that opens the session once the one-time token is taken up, for this tab and across reloads. No DOM; storage
// and randomness are passed in.

export interface VisitKey {
  /** What the server is shown: the visit key once there is one, the token before. */
  secret(): string
  /**
   * The key to take the token up with: made when it is first asked for, and kept at once, so that an answer that is lost
   * costs nothing. Null where there is a visit key.
   */
  propose(): string | null
  /** What was proposed before; null where nothing was, or where there is a visit key. */
  proposed(): string | null
  keep(visit: string): void
}

type KeyStorage = Pick<Storage, 'getItem' | 'setItem'>

/** As the server makes its own. */
const KEY_BYTES = 32

/** @param openStorage may throw, as browsers do that allow none; the keys are then kept in memory alone */
export const openVisitKey = (
  token: string,
  openStorage: () => KeyStorage,
  fillRandom: (bytes: Uint8Array<ArrayBuffer>) => unknown = bytes => crypto.getRandomValues(bytes),
): VisitKey => {
  const read = (name: string): string | null => attempt(() => openStorage().getItem(name)) ?? null
  const write = (name: string, value: string): void => void attempt(() => openStorage().setItem(name, value))
  const [kept, pending] = [`likeness-capture:${token}`, `likeness-capture-proposed:${token}`]
  let visit = read(kept)
  let proposal = read(pending)
  const make = (): string => {
    const bytes = new Uint8Array(KEY_BYTES)
    fillRandom(bytes)
    return btoa(String.fromCharCode(...bytes))
      .replaceAll('+', '-')
      .replaceAll('/', '_')
      .replaceAll('=', '')
  }
  return {
    secret: () => visit ?? token,
    propose() {
      if (visit !== null) return null
      if (proposal === null) {
        proposal = make()
        write(pending, proposal)
      }
      return proposal
    },
    proposed: () => (visit === null ? proposal : null),
    keep(given) {
      visit = given
      write(kept, given)
    },
  }
}

const attempt = <T>(act: () => T): T | null => {
  try {
    return act()
  } catch {
    return null
  }
}
