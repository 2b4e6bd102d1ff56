// The types of install-lock.mjs, for the tests.
export function withLock<T>(
  folder: string,
  options: { readonly task: () => T | Promise<T>; readonly onWait: () => void },
): Promise<T>
