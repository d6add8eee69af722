/** Loss recovery and congestion control: RFC 5681, 6298, 6582, 6675, 6937, 8985, 2883, 3168, 9438. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { connectPair, Dialogue, type LinkOptions, Net, Transfer } from '../../../test/support/tcp-harness.ts'
import type { TcpOption } from '../../wire/tcp-options.ts'
import type { TcpConnectionOptions } from './types.ts'

const SYN_SACK: TcpOption[] = [{ name: 'maximum-segment-size', size: 100 }, { name: 'sack-permitted' }]
const SYN_PLAIN: TcpOption[] = [{ name: 'maximum-segment-size', size: 100 }]

function sack(...blocks: [number, number][]): { options: TcpOption[] } {
  return {
    options: [{ name: 'sack', blocks: blocks.map(([left, right]) => relative(left, right)) }],
  }
}

const RTT_MS = 100
let isn = 0
function relative(left: number, right: number): { left: number; right: number } {
  return { left: (isn + left) >>> 0, right: (isn + right) >>> 0 }
}

/** A dialogue whose initial sequence number is known, for SACK blocks. */
function open(syn: TcpOption[], options: TcpConnectionOptions = {}): Dialogue {
  const d = new Dialogue()
  d.net.b.layer.trace = {
    onSent: (_connection, bytes, start) => {
      if ((bytes[start + 13]! & 2) !== 0) isn = new DataView(bytes.buffer, bytes.byteOffset).getUint32(start + 4)
    },
  }
  d.establish({ congestionControl: 'reno', ...options }, syn, 65_535, RTT_MS)
  return d
}

test('the timeout: first segment again, doubled intervals, one segment in flight (RFC 6298 5) [RFC9293:MUST-18, MUST-19]', () => {
  const d = open(SYN_PLAIN)
  const times: number[] = []
  d.write('x'.repeat(500))
  assert.equal(d.said().length, 5)
  d.net.b.layer.trace = { onSent: (_c, _b, _s, _e, _reason, _rule, now) => times.push(now) }
  d.net.pass(10_000)
  const again = d.said()
  assert.ok(again.every((one) => one.seq === 1))
  for (let i = 2; i < times.length; i++)
    assert.ok(Math.abs((times[i]! - times[i - 1]!) / (times[i - 1]! - times[i - 2]!) - 2) < 0.01)
  assert.equal(d.connection!.info(d.now).congestionWindowBytes, 100)
  d.say('A', 1, 101)
  assert.deepEqual(d.heard(), ['A 101/1 100', 'A 201/1 100'], 'slow start: two for the one acknowledged')
})

test('a loss near the end of a request: the threshold goes by the flight of the round trip, not by what is left of it (RFC 7661 4.4.1)', () => {
  const d = open(SYN_SACK, { congestionControl: 'cubic' })
  d.write('x'.repeat(1000))
  d.said()
  d.say('A', 1, 1001)
  d.write('y'.repeat(1000))
  assert.equal(d.said().length, 10)
  d.say('A', 1, 1601)
  d.say('A', 1, 1601, sack([1701, 2001]))
  assert.deepEqual(d.heard(), ['A 1601/1 100'])
  const { slowStartThresholdBytes } = d.connection!.info(d.now)
  assert.ok(
    slowStartThresholdBytes >= 700,
    `0.7 of ten segments (RFC 9438 4.6), not of four: ${slowStartThresholdBytes}`,
  )
})

test('what has overtaken a late segment raises the window too, once that has arrived (RFC 5681 3.1 (2))', () => {
  const d = open(SYN_SACK)
  d.write('x'.repeat(2000))
  assert.equal(d.said().length, 10)
  d.net.pass(RTT_MS)
  d.say('A', 1, 1, sack([101, 301]))
  assert.equal(d.connection!.info(d.now).congestionWindowBytes, 1000)
  d.say('A', 1, 301)
  assert.equal(d.connection!.info(d.now).congestionWindowBytes, 1300, 'slow start: three segments more')
})

test('without SACK: the third duplicate ACK repeats the first segment, partial ACKs the next holes (RFC 5681 3.2, RFC 6582)', () => {
  const d = open(SYN_PLAIN)
  d.write('x'.repeat(1000))
  d.said()
  d.say('A', 1, 1)
  d.say('A', 1, 1)
  assert.deepEqual(d.heard(), [])
  d.say('A', 1, 1)
  assert.deepEqual(d.heard(), ['A 1/1 100'])
  assert.equal(d.connection!.info(d.now).congestionState, 'recovery')
  d.say('A', 1, 401)
  assert.equal(d.heard()[0], 'A 401/1 100')
  d.say('A', 1, 1001)
  assert.equal(d.connection!.info(d.now).congestionState, 'open')
  assert.equal(d.connection!.info(d.now).totalRetransmitted, 2)
})

