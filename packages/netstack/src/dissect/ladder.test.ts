import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseIpv4 } from '../wire/address.ts'
import { pseudoHeaderSum4 } from '../wire/checksum.ts'
import { buildIpv4 } from '../wire/ipv4.ts'
import { LINKTYPE_RAW } from '../wire/link-types.ts'
import { buildTcp, lengthOfTcp, TCP_ACK, TCP_FIN, TCP_PSH, TCP_RST, TCP_SYN, type TcpInit } from '../wire/tcp.ts'
import { conversationsOf, type SeenCapture, type SeenPacket } from './conversation.ts'
import { type Ladder, ladderOf } from './ladder.ts'
import { ladderRows } from './ladder-rows.ts'
import { drawLadder } from './ladder-svg.ts'
import { formatLadder } from './ladder-text.ts'
import type { TraceRecord } from './trace.ts'

const CLIENT = parseIpv4('10.0.0.1')
const SERVER = parseIpv4('10.0.0.2')
const ISN = [4294967290, 1_000_000]

/** Writes a capture by hand: what each side sends, when, and whether it arrives. Relative sequence numbers. */
class Script {
  readonly packets: SeenPacket[] = []
  #identification = 0

  readonly delayMs: number
  readonly twoSided: boolean

  constructor(delayMs = 10, twoSided = true) {
    this.delayMs = delayMs
    this.twoSided = twoSided
  }

