import assert from 'node:assert/strict'
import { test } from 'node:test'
import { besidePeer, HOST6, PEER6 } from '../../test/support/peer-harness.ts'
import type { Icmpv6Message } from '../wire/icmpv6.ts'
import type { Ipv6Extension } from '../wire/ipv6-extensions.ts'
import { buildUdp } from '../wire/udp.ts'
import { IpAddress } from './address.ts'

// RFC 8200 as a host meets it: chains of extension headers and fragments that a peer has made by hand.

const ECHO = Uint8Array.of(128, 0, 0, 0, 0, 1, 0, 1)
const GROUP_MAC = Uint8Array.of(0x33, 0x33, 0, 0, 0, 1)
const ALL_NODES = IpAddress.parse('ff02::1')

const fragment = (fragmentOffset: number, moreFragments: number, identification = 9): Ipv6Extension => ({
  name: 'fragment',
  fragmentOffset,
  moreFragments,
  identification,
})
const options = (name: 'hop-by-hop-options' | 'destination-options', kind: number): Ipv6Extension => ({
  name,
  options: [{ name: 'unknown', kind, length: 4, data: new Uint8Array(4) }],
})

/** Name, code and pointer of each message. */
function problems(messages: Icmpv6Message[]): string[] {
  return messages.map((message) => `${message.name} ${message.code} ${'pointer' in message ? message.pointer : ''}`)
}

test('behind No Next Header (59) nothing is looked at, and nothing answered (RFC 8200 4.7)', () => {
  const { send6, said6, ipv6 } = besidePeer()
  send6(59, ECHO)
  send6(59, new Uint8Array(0), [options('destination-options', 0x1e)])
  assert.deepEqual(said6(), [])
  assert.equal(ipv6.inUnknownProtocols, 0)
  assert.equal(ipv6.inDiscards, 2)
})

test('an unknown next header is pointed at where it stands, not in answer to a group of IP or of the link (RFC 4443 2.4 e)', () => {
  const { send6, said6 } = besidePeer()
  send6(200, ECHO, [options('destination-options', 0x1e)])
  assert.deepEqual(problems(said6()), ['parameter-problem 1 40'])
  send6(200, ECHO, [], { destination: ALL_NODES, mac: GROUP_MAC })
  send6(200, ECHO, [], { mac: GROUP_MAC })
  assert.deepEqual(said6(), [])
})

test('an authentication header is not stepped over as if it had been checked', () => {
  const { send6, said6 } = besidePeer()
  send6(58, ECHO, [{ name: 'authentication', spi: 1, sequenceNumber: 1, icv: new Uint8Array(12) }])
  assert.deepEqual(problems(said6()), ['parameter-problem 1 6'])
})

test('hop-by-hop options stand first or not at all (RFC 8200 4.1)', () => {
  const { send6, said6 } = besidePeer()
  send6(58, ECHO, [options('destination-options', 0x1e), options('hop-by-hop-options', 0x1e)])
  assert.deepEqual(problems(said6()), ['parameter-problem 1 40'])
})

test('option types 10 are told of even to a group, types 11 to a single host only (RFC 8200 4.2)', () => {
  const { send6, said6 } = besidePeer()
  for (const kind of [0x9e, 0xde]) {
    send6(58, ECHO, [options('hop-by-hop-options', kind)], { destination: ALL_NODES, mac: GROUP_MAC })
  }
  assert.deepEqual(problems(said6()), ['parameter-problem 2 42'])
})

test('routing headers of an unknown type are ignored when used up, else pointed at (RFC 8200 4.4, RFC 5095)', () => {
  const { send6, said6, host } = besidePeer()
  const route = (routingType: number, segmentsLeft: number): Ipv6Extension => ({
    name: 'routing',
    routingType,
    segmentsLeft,
    data: new Uint8Array(20),
  })
  for (const type of [0, 77]) {
    send6(58, ECHO, [route(type, 0)])
    assert.deepEqual(said6(), [])
    send6(58, ECHO, [route(type, 1)])
    assert.deepEqual(problems(said6()), ['parameter-problem 0 42'])
  }
  assert.equal(host.internet.icmp.v6.counters.inMessages, 2)
})

test('a jumbogram is none of ours: the option is unknown (RFC 2675 is not there)', () => {
  const { send6, said6 } = besidePeer()
  send6(58, ECHO, [{ name: 'hop-by-hop-options', options: [{ name: 'jumbo-payload', payloadLength: 70_000 }] }])
  assert.deepEqual(problems(said6()), ['parameter-problem 2 42'])
})

