import assert from 'node:assert/strict'
import { test } from 'node:test'
import { IpAddress } from '../internet/address.ts'
import { type Frame, FramePool } from '../link/frame.ts'
import type { FrameReceiver, Link, LinkOffload } from '../link/link.ts'
import { splitSuperSegment } from '../link/segmentation.ts'
import { type CaptureSink, TapLink } from '../link/tap.ts'
import { parseIpv4 } from '../wire/ipv4.ts'
import { parseTcp } from '../wire/tcp.ts'
import { Stack } from './stack.ts'

const DATA = new Uint8Array(200_000).map((_, index) => index * 7 + (index >> 8))

/** A device that cuts super-segments itself, joined to another of its kind. Each packet is seen whole, and is delivered by `run`. */
class Device implements Link {
  readonly medium = 'ip'
  readonly mtu = 1500
  offload: LinkOffload
  receiver: FrameReceiver | null = null
  other: Device | undefined
  /** Payload sizes of TCP, and how many packets had it elsewhere than behind their headers. */
  readonly payloadBytes: number[] = []
  gathered = 0
  /** Packets of more than 65,535 bytes, and what their field for the total length says. */
  readonly large: [number, number][] = []
  readonly #waiting: Uint8Array[] = []
  readonly #pool: FramePool

  constructor(pool: FramePool, gathers: boolean, bigTcpBytes: number) {
    this.#pool = pool
    this.offload = { checksum: true, gsoBytes: 65_000, gathers, bigTcpBytes }
  }

