import assert from 'node:assert/strict'
import { test } from 'node:test'
import { chain, Net, received } from '../../test/support/internet-harness.ts'
import { createWire } from '../link/wire.ts'
import { IpAddress } from './address.ts'
import { Prefix } from './prefix.ts'

const B = { 4: '10.2.0.2', 6: '2001:db8:2::2' } as const
const A = { 4: '10.1.0.2', 6: '2001:db8:1::2' } as const

for (const family of [4, 6] as const) {
  for (const medium of ['ethernet', 'ip'] as const) {
    test(`IPv${family} over ${medium}: datagrams cross two routers and are answered`, () => {
      const { net, a, b, r1 } = chain({ medium })
      const server = b.udp.open({ family })
      server.bind(null, 5353)
      const client = a.udp.open({ family })
      client.connect(IpAddress.parse(B[family]), 5353)
      client.send(Uint8Array.of(1, 2, 3))
      net.run(100)
      const datagram = server.read()!
      assert.deepEqual([...datagram.bytes], [1, 2, 3])
      assert.equal(datagram.source.toString(), A[family])
      assert.equal(datagram.hopLimit, 62)
      server.send(Uint8Array.of(4), datagram.source, datagram.sourcePort)
      net.run(200)
      assert.deepEqual(received(client), [Uint8Array.of(4)])
      const counters = family === 4 ? r1.internet.ipv4.counters : r1.internet.ipv6.counters
      assert.equal(counters.forwarded, 2)
      assert.equal(net.pool.outstanding, 0)
    })
  }

  test(`IPv${family}: a large datagram is fragmented and joined, also when fragments overtake each other`, () => {
    const { net, a, b } = chain({ middle: { jitterMs: 20, delayMs: 60 } })
    const server = b.udp.open({ family })
    server.bind(null, 7)
    const client = a.udp.open({ family })
    const bytes = new Uint8Array(20_000).map((_, index) => index * 7)
    client.send(bytes, IpAddress.parse(B[family]), 7)
    net.run(1000)
    assert.deepEqual(received(server), [bytes])
    const counters = family === 4 ? b.internet.ipv4.counters : b.internet.ipv6.counters
    assert.equal(counters.reassemblySucceeded, 1)
    assert.equal(net.pool.outstanding, 0)
  })

  test(`IPv${family}: a narrow link on the way is learned from the router and forgotten after ten minutes`, () => {
    const { net, a, b } = chain({ mtu: 1300 })
    const server = b.udp.open({ family })
    server.bind(null, 7)
    const client = a.udp.open({ family })
    client.dontFragment = true
    const errors: string[] = []
    client.onError = (error) => errors.push(error.code)
    client.connect(IpAddress.parse(B[family]), 7)
    client.send(new Uint8Array(1400))
    net.run(100)
    assert.deepEqual(errors, ['EMSGSIZE'])
    assert.equal(a.internet.findPath(IpAddress.parse(B[family]))?.mtu, 1300)
    assert.throws(() => client.send(new Uint8Array(1400)), /EMSGSIZE/)
    client.dontFragment = false
    client.send(new Uint8Array(1400))
    net.run(200)
    assert.deepEqual(
      received(server).map((bytes) => bytes.length),
      [1400],
    )
    net.run(700_000)
    assert.equal(a.internet.findPath(IpAddress.parse(B[family]))?.mtu, 1500)
  })

  test(`IPv${family}: echo, traceroute by hop limit, and an echo to nobody`, () => {
    const { net, a } = chain()
    const socket = a.internet.icmp.echo.open()
    const log: string[] = []
    socket.onReply = (reply) => log.push(`reply ${reply.sequenceNumber} ${reply.from} ${reply.data.length}`)
    socket.onError = (error, sequence) => log.push(`${error.kind} ${sequence} ${error.reporter}`)
    for (let hops = 1; hops <= 3; hops++) {
      socket.send(IpAddress.parse(B[family]), hops, new Uint8Array(32), hops, net.now)
      net.run(net.now + 100)
    }
    const nobody = family === 4 ? '10.2.0.99' : '2001:db8:2::99'
    socket.send(IpAddress.parse(nobody), 4, new Uint8Array(8), 0, net.now)
    net.run(net.now + 10_000)
    const [first, second] = family === 4 ? ['10.1.0.1', '10.9.0.2'] : ['2001:db8:1::1', '2001:db8:9::2']
    // RFC 4861 gives up after three questions; the router says so from its address on the way back.
    assert.deepEqual(log, [
      `time-exceeded 1 ${first}`,
      `time-exceeded 2 ${second}`,
      `reply 3 ${B[family]} 32`,
      `host-unreachable 4 ${second}`,
    ])
    assert.equal(net.pool.outstanding, 0)
  })

  test(`IPv${family}: a closed port refuses a connected socket`, () => {
    const { net, a } = chain()
    const client = a.udp.open({ family })
    const errors: string[] = []
    client.onError = (error) => errors.push(error.code)
    client.connect(IpAddress.parse(B[family]), 9)
    client.send(Uint8Array.of(1))
    net.run(100)
    assert.deepEqual(errors, ['ECONNREFUSED'])
  })

  test(`IPv${family}: a neighbour on our own link that is silent is an error of our own`, () => {
    const { net, a } = chain()
    const client = a.udp.open({ family })
    const errors: string[] = []
    client.onError = (error) => errors.push(error.code)
    client.connect(IpAddress.parse(family === 4 ? '10.1.0.77' : '2001:db8:1::77'), 9)
    client.send(Uint8Array.of(1))
    net.run(10_000)
    assert.deepEqual(errors, ['EHOSTUNREACH'])
    assert.equal(net.pool.outstanding, 0)
  })

  test(`IPv${family}: a host reaches itself by loopback and by its own address`, () => {
    const { net, a } = chain()
    const server = a.udp.open({ family })
    server.bind(null, 7)
    const client = a.udp.open({ family })
    client.send(Uint8Array.of(1), IpAddress.parse(family === 4 ? '127.0.0.1' : '::1'), 7)
    client.send(Uint8Array.of(2), IpAddress.parse(A[family]), 7)
    net.run(1)
    assert.deepEqual(received(server), [Uint8Array.of(1), Uint8Array.of(2)])
  })
}

