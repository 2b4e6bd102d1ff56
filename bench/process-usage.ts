// Processor time and resident memory of another process: /proc on Linux, ps elsewhere. The parsers are pure.
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { cpus } from 'node:os'

/** Linux counts processor time in hundredths of a second for every program, whatever the kernel's own clock. */
const MS_PER_TICK = 10

export interface ResidentMemory {
  readonly residentBytes: number
  /** What the process made itself, without mapped files; null where the system does not tell. */
  readonly anonymousBytes: number | null
}

/** User and system time of all threads since the process began, milliseconds. */
export const readCpuMs = (pid: number): number =>
  process.platform === 'linux'
    ? parseProcStat(readFileSync(`/proc/${pid}/stat`, 'utf8'))
    : parsePsTime(askPs('time=', pid))

export const readResidentMemory = (pid: number): ResidentMemory =>
  process.platform === 'linux'
    ? parseProcStatus(readFileSync(`/proc/${pid}/status`, 'utf8'))
    : { residentBytes: Number(askPs('rss=', pid)) * 1024, anonymousBytes: null }

/** Time that the cores of the machine have worked for anybody since it began, milliseconds. */
export const readBusyMs = (): number =>
  cpus().reduce((sum, { times: { user, nice, sys, irq } }) => sum + user + nice + sys + irq, 0)

const askPs = (column: string, pid: number): string =>
  execFileSync('ps', ['-o', column, '-p', String(pid)], { encoding: 'utf8' }).trim()

/** Fields 14 and 15. The second field, the program's name, may hold spaces and brackets. */
export const parseProcStat = (text: string): number => {
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) * MS_PER_TICK
}

export const parseProcStatus = (text: string): ResidentMemory => {
  const bytesOf = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)?.[1]) * 1024
  return { residentBytes: bytesOf('VmRSS'), anonymousBytes: bytesOf('RssAnon') }
}

/** "[[days-]hours:]minutes:seconds[.hundredths]" → milliseconds. */
export const parsePsTime = (text: string): number => {
  const [clock, days = '0'] = text.split('-').reverse()
  return 1000 * clock.split(':').reduce((sum, part) => sum * 60 + Number(part), 0) + Number(days) * 86_400_000
}
