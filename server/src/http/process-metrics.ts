// The process itself as metrics, under the names that dashboards for Node know. Asks the system only when it is read.
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { Counter, Gauge, type Registry } from 'prom-client'

export interface ProcessMetrics {
  close(): void
}

/** How often the event loop's delay is looked at, milliseconds; ten small wake-ups a second. */
const RESOLUTION_MS = 100
const NANOSECONDS = 1e9

export const addProcessMetrics = (registry: Registry): ProcessMetrics => {
  const registers = [registry]
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  delay.enable()
  new Counter({
    name: 'process_cpu_seconds_total',
    help: 'Processor time, user and system, all threads.',
    registers,
    collect() {
      const { user, system } = process.cpuUsage()
      this.reset()
      this.inc((user + system) / 1e6)
    },
  })
  addGauge(registry, 'process_resident_memory_bytes', 'Resident memory.', () => process.memoryUsage.rss())
  addGauge(registry, 'process_start_time_seconds', 'When the process started, Unix time.', () =>
    Math.round((Date.now() - process.uptime() * 1000) / 1000),
  )
  addGauge(
    registry,
    'nodejs_eventloop_lag_p99_seconds',
    'How late the main thread came to its work, 99th percentile since the last reading.',
    () => {
      const seconds = toLagSeconds(delay.percentile(99))
      delay.reset()
      return seconds
    },
  )
  return { close: () => delay.disable() }
}

/** The monitor reports the time between two looks; what is beyond its own interval is delay. */
const toLagSeconds = (nanoseconds: number): number => Math.max(0, (nanoseconds - RESOLUTION_MS * 1e6) / NANOSECONDS)

export const addGauge = (registry: Registry, name: string, help: string, read: () => number): void => {
  new Gauge({
    name,
    help,
    registers: [registry],
    collect() {
      this.set(read())
    },
  })
}