test('a fragment whose length is no multiple of eight, and one beyond 65,535 bytes, are told of (RFC 8200 4.5)', () => {
  const { send6, said6, host } = besidePeer()
  send6(17, new Uint8Array(63), [fragment(0, 1)])
  assert.deepEqual(problems(said6()), ['parameter-problem 0 4'])
  send6(17, new Uint8Array(64), [options('destination-options', 0x1e), fragment(8190, 0)])
  assert.deepEqual(problems(said6()), ['parameter-problem 0 50'])
  assert.equal(host.internet.ipv6.reassembler.size, 0)
})

test('a first fragment that does not hold every header is refused (RFC 8200 4.5, RFC 7112)', () => {
  const { send6, said6, host, ipv6 } = besidePeer()
  const first = (nextHeader: number, payload: Uint8Array): string[] => {
    send6(nextHeader, payload, [fragment(0, 1)])
    return problems(said6())
  }
  // Destination options of 16 bytes of which 8 are here; options whole, but no byte of UDP; half of a TCP header.
  assert.deepEqual(first(60, Uint8Array.of(17, 1, 1, 4, 0, 0, 0, 0)), ['parameter-problem 3 0'])
  assert.deepEqual(first(60, Uint8Array.of(17, 0, 1, 4, 0, 0, 0, 0)), ['parameter-problem 3 0'])
  assert.deepEqual(first(6, new Uint8Array(16)), ['parameter-problem 3 0'])
  assert.equal(host.internet.ipv6.reassembler.size, 0)
  assert.equal(ipv6.inHeaderErrors, 3)
  assert.deepEqual(first(17, new Uint8Array(8)), [])
  assert.equal(host.internet.ipv6.reassembler.size, 1)
})

test('a packet that is its own only fragment passes, however many others are in the making (RFC 6946)', () => {
  const { host, send6, said6 } = besidePeer({ reassembly: { maxDatagramsPerSource: 2 } })
  const socket = host.udp.open({ family: 6 })
  socket.bind(null, 7)
  for (let id = 0; id < 5; id++) send6(17, new Uint8Array(64), [fragment(0, 1, id)])
  assert.equal(host.internet.ipv6.reassembler.size, 2)
  const datagram = buildUdp({ sourcePort: 5, destinationPort: 7, payload: new Uint8Array(3) })
  send6(17, datagram, [fragment(0, 0, 1)])
  // Its checksum is wrong, but it came to UDP, and the fragments of the same identification are where they were.
  assert.equal(host.udp.counters.inChecksumErrors + host.udp.counters.inErrors, 1)
  assert.equal(host.internet.ipv6.reassembler.size, 2)
  assert.deepEqual(said6(), [])
})

test('overlapping fragments are refused with all that belongs to them (RFC 5722)', () => {
  const { net, host, send6, said6, ipv6 } = besidePeer()
  send6(17, new Uint8Array(64), [fragment(0, 1)])
  send6(17, new Uint8Array(64), [fragment(7, 1)])
  send6(17, new Uint8Array(64), [fragment(8, 0)])
  net.run(100_000)
  assert.deepEqual(said6(), [], 'silently')
  assert.equal(ipv6.reassemblySucceeded, 0)
  assert.equal(host.internet.ipv6.reassembler.heldBytes, 0)
})

test('identifications of fragments are not to be guessed from the last (RFC 7739)', () => {
  const { net, host, answers } = besidePeer()
  const socket = host.udp.open({ family: 6 })
  for (let round = 0; round < 3; round++) socket.send(new Uint8Array(2000), PEER6, 9)
  net.run(0)
  const ids = answers.filter((packet) => packet[6] === 44).map((packet) => new DataView(packet.buffer).getUint32(44))
  const distinct = [...new Set(ids)]
  assert.equal(distinct.length, 3)
  assert.ok(distinct.every((id, index) => index === 0 || Math.abs(id - distinct[index - 1]) > 1000))
})

test('an IPv4 address in IPv6 clothes is no source on a wire (RFC 4291 2.5.5.2)', () => {
  const { send6, said6, ipv6 } = besidePeer()
  send6(200, ECHO, [], { source: IpAddress.parse('::ffff:10.0.0.99') })
  assert.equal(ipv6.inMartians, 1)
  assert.deepEqual(said6(), [])
})

test('an error comes from the address that was asked, by the link that it was asked on (RFC 4443 2.2)', () => {
  const { host, eth, send6, answers } = besidePeer()
  host.internet.addAddress(eth, IpAddress.parse('2001:db8::2'), 64)
  for (const destination of [HOST6, IpAddress.parse('2001:db8::2')]) send6(200, ECHO, [], { destination })
  assert.deepEqual(
    answers.map((packet) => IpAddress.read(6, packet, 8).toString()),
    ['2001:db8::1', '2001:db8::2'],
  )
})
