import assert from 'node:assert/strict'
import { test } from 'node:test'
import { IpAddress } from '../internet/address.ts'
import { Prefix } from '../internet/prefix.ts'
import { FramePool } from '../link/frame.ts'
import { SeededRandom } from '../link/random.ts'
import { TapLink } from '../link/tap.ts'
import { TimerQueue } from '../link/timer-queue.ts'
import { createWire } from '../link/wire.ts'
import { checksumAdd, pseudoHeaderSum4, pseudoHeaderSum6 } from '../wire/checksum.ts'
import { writeIcmpv4Checksum } from '../wire/icmpv4.ts'
import { writeIpv4Checksum } from '../wire/ipv4.ts'
import { Stack } from './stack.ts'

// Real traffic between two stacks is recorded; then each of its frames is damaged in every way and given to a stack that
// has such connections open. Checksums are put right, so that the damage gets past them.

const LONG = process.env['WIREHUB_TEST_LONG'] !== undefined
const ROUNDS = LONG ? 400_000 : 15_000
const SEED = Number(process.env['NETSTACK_SEED'] ?? 20_260)

class Pair {
  now = 0
  readonly pool = new FramePool()
  readonly timers = new TimerQueue()
  readonly recorded: Uint8Array[] = []
  readonly sender: Stack
  readonly receiver: Stack

  constructor() {
    const [left, right] = createWire(this.timers, { maxFrames: 2000 })
    const tap = new TapLink(right)
    tap.sinks.add((bytes, start, end, _now, direction) => {
      if (direction === 'in') this.recorded.push(bytes.slice(start, end))
    })
    const make = (seed: number): Stack => {
      const random = new SeededRandom(seed)
      const { pool, timers } = this
      return new Stack({
        random: random.next,
        fillRandom: random.fill,
        clock: () => this.now,
        pool,
        timers,
        internet: { ipv6Autoconfiguration: true },
      })
    }
    this.sender = make(1)
    this.receiver = make(2)
    this.sender.addInterface('eth0', left, { mac: '02:00:00:00:00:01', addresses: ['10.0.0.1/24', '2001:db8::1/64'] })
    this.receiver.addInterface('eth0', tap, { mac: '02:00:00:00:00:02', addresses: ['10.0.0.2/24', '2001:db8::2/64'] })
  }

  run(ms: number): void {
    const end = this.now + ms
    for (;;) {
      const next = Math.min(this.timers.pollAt(), this.sender.pollAt(), this.receiver.pollAt())
      if (next > end) break
      this.now = Math.max(this.now, next)
      this.timers.poll(this.now)
      this.sender.poll(this.now)
      this.receiver.poll(this.now)
    }
    this.now = end
  }
}

/** TCP, UDP in fragments, echo and errors of both families, and a router that advertises itself. */
function talk(pair: Pair): void {
  const { sender, receiver } = pair
  const prefixes = [Prefix.parse('2001:db8:7::/64')]
  const dnsServers = [IpAddress.parse('2001:db8:7::53')]
  sender.internet.ndp.advertiseRouter(sender.internet.interfaces[1], { prefixes, dnsServers }, pair.now)
  const listener = receiver.tcp.listen(
    {
      port: 80,
      onConnection: () => {
        const connection = listener.accept()!
        connection.send(new Uint8Array(20_000), pair.now)
      },
      options: { ecn: true },
    },
    pair.now,
  )
  const socket = receiver.udp.open({ family: 6 })
  socket.bind(null, 53)
  for (const [local, remote] of [
    ['10.0.0.1', '10.0.0.2'],
    ['2001:db8::1', '2001:db8::2'],
  ]) {
    const to = IpAddress.parse(remote)
    const connection = sender.tcp.connect(
      { local: IpAddress.parse(local), remote: to, remotePort: 80, options: { ecn: true } },
      pair.now,
    )
    pair.run(10)
    connection.send(new Uint8Array(10_000), pair.now)
    const udp = sender.udp.open({ family: to.family })
    udp.send(new Uint8Array(4000), to, 53)
    udp.send(new Uint8Array(10), to, 9)
    const echo = sender.internet.icmp.echo.open()
    echo.send(to, 1, new Uint8Array(100), 0, pair.now)
    pair.run(2000)
    const late = receiver.udp.open({ family: to.family })
    late.send(new Uint8Array(10), IpAddress.parse(local), 9)
    pair.run(100)
    connection.shutdown(pair.now)
    pair.run(100)
  }
}

function mutate(bytes: Uint8Array, random: SeededRandom): Uint8Array {
  let made = bytes.slice()
  for (let step = 0; step <= random.integer(3); step++) {
    const at = 14 + random.integer(Math.max(1, Math.min(made.length - 14, random.integer(4) === 0 ? made.length : 66)))
    switch (random.integer(6)) {
      case 0:
        made[at] ^= 1 << random.integer(8)
        break
      case 1:
        made[at] = [0, 1, 0x7f, 0x80, 0xff][random.integer(5)]
        break
      case 2:
        made = made.slice(0, at)
        break
      case 3:
        made = Uint8Array.from([...made, ...new Uint8Array(random.integer(64))])
        break
      case 4:
        random.fill(made.subarray(at, Math.min(made.length, at + random.integer(8))))
        break
      default:
        made.copyWithin(at, 14 + random.integer(Math.max(1, made.length - 14)))
    }
    if (made.length < 15) break
  }
  return made
}

