import assert from 'node:assert/strict'
import { test } from 'node:test'
import { chain, Net, received } from '../../test/support/internet-harness.ts'
import { besidePeer, bytesOf, HOST_MAC, HOST4, HOST6, PEER_MAC, PEER4, PEER6 } from '../../test/support/peer-harness.ts'
import { createWire } from '../link/wire.ts'
import { ARP_REPLY, buildArp } from '../wire/arp.ts'
import { ETHERTYPE_ARP, ETHERTYPE_IPV4, ETHERTYPE_IPV6 } from '../wire/ethernet.ts'
import { parseIcmpv4 } from '../wire/icmpv4.ts'
import { parseIcmpv6 } from '../wire/icmpv6.ts'
import { buildIpv4, type Ipv4Init, parseIpv4, writeIpv4Checksum } from '../wire/ipv4.ts'
import type { Ipv4Option } from '../wire/ipv4-options.ts'
import { buildIpv6, parseIpv6 } from '../wire/ipv6.ts'
import { buildUdp } from '../wire/udp.ts'
import { IpAddress } from './address.ts'

const DATAGRAM = buildUdp({ sourcePort: 5, destinationPort: 7, payload: new Uint8Array(100) })

test('source addresses that nothing can have are dropped, and counted', () => {
  const { send4, ipv4, answers } = besidePeer()
  for (const source of ['224.0.0.5', '255.255.255.255', '127.0.0.1', '240.0.0.1']) {
    send4({ source: IpAddress.parse(source).w3, payload: DATAGRAM })
  }
  assert.equal(ipv4.inMartians, 4)
  assert.deepEqual(answers, [])
})

test('a host passes nothing on, takes no unicast out of a broadcast frame, and nothing for 127/8 from a wire', () => {
  const { send4, send, ipv4, answers } = besidePeer()
  send4({ destination: IpAddress.parse('10.0.0.50').w3, payload: DATAGRAM })
  assert.equal(ipv4.inAddressErrors, 1)
  const packet = buildIpv4({ protocol: 17, source: PEER4.w3, destination: HOST4.w3, payload: DATAGRAM })
  send(ETHERTYPE_IPV4, packet, new Uint8Array(6).fill(255))
  send4({ destination: 0x7f00_0001, payload: DATAGRAM })
  assert.equal(ipv4.inDiscards, 2)
  assert.deepEqual(answers, [])
})

test('errors are told about the first fragment of a unicast packet only, never about errors or groups', () => {
  const { send4, answers } = besidePeer()
  const tell = (packet: Partial<Ipv4Init>): number => {
    answers.length = 0
    send4(packet)
    return answers.length
  }
  assert.equal(tell({ protocol: 200, payload: new Uint8Array(8) }), 1)
  const message = parseIcmpv4(parseIpv4(answers[0]).payload)
  assert.deepEqual([message.name, message.code], ['destination-unreachable', 2])
  assert.equal(tell({ protocol: 17, payload: DATAGRAM }), 1)
  assert.equal(tell({ protocol: 17, payload: DATAGRAM, destination: 0xffff_ffff }), 0)
  assert.equal(tell({ protocol: 200, payload: new Uint8Array(8), source: 0 }), 0)
  assert.equal(tell({ protocol: 1, payload: Uint8Array.of(3, 3, 0, 0) }), 0)
})

test('an echo is answered, with options too, but not to everybody', () => {
  const { send4, answers } = besidePeer()
  const request = Uint8Array.of(8, 0, 0xf7, 0xfd, 0, 1, 0, 1)
  send4({ protocol: 1, payload: request, options: [{ name: 'no-operation' }] })
  assert.deepEqual(parseIcmpv4(parseIpv4(answers[0]).payload).type, 0)
  send4({ protocol: 1, payload: request, destination: 0xffff_ffff })
  assert.equal(answers.length, 1)
})