test('errors are limited in number', () => {
  const { net, a, b } = chain()
  const client = a.udp.open({ family: 4 })
  for (let index = 0; index < 200; index++) client.send(Uint8Array.of(1), IpAddress.parse('10.2.0.2'), 9)
  net.run(100)
  assert.equal(b.internet.icmp.v4.counters.outErrors, 50)
  assert.ok(b.internet.icmp.v4.counters.outRateLimited > 0)
})

test('a downed interface is replaced by the route of the next metric', () => {
  const { net, a, b, r1, r2, uplink } = chain()
  const [left, right] = createWire(net.timers)
  net.plug(r1, left, '10.8.0.1/30')
  net.plug(r2, right, '10.8.0.2/30')
  r1.internet.addRouteTo('10.2.0.0/24', '10.8.0.2', 50)
  r2.internet.addRouteTo('10.1.0.0/24', '10.8.0.1', 50)
  const server = b.udp.open({ family: 4 })
  server.bind(null, 7)
  const client = a.udp.open({ family: 4 })
  client.send(Uint8Array.of(1), IpAddress.parse('10.2.0.2'), 7)
  net.run(100)
  r1.internet.setUp(uplink, false, net.now)
  client.send(Uint8Array.of(2), IpAddress.parse('10.2.0.2'), 7)
  net.run(200)
  assert.deepEqual(received(server), [Uint8Array.of(1), Uint8Array.of(2)])
})

test('damage that no link checks for dies at the checksum of IP or UDP, and is counted there', () => {
  const { net, a, b, r2 } = chain({ middle: { corrupt: 1 }, medium: 'ip' })
  const server = b.udp.open({ family: 4 })
  server.bind(null, 7)
  const client = a.udp.open({ family: 4 })
  for (let index = 0; index < 300; index++) {
    client.send(new Uint8Array(400).fill(index), IpAddress.parse('10.2.0.2'), 7)
    net.run(net.now + 1)
  }
  net.run(1000)
  assert.equal(server.queuedDatagrams, 0)
  const { inChecksumErrors, inHeaderErrors, inTruncated } = r2.internet.ipv4.counters
  const atIp =
    inChecksumErrors +
    inHeaderErrors +
    inTruncated +
    r2.internet.interfaces[1].counters.inUnknownTypes +
    r2.internet.ipv6.counters.inReceives
  assert.equal(atIp + b.udp.counters.inChecksumErrors + b.udp.counters.inErrors, 300)
  assert.ok(b.udp.counters.inChecksumErrors > 250)
})

