// The types of install-state.mjs, for the tests.
export function stampOf(lockfile: string, platform?: string, arch?: string): string
export function readStamp(file: string): string | null
export function readNodeVersion(node: string): string | null
export function isInstalledByHand(
  root: string,
  lockfile: string,
  machine?: { readonly platform: string; readonly arch: string },
): boolean
