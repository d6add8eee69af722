import { formatTcpFlags, TCP_ACK, TCP_FIN, TCP_RST, TCP_SYN } from '../wire/tcp.ts'
import type { TcpOption } from '../wire/tcp-options.ts'
import type { Conversation, Endpoint, SeenSegment } from './conversation.ts'
import { later } from './sequence.ts'
import { StateTracker } from './states.ts'
import type { TraceRecord, TraceSegment } from './trace.ts'

/** What is special about a segment. */
export type LadderMark =
  | 'retransmission'
  | 'lost'
  | 'dropped'
  | 'duplicate-ack'
  | 'window-full'
  | 'keep-alive'
  | 'reset'

/** One segment on its way from one end to the other. Times are milliseconds since the ladder's start. */
export interface LadderSegment {
  from: 0 | 1
  sentMs: number
  /** Undefined when it never arrived. Equal to `sentMs` where the capture was made at one place only. */
  receivedMs: number | undefined
  flags: string
  sequence: number
  /** Counted from the sender's initial sequence number. */
  relativeSequence: number
  acknowledgment: number | undefined
  relativeAcknowledgment: number | undefined
  window: number
  /** Shifted by the window scale that was agreed on. */
  windowBytes: number
  payloadBytes: number
  urgentPointer: number
  options: string[]
  ecnMarked: boolean
  marks: LadderMark[]
  /** Why it was sent again, dropped or lost, and the clause that asks for it. */
  reason?: string
  rule?: string
  /** Index of the packet in the capture. */
  index: number
}

/** A state that an end is in from that time on. */
export interface LadderState {
  side: 0 | 1
  atMs: number
  state: string
  reason?: string
}

/** A connection as a ladder: two ends, what went between them, and how their states changed. */
export interface Ladder {
  client: Endpoint
  server: Endpoint
  segments: LadderSegment[]
  states: LadderState[]
  /** Time of the first segment on the capture's clock. */
  startMs: number
  /** Initial sequence numbers, where the SYN was seen. */
  initialSequence: [number | undefined, number | undefined]
  /** False when the capture was made at one place, so that sending and arriving cannot be told apart. */
  twoSided: boolean
}

/** A packet at both ends of its way. */
interface Passage {
  seen: SeenSegment
  receivedMs: number | undefined
  arrivedIntact: boolean
}

/** The interfaces at which a side's segments leave its own host. */
function homeOf(segments: readonly SeenSegment[], side: 0 | 1): number | undefined {
  return segments.find((seen) => seen.from === side && seen.direction === 'out')?.interface
}

/**
 * Joins the sightings of each packet. Seen leaving one host and entering the other, it has two times, and one that never arrives was
 * lost. Seen at one place only, it has one.
 */
function passagesOf(segments: readonly SeenSegment[]): { passages: Passage[]; twoSided: boolean } {
  const home: [number | undefined, number | undefined] = [homeOf(segments, 0), homeOf(segments, 1)]
  // A side that never sent is still known by what it was seen to receive.
  for (const side of [0, 1] as const)
    home[side] ??= segments.find(
      (seen) => seen.from !== side && seen.direction === 'in' && seen.interface !== home[1 - side],
    )?.interface
  const arrivals = segments.some((seen) => seen.direction === 'in' && seen.interface === home[1 - seen.from])
  if (home[0] !== undefined && home[1] !== undefined && home[0] !== home[1] && !arrivals) {
    // Each packet was captured once, as it left: whether it arrived is not known.
    const left = segments.filter((seen) => seen.direction === 'out' && seen.interface === home[seen.from])
    return {
      passages: left.map((seen) => ({ seen, receivedMs: seen.timeMs, arrivedIntact: seen.intact })),
      twoSided: false,
    }
  }
  if (home[0] === undefined || home[1] === undefined || home[0] === home[1]) {
    const only = home[0] ?? home[1] ?? segments[0]?.interface
    const own = segments.filter((seen) => seen.interface === only)
    return {
      passages: own.map((seen) => ({ seen, receivedMs: seen.timeMs, arrivedIntact: seen.intact })),
      twoSided: false,
    }
  }
  const passages: Passage[] = []
  const underway = new Map<string, Passage[]>()
  for (const seen of segments) {
    const key = `${seen.from} ${seen.identity}`
    if (seen.interface === home[seen.from] && seen.direction === 'out') {
      const passage: Passage = { seen, receivedMs: undefined, arrivedIntact: true }
      passages.push(passage)
      underway.set(key, [...(underway.get(key) ?? []), passage])
    } else if (seen.interface === home[1 - seen.from] && seen.direction === 'in') {
      const passage = underway.get(key)?.find((candidate) => candidate.receivedMs === undefined)
      if (passage === undefined) continue // a duplicate that the network made, or bytes that changed on the way
      passage.receivedMs = seen.timeMs
      passage.arrivedIntact = seen.intact
    }
  }
  return { passages, twoSided: true }
}

