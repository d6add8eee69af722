/** The layer as the stack drives it: both families, offloads, batches, limits, what it costs. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { connectPair, Dialogue, Net, Transfer } from '../../../test/support/tcp-harness.ts'
import { CHECKSUM_PARTIAL, type Frame, FramePool } from '../../link/frame.ts'
import { checksumAdd, foldChecksum, pseudoHeaderSum6 } from '../../wire/checksum.ts'
import { createTcpLayer } from './layer.ts'
import type { AddressWords, TcpConnection, TcpLayer, TcpOutput } from './types.ts'

interface End {
  layer: TcpLayer
  frames: Frame[]
}

function end(pool: FramePool, seed: number, output: Partial<TcpOutput>): End {
  const frames: Frame[] = []
  const layer = createTcpLayer({
    output: {
      allocate: (bytes) => pool.allocate(bytes),
      transmit: (frame) => void frames.push(frame),
      mtu: () => 1500,
      offload: () => undefined,
      ...output,
    },
    fillRandom: (bytes) => void bytes.fill(seed),
  })
  return { layer, frames }
}

/** An IPv6 address whose last word is given, as 16 bytes and as words. */
function ipv6(last: number): { words: AddressWords; bytes: Uint8Array } {
  const bytes = Uint8Array.from([0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last])
  return { words: { w0: 0x20010db8, w1: 0, w2: 0, w3: last }, bytes }
}

function exchange6(
  from: End,
  to: End,
  source: Uint8Array,
  destination: Uint8Array,
  now: number,
  look?: (frame: Frame) => void,
): number {
  const frames = from.frames.splice(0)
  const both = new Uint8Array(32)
  both.set(source)
  both.set(destination, 16)
  for (const frame of frames) {
    look?.(frame)
    if (frame.checksum !== CHECKSUM_PARTIAL) {
      const sum = pseudoHeaderSum6(both, 0, 6, frame.length)
      assert.equal(checksumAdd(frame.bytes, frame.start, frame.end, sum), 0xffff, 'the checksum by another way')
      frame.checksum = 0
    }
    to.layer.segment.setAddresses6(both, 0, 16)
    to.layer.segment.ecn = 0
    to.layer.receive(frame, now)
    frame.release()
  }
  return frames.length
}

function transfer6(
  total: number,
  output: Partial<TcpOutput>,
  look?: (frame: Frame) => void,
): { received: number; client: TcpConnection } {
  const pool = new FramePool()
  const [a, b] = [end(pool, 1, output), end(pool, 2, output)]
  const [one, two] = [ipv6(1), ipv6(2)]
  let received = 0
  b.layer.listen(
    {
      port: 80,
      family: 6,
      onConnection: (listener) => {
        listener.accept()!.observer = {
          onReadable: (connection) => {
            received += connection.readableBytes
            connection.consume(connection.peek().length, 1)
            if (connection.readableBytes > 0) connection.consume(connection.peek().length, 1)
          },
        }
      },
    },
    1,
  )
  const client = a.layer.connect({ local: one.words, remote: two.words, remotePort: 80 }, 1)
  const data = new Uint8Array(total)
  let offered = 0
  for (let now = 1; now < 10_000 && received < total; now++) {
    if (client.state === 'ESTABLISHED') offered += client.send(data, now, offered)
    while (exchange6(a, b, one.bytes, two.bytes, now, look) + exchange6(b, a, two.bytes, one.bytes, now) > 0) {}
    a.layer.poll(now)
    b.layer.poll(now)
  }
  assert.equal(received, total)
  return { received, client }
}

test('IPv6: checksum over its pseudo-header, MSS for its header', () => {
  const { client } = transfer6(300_000, {})
  assert.equal(client.info(1).sendMss, 1500 - 40 - 20 - 12)
})

test('GSO: super-segments of whole MSS, each record on its own in the scoreboard; the checksum left to the device', () => {
  let largest = 0
  transfer6(3_000_000, { offload: () => ({ checksum: true, gsoBytes: 65_000 }) }, (frame) => {
    assert.equal(frame.checksum, CHECKSUM_PARTIAL)
    assert.equal(frame.checksumStart, frame.start)
    const payload = frame.length - 32
    if (payload > 1428) {
      assert.equal(frame.gsoSize, 1428)
      assert.equal(frame.gsoHeaderBytes, 32)
    } else assert.equal(frame.gsoSize, 0)
    const words = ipv6(1).bytes
    const both = new Uint8Array(32)
    both.set(words)
    both.set(ipv6(2).bytes, 16)
    const at = frame.start + 16
    assert.equal(
      (frame.bytes[at]! << 8) | frame.bytes[at + 1]!,
      foldChecksum(pseudoHeaderSum6(both, 0, 6, frame.length)),
    )
    largest = Math.max(largest, payload)
  })
  assert.ok(largest > 60_000 && largest <= 65_000 && largest % 1428 === 0, String(largest))
})