  transmit(frame: Frame): void {
    if (frame.length > 65_535) {
      this.large.push([frame.length, (frame.bytes[frame.start + 2]! << 8) | frame.bytes[frame.start + 3]!])
      for (const piece of splitSuperSegment(frame, this.#pool, 65_000)) this.transmit(piece)
      frame.release()
      return
    }
    const parts = [frame.bytes.subarray(frame.start, frame.end), ...frame.tail]
    if (frame.tail.length > 0) this.gathered++
    const packet = Buffer.concat(parts)
    assert.equal(packet.length, frame.length)
    const ip = parseIpv4(packet)
    this.payloadBytes.push(parseTcp(ip.payload).payload.length)
    this.#waiting.push(packet)
    frame.release()
  }

  /** Whether there was something to deliver. */
  run(now: number): boolean {
    const packets = this.#waiting.splice(0)
    for (const packet of packets) {
      const frame = this.#pool.allocate(packet.length)
      frame.bytes.set(packet, frame.start)
      frame.end = frame.start + packet.length
      frame.checksum = 2 // as a device that has verified it says
      this.other!.receiver!(frame, now)
    }
    return packets.length > 0
  }
}

interface Scene {
  readonly pool: FramePool
  readonly devices: [Device, Device]
  readonly tap: TapLink
  /** Sends `bytes` from the first stack to the second and returns what arrived. */
  transfer(bytes: Uint8Array): Uint8Array
}

function scene(gathers: boolean, bigTcpBytes = 0): Scene {
  const pool = new FramePool()
  const devices: [Device, Device] = [new Device(pool, gathers, bigTcpBytes), new Device(pool, gathers, bigTcpBytes)]
  devices[0].other = devices[1]
  devices[1].other = devices[0]
  let now = 0
  const clock = (): number => now
  const tap = new TapLink(devices[0])
  const stacks = devices.map((device, index) => {
    const stack = new Stack({ pool, clock, random: () => 0.5, fillRandom: (bytes) => void bytes.fill(index + 1) })
    stack.addInterface('tun', index === 0 ? tap : device, { addresses: [`10.0.0.${index + 1}/24`] })
    return stack
  }) as [Stack, Stack]
  const settle = (): void => {
    for (let turn = 0; turn < 10_000; turn++) {
      while (devices.map((device) => device.run(now)).includes(true));
      const next = Math.min(...stacks.map((stack) => stack.pollAt()))
      if (next > now + 500) return
      now = Math.max(now, next)
      for (const stack of stacks) stack.poll(now)
    }
    assert.fail('no rest')
  }
  const listener = stacks[1].tcp.listen({ port: 80, onConnection: () => {} }, now)
  const [local, remote] = [IpAddress.parse('10.0.0.1'), IpAddress.parse('10.0.0.2')]
  const client = stacks[0].tcp.connect({ local, remote, remotePort: 80 }, now)
  settle()
  const server = listener.accept()!
  const transfer = (bytes: Uint8Array): Uint8Array => {
    const arrived: Uint8Array[] = []
    const piece = new Uint8Array(65_536)
    for (let sent = 0, read = 0; read < bytes.length; ) {
      sent += client.send(bytes, now, sent)
      settle()
      for (let count = server.read(piece, now); count > 0; count = server.read(piece, now)) {
        arrived.push(piece.slice(0, count))
        read += count
      }
      settle()
    }
    return Buffer.concat(arrived)
  }
  return { pool, devices, tap, transfer }
}

test('a device that gathers is given super-segments whose payload lies in the send buffer', () => {
  const { devices, pool, transfer } = scene(true)
  assert.deepEqual(transfer(DATA), Buffer.from(DATA))
  assert.ok(devices[0].gathered > 0)
  assert.ok(Math.max(...devices[0].payloadBytes) > 32_768, 'some lie across two blocks of the buffer')
  assert.equal(pool.outstanding, 0)
})

test('the packets are those that a device gets which does not gather', () => {
  const [with_, without] = [scene(true), scene(false)]
  with_.transfer(DATA)
  without.transfer(DATA)
  assert.equal(without.devices[0].gathered, 0)
  assert.deepEqual(with_.devices[0].payloadBytes, without.devices[0].payloadBytes)
})

test('whoever captures sees whole packets', () => {
  const { devices, tap, transfer } = scene(true)
  const seen: number[] = []
  tap.sinks.add((bytes, start, end, _now, direction) => {
    if (direction === 'out') seen.push(parseTcp(parseIpv4(bytes.subarray(start, end)).payload).payload.length)
  })
  const before = devices[0].payloadBytes.length
  assert.deepEqual(transfer(DATA), Buffer.from(DATA))
  assert.equal(devices[0].gathered, 0)
  assert.deepEqual(seen, devices[0].payloadBytes.slice(before))
})

test('a link that ceases to gather while a connection stands gets packets in one piece', () => {
  const { devices, transfer } = scene(true)
  transfer(DATA)
  const before = devices[0].gathered
  devices[0].offload = { ...devices[0].offload, gathers: false }
  assert.deepEqual(transfer(DATA), Buffer.from(DATA))
  assert.equal(devices[0].gathered, before)
})

test('a device that takes more than an IPv4 packet can tell of is given it, under the length 0', () => {
  const { devices, pool, transfer } = scene(true, 150_000)
  for (let time = 0; time < 3; time++) assert.deepEqual(transfer(DATA), Buffer.from(DATA))
  const { large } = devices[0]
  assert.ok(large.length > 0)
  assert.ok(
    large.every(([bytes, told]) => bytes <= 150_000 + 52 && told === 0),
    String(large),
  )
  assert.equal(pool.outstanding, 0)
})

test('it is cut for whoever captures, and for a link that takes no more such packets', () => {
  const { devices, tap, pool, transfer } = scene(true, 150_000)
  for (let time = 0; time < 3; time++) transfer(DATA)
  const before = devices[0].large.length
  let largest = 0
  const sink: CaptureSink = (bytes, start, end) => {
    largest = Math.max(largest, parseTcp(parseIpv4(bytes.subarray(start, end)).payload).payload.length)
  }
  tap.sinks.add(sink)
  assert.deepEqual(transfer(DATA), Buffer.from(DATA))
  tap.sinks.delete(sink)
  assert.ok(largest > 60_000 && largest <= 65_000, String(largest))
  devices[0].offload = { checksum: true, gsoBytes: 0 }
  assert.deepEqual(transfer(DATA), Buffer.from(DATA))
  assert.equal(devices[0].large.length, before)
  assert.equal(pool.outstanding, 0)
})
