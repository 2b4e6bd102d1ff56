// Processor time of work in this process: every thread counts, waiting does not.

export interface WorkFigures {
  readonly cpuMsPerPicture: number
  readonly picturesPerSecond: number
  readonly pictures: number
}

/** User and system time of this process so far, milliseconds. */
export const spentCpuMs = (): number => {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

/** Whole passes over the pictures, one after the other, until that much time has gone by. */
export const measureUntil = async (
  paths: readonly string[],
  seconds: number,
  work: (path: string) => Promise<void>,
): Promise<WorkFigures> => {
  const started = performance.now()
  const spentBefore = spentCpuMs()
  let pictures = 0
  do {
    for (const path of paths) await work(path)
    pictures += paths.length
  } while (performance.now() - started < seconds * 1000)
  return {
    cpuMsPerPicture: (spentCpuMs() - spentBefore) / pictures,
    picturesPerSecond: (1000 * pictures) / (performance.now() - started),
    pictures,
  }
}