test('without SACK the hole that a partial ACK shows is filled at once, however little the window allows (RFC 6582 3.2 (3))', () => {
  const d = open(SYN_PLAIN, { initialWindowSegments: 20 })
  d.write('x'.repeat(4000))
  d.said()
  for (let duplicate = 0; duplicate < 8; duplicate++) d.say('A', 1, 1)
  d.said()
  for (let acknowledged = 101; acknowledged < 801; acknowledged += 100) {
    d.say('A', 1, acknowledged)
    assert.equal(d.heard()[0], `A ${acknowledged}/1 100`)
  }
})

test('limited transmit: the first two duplicate ACKs each let a new segment go (RFC 3042)', () => {
  const d = open(SYN_PLAIN, { initialWindowSegments: 4 })
  d.write('x'.repeat(2000))
  d.said()
  d.say('A', 1, 1)
  assert.deepEqual(d.heard(), ['A 401/1 100'])
  d.say('A', 1, 1)
  assert.deepEqual(d.heard(), ['A 501/1 100'])
})

test('a window update is no duplicate ACK', () => {
  const d = open(SYN_PLAIN)
  d.write('x'.repeat(1000))
  d.said()
  for (let i = 1; i < 8; i++) d.say('A', 1, 1, { window: 20_000 + i })
  assert.deepEqual(d.heard(), [])
})

test('SACK: three segments above a hole repeat it and nothing else; the window goes down (RFC 6675, RFC 8985, RFC 6937)', () => {
  const d = open(SYN_SACK)
  d.write('x'.repeat(1000))
  d.said()
  d.net.pass(RTT_MS)
  d.say('A', 1, 1, sack([101, 201]))
  d.say('A', 1, 1, sack([101, 301]))
  assert.deepEqual(d.heard(), [], 'it may be reordering')
  d.say('A', 1, 1, sack([101, 401]))
  assert.deepEqual(d.heard(), ['A 1/1 100'])
  const info = d.connection!.info(d.now)
  assert.deepEqual(
    [info.congestionState, info.sackedSegments, info.lostSegments, info.slowStartThresholdBytes],
    ['recovery', 3, 1, 500],
  )
  d.say('A', 1, 1001)
  assert.equal(d.connection!.info(d.now).congestionState, 'open')
  assert.equal(d.connection!.info(d.now).congestionWindowBytes, 500)
})

test('SACK: several holes are repeated in order, none twice', () => {
  const d = open(SYN_SACK)
  d.write('x'.repeat(1000))
  d.said()
  d.net.pass(RTT_MS)
  d.say('A', 1, 1, sack([101, 201], [301, 401], [501, 1001]))
  d.say('A', 1, 201, sack([301, 401], [501, 1001]))
  d.say('A', 1, 401, sack([501, 1001]))
  d.say('A', 1, 1001)
  const repeated = d.said().map((one) => one.seq)
  assert.deepEqual(repeated, [1, 201, 401])
})

test('a lost retransmission is found by time, without a timeout (RFC 8985)', () => {
  let dropped = 0
  const link: LinkOptions = {
    delayMs: 50,
    filter: (packet) => {
      if (packet.from !== 'a' || packet.frame.length < 1000) return true
      const at = packet.frame.start
      const sequence = new DataView(packet.frame.bytes.buffer, packet.frame.bytes.byteOffset).getUint32(at + 4)
      first ??= sequence
      if (((sequence - first) | 0) === 1448 * 5 && dropped < 3) {
        dropped++
        return false
      }
      return true
    },
  }
  let first: number | undefined
  const net = new Net(link)
  const { client, server } = connectPair(net)
  const reasons: (string | undefined)[] = []
  net.a.layer.trace = { onSent: (_c, _b, _s, _e, reason) => void (reason !== undefined && reasons.push(reason)) }
  const transfer = new Transfer(net, client, server, 1_000_000, false)
  net.run(() => transfer.done)
  assert.equal(dropped, 3)
  const info = client.info(net.now)
  assert.equal(info.totalRetransmitted, 3)
  assert.deepEqual(reasons, Array(3).fill('RACK: later ones have arrived'), 'no timeout among them')
})

