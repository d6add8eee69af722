import { IpAddress } from '../../src/internet/address.ts'
import type { InternetOptions } from '../../src/internet/internet.ts'
import type { Frame } from '../../src/link/frame.ts'
import { createWire } from '../../src/link/wire.ts'
import { parseMac } from '../../src/wire/address.ts'
import { buildEthernet, ETHERTYPE_IPV4, ETHERTYPE_IPV6 } from '../../src/wire/ethernet.ts'
import { buildIcmpv6, type Icmpv6Message, parseIcmpv6, writeIcmpv6Checksum } from '../../src/wire/icmpv6.ts'
import { buildIpv4, type Ipv4Init } from '../../src/wire/ipv4.ts'
import { buildIpv6, parseIpv6 } from '../../src/wire/ipv6.ts'
import type { Ipv6Extension } from '../../src/wire/ipv6-extensions.ts'
import { PROTOCOL_ICMPV6 } from '../../src/wire/protocols.ts'
import { Net } from './internet-harness.ts'

export const HOST_MAC = parseMac('02:00:00:00:00:01')
export const PEER_MAC = parseMac('02:00:00:00:00:99')
export const HOST4 = IpAddress.parse('10.0.0.1')
export const PEER4 = IpAddress.parse('10.0.0.99')

export const HOST6 = IpAddress.parse('2001:db8::1')
export const PEER6 = IpAddress.parse('2001:db8::99')

/** Where a packet of the peer's says that it comes from and goes to. */
export interface Addressing {
  source?: IpAddress
  destination?: IpAddress
  hopLimit?: number
  mac?: Uint8Array
}

export function bytesOf(address: IpAddress): Uint8Array {
  const bytes = new Uint8Array(address.byteLength)
  address.write(bytes, 0)
  return bytes
}

/** A host (10.0.0.1, 2001:db8::1) at one end of a wire, and bytes made by hand at the other, from 10.0.0.99 and 2001:db8::99. */
export function besidePeer(options: InternetOptions = {}, seed = 42) {
  const net = new Net(seed)
  const [hostEnd, peerEnd] = createWire(net.timers)
  const host = net.host(options)
  const eth = net.plug(host, hostEnd, '10.0.0.1/24', '2001:db8::1/64')
  host.internet.interfaces[1].neighbours4.setPermanent(PEER4, 0x0200_0000_0099, 0)
  host.internet.interfaces[1].neighbours6.setPermanent(PEER6, 0x0200_0000_0099, 0)
  const answers: Uint8Array[] = []
  peerEnd.receiver = (frame: Frame) => {
    answers.push(frame.bytes.slice(frame.start + 14, frame.end))
    frame.release()
  }
  const send = (type: number, payload: Uint8Array, destination = HOST_MAC): void => {
    const bytes = buildEthernet({ destination, source: PEER_MAC, type, payload })
    const frame = net.pool.allocate(bytes.length)
    frame.bytes.set(bytes, frame.start)
    frame.end = frame.start + bytes.length
    peerEnd.transmit(frame, net.now)
    net.run(net.now)
  }
  const send4 = (packet: Partial<Ipv4Init>): void =>
    send(ETHERTYPE_IPV4, buildIpv4({ protocol: 17, source: PEER4.w3, destination: HOST4.w3, ...packet }))
  const send6 = (
    protocol: number,
    payload: Uint8Array,
    extensions: Ipv6Extension[] = [],
    how: Addressing = {},
  ): void => {
    const source = bytesOf(how.source ?? PEER6)
    const destination = bytesOf(how.destination ?? HOST6)
    const packet = buildIpv6({ protocol, source, destination, payload, extensions, hopLimit: how.hopLimit ?? 64 })
    send(ETHERTYPE_IPV6, packet, how.mac)
  }
  const sendPacket6 = (packet: Uint8Array, mac = HOST_MAC): void => send(ETHERTYPE_IPV6, packet, mac)
  /** A message of NDP or ICMPv6 with its checksum; hop limit 255 where none is given. */
  const sendIcmp6 = (message: Parameters<typeof buildIcmpv6>[0], how: Addressing = {}): void => {
    const addresses = new Uint8Array([...bytesOf(how.source ?? PEER6), ...bytesOf(how.destination ?? HOST6)])
    send6(PROTOCOL_ICMPV6, buildIcmpv6(message, addresses), [], { hopLimit: 255, ...how })
  }
  /** A message of ICMPv6 as bytes, and such bytes, damaged perhaps, with a checksum put right. */
  const icmp6 = (message: Parameters<typeof buildIcmpv6>[0], addresses: Uint8Array): Uint8Array =>
    buildIcmpv6(message, addresses)
  const sendBytes6 = (bytes: Uint8Array, addresses: Uint8Array): void => {
    writeIcmpv6Checksum(bytes, 0, bytes.length, addresses, 0)
    send6(PROTOCOL_ICMPV6, bytes, [], { hopLimit: 255 })
  }
  /** ICMPv6 messages that the host has sent since this was last asked. */
  const said6 = (): Icmpv6Message[] =>
    answers
      .splice(0)
      .filter((packet) => packet[0] >> 4 === 6)
      .map((packet) => parseIpv6(packet))
      .filter((packet) => packet.protocol === PROTOCOL_ICMPV6)
      .map((packet) => parseIcmpv6(packet.payload))
  return {
    net,
    host,
    eth,
    answers,
    send,
    send4,
    send6,
    sendPacket6,
    sendIcmp6,
    said6,
    icmp6,
    sendBytes6,
    ndp: host.internet.ndp.counters,
    ipv4: host.internet.ipv4.counters,
    ipv6: host.internet.ipv6.counters,
  }
}
