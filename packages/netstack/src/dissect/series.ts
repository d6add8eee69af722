import type { Ladder, LadderSegment } from './ladder.ts'
import type { PlotMark, PlotPanel, PlotSeries } from './plot.ts'
import { later } from './sequence.ts'
import type { SampleRecord, TraceRecord } from './trace.ts'

const CWND = '#1d4ed8'
const THRESHOLD = '#7c3aed'
const IN_FLIGHT = '#0f766e'
const WINDOW = '#94a3b8'
const RTT = '#60a5fa'
const SMOOTHED = '#0f172a'
const RTO = '#c2410c'

/** The side that sent more payload: the one whose congestion control is worth seeing. */
function busierSide(ladder: Ladder): 0 | 1 {
  const bytes = [0, 0]
  for (const segment of ladder.segments) bytes[segment.from] += segment.payloadBytes
  return bytes[1] > bytes[0] ? 1 : 0
}

/** When the sender saw it: its own segments as they leave, the peer's as they arrive. */
function seenBySender(ladder: Ladder, side: 0 | 1): { atMs: number; segment: LadderSegment }[] {
  const events: { atMs: number; segment: LadderSegment }[] = []
  for (const segment of ladder.segments) {
    if (segment.from === side) events.push({ atMs: segment.sentMs, segment })
    else if (segment.receivedMs !== undefined) events.push({ atMs: segment.receivedMs, segment })
  }
  return events.sort((a, b) => a.atMs - b.atMs)
}

type Points = [number, number][]

/**
 * What a capture alone tells of a sender: bytes not yet acknowledged, the peer's window, and the time from each segment to the ACK
 * that covers it (segments sent twice are left out: Karn, RFC 6298 section 3).
 */
function measured(ladder: Ladder, side: 0 | 1): { inFlight: Points; window: Points; rtt: Points } {
  const inFlight: Points = []
  const window: Points = []
  const rtt: Points = []
  let sendNext: number | undefined
  let acknowledged: number | undefined
  let timed: { end: number; atMs: number; again: boolean }[] = []
  for (const { atMs, segment } of seenBySender(ladder, side)) {
    if (segment.from === side) {
      const counted = segment.payloadBytes + (/SYN/.test(segment.flags) ? 1 : 0) + (/FIN/.test(segment.flags) ? 1 : 0)
      if (counted === 0) continue
      const end = (segment.sequence + counted) >>> 0
      const again = sendNext !== undefined && !later(end, sendNext)
      if (again) for (const entry of timed) if (entry.end === end) entry.again = true
      if (!again) timed.push({ end, atMs, again: false })
      if (sendNext === undefined || later(end, sendNext)) sendNext = end
      acknowledged ??= segment.sequence
    } else {
      if (segment.acknowledgment === undefined) continue
      if (acknowledged === undefined || later(segment.acknowledgment, acknowledged))
        acknowledged = segment.acknowledgment
      window.push([atMs, segment.windowBytes])
      const covered = timed.filter((entry) => !later(entry.end, acknowledged!))
      const newest = covered.at(-1)
      if (newest !== undefined && !newest.again) rtt.push([atMs, atMs - newest.atMs])
      timed = timed.slice(covered.length)
    }
    if (sendNext !== undefined && acknowledged !== undefined)
      inFlight.push([atMs, Math.max(0, (sendNext - acknowledged) | 0)])
  }
  return { inFlight, window, rtt }
}

function samplesOf(ladder: Ladder, side: 0 | 1, trace: readonly TraceRecord[]): SampleRecord[] {
  const own = side === 0 ? ladder.client.port : ladder.server.port
  const peer = side === 0 ? ladder.server.port : ladder.client.port
  return trace.filter(
    (record): record is SampleRecord =>
      record.kind === 'sample' && record.localPort === own && record.remotePort === peer,
  )
}

/**
 * The diagrams of one sender: congestion window, threshold and bytes in flight; round-trip time and timeout. What the sender itself
 * sampled is drawn where it is there, and what the capture tells where not.
 */
export function senderPanels(
  ladder: Ladder,
  trace: readonly TraceRecord[] = [],
  side: 0 | 1 = busierSide(ladder),
): PlotPanel[] {
  const samples = samplesOf(ladder, side, trace)
  const points = (value: (sample: SampleRecord) => number): Points =>
    samples.map((sample) => [sample.timeMs - ladder.startMs, value(sample)])
  const found = measured(ladder, side)
  const window: PlotSeries[] = []
  const time: PlotSeries[] = [{ name: 'measured RTT', color: RTT, points: found.rtt, shape: 'dots' }]
  if (samples.length === 0) {
    window.push(
      { name: 'bytes in flight', color: IN_FLIGHT, points: found.inFlight, filled: true },
      { name: "peer's window", color: WINDOW, points: found.window, dashed: true },
    )
  } else {
    window.push(
      { name: 'bytes in flight', color: IN_FLIGHT, points: points((sample) => sample.bytesInFlight), filled: true },
      { name: 'ssthresh', color: THRESHOLD, points: points((sample) => sample.slowStartThresholdBytes), dashed: true },
      { name: 'cwnd', color: CWND, points: points((sample) => sample.congestionWindowBytes) },
    )
    time.push(
      {
        name: 'smoothed RTT',
        color: SMOOTHED,
        points: points((sample) => sample.smoothedRttMs).filter(([, value]) => value > 0),
      },
      { name: 'RTO', color: RTO, points: points((sample) => sample.rtoMs), dashed: true },
    )
  }
  return [
    { title: samples.length === 0 ? 'Bytes in flight' : 'Congestion window', unit: 'bytes', series: window },
    { title: 'Round-trip time', unit: 'ms', series: time },
    {
      title: 'Delivered',
      unit: 'bytes',
      series: [{ name: 'acknowledged', color: IN_FLIGHT, points: delivered(ladder, side) }],
    },
  ]
}

/** Bytes acknowledged over time. */
function delivered(ladder: Ladder, side: 0 | 1): Points {
  const points: Points = []
  let most = 0
  for (const { atMs, segment } of seenBySender(ladder, side)) {
    if (segment.from === side || segment.relativeAcknowledgment === undefined) continue
    const bytes = Math.max(0, segment.relativeAcknowledgment - 1)
    if (bytes < most) continue
    most = bytes
    points.push([atMs, bytes])
  }
  return points
}

/** Losses and retransmissions of that side, for the time axis. */
export function senderMarks(ladder: Ladder, side: 0 | 1 = busierSide(ladder)): PlotMark[] {
  const marks: PlotMark[] = []
  for (const segment of ladder.segments) {
    if (segment.from !== side) continue
    if (segment.marks.includes('lost')) marks.push({ atMs: segment.sentMs, kind: 'lost' })
    if (segment.marks.includes('retransmission')) marks.push({ atMs: segment.sentMs, kind: 'retransmission' })
  }
  return marks
}
