// The types of web-build.mjs, for the tests and build.ts.
export function hasSources(root: string): boolean
export function stampOfSources(root: string): string
export function isBuilt(root: string, stamp?: string): boolean
export function ensureWebBuilt(root: string, node: string): Promise<void>