test('the last segment is lost: a probe finds out before the timeout (RFC 8985 7)', () => {
  const d = open(SYN_SACK)
  d.write('x'.repeat(300))
  d.said()
  d.net.pass(RTT_MS)
  d.say('A', 1, 101)
  d.net.pass(250)
  assert.deepEqual(d.heard(), ['PA 201/1 100'], 'the last one, long before the RTO of the first')
  d.net.pass(RTT_MS)
  d.say('A', 1, 101, sack([201, 301]))
  d.net.pass(60)
  assert.deepEqual(d.heard(), ['A 101/1 100'])
})

test('reordering is not taken for loss once it has been seen', () => {
  const net = new Net({ delayMs: 50, reorder: 0.05, reorderMs: 10 }, 5)
  const { client, server } = connectPair(net)
  const transfer = new Transfer(net, client, server, 10_000_000, false)
  net.run(() => transfer.done)
  const info = client.info(net.now)
  assert.ok(info.reorderingSeen > 0)
  assert.ok(info.totalRetransmitted < 60, `${info.totalRetransmitted} of 6900 sent again for nothing`)
  assert.ok(net.now < 20_000, `${net.now}`)
})

test('a delay spike is no loss: the window is restored (RFC 4015)', () => {
  const net = new Net({ delayMs: 50 })
  const { client, server } = connectPair(net)
  const transfer = new Transfer(net, client, server, 20_000_000, false)
  net.run(() => transfer.received > 3_000_000)
  const before = client.info(net.now).congestionWindowBytes
  for (const packet of net.packets) packet.at += 900
  net.link.delayMs = 950
  net.run(() => transfer.received > 6_000_000)
  const info = client.info(net.now)
  assert.ok(info.totalRetransmitted > 0, 'the timer went off')
  assert.ok(info.congestionWindowBytes >= before, `${info.congestionWindowBytes} of ${before}`)
  net.run(() => transfer.done)
  assert.equal(transfer.wrong, -1)
})

test('ECN: CE is echoed until CWR, the window goes down once, nothing is sent again [RFC9293:SHLD-8] (RFC 3168)', () => {
  const net = new Net({ delayMs: 10, rate: 2_000_000, queueBytes: 1_000_000, markEcn: true })
  const { client, server } = connectPair(net, { ecn: true })
  assert.ok(client.info(net.now).ecn && server.info(net.now).ecn)
  const transfer = new Transfer(net, client, server, 5_000_000, false)
  net.run(() => transfer.done)
  const info = client.info(net.now)
  assert.ok(net.marked > 0)
  assert.equal(net.dropped, 0)
  assert.equal(info.totalRetransmitted, 0)
  assert.ok(info.slowStartThresholdBytes < 300_000)
})

test('ECN, segment by segment', () => {
  const d = new Dialogue()
  d.listen({ ecn: true })
  d.say('SEC', 0)
  assert.deepEqual(d.heard(), ['SAE 0/1'])
  d.say('A', 1, 1)
  d.say('PA', 1, 1, { data: 'a', ecn: 3 })
  assert.deepEqual(d.heard(), ['AE 1/2'])
  d.say('PA', 2, 1, { data: 'b', ecn: 2 })
  assert.deepEqual(d.heard(), ['AE 1/3'])
  d.say('PAC', 3, 1, { data: 'c', ecn: 2 })
  assert.deepEqual(d.heard(), ['A 1/4'])
  d.write('first')
  d.say('AE', 4, 6)
  d.said()
  d.write('second')
  assert.deepEqual(d.heard(), ['PAC 6/4 second'])
})

test('a smaller path MTU: what was too big goes again in smaller segments, the window stays [RFC9293:SHLD-6] (RFC 8201, RFC 9293 3.7.2)', () => {
  let mtu = 1500
  const net = new Net({ delayMs: 20, filter: (packet) => packet.frame.length + 20 <= mtu })
  const { client, server } = connectPair(net)
  const transfer = new Transfer(net, client, server, 200_000, false)
  mtu = 1000
  net.run(() => client.info(net.now).totalRetransmitted > 0)
  net.link.mtu = 1000
  net.a.layer.onIcmpError(
    {
      ...client.flow,
      sequence: (client as unknown as { sender: { unacknowledged: number } }).sender.unacknowledged,
      kind: 'fragmentation-needed',
      mtu: 1000,
    },
    net.now,
  )
  net.run(() => transfer.done, 20_000)
  assert.equal(transfer.received, 200_000)
  assert.equal(transfer.wrong, -1)
  assert.equal(client.info(net.now).sendMss, 948)
})

