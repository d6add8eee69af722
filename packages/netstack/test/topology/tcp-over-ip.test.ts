// What TCP hands to IP and takes from it: fields of the IP header, and its options.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { IpAddress } from '../../src/internet/address.ts'
import { type Frame, FramePool } from '../../src/link/frame.ts'
import type { FrameReceiver, Link } from '../../src/link/link.ts'
import { SeededRandom } from '../../src/link/random.ts'
import { TimerQueue } from '../../src/link/timer-queue.ts'
import { createWire } from '../../src/link/wire.ts'
import { Stack } from '../../src/stack/stack.ts'
import type { TcpConnection, TcpConnectionOptions } from '../../src/transport/tcp/mod.ts'
import { buildIcmpv4 } from '../../src/wire/icmpv4.ts'
import { buildIcmpv6 } from '../../src/wire/icmpv6.ts'
import { buildIpv4, writeIpv4Checksum } from '../../src/wire/ipv4.ts'
import { buildIpv6 } from '../../src/wire/ipv6.ts'
import { buildTcp } from '../../src/wire/tcp.ts'

/** Shows each frame as it leaves, and may put another one in its place. */
class Editing implements Link {
  readonly medium = 'ip' as const
  readonly mtu = 1500
  receiver: FrameReceiver | null = null
  readonly #inner: Link
  readonly #edit: (frame: Frame) => Frame

  constructor(inner: Link, edit: (frame: Frame) => Frame) {
    this.#inner = inner
    this.#edit = edit
    inner.receiver = (frame, now) => this.receiver?.(frame, now)
  }

  transmit(frame: Frame, now: number): void {
    this.#inner.transmit(this.#edit(frame), now)
  }
}

/** A connection between two stacks; everything that the first one sends goes through `edit`. */
class Pair {
  now = 0
  readonly timers = new TimerQueue()
  readonly pool = new FramePool()
  readonly stacks: Stack[]
  readonly client: TcpConnection
  server: TcpConnection | undefined

  constructor(edit: (frame: Frame, pool: FramePool) => Frame, family: 4 | 6, options: TcpConnectionOptions = {}) {
    const { timers, pool } = this
    const [left, right] = createWire(timers, { medium: 'ip', delayMs: 1 })
    const addresses = family === 4 ? ['10.0.0.1', '10.0.0.2'] : ['2001:db8::1', '2001:db8::2']
    this.stacks = [new Editing(left, (frame) => edit(frame, pool)), right].map((link, index) => {
      const random = new SeededRandom(index + 1)
      const clock = (): number => this.now
      const stack = new Stack({ random: random.next, fillRandom: random.fill, clock, pool, timers })
      stack.addInterface('ip0', link, { addresses: [`${addresses[index]}/${family === 4 ? 24 : 64}`] })
      return stack
    })
    const [local, remote] = addresses.map((text) => IpAddress.parse(text))
    this.run(5000) // until the IPv6 addresses are known to be nobody else's
    const onConnection: Parameters<Stack['tcp']['listen']>[0]['onConnection'] = (listener) => {
      this.server = listener.accept()
    }
    this.stacks[1].tcp.listen({ port: 80, onConnection }, this.now)
    this.client = this.stacks[0].tcp.connect({ local, remote, remotePort: 80, options }, this.now)
    this.run(100)
  }

  run(ms: number): void {
    const end = this.now + ms
    for (;;) {
      const next = Math.min(this.timers.pollAt(), ...this.stacks.map((stack) => stack.pollAt()))
      if (next > end) break
      this.now = Math.max(this.now, next)
      this.timers.poll(this.now)
      for (const stack of this.stacks) stack.poll(this.now)
    }
    this.now = end
  }
}

test('hop limit and Diffserv field are those of the user, and can be changed while the connection lives [RFC9293:MUST-48, MUST-49, SHLD-21, SHLD-22]', () => {
  for (const family of [4, 6] as const) {
    const seen: [trafficClass: number, hopLimit: number][] = []
    const look = (frame: Frame): Frame => {
      const { bytes, start } = frame
      if (family === 4 && bytes[start + 9] === 6) seen.push([bytes[start + 1] & 0xfc, bytes[start + 8]])
      if (family === 6 && bytes[start + 6] === 6)
        seen.push([((bytes[start] << 4) | (bytes[start + 1] >> 4)) & 0xfc, bytes[start + 7]])
      return frame
    }
    const pair = new Pair(look, family, { trafficClass: 0xb8, hopLimit: 7 })
    pair.client.send(new Uint8Array(3000), pair.now)
    pair.run(100)
    assert.ok(seen.length > 3)
    assert.ok(seen.every(([trafficClass, hopLimit]) => trafficClass === 0xb8 && hopLimit === 7))
    seen.length = 0
    pair.client.flow.trafficClass = 0x20
    pair.client.flow.hopLimit = 99
    pair.client.send(new Uint8Array(100), pair.now)
    pair.run(100)
    assert.deepEqual(seen[0], [0x20, 99])
  }
})