test('multicast and broadcast reach those who asked for them', () => {
  const net = new Net()
  const [left, right] = createWire(net.timers)
  const a = net.host()
  const b = net.host()
  const aEth = net.plug(a, left, '10.0.0.1/24')
  const bEth = net.plug(b, right, '10.0.0.2/24')
  const group = IpAddress.parse('239.1.2.3')
  const listener = b.udp.open({ family: 4, reuseAddress: true })
  listener.bind(null, 9000)
  const own = a.udp.open({ family: 4 })
  own.bind(null, 9000)
  const sender = a.udp.open({ family: 4 })
  sender.multicastInterface = aEth
  sender.send(Uint8Array.of(1), group, 9000)
  net.run(10)
  assert.deepEqual(received(listener), [], 'nobody has joined')
  listener.joinGroup(group, bEth)
  own.joinGroup(group, aEth)
  sender.send(Uint8Array.of(2), group, 9000)
  assert.throws(() => sender.send(Uint8Array.of(3), IpAddress.parse('10.0.0.255'), 9000), /EACCES/)
  sender.broadcast = true
  sender.send(Uint8Array.of(3), IpAddress.parse('10.0.0.255'), 9000)
  net.run(20)
  assert.deepEqual(received(listener), [Uint8Array.of(2), Uint8Array.of(3)])
  assert.deepEqual(received(own), [Uint8Array.of(2), Uint8Array.of(3)], 'the sending host is in the group itself')
  assert.equal(net.pool.outstanding, 0)
})

test('a bare host makes a link-local address, asks, and takes address and route from the router', () => {
  const net = new Net()
  const [left, right] = createWire(net.timers)
  const router = net.host({ forwarding: true })
  const routerEth = net.plug(router, right)
  router.internet.ndp.advertiseRouter(
    routerEth,
    {
      prefixes: [Prefix.parse('2001:db8:7::/64')],
      dnsServers: [IpAddress.parse('2001:db8:7::53')],
      validLifetimeSeconds: 8000,
      preferredLifetimeSeconds: 100,
    },
    0,
  )
  net.run(10)
  const host = net.host({ ipv6Autoconfiguration: true })
  const eth = net.plug(host, left)
  net.run(6000)
  const list = (): string[] => eth.addresses.map((own) => `${own.address} ${own.state}`)
  assert.deepEqual(list(), ['fe80::ff:fe00:2 preferred', '2001:db8:7::ff:fe00:2 preferred'])
  assert.equal(host.internet.findPath(IpAddress.parse('2001:db8::1'))?.source.toString(), '2001:db8:7::ff:fe00:2')
  assert.deepEqual(host.internet.ndp.discovery.dnsServers.map(String), ['2001:db8:7::53'])
  router.internet.setUp(routerEth, false, net.now)
  net.run(150_000)
  assert.equal(list()[1], '2001:db8:7::ff:fe00:2 deprecated')
  net.run(9_000_000)
  assert.deepEqual(list(), ['fe80::ff:fe00:2 preferred'])
  assert.equal(host.internet.findPath(IpAddress.parse('2001:db8::1')), null, 'the router is forgotten')
})

test('an address that somebody has already is not used', () => {
  const net = new Net()
  const [left, right] = createWire(net.timers)
  const first = net.host({ ipv6Autoconfiguration: true })
  const second = net.host({ ipv6Autoconfiguration: true })
  net.plug(first, left)
  net.run(2000)
  net.macs--
  const eth = net.plug(second, right)
  net.run(5000)
  assert.equal(eth.addresses[0].state, 'duplicated')
  assert.equal(eth.linkLocal(), null)
})