test('a batch is acknowledged once, at its end, or by poll [RFC9293:MUST-58, MUST-59]', () => {
  const pool = new FramePool()
  const [a, b] = [end(pool, 1, {}), end(pool, 2, {})]
  const [one, two] = [ipv6(1), ipv6(2)]
  b.layer.listen({ port: 80, onConnection: (listener) => void listener.accept() }, 1)
  const client = a.layer.connect({ local: one.words, remote: two.words, remotePort: 80 }, 1)
  while (exchange6(a, b, one.bytes, two.bytes, 1) + exchange6(b, a, two.bytes, one.bytes, 1) > 0) {}
  client.send(new Uint8Array(8000), 1)
  const both = new Uint8Array(32)
  both.set(one.bytes)
  both.set(two.bytes, 16)
  assert.ok(a.frames.length >= 5)
  for (const frame of a.frames.splice(0)) {
    b.layer.segment.setAddresses6(both, 0, 16)
    b.layer.receive(frame, 1, true)
    frame.release()
  }
  assert.equal(b.frames.length, 0)
  assert.equal(b.layer.pollAt(), Number.NEGATIVE_INFINITY)
  b.layer.poll(1)
  assert.equal(b.frames.length, 1)
})

test('out of frames: nothing breaks, what was not sent is sent later', () => {
  let starving = false
  const pool = new FramePool()
  const net = new Net({ delayMs: 5 })
  const { client, server } = connectPair(net)
  const allocate = net.pool.allocate.bind(net.pool)
  net.pool.allocate = (bytes, headroom) => (starving ? (undefined as unknown as Frame) : allocate(bytes, headroom))
  const transfer = new Transfer(net, client, server, 300_000, false)
  for (let i = 0; i < 40; i++) {
    starving = i % 2 === 0
    net.pass(50)
  }
  starving = false
  net.run(() => transfer.done)
  assert.equal(transfer.wrong, -1)
  assert.equal(transfer.received, 300_000)
  assert.equal(pool.outstanding, 0)
  assert.ok(net.a.layer.counters.allocationFailures > 0)
})

test('the limit of connections: ENOBUFS here, cookies or nothing there', () => {
  const net = new Net({}, 1, {}, { maxConnections: 3 })
  net.b.layer.listen({ port: 80, synCookies: 'never', onConnection: () => {} }, net.now)
  const open = (): TcpConnection =>
    net.a.layer.connect({ local: net.a.address, remote: net.b.address, remotePort: 80 }, net.now)
  open()
  open()
  open()
  assert.throws(open, { code: 'ENOBUFS' })
  net.pass(100)
  assert.equal(net.b.layer.connectionCount, 3)
  assert.equal(net.a.layer.counters.connectionsRefused, 1)
})

test('nothing that goes to or comes from a group is TCP [RFC9293:MUST-57, MUST-63]', () => {
  const d = new Dialogue()
  d.listen()
  d.net.b.layer.segment.toGroup = true
  d.say('S', 0)
  assert.deepEqual(d.heard(), [])
  d.net.b.layer.segment.toGroup = false
  d.net.a.address = { w0: 0, w1: 0, w2: 0xffff, w3: 0xe0000001 }
  d.say('S', 0)
  assert.deepEqual(d.heard(), [])
})

test('an option with an impossible length harms nobody [RFC9293:MUST-7]', () => {
  const d = new Dialogue()
  d.listen()
  const frame = d.net.pool.allocate(24)
  frame.bytes.fill(0, frame.start, frame.start + 24)
  frame.bytes.set([0, 9, 0, 80, 0, 0, 0, 0, 0, 0, 0, 0, 0x60, 2, 255, 255, 0, 0, 0, 0, 2, 0, 0, 0], frame.start)
  frame.end = frame.start + 24
  frame.checksum = 2
  d.net.b.layer.segment.setAddresses4(d.net.a.address.w3, d.net.b.address.w3)
  d.net.b.layer.receive(frame, d.now)
  assert.equal(d.net.b.layer.counters.malformed, 1)
  assert.deepEqual(d.heard(), [])
})

test('ephemeral ports towards one end are all different, and run out with a name', () => {
  const net = new Net({}, 1, {}, { ephemeralPorts: [50_000, 50_099] })
  const open = (): TcpConnection =>
    net.a.layer.connect({ local: net.a.address, remote: net.b.address, remotePort: 80 }, net.now)
  const ports = new Set(Array.from({ length: 100 }, () => open().flow.localPort))
  assert.equal(ports.size, 100)
  assert.throws(open, { code: 'EADDRNOTAVAIL' })
})

test('an idle connection holds no buffers, and its cost does not grow with the others', () => {
  const net = new Net({ delayMs: 1 })
  net.b.layer.listen({ port: 80, backlog: 5000, onConnection: (listener) => void listener.accept() }, net.now)
  for (let i = 0; i < 2000; i++)
    net.a.layer.connect({ local: net.a.address, remote: net.b.address, remotePort: 80 }, net.now)
  net.pass(100)
  assert.equal(net.b.layer.connectionCount, 2000)
  assert.equal(net.a.layer.pollAt(), Number.POSITIVE_INFINITY, 'no timer runs for an idle connection')
  net.a.layer.abortAll(net.now)
  net.pass(100)
  assert.equal(net.a.layer.connectionCount + net.b.layer.connectionCount, 0)
})
