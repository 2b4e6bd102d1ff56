// The types of npm.mjs, for the tests.
export interface Npm {
  readonly program: string
  readonly before: readonly string[]
  readonly shell: boolean
}
export function locateNpm(root: string, environment?: Readonly<Record<string, string | undefined>>): Npm