/** Puts right what checksums it can find, so that damage is judged by what comes behind them. */
function repair(bytes: Uint8Array): void {
  const type = (bytes[12] << 8) | bytes[13]
  const put = (at: number, sum: number): void => {
    bytes[at] = sum >> 8
    bytes[at + 1] = sum
  }
  const offsets: Record<number, number> = { 6: 16, 17: 6, 58: 2 }
  if (type === 0x0800 && bytes.length >= 34) {
    const header = (bytes[14] & 15) * 4
    if (header < 20 || 14 + header > bytes.length) return
    writeIpv4Checksum(bytes, 14, header)
    const start = 14 + header
    const end = Math.min(bytes.length, 14 + ((bytes[16] << 8) | bytes[17]))
    if (bytes[23] === 1 && end - start >= 8) writeIcmpv4Checksum(bytes, start, end)
    const at = offsets[bytes[23]]
    if (at === undefined || start + at + 2 > end) return
    put(start + at, 0)
    const word = (place: number): number =>
      ((bytes[place] << 24) | (bytes[place + 1] << 16) | (bytes[place + 2] << 8) | bytes[place + 3]) >>> 0
    put(
      start + at,
      ~checksumAdd(bytes, start, end, pseudoHeaderSum4(word(26), word(30), bytes[23], end - start)) & 0xffff,
    )
  } else if (type === 0x86dd && bytes.length >= 62) {
    const end = Math.min(bytes.length, 54 + ((bytes[18] << 8) | bytes[19]))
    const at = offsets[bytes[20]]
    if (at === undefined || 54 + at + 2 > end) return
    put(54 + at, 0)
    put(54 + at, ~checksumAdd(bytes, 54, end, pseudoHeaderSum6(bytes, 22, bytes[20], end - 54)) & 0xffff)
  }
}

test(`mutated real frames: nothing throws, memory stays bounded, the stack still works (seed ${SEED})`, () => {
  const pair = new Pair()
  talk(pair)
  const frames = pair.recorded.slice()
  assert.ok(frames.length > 60)
  const random = new SeededRandom(SEED)
  const { receiver, pool } = pair
  for (let round = 0; round < ROUNDS; round++) {
    const bytes = mutate(frames[random.integer(frames.length)], random)
    if (random.integer(8) !== 0) repair(bytes)
    if (bytes.length > 60_000) continue
    const frame = pool.allocate(bytes.length)
    frame.bytes.set(bytes, frame.start)
    frame.end = frame.start + bytes.length
    try {
      receiver.receive([frame], pair.now)
      if (round % 16 === 0) pair.run(random.integer(50))
    } catch (error) {
      throw new Error(`seed ${SEED}, round ${round}: ${Buffer.from(bytes).toString('hex')}`, { cause: error })
    }
    pair.recorded.length = 0
    assert.ok(pool.outstanding < 3000, `seed ${SEED}, round ${round}: ${pool.outstanding} frames are out`)
  }
  assert.ok(receiver.internet.ipv4.reassembler.heldBytes <= 4 * 1024 * 1024)
  const eth = receiver.internet.interfaces[1]
  assert.ok(eth.neighbours4.size <= 1024 && eth.neighbours6.size <= 1024)
  assert.ok(receiver.internet.routes.size < 400)
  assert.ok(receiver.internet.redirects.size <= 256)
  assert.ok(eth.addresses.length <= 64)
  assert.ok(receiver.internet.ndp.discovery.dnsServers.length <= 8)
  pair.run(400_000)
  assert.equal(pool.outstanding, 0, 'every frame has been released')
  const replies: number[] = []
  const echo = pair.sender.internet.icmp.echo.open()
  echo.onReply = (reply) => replies.push(reply.sequenceNumber)
  echo.send(IpAddress.parse('10.0.0.2'), 5, new Uint8Array(8), 0, pair.now)
  pair.run(5000)
  assert.deepEqual(replies, [5])
})

test(`frames of nothing but noise (seed ${SEED})`, () => {
  const pair = new Pair()
  const random = new SeededRandom(SEED + 1)
  for (let round = 0; round < ROUNDS; round++) {
    const length = random.integer(200)
    const frame = pair.pool.allocate(length)
    frame.end = frame.start + length
    random.fill(frame.bytes.subarray(frame.start, frame.end))
    if (length > 14) {
      frame.bytes.set([2, 0, 0, 0, 0, 2], frame.start)
      const [high, low] = [
        [8, 0],
        [8, 6],
        [0x86, 0xdd],
      ][random.integer(3)]
      frame.bytes[frame.start + 12] = high
      frame.bytes[frame.start + 13] = low
      if (random.integer(2) === 0 && high === 8) frame.bytes[frame.start + 14] = 0x45
    }
    pair.receiver.receive([frame], pair.now)
  }
  pair.run(1000)
  assert.equal(pair.pool.outstanding, 0)
})

test('every drop is counted at its layer', () => {
  const pair = new Pair()
  talk(pair)
  const rows = pair.receiver.counters()
  assert.ok(rows.length > 80)
  assert.equal(new Set(rows.map((row) => `${row.layer} ${row.name}`)).size, rows.length)
  const value = (layer: string, name: string): number =>
    rows.find((row) => row.layer === layer && row.name === name)!.value
  assert.equal(value('udp', 'noPorts'), 2)
  assert.equal(value('ipv4', 'reassemblySucceeded'), 1)
  assert.equal(value('ipv6', 'reassemblySucceeded'), 1)
  assert.ok(value('tcp', 'segmentsIn') > 10)
})