function describeOption(option: TcpOption, peerInitial: number): string | undefined {
  switch (option.name) {
    case 'maximum-segment-size':
      return `mss=${option.size}`
    case 'window-scale':
      return `ws=${option.shift}`
    case 'sack-permitted':
      return 'sackOK'
    case 'sack':
      return `sack=${option.blocks.map((block) => `${(block.left - peerInitial) >>> 0}-${(block.right - peerInitial) >>> 0}`).join(',')}`
    case 'timestamps':
      return `ts=${option.value}:${option.echoReply}`
    case 'user-timeout':
      return `uto=${option.timeout}${option.minutes === 1 ? 'min' : 's'}`
    case 'fast-open':
      return option.cookie.length === 0 ? 'tfo=request' : 'tfo=cookie'
    case 'unknown':
      return `option ${option.kind}`
    default:
      return undefined
  }
}

/** What one direction has shown so far. */
interface Progress {
  initial: number | undefined
  /** End of the highest sequence number sent. */
  sendNext: number | undefined
  windowScale: number | undefined
  lastAcknowledgment: number | undefined
  lastWindow: number | undefined
}

function matches(trace: TraceSegment, seen: SeenSegment): boolean {
  const { segment } = seen
  return (
    trace.sequence === segment.sequenceNumber &&
    trace.sourcePort === segment.sourcePort &&
    trace.flags === segment.flags &&
    trace.payloadBytes === segment.payload.length &&
    trace.acknowledgment === segment.acknowledgmentNumber
  )
}

/** Trace records in the order of time, found again by the segment that they are about. */
class Reasons {
  readonly #unused = new Map<number, TraceRecord[]>()

  constructor(trace: readonly TraceRecord[]) {
    for (const record of trace) {
      if (record.kind === 'state' || record.kind === 'sample') continue
      const list = this.#unused.get(record.segment.sequence)
      if (list === undefined) this.#unused.set(record.segment.sequence, [record])
      else list.push(record)
    }
  }

  /** The record of that kind about this packet nearest after `fromMs`; each is used once. */
  take(
    kind: 'sent' | 'dropped' | 'lost',
    seen: SeenSegment,
    fromMs: number,
    withinMs: number,
  ): { reason?: string; rule?: string } | undefined {
    const list = this.#unused.get(seen.segment.sequenceNumber)
    if (list === undefined) return undefined
    const at = list.findIndex(
      (record) =>
        record.kind === kind &&
        matches(record.segment, seen) &&
        record.timeMs >= fromMs - 0.001 &&
        record.timeMs <= fromMs + withinMs,
    )
    return at < 0 ? undefined : (list.splice(at, 1)[0] as { reason?: string; rule?: string })
  }
}

class LadderBuilder {
  readonly #conversation: Conversation
  readonly #reasons: Reasons
  readonly #sides: [Progress, Progress]
  readonly ladder: Ladder

