/** `/metrics`: Prometheus text format 0.0.4. */
import type { MonitoredHub } from './monitored-hub.ts'
import { scrubMetrics } from './scrub.ts'
import { type EmbeddedFigures, type HttpFigures, subscriptionCount, traffic } from './varz.ts'

type Samples = Iterable<readonly [labels: Record<string, string>, value: number]>

class Page {
  #text = ''

  add(name: string, type: 'counter' | 'gauge', help: string, samples: Samples): void {
    this.#text += `# HELP wirehub_${name} ${help}\n# TYPE wirehub_${name} ${type}\n`
    for (const [labels, value] of samples) {
      const pairs = Object.entries(labels).map(([key, text]) => `${key}="${escapeLabel(text)}"`)
      this.#text += `wirehub_${name}${pairs.length > 0 ? `{${pairs.join(',')}}` : ''} ${value}\n`
    }
  }

  one(name: string, type: 'counter' | 'gauge', help: string, value: number): void {
    this.add(name, type, help, [[{}, value]])
  }

  toString(): string {
    return this.#text
  }
}

function escapeLabel(text: string): string {
  return text.replace(/\\/g, '\\\\').replace(/"/g, '\\"').replace(/\n/g, '\\n')
}

/** The answer of `/metrics`. */
export function metrics(hub: MonitoredHub, embedded: EmbeddedFigures = {}): string {
  const page = new Page()
  const sums = traffic(hub)
  page.one('messages_in_total', 'counter', 'Messages received.', sums.in_msgs)
  page.one('messages_out_total', 'counter', 'Messages delivered.', sums.out_msgs)
  page.one('bytes_in_total', 'counter', 'Bytes of messages received.', sums.in_bytes)
  page.one('bytes_out_total', 'counter', 'Bytes of messages delivered.', sums.out_bytes)
  page.one('connections', 'gauge', 'Open connections.', hub.connections.size)
  page.one('connections_total', 'counter', 'Connections accepted since the start.', hub.counters.connectionsTotal)
  page.one('connections_refused_total', 'counter', 'Connections refused by a limit.', hub.counters.connectionsRefused)
  page.one(
    'slow_consumers_total',
    'counter',
    'Connections cut because they did not keep up.',
    hub.counters.slowConsumers,
  )
  page.one('subscriptions', 'gauge', 'Subscriptions.', subscriptionCount(hub))
  page.one('publisher_pauses_total', 'counter', 'Publishers paused for a slow subscriber.', hub.backpressure.pauses)
  page.one('memory_guard_engagements_total', 'counter', 'Publishers held back for memory.', hub.memoryGuard.engagements)
  page.one(
    'embedded_dropped_total',
    'counter',
    'Messages the embedding program did not take.',
    embedded.droppedMessages ?? 0,
  )
  const closed = [...hub.counters.closed].map(([reason, count]) => [{ reason }, count] as const)
  page.add('connections_closed_total', 'counter', 'Connections ended, by reason.', closed)
  const letters = [...hub.deadLetters.counts].map(([reason, count]) => [{ reason }, count] as const)
  page.add('dead_letters_total', 'counter', 'Dead letters, by reason.', letters)
  for (const { name, help, samples } of scrubMetrics(hub.inspector?.figures ?? { policies: [], rules: [] })) {
    if (samples.length > 0) page.add(name, 'counter', help, samples)
  }
  if (embedded.http !== undefined) httpMetrics(page, embedded.http)
  let pending = 0
  for (const connection of hub.connections.values()) pending += connection.outbound.pendingBytes
  page.one('pending_bytes', 'gauge', 'Bytes waiting to be taken by subscribers.', pending)
  const statistics = hub.environment.statistics
  if (statistics !== undefined) {
    const delay = statistics.eventLoopDelayMs()
    page.add('event_loop_delay_seconds', 'gauge', 'Delay of the event loop since the last scrape.', [
      [{ quantile: '0.5' }, delay.p50 / 1000],
      [{ quantile: '0.99' }, delay.p99 / 1000],
      [{ quantile: '1' }, delay.max / 1000],
    ])
    page.one('event_loop_utilization', 'gauge', 'Busy share since the last scrape.', statistics.eventLoopUtilization())
    page.one('process_cpu_seconds_total', 'counter', 'Processor time used.', statistics.cpuSeconds())
    page.one('process_heap_bytes', 'gauge', 'JavaScript heap in use.', statistics.heapUsedBytes())
  }
  const memory = hub.environment.memory
  if (memory !== undefined) page.one('process_resident_bytes', 'gauge', 'Resident memory.', memory.usedBytes())
  const slowest = embedded.slowestListener
  if (slowest !== undefined) {
    page.add('slowest_listener_seconds', 'gauge', "The embedding program's slowest listener so far.", [
      [{ event: slowest.event, listener: slowest.listener }, slowest.milliseconds / 1000],
    ])
  }
  return page.toString()
}

function httpMetrics(page: Page, figures: HttpFigures): void {
  const requests = [...figures.requests].map(([path, count]) => [{ path }, count] as const)
  page.add('http_requests_total', 'counter', 'Requests to the monitoring pages, by path.', requests)
  page.one('http_connections', 'gauge', 'Open HTTP connections.', figures.connections)
  page.one('http_connections_refused_total', 'counter', 'HTTP connections that were too many.', figures.refused)
  page.one('http_timeouts_total', 'counter', 'HTTP connections that took too long.', figures.timedOut)
  page.one('http_malformed_total', 'counter', 'HTTP connections that sent no HTTP.', figures.malformed)
}
