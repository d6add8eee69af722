/** Attacks from off the path: RFC 5961, RFC 6528, RFC 5927; and nonsense on it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { connectPair, Dialogue, ipv4, Net, seeded } from '../../../test/support/tcp-harness.ts'
import { FlowSecrets } from './isn.ts'
import { SipHash } from './siphash.ts'

const LONG = process.env.WIREHUB_TEST_LONG !== undefined

test('SipHash-2-4: the vectors of its authors', () => {
  const key = Uint8Array.from({ length: 16 }, (_, i) => i)
  const hash = new SipHash(key)
  assert.equal(hash.hash(new Int32Array(0), 0) >>> 0, 0xdd0e0e31)
  assert.equal(hash.hash(new Int32Array([0x03020100, 0x07060504]), 2) >>> 0, 0x9a932462)
})

test('10,000 initial sequence numbers show no pattern [RFC9293:MUST-8, SHLD-1] (RFC 6528)', () => {
  const random = seeded(7)
  const secrets = new FlowSecrets((bytes) => {
    for (let i = 0; i < bytes.length; i++) bytes[i] = random() * 256
  })
  const count = 10_000
  const seen = new Set<number>()
  const bits = new Array<number>(32).fill(0)
  const differences = new Map<number, number>()
  let before = 0
  for (let i = 0; i < count; i++) {
    const value = secrets.initialSequence(ipv4(1), 1024 + i, ipv4(2), 80, 1000) >>> 0
    seen.add(value)
    for (let bit = 0; bit < 32; bit++) bits[bit]! += (value >>> bit) & 1
    const bucket = ((value - before) >>> 0) >>> 24
    differences.set(bucket, (differences.get(bucket) ?? 0) + 1)
    before = value
  }
  assert.ok(seen.size > count - 5)
  for (const [bit, ones] of bits.entries()) assert.ok(Math.abs(ones - count / 2) < 250, `bit ${bit}: ${ones}`)
  assert.equal(differences.size, 256)
  assert.ok(Math.max(...differences.values()) < 100, 'differences of neighbours are spread')
})

test('for one four-tuple the initial sequence number goes with the clock: 4 microseconds a tick [RFC9293:MUST-8]', () => {
  const secrets = new FlowSecrets((bytes) => void bytes.fill(9))
  const at = (now: number): number => secrets.initialSequence(ipv4(1), 5000, ipv4(2), 80, now)
  assert.equal((at(2000) - at(1000)) | 0, 250_000)
})

test('blind RST: only the exact sequence number resets, others in the window get a challenge ACK (RFC 5961 3)', () => {
  const d = new Dialogue()
  const connection = d.establish()
  d.say('R', 500)
  assert.deepEqual(d.heard(), ['A 1/1'])
  d.say('R', 500_000)
  d.say('R', 0)
  assert.deepEqual(d.heard(), [], 'outside the window: not even that')
  assert.equal(connection.state, 'ESTABLISHED')
  d.say('R', 1)
  assert.equal(connection.state, 'CLOSED')
})

test('blind SYN in a synchronized state: a challenge ACK (RFC 5961 4)', () => {
  const d = new Dialogue()
  const connection = d.establish()
  d.say('S', 300)
  assert.deepEqual(d.heard(), ['A 1/1'])
  d.say('SA', 1, 1)
  assert.equal(d.heard().length, 1)
  assert.equal(connection.state, 'ESTABLISHED')
})

test('blind data: an ACK far from what was sent is not believed [RFC9293:MAY-12] (RFC 5961 5)', () => {
  const d = new Dialogue()
  const connection = d.establish()
  d.say('PA', 1, 1_000_000_000, { data: 'evil' })
  d.say('PA', 1, -1_000_000_000, { data: 'evil' })
  assert.equal(connection.readableBytes, 0)
  assert.ok(d.heard().every((one) => one === 'A 1/1'))
})

test('challenge ACKs are limited, by a number that an outsider cannot know (RFC 5961 7)', () => {
  const d = new Dialogue({ challengeAcksPerSecond: 100 })
  d.establish()
  for (let i = 0; i < 1000; i++) d.say('R', 500)
  const first = d.said().length
  assert.ok(first >= 50 && first <= 101, String(first))
  d.net.now += 1000
  d.say('R', 500)
  assert.equal(d.said().length, 1)
  assert.ok(d.net.b.layer.counters.challengeAcksSuppressed >= 899)
})

test('ICMP: hard errors refuse a connection that opens, and only worry one that is open; strangers are not believed [RFC9293:MUST-56, SHLD-25] (RFC 5927)', () => {
  const d = new Dialogue()
  const closed: string[] = []
  const connection = d.connect()
  connection.observer = { onClosed: (_, reason) => closed.push(reason) }
  const sequence = (connection as unknown as { sender: { initial: number } }).sender.initial
  const error = { ...connection.flow, sequence, kind: 'host-unreachable', mtu: 0 } as const
  d.net.b.layer.onIcmpError({ ...error, sequence: sequence + 1000 }, d.now)
  assert.equal(connection.state, 'SYN-SENT')
  d.net.b.layer.onIcmpError(error, d.now)
  assert.deepEqual(closed, ['host-unreachable'])
  const net = new Net()
  const { client } = connectPair(net)
  let soft = 0
  client.observer = { onSoftError: () => soft++ }
  client.send(new Uint8Array(10), net.now)
  const una = (client as unknown as { sender: { unacknowledged: number } }).sender.unacknowledged
  net.a.layer.onIcmpError({ ...client.flow, sequence: una, kind: 'port-unreachable', mtu: 0 }, net.now)
  assert.equal(client.state, 'ESTABLISHED')
  assert.equal(soft, 1)
})

test('a wrong checksum is dropped and counted [RFC9293:MUST-2, MUST-3]', () => {
  let spoil = true
  const net = new Net({
    filter: (packet) => {
      if (spoil) packet.frame.bytes[packet.frame.start + 4]! ^= 1
      return true
    },
  })
  net.b.layer.listen({ port: 80, onConnection: () => {} }, net.now)
  const client = net.a.layer.connect({ local: net.a.address, remote: net.b.address, remotePort: 80 }, net.now)
  net.pass(500)
  assert.equal(client.state, 'SYN-SENT')
  assert.equal(net.b.layer.counters.checksumErrors, 1)
  spoil = false
  net.pass(5000)
  assert.equal(client.state, 'ESTABLISHED')
})

test('mutated segments: nothing is thrown, no state outside the table, memory bounded', () => {
  const seed = Number(process.env.WIREHUB_TEST_SEED ?? Date.now() & 0xffff)
  const random = seeded(seed)
  const net = new Net({ delayMs: 5, loss: 0.02 }, seed)
  let mutate = false
  net.link.filter = (packet) => {
    if (!mutate || random() > 0.5) return true
    const { frame } = packet
    const copy = net.pool.allocate(frame.length)
    copy.bytes.set(frame.bytes.subarray(frame.start, frame.end), copy.start)
    copy.end = copy.start + frame.length
    for (let n = 1 + random() * 4; n > 0; n--)
      copy.bytes[copy.start + Math.floor(random() * Math.min(frame.length, 60))]! = random() * 256
    if (random() < 0.1) copy.end = copy.start + Math.floor(random() * frame.length)
    copy.checksum = 2
    // Before the real one, but never within the call that sends it: see TcpOutput.transmit.
    net.enqueue({ ...packet, frame: copy, at: net.now })
    return true
  }
  const { client, server } = connectPair(net)
  mutate = true
  client.observer = {}
  for (let round = 0; round < (LONG ? 20_000 : 2000); round++) {
    for (const end of [client, server]) {
      if (end.state === 'ESTABLISHED') end.send(new Uint8Array(Math.floor(random() * 3000)), net.now)
      end.read(new Uint8Array(2000), net.now)
    }
    net.pass(20)
  }
  mutate = false
  client.abort(net.now)
  server.abort(net.now)
  net.pass(300_000)
  assert.equal(net.pool.outstanding, 0, `seed ${seed}`)
  assert.ok(net.a.layer.connectionCount + net.b.layer.connectionCount < 5, `seed ${seed}`)
})