test('after a long silence the window begins anew (RFC 5681 4.1)', () => {
  const net = new Net({ delayMs: 50 })
  const { client, server } = connectPair(net)
  const transfer = new Transfer(net, client, server, 5_000_000, false)
  net.run(() => transfer.done)
  net.pass(1000)
  const before = client.info(net.now).congestionWindowBytes
  net.pass(60_000)
  client.send(new Uint8Array(1), net.now)
  assert.ok(client.info(net.now).congestionWindowBytes < before / 4)
})

/** Seconds of virtual time for `bytes` over a path of 100 ms and that loss in both directions. */
function seconds(loss: number, bytes: number, control: 'cubic' | 'reno' | 'none', seed: number): number {
  const net = new Net({ delayMs: 50, loss }, seed)
  const { client, server } = connectPair(net, { congestionControl: control })
  const transfer = new Transfer(net, client, server, bytes, false)
  const began = net.now
  net.run(() => transfer.done, 100_000_000)
  assert.equal(transfer.wrong, -1)
  assert.equal(transfer.received, bytes)
  return (net.now - began) / 1000
}

test('2 MiB at 100 ms over loss: what the square-root law allows, and no worse where it ends', () => {
  // Mathis et al. 1997: MSS / RTT * 1.22 / sqrt(p). Virtual time, so the same figure on every machine.
  for (const [loss, least] of [
    [0.01, 0.6],
    [0.05, 0.6],
    [0.1, 0.5],
  ] as const) {
    const law = ((1448 / 0.1) * 1.22) / Math.sqrt(loss)
    const rate = (2 * 1024 * 1024) / seconds(loss, 2 * 1024 * 1024, 'cubic', 3)
    assert.ok(rate > law * least, `${loss}: ${rate.toFixed(0)} of ${law.toFixed(0)} bytes a second`)
  }
  assert.ok(seconds(0, 2 * 1024 * 1024, 'cubic', 3) < 1.2)
  assert.ok(seconds(0.2, 500_000, 'cubic', 3) < 90)
  assert.ok(seconds(0.3, 500_000, 'cubic', 3) < 300)
  assert.ok(seconds(0.3, 500_000, 'none', 3) < 20)
})

test('one flow fills 200 Mbit/s behind a queue of 64 KiB', () => {
  const net = new Net({ delayMs: 5, rate: 25_000_000, queueBytes: 65_536 })
  const { client, server } = connectPair(net)
  const chunk = new Uint8Array(65_536)
  const into = new Uint8Array(65_536)
  let received = 0
  const write = (): void => {
    while (client.send(chunk, net.now) === chunk.length) {}
  }
  client.observer = { onWritable: write }
  server.observer = {
    onReadable: () => {
      for (let count = server.read(into, net.now); count > 0; count = server.read(into, net.now)) received += count
    },
  }
  write()
  net.pass(3000)
  received = 0
  net.pass(10_000)
  const utilisation = received / (10 * 25_000_000 * (1448 / 1500))
  assert.ok(utilisation > 0.95, `${utilisation}`)
  assert.ok(client.info(net.now).totalRetransmitted < 0.001 * (received / 1448) + 200)
})

test('HyStart++ leaves slow start before a deep queue overflows (RFC 9406)', () => {
  const losses = (hystart: boolean): number => {
    const net = new Net({ delayMs: 25, rate: 2_500_000, queueBytes: 250_000 })
    const { client, server } = connectPair(net, { hystart })
    const transfer = new Transfer(net, client, server, 5_000_000, false)
    net.run(() => transfer.done)
    assert.ok(net.now < 4500, `${net.now}`)
    return client.info(net.now).totalRetransmitted
  }
  assert.ok(losses(false) > 20)
  assert.ok(losses(true) < losses(false) / 2, `${losses(true)} of ${losses(false)}`)
})

test('a window probe does not claim to know of ECN (RFC 3168 6.1.6)', () => {
  const seen: number[] = []
  const net = new Net({ delayMs: 1 })
  const { client, server } = connectPair(net, { ecn: true, initialReceiveBufferBytes: 5000, receiveBufferBytes: 5000 })
  client.send(new Uint8Array(20_000), net.now)
  net.run(() => client.info(net.now).sendWindowBytes === 0)
  net.a.layer.trace = {
    onSent: (_c, _b, _s, _e, reason) => {
      if (reason === 'window probe')
        net.link.filter = ({ from, frame }) => {
          if (from === 'a') seen.push(frame.ecn)
          return true
        }
    },
  }
  net.pass(5000)
  assert.ok(seen.length > 0 && seen.every((ecn) => (ecn & 3) === 0), String(seen))
  server.read(new Uint8Array(5000), net.now)
  net.pass(1000)
  assert.ok(
    seen.some((ecn) => ecn === 2),
    'data does',
  )
})

