// Types of launch.mjs, for the TypeScript that imports it.
export const NEEDED_MAJOR: number
export const MEMORY_ENV: Readonly<Record<string, string>>
export const MEMORY_FLAGS: readonly string[]
export function pinnedNodeIn(folder: string): string
export function findNode(folder: string): string | null
export function runningMajor(): number
export function runNode(node: string, args: readonly string[]): Promise<number>
