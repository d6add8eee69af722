/** Requirements of RFC 9293 appendix B that no other test of this folder shows. docs/rfc9293.md lists them all. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { connectPair, Dialogue, ipv4, Net, type Packet, seeded } from '../../../test/support/tcp-harness.ts'
import { buildTcp } from '../../wire/tcp.ts'
import { FlowSecrets } from './isn.ts'

const MSS_100 = [{ name: 'maximum-segment-size' as const, size: 100 }]

test('a window above 32,767 is not negative, and one of 1 GiB is a number like any other [RFC9293:MUST-1, REC-1]', () => {
  const d = new Dialogue()
  const connection = d.establish({ noDelay: true }, [{ name: 'window-scale', shift: 14 }], 40_000)
  d.say('A', 1, 1, { window: 40_000 })
  assert.equal(connection.info(d.now).sendWindowBytes, 40_000 * 16_384)
  d.say('A', 1, 1, { window: 65_535 })
  assert.equal(connection.info(d.now).sendWindowBytes, 65_535 * 16_384)
  const plain = new Dialogue()
  plain.establish({ noDelay: true, initialWindowSegments: 100 }, MSS_100, 65_535)
  plain.write('x'.repeat(9000))
  assert.equal(plain.heard().length, 90)
})

test('who does not know the key cannot compute an initial sequence number [RFC9293:MUST-9, SHLD-1]', () => {
  const secretsOf = (seed: number): FlowSecrets => {
    const random = seeded(seed)
    return new FlowSecrets((bytes) => {
      for (let i = 0; i < bytes.length; i++) bytes[i] = random() * 256
    })
  }
  const seen = new Set<number>()
  for (let seed = 1; seed <= 100; seed++) seen.add(secretsOf(seed).initialSequence(ipv4(1), 5000, ipv4(2), 80, 1000))
  assert.equal(seen.size, 100, 'the same four-tuple at the same time, under other keys')
})

test('the user learns whether a connection ended well, was reset, refused, timed out or was aborted [RFC9293:MUST-12]', () => {
  const ends = (act: (d: Dialogue) => void, connecting = false): string => {
    const d = new Dialogue()
    const told: string[] = []
    const connection = connecting ? d.connect({ synRetries: 1 }) : d.establish({ retries: 2 })
    connection.observer = { onEnd: () => told.push('end'), onClosed: (_, reason) => told.push(reason) }
    d.said()
    act(d)
    d.net.pass(600_000)
    return told.join(' ')
  }
  const byPeer = (d: Dialogue): void => {
    d.say('FA', 1, 1)
    d.connection!.shutdown(d.now)
    d.say('A', 2, 2)
  }
  assert.equal(ends(byPeer), 'end finished')
  assert.equal(
    ends((d) => d.say('R', 1)),
    'reset',
  )
  assert.equal(
    ends((d) => d.say('RA', 0, 1), true),
    'refused',
  )
  assert.equal(
    ends(() => {}, true),
    'timeout',
  )
  assert.equal(
    ends((d) => d.write('anybody?')),
    'timeout',
  )
  assert.equal(
    ends((d) => d.connection!.abort(d.now)),
    'aborted',
  )
})

test('MSS: offered on SYN alone, whatever options are used; what is sent leaves room for them [RFC9293:MUST-14, MUST-16, MUST-65, MUST-67, SHLD-5, MAY-3]', () => {
  const d = new Dialogue()
  const stamps = { name: 'timestamps' as const, value: 1, echoReply: 0 }
  d.listen({ noDelay: true })
  d.say('S', 0, 0, { options: [{ name: 'maximum-segment-size', size: 1000 }, stamps] })
  d.say('A', 1, 1, { options: [stamps] })
  d.said()
  const connection = d.connection!
  assert.equal(connection.info(d.now).advertisedMss, 1460, 'the MTU without the fixed headers alone')
  assert.equal(connection.info(d.now).sendMss, 988, "the peer's MSS without 12 bytes of timestamps")
  d.write('x'.repeat(2000))
  const sent = d.said()
  assert.equal(sent[0]!.data.length, 988)
  assert.ok(sent.every((one) => one.options.every((option) => option.name !== 'maximum-segment-size')))
  const opening = new Dialogue()
  opening.connect()
  const [syn] = opening.said()
  assert.partialDeepStrictEqual(syn!.options[0], { name: 'maximum-segment-size', size: 1460 })
  const small = new Dialogue({}, { mtu: 600 })
  assert.equal(
    small
      .establish(
        {},
        MSS_100.map((option) => ({ ...option, size: 1460 })),
      )
      .info(small.now).sendMss,
    560,
  )
})

test('left to their defaults, a SYN is tried for three minutes at least, and data for 100 seconds [RFC9293:MUST-21, MUST-22, MUST-23, SHLD-11]', () => {
  const lasts = (opening: boolean): number => {
    const d = new Dialogue()
    const begin = d.now
    let ended = 0
    const connection = opening ? d.connect() : d.establish()
    connection.observer = {
      onClosed: () => {
        ended = d.now
      },
    }
    if (!opening) d.write('anybody?')
    d.net.run(() => ended > 0, 10_000_000)
    return (ended - begin) / 1000
  }
  assert.ok(lasts(true) >= 180, `${lasts(true)} s`)
  assert.ok(lasts(false) >= 100, `${lasts(false)} s`)
})

test('an acknowledgment is never delayed by half a second, whatever is asked for [RFC9293:MUST-40]', () => {
  const d = new Dialogue()
  d.establish({ delayedAckMs: 5000 })
  d.say('A', 1, 1, { data: 'x' })
  d.say('A', 2, 1, { data: 'y' })
  d.net.pass(499)
  assert.equal(d.said().at(-1)!.ack, 3)
})

test('a port can be listened at while a connection from it is opening, and listening disturbs nobody [RFC9293:MUST-41, MUST-42]', () => {
  const d = new Dialogue()
  const { layer, address } = d.net.b
  const opening = layer.connect({ local: address, localPort: 80, remote: ipv4(9), remotePort: 7 }, d.now)
  assert.equal(opening.state, 'SYN-SENT')
  d.said()
  d.listen()
  assert.throws(() => d.listen(), { code: 'EADDRINUSE' })
  d.say('S', 0, 0, { port: 40_000 })
  assert.deepEqual(d.heard(), ['SA 0/1'])
  assert.equal(opening.state, 'SYN-SENT')
})

test('every segment of a connection has the local address that OPEN was given [RFC9293:MUST-43, MUST-45]', () => {
  const sources = new Set<number>()
  const filter = (packet: Packet): boolean => {
    if (packet.from === 'a') sources.add(packet.flow.local.w3)
    return true
  }
  const net = new Net({ delayMs: 5, filter })
  net.b.layer.listen({ port: 80, onConnection: (listener) => void listener.accept() }, net.now)
  const open = { local: ipv4(7), remote: net.b.address, remotePort: 80 }
  const client = net.a.layer.connect(open, net.now)
  net.pass(100)
  client.send(new Uint8Array(5000), net.now)
  net.pass(1000)
  client.shutdown(net.now)
  net.pass(1000)
  assert.deepEqual([...sources], [ipv4(7).w3])
})

test('source quench does nothing; an error that nobody listens for does nothing either [RFC9293:MUST-47, MUST-54, MUST-55, SHLD-20]', () => {
  const net = new Net()
  const { client } = connectPair(net)
  client.send(new Uint8Array(10), net.now)
  const { unacknowledged } = (client as unknown as { sender: { unacknowledged: number } }).sender
  const before = client.info(net.now)
  const error = { ...client.flow, sequence: unacknowledged, mtu: 0 }
  let told = 0
  client.observer = { onSoftError: () => told++ }
  net.a.layer.onIcmpError({ ...error, kind: 'source-quench' }, net.now)
  assert.equal(told, 0)
  net.a.layer.onIcmpError({ ...error, kind: 'host-unreachable' }, net.now)
  assert.equal(told, 1)
  client.observer = {}
  net.a.layer.onIcmpError({ ...error, kind: 'host-unreachable' }, net.now)
  const { state, congestionWindowBytes } = client.info(net.now)
  assert.deepEqual([state, congestionWindowBytes], [before.state, before.congestionWindowBytes])
})

test('a RST with data is a RST [RFC9293:SHLD-2]', () => {
  const d = new Dialogue()
  const connection = d.establish()
  d.say('R', 1, 0, { data: 'because I say so' })
  assert.equal(connection.state, 'CLOSED')
})

test('the right edge of our window never moves left, while nobody reads and while bits of the buffer are read [RFC9293:SHLD-14]', () => {
  const d = new Dialogue()
  const connection = d.establish({ receiveBufferBytes: 5000, initialReceiveBufferBytes: 5000 })
  let edge = 0
  for (let at = 0; at < 40; at++) {
    d.say('A', 1 + at * 100, 1, { data: 'z'.repeat(100) })
    if (at % 7 === 0) connection.read(new Uint8Array(37), d.now)
    for (const { ack, window } of d.said()) {
      assert.ok(ack + window >= edge, `${ack} + ${window} after ${edge}`)
      edge = ack + window
    }
  }
})

test('our window may stay shut for a day: the probes of the peer are answered [RFC9293:MAY-8, MUST-66]', () => {
  const d = new Dialogue()
  const connection = d.establish({ receiveBufferBytes: 10 })
  d.say('PA', 1, 1, { data: '0123456789' })
  d.said()
  for (let minute = 0; minute < 24 * 60; minute++) {
    d.net.pass(60_000)
    d.say('A', 11, 1, { data: '?' })
    const [answer] = d.said()
    assert.deepEqual([answer!.ack, answer!.window], [11, 0])
  }
  assert.equal(connection.state, 'ESTABLISHED')
})

test('a window that shrank: no new data, the old within it again, and no end for what lies beyond it [RFC9293:SHLD-15, SHLD-16, SHLD-17]', () => {
  const d = new Dialogue()
  const connection = d.establish({ noDelay: true }, MSS_100)
  d.write('x'.repeat(300))
  d.said()
  d.say('A', 1, 101, { window: 100 })
  d.write('y'.repeat(100))
  assert.deepEqual(d.heard(), [])
  d.net.pass(400)
  assert.deepEqual(d.heard(), ['A 101/1 100'])
  d.say('A', 1, 201, { window: 0 })
  for (let minute = 0; minute < 120; minute++) {
    d.net.pass(60_000)
    for (const { data, seq } of d.said()) {
      assert.ok(data.length === 0 || seq === 201, 'a probe, nothing more')
      d.say('A', 1, 201, { window: 0 })
    }
  }
  assert.equal(connection.state, 'ESTABLISHED')
})

test('writes are gathered into segments of the MSS, and many PSH become one [RFC9293:SHLD-27, SHLD-28, MAY-16]', () => {
  const d = new Dialogue()
  d.establish({}, MSS_100)
  for (const part of ['a', 'b', 'c']) d.write(part.repeat(60))
  assert.deepEqual(d.heard(), ['PA 1/1 60', 'A 61/1 100'])
  d.say('A', 1, 161)
  assert.deepEqual(d.heard(), [`PA 161/1 ${'c'.repeat(20)}`])
})

test('options: read off word boundaries, of any segment; ours all have a length, and zeros behind the end [RFC9293:MUST-5, MUST-64, MUST-68, MUST-69]', () => {
  const d = new Dialogue()
  const connection = d.establish({}, [{ name: 'window-scale', shift: 2 }, ...MSS_100])
  assert.equal(connection.info(d.now).sendMss, 100, 'the MSS began at the fourth byte of the options')
  const lengths: number[] = []
  const net = new Net({
    filter: ({ frame: { bytes, start } }) => {
      const end = start + (bytes[start + 12]! >> 4) * 4
      for (let at = start + 20; at < end; ) {
        if (bytes[at] === 0) assert.ok(bytes.subarray(at, end).every((byte) => byte === 0))
        const length = bytes[at]! <= 1 ? 1 : bytes[at + 1]!
        assert.ok(length > 0 && at + length <= end)
        lengths.push(length)
        at += length
      }
      return true
    },
  })
  const { client } = connectPair(net)
  client.send(new Uint8Array(3000), net.now)
  net.pass(1000)
  assert.ok(lengths.length > 10)
  const padded = buildTcp({
    ...{ sourcePort: 1, destinationPort: 2, sequenceNumber: 0, acknowledgmentNumber: 0, flags: 2, window: 0 },
    urgentPointer: 0,
    options: [{ name: 'window-scale', shift: 1 }],
    payload: new Uint8Array(0),
  })
  assert.deepEqual([...padded.subarray(20)], [3, 3, 1, 0])
})

test('keep-alives, once switched on, wait for two hours unless told otherwise [RFC9293:MUST-28]', () => {
  const d = new Dialogue()
  d.establish({ keepAlive: true })
  d.net.pass(2 * 3_600_000 - 1000)
  assert.deepEqual(d.heard(), [])
  d.net.pass(2000)
  assert.deepEqual(d.heard(), ['A 0/1'])
})

test('protocol and port unreachable refuse a connection that is opening [RFC9293:SHLD-26]', () => {
  for (const kind of ['protocol-unreachable', 'port-unreachable'] as const) {
    const net = new Net({ filter: () => false })
    const told: string[] = []
    const client = net.a.layer.connect({ local: net.a.address, remote: net.b.address, remotePort: 80 }, net.now)
    client.observer = { onClosed: (_, reason) => told.push(reason) }
    const { unacknowledged } = (client as unknown as { sender: { unacknowledged: number } }).sender
    net.a.layer.onIcmpError({ ...client.flow, sequence: unacknowledged, kind, mtu: 0 }, net.now)
    assert.deepEqual(told, ['protocol-unreachable'])
    assert.equal(client.state, 'CLOSED')
  }
})