test('a single segment without an answer is probed first: no timeout, no collapsed window (RFC 8985 7.2)', () => {
  const net = new Net({ delayMs: 5 })
  const { client } = connectPair(net)
  const reasons: string[] = []
  net.a.layer.trace = { onSent: (_c, _b, _s, _e, reason) => void (reason !== undefined && reasons.push(reason)) }
  net.link.filter = ({ from }) => from === 'b'
  client.send(new Uint8Array(1), net.now)
  const { rtoMs, congestionWindowBytes } = client.info(net.now)
  net.pass(rtoMs + 1)
  assert.deepEqual(reasons, ['tail loss probe'])
  assert.equal(client.info(net.now).congestionWindowBytes, congestionWindowBytes)
  net.pass(rtoMs)
  assert.deepEqual(reasons, ['tail loss probe', 'timeout'], 'one probe')
})

test('a receiver that goes back on its SACKs gets the data again (RFC 2018 8)', () => {
  const d = open(SYN_SACK)
  const connection = d.connection!
  const count = (): number[] => [connection.info(d.now).sackedSegments, connection.info(d.now).bytesInFlight]
  d.write('x'.repeat(500))
  assert.equal(d.said().length, 5)
  d.net.pass(RTT_MS)
  d.say('A', 1, 1, sack([201, 401]))
  assert.equal(count()[0], 2)
  d.said()
  d.say('A', 1, 201) // it had 201 to 400, and has thrown them away
  assert.deepEqual(count(), [0, 300])
  const again = new Set<number>()
  for (let i = 0; i < 20; i++) {
    d.net.pass(500)
    for (const { seq } of d.said()) again.add(seq)
    for (const seq of [201, 301, 401]) if (again.has(seq)) d.say('A', 1, seq + 100)
  }
  assert.ok(again.has(201))
  assert.deepEqual(count(), [0, 0])
})

test('a SACK of what was never sent is nonsense, all of it', () => {
  const d = open(SYN_SACK)
  d.write('x'.repeat(500))
  d.net.pass(RTT_MS)
  d.say('A', 1, 1, sack([201, 100_000]))
  d.say('A', 1, 1, sack([201, 502]))
  assert.equal(d.connection!.info(d.now).sackedSegments, 0)
  d.say('A', 1, 1, sack([201, 501]))
  assert.equal(d.connection!.info(d.now).sackedSegments, 3)
})

test('an ACK that covers a segment sent twice measures nothing, whatever else it covers (RFC 6298 3)', () => {
  const d = open(SYN_SACK)
  d.write('x'.repeat(200))
  d.net.run(() => d.connection!.info(d.now).totalRetransmitted > 0)
  const { smoothedRttMs } = d.connection!.info(d.now)
  d.said()
  d.say('A', 1, 201)
  assert.equal(d.connection!.info(d.now).smoothedRttMs, smoothedRttMs)
})

test('while a loss is repaired, one segment goes for every two that arrive (RFC 6937 3.1)', () => {
  const d = open(SYN_SACK)
  d.write('x'.repeat(1000))
  d.net.pass(RTT_MS)
  for (let acked = 101; acked <= 1001; acked += 100) d.say('A', 1, acked)
  d.write('y'.repeat(5000))
  d.said()
  const { bytesInFlight } = d.connection!.info(d.now)
  assert.equal(bytesInFlight, 2000)
  d.net.pass(RTT_MS)
  for (let right = 1201; right <= 1401; right += 100) d.say('A', 1, 1001, sack([1101, right]))
  assert.equal(d.connection!.info(d.now).slowStartThresholdBytes, 1000)
  assert.deepEqual(
    [...new Set(d.said().map(({ seq }) => seq))].filter((seq) => seq === 1001),
    [1001],
  )
  const sent = (upTo: number, from: number): number => {
    let count = 0
    for (let right = from; right <= upTo; right += 100) {
      d.say('A', 1, 1001, sack([1101, right]))
      count += d.said().length
    }
    return count
  }
  const halfway = sent(2301, 1501)
  assert.ok(halfway >= 3 && halfway <= 5, `${halfway} for nine that arrived`)
})

test('a duplicate reported from before the last window is no news (RFC 2883 5)', () => {
  const d = open(SYN_SACK)
  const count = (): number => d.connection!.info(d.now).duplicateSacks
  d.write('x'.repeat(500))
  d.net.pass(RTT_MS)
  d.say('A', 1, 201)
  d.say('A', 1, 201, sack([1 - 70_000, 101 - 70_000]))
  assert.equal(count(), 0)
  d.say('A', 1, 201, sack([1, 101]))
  assert.equal(count(), 1)
})