  constructor(conversation: Conversation, trace: readonly TraceRecord[]) {
    this.#conversation = conversation
    this.#reasons = new Reasons(trace)
    const empty = (): Progress => ({
      initial: undefined,
      sendNext: undefined,
      windowScale: undefined,
      lastAcknowledgment: undefined,
      lastWindow: undefined,
    })
    this.#sides = [empty(), empty()]
    const { passages, twoSided } = passagesOf(conversation.segments)
    const startMs = passages[0]?.seen.timeMs ?? 0
    this.ladder = {
      client: conversation.client,
      server: conversation.server,
      segments: [],
      states: [],
      startMs,
      initialSequence: [undefined, undefined],
      twoSided,
    }
    for (const passage of passages) this.ladder.segments.push(this.#segment(passage))
    this.ladder.initialSequence = [this.#sides[0].initial, this.#sides[1].initial]
    this.ladder.states = this.#states(passages, trace)
  }

  #segment(passage: Passage): LadderSegment {
    const { seen } = passage
    const { segment } = seen
    const own = this.#sides[seen.from]
    const peer = this.#sides[1 - seen.from]
    this.#learn(seen, own, peer)
    const hasAck = (segment.flags & TCP_ACK) !== 0
    const scale =
      (segment.flags & TCP_SYN) === 0 && own.windowScale !== undefined && peer.windowScale !== undefined
        ? own.windowScale
        : 0
    const result: LadderSegment = {
      from: seen.from,
      sentMs: seen.timeMs - this.ladder.startMs,
      receivedMs: passage.receivedMs === undefined ? undefined : passage.receivedMs - this.ladder.startMs,
      flags: formatTcpFlags(segment.flags).replaceAll(' ', ''),
      sequence: segment.sequenceNumber,
      relativeSequence: (segment.sequenceNumber - (own.initial ?? 0)) >>> 0,
      acknowledgment: hasAck ? segment.acknowledgmentNumber : undefined,
      relativeAcknowledgment: hasAck ? (segment.acknowledgmentNumber - (peer.initial ?? 0)) >>> 0 : undefined,
      window: segment.window,
      windowBytes: segment.window * 2 ** scale,
      payloadBytes: segment.payload.length,
      urgentPointer: segment.urgentPointer,
      options: segment.options
        .map((option) => describeOption(option, peer.initial ?? 0))
        .filter((text) => text !== undefined),
      ecnMarked: seen.ecn === 3,
      marks: [],
      index: seen.index,
    }
    this.#mark(result, passage, own, peer)
    own.lastAcknowledgment = hasAck ? segment.acknowledgmentNumber : own.lastAcknowledgment
    own.lastWindow = segment.window
    return result
  }

  /** Initial sequence numbers and window scales from the SYNs; from the first segment when the beginning was not captured. */
  #learn(seen: SeenSegment, own: Progress, peer: Progress): void {
    const { segment } = seen
    if (segment.flags & TCP_SYN) {
      own.initial = segment.sequenceNumber
      own.windowScale = segment.options.find((option) => option.name === 'window-scale')?.shift
      return
    }
    own.initial ??= (segment.sequenceNumber - 1) >>> 0
    if (segment.flags & TCP_ACK) peer.initial ??= (segment.acknowledgmentNumber - 1) >>> 0
  }

  #mark(result: LadderSegment, passage: Passage, own: Progress, peer: Progress): void {
    const { seen } = passage
    const { segment } = seen
    const counted = segment.payload.length + (segment.flags & TCP_SYN ? 1 : 0) + (segment.flags & TCP_FIN ? 1 : 0)
    const end = (segment.sequenceNumber + counted) >>> 0
    if (segment.flags & TCP_RST) result.marks.push('reset')
    if (own.sendNext !== undefined && counted > 0 && later(own.sendNext, segment.sequenceNumber)) {
      const probes =
        segment.payload.length <= 1 &&
        (segment.flags & (TCP_SYN | TCP_FIN)) === 0 &&
        end === own.sendNext &&
        peer.lastAcknowledgment === own.sendNext
      result.marks.push(probes ? 'keep-alive' : 'retransmission')
    } else if (
      counted === 0 &&
      own.sendNext !== undefined &&
      (own.sendNext - 1) >>> 0 === segment.sequenceNumber &&
      !(segment.flags & TCP_RST)
    ) {
      result.marks.push('keep-alive')
    } else if (
      counted === 0 &&
      segment.flags === TCP_ACK &&
      segment.acknowledgmentNumber === own.lastAcknowledgment &&
      segment.window === own.lastWindow
    ) {
      if (peer.sendNext !== undefined && later(peer.sendNext, segment.acknowledgmentNumber))
        result.marks.push('duplicate-ack')
    }
    if (own.sendNext === undefined || later(end, own.sendNext)) own.sendNext = end
    if (segment.window === 0 && !(segment.flags & TCP_RST)) result.marks.push('window-full')
    const why = this.#reasons.take('sent', seen, seen.timeMs, 1)
    if (why !== undefined) Object.assign(result, { reason: why.reason, rule: why.rule })
    this.#markFate(result, passage)
  }

  /** What became of it: lost on the way, corrupted, or thrown away by the receiver. */
  #markFate(result: LadderSegment, passage: Passage): void {
    const explain = (
      mark: LadderMark,
      found: { reason?: string; rule?: string } | undefined,
      otherwise: string,
    ): void => {
      result.marks.push(mark)
      const reason = found?.reason ?? otherwise
      result.reason = result.reason === undefined ? reason : `${result.reason}; ${reason}`
      result.rule = [result.rule, found?.rule].filter((text) => text !== undefined).join('; ') || undefined
    }
    if (passage.receivedMs === undefined) {
      explain('lost', this.#reasons.take('lost', passage.seen, passage.seen.timeMs, 60_000), 'lost on the way')
      return
    }
    if (!passage.arrivedIntact) {
      explain(
        'dropped',
        this.#reasons.take('dropped', passage.seen, passage.receivedMs, 1),
        'corrupted: the checksum is wrong',
      )
      return
    }
    const dropped = this.#reasons.take('dropped', passage.seen, passage.receivedMs, 1)
    if (dropped !== undefined) explain('dropped', dropped, 'dropped')
  }

  #states(passages: readonly Passage[], trace: readonly TraceRecord[]): LadderState[] {
    const { client, server } = this.#conversation
    const reported: LadderState[] = []
    const last = passages.reduce((most, passage) => Math.max(most, passage.receivedMs ?? passage.seen.timeMs), 0)
    for (const record of trace) {
      if (record.kind !== 'state' || record.timeMs < this.ladder.startMs - 1) continue
      const side =
        record.localPort === client.port && record.remotePort === server.port
          ? 0
          : record.localPort === server.port && record.remotePort === client.port
            ? 1
            : undefined
      if (side !== undefined)
        reported.push({
          side,
          atMs: Math.max(0, record.timeMs - this.ladder.startMs),
          state: record.to,
          reason: record.reason,
        })
    }
    const inferred = inferStates(passages, this.ladder.startMs)
    const lastMs = last - this.ladder.startMs
    return ([0, 1] as const).flatMap((side) => {
      const own = reported.filter((state) => state.side === side)
      const guessed = inferred.filter((state) => state.side === side)
      if (own.length === 0) return guessed
      // Whoever records a connection may come to it late: what was before is inferred.
      const before = guessed.filter((state) => state.atMs < own[0].atMs && state.state !== own[0].state)
      return [...before, ...own.filter((state) => state.atMs <= lastMs || state === own.at(-1))]
    })
  }
}

