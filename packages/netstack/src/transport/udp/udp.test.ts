import assert from 'node:assert/strict'
import { test } from 'node:test'
import { IpAddress } from '../../internet/address.ts'
import { InternetLayer } from '../../internet/internet.ts'
import { splitPrefix } from '../../internet/prefix.ts'
import { FramePool } from '../../link/frame.ts'
import { SeededRandom } from '../../link/random.ts'
import { TimerQueue } from '../../link/timer-queue.ts'
import { createWire } from '../../link/wire.ts'
import type { UdpOptions } from './types.ts'
import { UdpLayer } from './udp-layer.ts'
import type { UdpSocket } from './udp-socket.ts'

function setUp(options: UdpOptions = {}) {
  const timers = new TimerQueue()
  const pool = new FramePool()
  const random = new SeededRandom(6)
  const [left, right] = createWire(timers)
  const make = (link: typeof left, mac: number, ...addresses: string[]): UdpLayer => {
    const internet = new InternetLayer({ pool, timers, random: random.next, clock: () => 0 })
    const network = internet.addInterface('eth0', link, mac)
    for (const text of addresses) {
      const { address, length } = splitPrefix(text)
      internet.addAddress(network, address, length)
    }
    return new UdpLayer(internet, options)
  }
  const a = make(left, 0x0200_0000_0001, '10.0.0.1/24', '2001:db8::1/64')
  const b = make(right, 0x0200_0000_0002, '10.0.0.2/24', '10.0.0.3/24', '2001:db8::2/64')
  return { a, b, pool, run: () => timers.poll(0) }
}

const parse = (text: string): IpAddress => IpAddress.parse(text)

function texts(socket: UdpSocket): string[] {
  const all: string[] = []
  for (let next = socket.read(); next !== null; next = socket.read()) all.push(new TextDecoder().decode(next.bytes))
  return all
}

const say = (text: string): Uint8Array => new TextEncoder().encode(text)

test('a port belongs to one socket, unless addresses differ or both agree to share', () => {
  const { b } = setUp()
  const first = b.open({ family: 4 })
  first.bind(parse('10.0.0.2'), 5000)
  assert.throws(() => b.open({ family: 4 }).bind(null, 5000), { code: 'EADDRINUSE' })
  b.open({ family: 4 }).bind(parse('10.0.0.3'), 5000)
  assert.throws(
    () => b.open({ family: 6 }).bind(null, 5000),
    { code: 'EADDRINUSE' },
    'a dual-stack socket hears IPv4 too',
  )
  b.open({ family: 6, ipv6Only: true }).bind(null, 5000)
  const shared = [0, 1].map(() => b.open({ family: 4, reuseAddress: true }))
  for (const socket of shared) socket.bind(null, 6000)
  assert.throws(() => b.open({ family: 4 }).bind(parse('10.0.0.99'), 1), { code: 'EADDRNOTAVAIL' })
  assert.throws(() => first.bind(null, 1), { code: 'EINVAL' })
  first.close()
  b.open({ family: 4 }).bind(parse('10.0.0.2'), 5000)
  assert.throws(() => first.send(say('x'), parse('10.0.0.1'), 1), { code: 'EBADF' })
})

test('ports are chosen at random from the range, and run out', () => {
  const { b } = setUp({ ephemeralPorts: [50_000, 50_009] })
  const sockets = Array.from({ length: 10 }, () => b.open({ family: 4 }))
  for (const socket of sockets) socket.bind(null, 0)
  const ports = sockets.map((socket) => socket.localPort)
  assert.equal(new Set(ports).size, 10)
  assert.notDeepEqual(
    ports,
    ports.toSorted((x, y) => x - y),
  )
  assert.throws(() => b.open({ family: 4 }).bind(null, 0), { code: 'EADDRINUSE' })
})

test('the socket that names most gets the datagram; a connected one hears its peer only', () => {
  const { a, b, run } = setUp()
  const any = b.open({ family: 4, reuseAddress: true })
  any.bind(null, 7)
  const bound = b.open({ family: 4, reuseAddress: true })
  bound.bind(parse('10.0.0.2'), 7)
  const connected = b.open({ family: 4, reuseAddress: true })
  connected.bind(parse('10.0.0.2'), 7)
  connected.connect(parse('10.0.0.1'), 9)
  const sender = a.open({ family: 4 })
  sender.bind(null, 9)
  const other = a.open({ family: 4 })
  sender.send(say('to connected'), parse('10.0.0.2'), 7)
  other.send(say('to bound'), parse('10.0.0.2'), 7)
  other.send(say('to any'), parse('10.0.0.3'), 7)
  run()
  assert.deepEqual([texts(connected), texts(bound), texts(any)], [['to connected'], ['to bound'], ['to any']])
  assert.throws(() => connected.send(say('x'), parse('10.0.0.1'), 9), { code: 'EISCONN' })
  connected.disconnect()
  assert.throws(() => connected.send(say('x')), { code: 'EDESTADDRREQ' })
})

test('one socket of family 6 speaks IPv4 by mapped addresses', () => {
  const { a, b, run } = setUp()
  const server = b.open({ family: 6 })
  server.bind(null, 7)
  const client = a.open({ family: 6 })
  client.send(say('four'), parse('::ffff:10.0.0.2'), 7)
  client.send(say('six'), parse('2001:db8::2'), 7)
  run()
  assert.deepEqual(texts(server), ['four', 'six'])
  const only = a.open({ family: 4 })
  assert.throws(() => only.send(say('x'), parse('2001:db8::2'), 7), { code: 'EINVAL' })
})

test('a queue that nobody reads is bounded in bytes and datagrams', () => {
  const { a, b, run, pool } = setUp({ receiveQueueBytes: 1000, receiveQueueDatagrams: 20 })
  const server = b.open({ family: 4 })
  server.bind(null, 7)
  const client = a.open({ family: 4 })
  for (let index = 0; index < 30; index++) client.send(new Uint8Array(100), parse('10.0.0.2'), 7)
  run()
  assert.equal(server.queuedBytes, 1000)
  assert.equal(b.counters.receiveBufferErrors, 20)
  texts(server)
  for (let index = 0; index < 30; index++) client.send(new Uint8Array(0), parse('10.0.0.2'), 7)
  run()
  assert.equal(server.queuedDatagrams, 20)
  assert.equal(pool.outstanding, 0)
})

test('sizes: nothing, the most that fits, and one byte more', () => {
  const { a, b, run } = setUp()
  const server = b.open({ family: 6 })
  server.bind(null, 7)
  const client = a.open({ family: 6 })
  for (const [to, most] of [
    ['10.0.0.2', 65_507],
    ['2001:db8::2', 65_527],
  ] as const) {
    const sizes = [0, 1, most]
    for (const size of sizes) client.send(new Uint8Array(size), parse(to), 7)
    run()
    assert.deepEqual(
      sizes.map(() => server.read()?.bytes.length),
      sizes,
    )
    assert.throws(() => client.send(new Uint8Array(most + 1), parse(to), 7), { code: 'EMSGSIZE' })
  }
})

test('sockets are bounded in number', () => {
  const { a } = setUp({ maxSockets: 2 })
  a.open({ family: 4 })
  const second = a.open({ family: 4 })
  assert.throws(() => a.open({ family: 4 }), { code: 'ENOBUFS' })
  assert.equal(a.counters.socketsRefused, 1)
  second.close()
  second.close()
  a.open({ family: 4 })
  assert.equal(a.socketCount, 2)
})
