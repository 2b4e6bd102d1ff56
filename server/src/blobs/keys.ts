// What a blob's key may look like. Keys are made by the server, so a strange one is a fault of ours, not of a caller.
import { AppError } from '../errors.ts'

const KEY = /^[A-Za-z0-9_-]{1,64}$/

export function isBlobKey(key: string): boolean {
  return KEY.test(key)
}

/** Throws `internal`: nothing that could name another folder may reach the file system. */
export function checkBlobKey(key: string): void {
  if (isBlobKey(key)) return
  throw new AppError(
    'internal',
    `Expected a blob key of 1 to 64 letters, digits, "-" and "_", found ${JSON.stringify(key)}.`,
  )
}