/** The states of both ends as they follow from the segments alone. */
function inferStates(passages: readonly Passage[], startMs: number): LadderState[] {
  const begins = passages[0] !== undefined && (passages[0].seen.segment.flags & TCP_SYN) !== 0
  const firstOfServer = passages.find((passage) => passage.seen.from === 1)?.seen.segment.flags ?? 0
  // A server that sends a bare SYN was not listening: both sides open at once (RFC 9293 figure 7).
  const listens = (firstOfServer & (TCP_SYN | TCP_ACK)) !== TCP_SYN
  const trackers = [
    new StateTracker(begins ? 'CLOSED' : 'ESTABLISHED'),
    new StateTracker(!begins ? 'ESTABLISHED' : listens ? 'LISTEN' : 'CLOSED'),
  ]
  const states: LadderState[] = trackers.map((tracker, side) => ({
    side: side as 0 | 1,
    atMs: 0,
    state: tracker.state,
  }))
  const events = passages.flatMap((passage, order) => {
    const { segment } = passage.seen
    const plain = {
      sequence: segment.sequenceNumber,
      acknowledgment: segment.acknowledgmentNumber,
      flags: segment.flags,
      payloadBytes: segment.payload.length,
    }
    const sent = {
      atMs: passage.seen.timeMs,
      order: 2 * order,
      side: passage.seen.from as number,
      run: () => trackers[passage.seen.from].send(plain),
    }
    if (passage.receivedMs === undefined || !passage.arrivedIntact) return [sent]
    const side = 1 - passage.seen.from
    return [sent, { atMs: passage.receivedMs, order: 2 * order + 1, side, run: () => trackers[side].receive(plain) }]
  })
  events.sort((a, b) => a.atMs - b.atMs || a.order - b.order)
  for (const { atMs, side, run } of events) {
    const before = trackers[side].state
    run()
    if (trackers[side].state !== before)
      states.push({ side: side as 0 | 1, atMs: atMs - startMs, state: trackers[side].state })
  }
  return states
}

/** The ladder of one conversation; trace records on the same clock add the reasons and the states that the ends themselves reported. */
export function ladderOf(conversation: Conversation, trace: readonly TraceRecord[] = []): Ladder {
  return new LadderBuilder(conversation, trace).ladder
}
