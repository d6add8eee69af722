import { type LoadSpec, mixedSizes } from './load.ts'

/** The rows of this suite, as data. */
export type HubRow =
  | { readonly kind: 'throughput'; readonly row: string; readonly what: string; readonly load: LoadSpec }
  | {
      readonly kind: 'round-trip'
      readonly row: string
      readonly what: string
      readonly inFlight: number
      readonly share: number
    }
  | { readonly kind: 'idle'; readonly row: string; readonly what: string; readonly connections: number }
  | {
      readonly kind: 'subscribe' | 'match'
      readonly row: string
      readonly what: string
      readonly subscriptions: number
    }

const one = (size: number): LoadSpec => fanOut(1, size)

function fanOut(subscribers: number, size: number): LoadSpec {
  return {
    publishers: 1,
    subscribers,
    interest: 'bench.load',
    distinctSids: false,
    pattern: () => [{ subject: 'bench.load', size }],
  }
}

const thousandSubjects: LoadSpec = {
  ...one(128),
  interest: 'bench.load.*',
  pattern: () =>
    Array.from({ length: 1000 }, (_, index) => ({
      subject: `bench.load.${String((index * 617) % 1000).padStart(3, '0')}`,
      size: 128,
    })),
}

const mixed: LoadSpec = {
  ...one(0),
  pattern: () => mixedSizes(256, 16, 4096).map((size) => ({ subject: 'bench.load', size })),
}

const tenToTen: LoadSpec = {
  publishers: 10,
  subscribers: 10,
  interest: 'bench.load.*',
  distinctSids: true,
  pattern: (publisher) => [{ subject: `bench.load.${publisher}`, size: 128 }],
}

export const hubRows: readonly HubRow[] = [
  { kind: 'throughput', row: 'one-16', what: 'NATS 1->1, 16 B', load: one(16) },
  { kind: 'throughput', row: 'one-128', what: 'NATS 1->1, 128 B', load: one(128) },
  { kind: 'throughput', row: 'subjects-1000', what: 'NATS 1->1, 128 B over 1,000 subjects', load: thousandSubjects },
  { kind: 'throughput', row: 'mixed', what: 'NATS 1->1, sizes 16 B-4 KiB mixed', load: mixed },
  { kind: 'throughput', row: 'one-1k', what: 'NATS 1->1, 1 KiB', load: one(1024) },
  { kind: 'throughput', row: 'one-64k', what: 'NATS 1->1, 64 KiB', load: one(65536) },
  { kind: 'throughput', row: 'fanout-1-10', what: 'NATS 1->10, 128 B', load: fanOut(10, 128) },
  { kind: 'throughput', row: 'fanout-1-50', what: 'NATS 1->50, 128 B', load: fanOut(50, 128) },
  { kind: 'throughput', row: 'fanout-10-10', what: 'NATS 10->10, 128 B, distinct sids', load: tenToTen },
  { kind: 'round-trip', row: 'rtt-1-p50', what: 'request/reply, 1 in flight, p50', inFlight: 1, share: 0.5 },
  { kind: 'round-trip', row: 'rtt-1-p99', what: 'request/reply, 1 in flight, p99', inFlight: 1, share: 0.99 },
  { kind: 'round-trip', row: 'rtt-64-p50', what: 'request/reply, 64 in flight, p50', inFlight: 64, share: 0.5 },
  { kind: 'round-trip', row: 'rtt-64-p99', what: 'request/reply, 64 in flight, p99', inFlight: 64, share: 0.99 },
  { kind: 'idle', row: 'idle-10000', what: 'memory of an idle connection, of 10,000', connections: 10_000 },
  { kind: 'subscribe', row: 'subscribe-1m', what: '1,000,000 subscriptions: subscribe', subscriptions: 1_000_000 },
  {
    kind: 'match',
    row: 'match-1m',
    what: '1,000,000 subscriptions: publish to one of them, 16 B',
    subscriptions: 1_000_000,
  },
]
