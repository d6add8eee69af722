import assert from 'node:assert/strict'
import { test } from 'node:test'
import { chain } from '../../test/support/internet-harness.ts'
import { besidePeer, bytesOf, HOST4, HOST6, PEER4, PEER6 } from '../../test/support/peer-harness.ts'
import { buildIcmpv4 } from '../wire/icmpv4.ts'
import { buildIpv4 } from '../wire/ipv4.ts'
import { buildIpv6 } from '../wire/ipv6.ts'
import { buildUdp } from '../wire/udp.ts'
import { IpAddress } from './address.ts'

// What a host believes of ICMP, and what it answers to nobody.

/** The packet of ours that a forged error would quote: UDP from port 5000 to port 7. */
function ours(bytes: number): Uint8Array {
  const payload = buildUdp({ sourcePort: 5000, destinationPort: 7, payload: new Uint8Array(bytes) })
  return buildIpv6({ protocol: 17, source: bytesOf(HOST6), destination: bytesOf(PEER6), payload })
}

test('a packet too big that names less than 1280 bytes is discarded (RFC 8201 4)', () => {
  const { host, sendIcmp6 } = besidePeer()
  const socket = host.udp.open({ family: 6 })
  socket.bind(null, 5000)
  const tooBig = (mtu: number): number | undefined => {
    sendIcmp6({ name: 'packet-too-big', type: 2, mtu, data: ours(1400) })
    return host.internet.findPath(PEER6)?.mtu
  }
  assert.equal(tooBig(0), 1500)
  assert.equal(tooBig(68), 1500)
  assert.equal(tooBig(1279), 1500)
  assert.equal(host.internet.icmp.v6.counters.inErrors, 3)
  assert.equal(tooBig(1280), 1280)
})

test('errors of unknown types reach whoever sent the packet; other unknown messages are counted (RFC 4443 2.4 a, b)', () => {
  const { host, sendIcmp6, said6 } = besidePeer()
  const counters = host.internet.icmp.v6.counters
  sendIcmp6({ name: 'other', type: 100, rest: 0, data: ours(8) })
  assert.equal(counters.inUnrelated, 0)
  assert.equal(counters.inUnknownTypes, 0)
  sendIcmp6({ name: 'other', type: 100, rest: 0, data: new Uint8Array(8) })
  assert.equal(counters.inUnrelated, 1)
  sendIcmp6({ name: 'other', type: 200, rest: 0, data: new Uint8Array(8) })
  assert.equal(counters.inUnknownTypes, 1)
  assert.deepEqual(said6(), [])
})

test('an error quotes as much as fits into 1280 bytes (RFC 4443 2.4 c)', () => {
  const { send6, answers } = besidePeer()
  send6(200, new Uint8Array(1400))
  assert.deepEqual(
    answers.map((packet) => packet.length),
    [1280],
  )
})

test('an echo from nobody is not answered, of either family', () => {
  const { host, answers, send4, sendIcmp6 } = besidePeer()
  host.internet.addRouteTo('::/0', '2001:db8::99')
  host.internet.addRouteTo('0.0.0.0/0', '10.0.0.99')
  sendIcmp6(
    { name: 'echo', type: 128, identifier: 1, sequenceNumber: 1, data: new Uint8Array(4) },
    {
      source: IpAddress.parse('::'),
    },
  )
  const echo = buildIcmpv4({ name: 'echo', type: 8, identifier: 1, sequenceNumber: 1, data: new Uint8Array(4) })
  send4({ protocol: 1, source: 0, payload: echo })
  assert.deepEqual(answers, [])
})

test('the broadcast address of its own network is no source: a host answers no crowd (RFC 1122 3.2.1.3)', () => {
  const { answers, send4, ipv4 } = besidePeer()
  const echo = buildIcmpv4({ name: 'echo', type: 8, identifier: 1, sequenceNumber: 1, data: new Uint8Array(4) })
  const crowd = IpAddress.parse('10.0.0.255').w3
  send4({ protocol: 1, source: crowd, payload: echo })
  send4({ protocol: 200, source: crowd, payload: echo })
  assert.deepEqual(answers, [])
  assert.equal(ipv4.inMartians, 2)
})

test('a router passes no broadcast on to the network that it is of (RFC 2644)', () => {
  const { net, a, b, r2 } = chain()
  const listener = b.udp.open({ family: 4 })
  listener.bind(null, 7)
  a.udp.open({ family: 4 }).send(Uint8Array.of(1), IpAddress.parse('10.2.0.255'), 7)
  net.run(1000)
  assert.equal(listener.queuedDatagrams, 0)
  assert.equal(r2.internet.ipv4.counters.inAddressErrors, 1)
})

test('a router tells the sender when its link-local address cannot leave the link (RFC 4007 9, RFC 4443 3.1)', () => {
  const { host, eth, send6, said6 } = besidePeer({ forwarding: true })
  host.internet.addAddress(eth, IpAddress.parse('fe80::1'), 64)
  host.internet.addRouteTo('2001:db8:5::/48', '2001:db8::99')
  const source = IpAddress.parse('fe80::99')
  eth.neighbours6.setPermanent(source, 0x0200_0000_0099, 0)
  send6(17, new Uint8Array(20), [], { source, destination: IpAddress.parse('2001:db8:5::1') })
  assert.deepEqual(
    said6().map((message) => [message.name, message.code]),
    [['destination-unreachable', 2]],
  )
})

test('a router tells of a fragment behind the first that is too big, too (RFC 4443 3.2)', () => {
  const { net, a, r1 } = chain({ mtu: 1300 })
  const socket = a.udp.open({ family: 6 })
  socket.send(new Uint8Array(4000), IpAddress.parse('2001:db8:2::2'), 7)
  net.run(1000)
  assert.equal(r1.internet.icmp.v6.counters.outErrors, 2)
})

test('IPv4: no error about a fragment behind the first, and none about an error', () => {
  const { answers, send4 } = besidePeer()
  send4({ protocol: 200, payload: new Uint8Array(8), fragmentOffset: 1 })
  const quoted = buildIpv4({ protocol: 17, source: HOST4.w3, destination: PEER4.w3, payload: new Uint8Array(8) })
  const error = buildIcmpv4({ name: 'destination-unreachable', type: 3, code: 2, data: quoted })
  send4({ protocol: 1, payload: error })
  assert.deepEqual(answers, [])
})