test('options in the IP header are no business of TCP [RFC9293:MUST-50]', () => {
  const withOptions = (frame: Frame, pool: FramePool): Frame => {
    const copy = pool.allocate(frame.end - frame.start + 8)
    const { bytes, start } = copy
    bytes.set(frame.bytes.subarray(frame.start, frame.start + 20), start)
    bytes.set([1, 0x9e, 6, 1, 2, 3, 4, 0], start + 20) // no-operation, an unknown option, end
    bytes.set(frame.bytes.subarray(frame.start + 20, frame.end), start + 28)
    copy.end = start + 28 + frame.end - frame.start - 20
    bytes[start] = 0x47
    bytes[start + 2] = (copy.end - start) >> 8
    bytes[start + 3] = copy.end - start
    writeIpv4Checksum(bytes, start, 28)
    frame.release()
    return copy
  }
  const pair = new Pair(withOptions, 4, { maxSegmentBytes: 1000 })
  pair.client.send(new Uint8Array(5000), pair.now)
  pair.run(1000)
  assert.equal(pair.server?.readableBytes, 5000)
  assert.equal(pair.client.state, 'ESTABLISHED')
})

/** "Too big" from the peer's address about a segment of the client's, with that sequence number. */
function tooBig(pair: Pair, family: 4 | 6, sequence: number): void {
  const { client, pool } = pair
  const { flow } = client
  const segment = buildTcp({
    sourcePort: flow.localPort,
    destinationPort: flow.remotePort,
    sequenceNumber: sequence >>> 0,
  })
  const [from, to] = [flow.remote, flow.local] as [IpAddress, IpAddress]
  const bytesOf = (address: IpAddress): Uint8Array => {
    const bytes = new Uint8Array(address.byteLength)
    address.write(bytes, 0)
    return bytes
  }
  let packet: Uint8Array
  if (family === 4) {
    const quoted = buildIpv4({ protocol: 6, source: to.w3, destination: from.w3, payload: segment })
    quoted[2] = 1500 >> 8
    quoted[3] = 1500 & 0xff
    const payload = buildIcmpv4({ name: 'destination-unreachable', type: 3, code: 4, nextHopMtu: 1000, data: quoted })
    packet = buildIpv4({ protocol: 1, source: from.w3, destination: to.w3, payload })
  } else {
    const quoted = buildIpv6({ protocol: 6, source: bytesOf(to), destination: bytesOf(from), payload: segment })
    quoted[4] = 1460 >> 8
    quoted[5] = 1460 & 0xff
    const addresses = new Uint8Array([...bytesOf(from), ...bytesOf(to)])
    const payload = buildIcmpv6({ name: 'packet-too-big', type: 2, mtu: 1300, data: quoted }, addresses)
    packet = buildIpv6({ protocol: 58, source: bytesOf(from), destination: bytesOf(to), payload })
  }
  const frame = pool.allocate(packet.length)
  frame.bytes.set(packet, frame.start)
  frame.end = frame.start + packet.length
  pair.stacks[0].internet.interfaces[1].link.receiver!(frame, pair.now)
}

test('who is not on the way cannot make packets smaller: "too big" must be about something in flight (RFC 5927 7, RFC 8201 4)', () => {
  for (const family of [4, 6] as const) {
    const pair = new Pair((frame) => frame, family)
    const { client, stacks } = pair
    const cache = stacks[0].internet.pathMtu
    const { sender } = client as unknown as { sender: { unacknowledged: number; next: number } }
    tooBig(pair, family, sender.next)
    tooBig(pair, family, sender.unacknowledged - 1)
    assert.equal(cache.size, 0, 'nothing is in flight')
    client.send(new Uint8Array(5000), pair.now)
    const { sendMss } = client.info(pair.now)
    tooBig(pair, family, sender.next + 77)
    assert.deepEqual([cache.size, client.info(pair.now).sendMss], [0, sendMss], 'a number that was guessed')
    tooBig(pair, family, sender.unacknowledged)
    assert.equal(cache.size, 1)
    assert.equal(client.info(pair.now).sendMss, family === 4 ? 1000 - 52 : 1300 - 72)
    pair.run(1000)
    assert.equal(pair.server?.readableBytes, 5000)
  }
})