test('a datagram that never becomes whole is told of when its time is up (RFC 792, RFC 8200 4.5)', () => {
  const { net, send4, send6, answers } = besidePeer()
  send4({ payload: new Uint8Array(64), flags: 1, identification: 9 })
  send6(17, new Uint8Array(64), [{ name: 'fragment', fragmentOffset: 0, moreFragments: 1, identification: 9 }])
  net.run(100_000)
  const four = parseIcmpv4(parseIpv4(answers[0]).payload)
  const six = parseIcmpv6(parseIpv6(answers[1]).payload)
  assert.deepEqual([four.name, four.code, six.name, six.code], ['time-exceeded', 1, 'time-exceeded', 1])
  assert.equal(net.pool.outstanding, 0)
})

test('IPv6 options that are not known are skipped, dropped or told of, as their kind asks (RFC 8200 4.2)', () => {
  const { send6, answers, ipv6, host } = besidePeer()
  const socket = host.udp.open({ family: 6 })
  socket.bind(null, 7)
  const outcome = (kind: number): string => {
    answers.length = 0
    const errors = ipv6.inHeaderErrors
    send6(58, Uint8Array.of(128, 0, 0, 0), [
      { name: 'destination-options', options: [{ name: 'unknown', kind, length: 4, data: new Uint8Array(4) }] },
    ])
    const told = answers.map((answer) => parseIcmpv6(parseIpv6(answer).payload).name)
    return `${ipv6.inHeaderErrors - errors} ${told}`
  }
  assert.equal(outcome(0x1e), '0 ')
  assert.equal(outcome(0x5e), '1 ')
  assert.equal(outcome(0x9e), '1 parameter-problem')
  assert.equal(outcome(0xde), '1 parameter-problem')
})

test('source routes are refused (RFC 5095), unknown next headers told of', () => {
  const { send6, answers } = besidePeer()
  send6(17, DATAGRAM, [{ name: 'routing', routingType: 0, segmentsLeft: 1, data: new Uint8Array(20) }])
  send6(200, DATAGRAM, [])
  const told = answers.map((answer) => parseIcmpv6(parseIpv6(answer).payload))
  assert.deepEqual(
    told.map((message) => [message.name, message.code]),
    [
      ['parameter-problem', 0],
      ['parameter-problem', 1],
    ],
  )
})

test('a claim to our own address changes nothing but a counter', () => {
  const { host, eth, send } = besidePeer()
  const arp = buildArp({
    operation: ARP_REPLY,
    senderHardwareAddress: PEER_MAC,
    senderProtocolAddress: HOST4.w3,
    targetHardwareAddress: HOST_MAC,
    targetProtocolAddress: HOST4.w3,
  })
  send(ETHERTYPE_ARP, arp)
  assert.equal(host.internet.arp.counters.conflicts, 1)
  assert.equal(eth.neighbours4.get(HOST4), null)
})

test('NDP from beyond the link is not believed', () => {
  const { host, send } = besidePeer()
  const message = new Uint8Array(24)
  message[0] = 135
  message.set(bytesOf(HOST6), 8)
  const packet = buildIpv6({
    protocol: 58,
    source: bytesOf(PEER6),
    destination: bytesOf(HOST6),
    hopLimit: 254,
    payload: message,
  })
  send(ETHERTYPE_IPV6, packet)
  assert.equal(host.internet.ndp.counters.inMalformed + host.internet.icmp.v6.counters.inChecksumErrors, 1)
})

test('a router cuts IPv4 packets that may be cut, and a loop ends when the TTL does', () => {
  const { net, a, b, r1, r2 } = chain({ mtu: 600 })
  const server = b.udp.open({ family: 4 })
  server.bind(null, 7)
  const client = a.udp.open({ family: 4 })
  client.send(new Uint8Array(1400).fill(3), IpAddress.parse('10.2.0.2'), 7)
  net.run(100)
  assert.deepEqual(received(server), [new Uint8Array(1400).fill(3)])
  assert.equal(r1.internet.ipv4.counters.fragmentsCreated, 3)
  r1.internet.addRouteTo('192.0.2.0/24', '10.9.0.2')
  r2.internet.addRouteTo('192.0.2.0/24', '10.9.0.1')
  client.send(new Uint8Array(10), IpAddress.parse('192.0.2.1'), 7)
  net.run(10_000)
  assert.equal(r1.internet.ipv4.counters.inTimeExceeded + r2.internet.ipv4.counters.inTimeExceeded, 1)
  assert.equal(a.internet.icmp.v4.counters.inTimeExceeded, 1)
})