  send(
    atMs: number,
    from: 0 | 1,
    flags: number,
    sequence: number,
    acknowledgment: number,
    more: Partial<TcpInit> & { lost?: boolean; corrupt?: boolean } = {},
  ): this {
    const { lost = false, corrupt = false, ...fields } = more
    const source = from === 0 ? CLIENT : SERVER
    const destination = from === 0 ? SERVER : CLIENT
    const segment: TcpInit = {
      sourcePort: from === 0 ? 49152 : 80,
      destinationPort: from === 0 ? 80 : 49152,
      sequenceNumber: (ISN[from] + sequence) >>> 0,
      acknowledgmentNumber: flags & TCP_ACK ? (ISN[1 - from] + acknowledgment) >>> 0 : 0,
      flags,
      window: 64240,
      ...fields,
    }
    const payload = buildTcp(segment, pseudoHeaderSum4(source, destination, 6, lengthOfTcp(segment)))
    const bytes = buildIpv4({ protocol: 6, source, destination, identification: this.#identification++, payload })
    this.packets.push({
      timeMs: atMs,
      interface: this.twoSided ? from : 0,
      bytes,
      direction: this.twoSided ? 'out' : undefined,
    })
    if (lost || !this.twoSided) return this
    const arrived = bytes.slice()
    if (corrupt) arrived[arrived.length - 1] ^= 1
    this.packets.push({ timeMs: atMs + this.delayMs, interface: 1 - from, bytes: arrived, direction: 'in' })
    return this
  }

  handshake(): this {
    return this.send(0, 0, TCP_SYN, 0, 0, {
      options: [
        { name: 'maximum-segment-size', size: 1460 },
        { name: 'sack-permitted' },
        { name: 'window-scale', shift: 7 },
      ],
    })
      .send(10, 1, TCP_SYN | TCP_ACK, 0, 1, {
        window: 65535,
        options: [
          { name: 'maximum-segment-size', size: 1460 },
          { name: 'sack-permitted' },
          { name: 'window-scale', shift: 7 },
        ],
      })
      .send(20, 0, TCP_ACK, 1, 1, { window: 502 })
  }

  get capture(): SeenCapture {
    return { interfaces: [{ linkType: LINKTYPE_RAW }, { linkType: LINKTYPE_RAW }], packets: this.packets }
  }

  ladder(trace: TraceRecord[] = []): Ladder {
    const conversations = conversationsOf(this.capture)
    assert.equal(conversations.length, 1)
    return ladderOf(conversations[0], trace)
  }
}

const bytes = (length: number): Uint8Array => new Uint8Array(length).fill(0x61)
const statesOf = (ladder: Ladder, side: 0 | 1): string[] =>
  ladder.states.filter((state) => state.side === side).map((state) => state.state)

test('opening and closing: every state of both ends, from the segments alone, across a wrap of the sequence number', () => {
  const script = new Script()
    .handshake()
    .send(21, 0, TCP_ACK | TCP_PSH, 1, 1, { payload: bytes(100), window: 502 })
    .send(31, 1, TCP_ACK, 1, 101, { window: 501 })
    .send(40, 0, TCP_FIN | TCP_ACK, 101, 1, { window: 502 })
    .send(50, 1, TCP_ACK, 1, 102, { window: 501 })
    .send(60, 1, TCP_FIN | TCP_ACK, 1, 102, { window: 501 })
    .send(70, 0, TCP_ACK, 102, 2, { window: 502 })
  const ladder = script.ladder()
  assert.deepEqual(statesOf(ladder, 0), ['CLOSED', 'SYN-SENT', 'ESTABLISHED', 'FIN-WAIT-1', 'FIN-WAIT-2', 'TIME-WAIT'])
  assert.deepEqual(statesOf(ladder, 1), ['LISTEN', 'SYN-RECEIVED', 'ESTABLISHED', 'CLOSE-WAIT', 'LAST-ACK', 'CLOSED'])
  assert.deepEqual(
    ladder.segments.map((segment) => segment.relativeSequence),
    [0, 0, 1, 1, 1, 101, 1, 1, 102],
  )
  assert.equal(ladder.segments[3].windowBytes, 502 * 128)
  const text = formatLadder(ladder)
  assert.match(text, /ISN 4294967290/)
  assert.match(text, /0\.000 +SYN-SENT \|-- SYN seq=0 win=64240 mss=1460 sackOK ws=7 -+>\|/)
  assert.match(text, /10\.000 +ESTABLISHED \|<-+ SYN,ACK seq=0 ack=1 win=65535 mss=1460 sackOK ws=7 --\| SYN-RECEIVED/)
  assert.match(formatLadder(ladder, { absolute: true }), /seq=101 \(95\) ack=1 \(1000001\)/)
})

/** Six segments of which the second is lost, repaired by duplicate ACKs; later a lost tail, repaired by the timer. */
function lossyScript(): { script: Script; trace: TraceRecord[] } {
  const script = new Script().handshake()
  for (let i = 0; i < 6; i++)
    script.send(25 + i * 0.12, 0, TCP_ACK, 1 + 1460 * i, 1, { payload: bytes(1460), window: 502, lost: i === 1 })
  script.send(35.2, 1, TCP_ACK, 1, 1461, { window: 501 })
  for (let i = 2; i < 6; i++) {
    const blocks = [{ left: (ISN[0] + 2921) >>> 0, right: (ISN[0] + 1461 + 1460 * i) >>> 0 }]
    script.send(35.1 + i * 0.12, 1, TCP_ACK, 1, 1461, { window: 501, options: [{ name: 'sack', blocks }] })
  }
  script.send(45.6, 0, TCP_ACK, 1461, 1, { payload: bytes(1460), window: 502 })
  script.send(55.7, 1, TCP_ACK, 1, 8761, { window: 501 })
  script.send(70, 0, TCP_ACK | TCP_PSH, 8761, 1, { payload: bytes(500), window: 502, lost: true })
  script.send(290, 0, TCP_ACK | TCP_PSH, 8761, 1, { payload: bytes(500), window: 502 })
  script.send(300, 1, TCP_ACK, 1, 9261, { window: 501 })
  script.send(310, 0, TCP_FIN | TCP_ACK, 9261, 1, { window: 502 })
  script.send(320, 1, TCP_FIN | TCP_ACK, 1, 9262, { window: 501 })
  script.send(330, 0, TCP_ACK, 9262, 2, { window: 502 })
  const segment = (sequence: number, payloadBytes: number, flags: number) => ({
    sourcePort: 49152,
    destinationPort: 80,
    sequence: (ISN[0] + sequence) >>> 0,
    acknowledgment: (ISN[1] + 1) >>> 0,
    flags,
    payloadBytes,
  })
  const trace: TraceRecord[] = [
    { kind: 'lost', host: 'wire', timeMs: 25.12, segment: segment(1461, 1460, TCP_ACK), reason: 'random loss' },
    {
      kind: 'sent',
      host: 'client',
      timeMs: 45.6,
      segment: segment(1461, 1460, TCP_ACK),
      reason: 'fast retransmit, 3 segments above were SACKed',
      rule: 'RFC 6675 5',
    },
    {
      kind: 'sent',
      host: 'client',
      timeMs: 290,
      segment: segment(8761, 500, TCP_ACK | TCP_PSH),
      reason: 'retransmission timer, RTO 220 ms',
      rule: 'RFC 6298 5.4',
    },
  ]
  return { script, trace }
}

test('losses and repairs are marked, each with its reason and clause', () => {
  const { script, trace } = lossyScript()
  const ladder = script.ladder(trace)
  const marked = ladder.segments.filter(
    (segment) => segment.marks.length > 0 && !segment.marks.includes('duplicate-ack'),
  )
  assert.deepEqual(
    marked.map((segment) => [segment.relativeSequence, segment.marks, segment.reason, segment.rule]),
    [
      [1461, ['lost'], 'random loss', undefined],
      [1461, ['retransmission'], 'fast retransmit, 3 segments above were SACKed', 'RFC 6675 5'],
      [8761, ['lost'], 'lost on the way', undefined],
      [8761, ['retransmission'], 'retransmission timer, RTO 220 ms', 'RFC 6298 5.4'],
    ],
  )
  assert.equal(ladder.segments.filter((segment) => segment.marks.includes('duplicate-ack')).length, 4)
  const text = formatLadder(ladder)
  assert.match(text, /25\.120 +\|-- ACK seq=1461 ack=1 win=64256 len=1460 -+X/)
  assert.match(text, /\^ retransmitted: retransmission timer, RTO 220 ms \(RFC 6298 5\.4\)/)
  const svg = drawLadder(ladder)
  assert.match(svg, /^<svg [^>]*viewBox/)
  assert.match(svg, /retransmitted: retransmission timer, RTO 220 ms \(RFC 6298 5\.4\)/)
  assert.equal(svg, drawLadder(script.ladder(trace)), 'the same run gives the same picture')
})

test('corrupted on the way is not lost: it arrives, and the receiver drops it', () => {
  const ladder = new Script()
    .handshake()
    .send(30, 0, TCP_ACK, 1, 1, { payload: bytes(10), corrupt: true })
    .ladder()
  assert.deepEqual(ladder.segments[3].marks, ['dropped'])
  assert.match(ladder.segments[3].reason!, /checksum/)
})

test('a capture made at one place has one time for each segment, and still shows states and retransmissions', () => {
  const ladder = new Script(10, false)
    .handshake()
    .send(30, 0, TCP_ACK, 1, 1, { payload: bytes(10) })
    .send(330, 0, TCP_ACK, 1, 1, { payload: bytes(10) })
    .send(340, 1, TCP_RST | TCP_ACK, 1, 11)
    .ladder()
  assert.equal(ladder.twoSided, false)
  assert.deepEqual(
    ladder.segments.map((segment) => segment.marks),
    [[], [], [], [], ['retransmission'], ['reset']],
  )
  assert.deepEqual(statesOf(ladder, 0), ['CLOSED', 'SYN-SENT', 'ESTABLISHED', 'CLOSED'])
})

test('simultaneous open and close', () => {
  const ladder = new Script()
    .send(0, 0, TCP_SYN, 0, 0)
    .send(1, 1, TCP_SYN, 0, 0)
    .send(11, 0, TCP_SYN | TCP_ACK, 0, 1)
    .send(12, 1, TCP_SYN | TCP_ACK, 0, 1)
    .send(40, 0, TCP_FIN | TCP_ACK, 1, 1)
    .send(41, 1, TCP_FIN | TCP_ACK, 1, 1)
    .send(51, 0, TCP_ACK, 2, 2)
    .send(52, 1, TCP_ACK, 2, 2)
    .ladder()
  for (const side of [0, 1] as const) {
    assert.deepEqual(statesOf(ladder, side), [
      'CLOSED',
      'SYN-SENT',
      'SYN-RECEIVED',
      'ESTABLISHED',
      'FIN-WAIT-1',
      'CLOSING',
      'TIME-WAIT',
    ])
  }
})

test('bulk is summed up, what is remarkable stays', () => {
  const script = new Script().handshake()
  for (let i = 0; i < 500; i++)
    script.send(30 + i, 0, TCP_ACK, 1 + 1000 * i, 1, { payload: bytes(1000), lost: i === 250 })
  script.send(600, 0, TCP_ACK, 250_001, 1, { payload: bytes(1000) })
  const ladder = script.ladder()
  const rows = ladderRows(ladder, 60)
  assert.ok(rows.length < 30, `${rows.length} rows`)
  const text = formatLadder(ladder, { rows: 60 })
  assert.match(text, /247 segments, 247,000 bytes →/)
  assert.match(text, /seq=250001 .*X/)
  const shown = rows.reduce((sum, row) => sum + ('gap' in row ? row.count[0] + row.count[1] : 1), 0)
  assert.equal(shown, ladder.segments.length)
})

test('the same ports used again make another conversation', () => {
  const script = new Script().handshake()
  script.send(500, 0, TCP_SYN, 70_000, 0)
  assert.equal(conversationsOf(script.capture).length, 2)
})
