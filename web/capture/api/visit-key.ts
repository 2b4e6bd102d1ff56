// Keeps the key that the server gave for the one-time token, for this tab and across reloads. No DOM; storage is passed in.

export interface VisitKey {
  /** What the server is shown: the visit key once there is one, the token before. */
  secret(): string
  keep(visit: string): void
}

type KeyStorage = Pick<Storage, 'getItem' | 'setItem'>

/** @param openStorage may throw, as browsers do that allow none; the key is then kept in memory alone */
export const openVisitKey = (token: string, openStorage: () => KeyStorage): VisitKey => {
  const name = `likeness-capture:${token}`
  let visit = attempt(() => openStorage().getItem(name)) ?? null
  return {
    secret: () => visit ?? token,
    keep: given => {
      visit = given
      attempt(() => openStorage().setItem(name, given))
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
