// Where the weights of a model come from, as pack.json says it: an npm package that is installed, files that lie beside
// pack.json, or files that were published elsewhere and are fetched on request. Fetches nothing itself.
import { z } from 'zod'

const sha256 = z.string().regex(/^[0-9a-f]{64}$/, 'a SHA-256 in lower-case hexadecimal')
/** A path inside a package or below an address: no way out of it, on any operating system. */
const sourcePath = z.string().regex(/^(?!.*\.\.)[A-Za-z0-9_][A-Za-z0-9_./-]*$/, 'a relative path with forward slashes')

const npmSource = z.strictObject({
  format: z.enum(['tfjs-graph', 'dlib-weights']),
  package: z.string().min(1),
  version: z.string().min(1),
  files: z.array(z.strictObject({ path: sourcePath, sha256 })).min(2),
})

/** `upstream` is the folder that the files lie in, at a pinned `version`: a commit, or the number of a release. */
const upstreamSource = z.strictObject({
  format: z.enum(['minifasnet-checkpoint', 'openvino-ir', 'onnx']),
  upstream: z.string().regex(/^https:\/\/[^\s?#]+\/$/, 'an https address that ends in a slash'),
  version: z.string().min(1),
  files: z.array(z.strictObject({ path: sourcePath, sha256, bytes: z.int().positive() })).min(1),
})

/** Weights of the project's own, in the folder of pack.json. */
const committedSource = z.strictObject({
  format: z.literal('committed'),
  files: z.array(z.strictObject({ path: sourcePath, sha256 })).length(1),
})

export const packSource = z.union([npmSource, upstreamSource, committedSource])

export type NpmSource = z.infer<typeof npmSource>
export type UpstreamSource = z.infer<typeof upstreamSource>
export type UpstreamFile = UpstreamSource['files'][number]
export type CommittedSource = z.infer<typeof committedSource>
export type PackSource = NpmSource | UpstreamSource | CommittedSource

export const isNpmSource = (source: PackSource): source is NpmSource => 'package' in source
export const isUpstreamSource = (source: PackSource): source is UpstreamSource => 'upstream' in source

/** For people: "@scope/package 1.2.3", the address, which holds the version, or "Likeness". */
export const describeSource = (source: PackSource): string => {
  if (isNpmSource(source)) return `${source.package} ${source.version}`
  return isUpstreamSource(source) ? source.upstream : 'Likeness'
}
