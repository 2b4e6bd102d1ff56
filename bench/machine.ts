// The machine and the software that a figure was measured on: part of every result.
import { readFileSync } from 'node:fs'
import { findPackageJSON } from 'node:module'
import { availableParallelism, cpus, release, totalmem, type } from 'node:os'

export interface Machine {
  readonly cpu: string
  readonly cores: number
  readonly memoryGiB: number
  /** Name and release of the operating system, and the architecture. */
  readonly system: string
  readonly node: string
  readonly onnxruntime: string
}

export const describeMachine = (): Machine => ({
  cpu: cpus()[0]?.model.trim() ?? 'unknown processor',
  cores: availableParallelism(),
  memoryGiB: Math.round(totalmem() / 2 ** 30),
  system: `${type()} ${release()} ${process.arch}`,
  node: process.version,
  onnxruntime: versionOf('onnxruntime-node'),
})

/** The version of an installed npm package, "unknown" where it is not installed. */
export const versionOf = (packageName: string): string => {
  const path = findPackageJSON(packageName, import.meta.url)
  return path ? String(JSON.parse(readFileSync(path, 'utf8')).version) : 'unknown'
}

/** One line for the head of a table. */
export const nameMachine = ({ cpu, cores, memoryGiB, system, node, onnxruntime }: Machine): string =>
  `${cpu}, ${cores} cores, ${memoryGiB} GiB, ${system}, Node ${node}, onnxruntime ${onnxruntime}`
