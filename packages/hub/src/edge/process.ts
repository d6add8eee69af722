/** How busy this process is, from Node's own instruments. */
import { availableParallelism } from 'node:os'
import { monitorEventLoopDelay, performance } from 'node:perf_hooks'
import type { ProcessStatistics } from '../core/environment.ts'

const NANOSECONDS_PER_MILLISECOND = 1e6

/** Starts measuring; the histogram costs one timer. */
export function processStatistics(): ProcessStatistics {
  const delay = monitorEventLoopDelay({ resolution: 20 })
  delay.enable()
  let last = performance.eventLoopUtilization()
  return {
    eventLoopDelayMs() {
      const figures = {
        p50: delay.percentile(50) / NANOSECONDS_PER_MILLISECOND,
        p99: delay.percentile(99) / NANOSECONDS_PER_MILLISECOND,
        max: delay.max / NANOSECONDS_PER_MILLISECOND,
      }
      delay.reset()
      return figures
    },
    eventLoopUtilization() {
      const now = performance.eventLoopUtilization()
      const { utilization } = performance.eventLoopUtilization(now, last)
      last = now
      return utilization
    },
    cpuSeconds() {
      const { user, system } = process.cpuUsage()
      return (user + system) / 1e6
    },
    heapUsedBytes: () => process.memoryUsage().heapUsed,
    cores: availableParallelism(),
    runtime: `node${process.versions.node}`,
  }
}