test('source addresses are chosen by scope, state, interface and prefix [RFC9293:MUST-44] (RFC 6724 5)', () => {
  const net = new Net()
  const host = net.host()
  const [first] = createWire(net.timers)
  const [second] = createWire(net.timers)
  const eth = net.plug(host, first, 'fe80::1/64', '2001:db8:1::1/64', '2001:db8:2::1/64', '10.0.0.1/24', '10.1.0.1/24')
  net.plug(host, second, '2001:db8:9::1/64')
  host.internet.addRouteTo('::/0', '2001:db8:1::ff')
  host.internet.addRouteTo('0.0.0.0/0', '10.1.0.254')
  const source = (destination: string): string | undefined =>
    host.internet.findPath(IpAddress.parse(destination))?.source.toString()
  assert.equal(source('2001:db8:2::7'), '2001:db8:2::1')
  assert.equal(source('2001:db8:9::7'), '2001:db8:9::1')
  assert.equal(source('fe80::7'), 'fe80::1')
  assert.equal(source('10.0.0.7'), '10.0.0.1')
  assert.equal(source('192.0.2.1'), '10.1.0.1', 'in the network of the gateway')
  eth.findAddress(IpAddress.parse('2001:db8:2::1'))!.state = 'deprecated'
  host.internet.addressesChanged(eth)
  assert.equal(source('2001:db8:2::7'), '2001:db8:1::1')
  assert.equal(source('2001:db8:1::1'), '2001:db8:1::1', 'itself, by loopback')
})

test('IPv4 options that cannot be read are pointed at, and a source route that does not end here is refused (RFC 1122 3.2.1.8, 3.2.2.5)', () => {
  const { host, send, answers, ipv4 } = besidePeer()
  const socket = host.udp.open({ family: 4 })
  socket.bind(null, 7)
  const route = (name: 'loose-source-route' | 'strict-source-route', pointer: number): Ipv4Option => ({
    name,
    pointer,
    route: [{ address: PEER4.w3 }],
  })
  const packet = (options: Ipv4Option[]): Uint8Array =>
    buildIpv4({ protocol: 17, source: PEER4.w3, destination: HOST4.w3, options, payload: DATAGRAM })
  const outcome = (bytes: Uint8Array): unknown[] => {
    answers.length = 0
    const taken = host.udp.counters.inDatagrams
    send(ETHERTYPE_IPV4, bytes)
    const told = answers.map((answer) => parseIcmpv4(parseIpv4(answer).payload))
    const pointers = told.map((message) => ('pointer' in message ? message.pointer : ''))
    return [host.udp.counters.inDatagrams - taken, ...told.map(({ name }) => name), ...pointers]
  }
  const used: Ipv4Option[] = [{ name: 'no-operation' }, route('loose-source-route', 8)]
  assert.deepEqual(outcome(packet(used)), [1])
  assert.deepEqual(outcome(packet([route('loose-source-route', 4)])), [0, 'destination-unreachable', ''])
  assert.deepEqual(outcome(packet([route('strict-source-route', 4)])), [0, 'destination-unreachable', ''])
  for (const length of [0, 1, 30]) {
    const bytes = packet(used)
    bytes[22] = length
    writeIpv4Checksum(bytes, 0, 28)
    assert.deepEqual(outcome(bytes), [0, 'parameter-problem', 22], `${length}`)
  }
  assert.equal(ipv4.inHeaderErrors, 5)
})
