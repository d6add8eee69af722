// What a run of the stack reports beside its packets, as plain data: why a segment was sent again or thrown away, when a state
// changed, and how the congestion window stood. Ladders and plots take it; a capture alone will do for them, but tells no reasons.

/** What tells a segment from others. Sequence numbers are unsigned. */
export interface TraceSegment {
  sourcePort: number
  destinationPort: number
  sequence: number
  acknowledgment: number
  flags: number
  payloadBytes: number
}

interface Recorded {
  /** On the clock of the capture. */
  timeMs: number
  host: string
}

/** A segment left TCP; `reason` and `rule` (the timer or rule, and its RFC clause) are there when it needs an explanation. */
export interface SentRecord extends Recorded {
  kind: 'sent'
  segment: TraceSegment
  reason?: string
  rule?: string
}

/** A segment reached TCP and was thrown away, or only partly used. */
export interface DroppedRecord extends Recorded {
  kind: 'dropped'
  segment: TraceSegment
  reason: string
  rule?: string
}

/** A segment was lost on the way: `host` names the link or router that lost it. */
export interface LostRecord extends Recorded {
  kind: 'lost'
  segment: TraceSegment
  reason: string
}

/** A connection changed its state. */
export interface StateRecord extends Recorded {
  kind: 'state'
  localPort: number
  remotePort: number
  from: string
  to: string
  reason: string
}

/** How a sender stood. Sizes in bytes, times in milliseconds; a threshold of Infinity has not been set yet. */
export interface TraceSample {
  congestionWindowBytes: number
  slowStartThresholdBytes: number
  bytesInFlight: number
  smoothedRttMs: number
  rtoMs: number
}

export interface SampleRecord extends Recorded, TraceSample {
  kind: 'sample'
  localPort: number
  remotePort: number
}

export type TraceRecord = SentRecord | DroppedRecord | LostRecord | StateRecord | SampleRecord

/** As much of a TCP connection as a recorder looks at. */
interface TracedConnection {
  readonly flow: { readonly localPort: number; readonly remotePort: number }
  info(now: number): TraceSample
}

/** As much of a parsed segment as a recorder looks at. */
interface TracedSegment {
  sourcePort: number
  destinationPort: number
  sequence: number
  acknowledgment: number
  flags: number
  readonly payloadBytes: number
}

export interface TraceRecorderOptions {
  epochMs?: number
  /** Records kept at most; later ones are left out. */
  maxRecords?: number
}

/**
 * Collects what one host's TCP reports: an object of this class can be given as the `trace` of its TCP layer, and its
 * `onStateChange` be called by a connection's observer. Keeps at most `maxRecords`, then counts what it leaves out.
 */
export class TraceRecorder {
  readonly records: TraceRecord[] = []
  /** Records that came after the limit. */
  leftOut = 0
  readonly #host: string
  readonly #maxRecords: number
  readonly #epochMs: number

  /** `epochMs` is added to every time, so that records and capture have one clock. */
  constructor(host: string, options: TraceRecorderOptions = {}) {
    this.#host = host
    this.#maxRecords = options.maxRecords ?? 1_000_000
    this.#epochMs = options.epochMs ?? 0
  }

  #keep(record: TraceRecord): void {
    record.timeMs += this.#epochMs
    if (this.records.length < this.#maxRecords) this.records.push(record)
    else this.leftOut++
  }

  onSent(
    _connection: TracedConnection | undefined,
    bytes: Uint8Array,
    start: number,
    end: number,
    reason: string | undefined,
    rule: string | undefined,
    now: number,
  ): void {
    if (reason === undefined && rule === undefined) return // the capture shows it; there is nothing to explain
    const word = (at: number): number =>
      ((bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3]) >>> 0
    const segment: TraceSegment = {
      sourcePort: (bytes[start] << 8) | bytes[start + 1],
      destinationPort: (bytes[start + 2] << 8) | bytes[start + 3],
      sequence: word(start + 4),
      acknowledgment: word(start + 8),
      flags: ((bytes[start + 12] & 1) << 8) | bytes[start + 13],
      payloadBytes: end - start - (bytes[start + 12] >>> 4) * 4,
    }
    this.#keep({ kind: 'sent', timeMs: now, host: this.#host, segment, reason, rule })
  }

  onDropped(
    _connection: TracedConnection | undefined,
    segment: TracedSegment,
    reason: string,
    rule: string,
    now: number,
  ): void {
    const { sourcePort, destinationPort, sequence, acknowledgment, flags, payloadBytes } = segment
    const kept = {
      sourcePort,
      destinationPort,
      sequence: sequence >>> 0,
      acknowledgment: acknowledgment >>> 0,
      flags,
      payloadBytes,
    }
    this.#keep({ kind: 'dropped', timeMs: now, host: this.#host, segment: kept, reason, rule })
  }

  onSample(connection: TracedConnection, now: number): void {
    const { congestionWindowBytes, slowStartThresholdBytes, bytesInFlight, smoothedRttMs, rtoMs } = connection.info(now)
    const { localPort, remotePort } = connection.flow
    const sample = { congestionWindowBytes, slowStartThresholdBytes, bytesInFlight, smoothedRttMs, rtoMs }
    this.#keep({ kind: 'sample', timeMs: now, host: this.#host, localPort, remotePort, ...sample })
  }

  /** For a connection's observer, which is not told the time: pass the clock's. */
  onStateChange(connection: TracedConnection, from: string, to: string, reason: string, now: number): void {
    const { localPort, remotePort } = connection.flow
    this.#keep({ kind: 'state', timeMs: now, host: this.#host, localPort, remotePort, from, to, reason })
  }
}
