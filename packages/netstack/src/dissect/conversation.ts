import { formatIpv4, formatIpv6 } from '../wire/address.ts'
import { checksumAdd, pseudoHeaderSum4, pseudoHeaderSum6 } from '../wire/checksum.ts'
import { WireError } from '../wire/error.ts'
import { ETHERNET_HEADER_BYTES, ETHERTYPE_IPV4, ETHERTYPE_IPV6, readEthernetType, verifyFcs } from '../wire/ethernet.ts'
import { createIpv4Numbers, readIpv4Header } from '../wire/ipv4.ts'
import {
  createIpv6Numbers,
  IPV6_DESTINATION_OFFSET,
  IPV6_HEADER_BYTES,
  IPV6_SOURCE_OFFSET,
  readIpv6Header,
} from '../wire/ipv6.ts'
import { findIpv6Transport } from '../wire/ipv6-extensions.ts'
import { LINKTYPE_ETHERNET, LINKTYPE_IPV4, LINKTYPE_IPV6, LINKTYPE_NULL, LINKTYPE_RAW } from '../wire/link-types.ts'
import { PROTOCOL_TCP } from '../wire/protocols.ts'
import { parseTcp, TCP_ACK, TCP_SYN, type TcpSegment } from '../wire/tcp.ts'
import type { TraceSegment } from './trace.ts'

/** A packet of a capture, as a capture file or a simulation gives it. */
export interface SeenPacket {
  timeMs: number
  /** Where it was seen: index into `interfaces`. */
  interface: number
  bytes: Uint8Array
  /** Seen on its way out of, or into, the host of that interface. */
  direction?: 'in' | 'out'
}

/** Where packets were seen. */
export interface SeenInterface {
  linkType: number
  fcsBytes?: number
  name?: string
}

/** A capture as far as it is looked at here: what link/pcap reads fits. */
export interface SeenCapture {
  interfaces: readonly SeenInterface[]
  packets: readonly SeenPacket[]
}

/** One end of a connection. */
export interface Endpoint {
  address: string
  port: number
}

/** A TCP segment that was seen. */
export interface SeenSegment {
  timeMs: number
  interface: number
  direction: 'in' | 'out' | undefined
  /** Index of the packet in the capture. */
  index: number
  /** 0 when the client sent it, 1 the server. */
  from: 0 | 1
  segment: TcpSegment
  ecn: number
  /** False when FCS or checksum are wrong: the receiver cannot have taken it. */
  intact: boolean
  /** Equal for the same packet seen at two places. */
  identity: string
}

/** All segments between two endpoints. The client is who sent the first SYN, else who was seen sending first. */
export interface Conversation {
  client: Endpoint
  server: Endpoint
  segments: SeenSegment[]
}

interface Decoded {
  source: string
  destination: string
  segment: TcpSegment
  ecn: number
  intact: boolean
  identification: number
}

/** Where the IP packet begins and ends in a frame; undefined when there is none. */
function ipRange(bytes: Uint8Array, medium: SeenInterface): { start: number; end: number } | undefined {
  if (medium.linkType === LINKTYPE_RAW || medium.linkType === LINKTYPE_IPV4 || medium.linkType === LINKTYPE_IPV6)
    return { start: 0, end: bytes.length }
  if (medium.linkType === LINKTYPE_NULL) return { start: 4, end: bytes.length }
  if (medium.linkType !== LINKTYPE_ETHERNET || bytes.length < ETHERNET_HEADER_BYTES) return undefined
  const type = readEthernetType(bytes, 0)
  if (type !== ETHERTYPE_IPV4 && type !== ETHERTYPE_IPV6) return undefined
  return { start: ETHERNET_HEADER_BYTES, end: bytes.length - (medium.fcsBytes ?? 0) }
}

const numbers4 = createIpv4Numbers()
const numbers6 = createIpv6Numbers()
const transport6 = { protocol: 0, start: 0, nextHeaderAt: 0, fragmentStart: -1 }

function decode4(bytes: Uint8Array, start: number, end: number): Decoded | undefined {
  const length = readIpv4Header(bytes, start, end, numbers4)
  if (length < 0 || numbers4.protocol !== PROTOCOL_TCP || numbers4.fragmentOffset > 0) return undefined
  const from = start + length
  const to = start + numbers4.totalLength
  return {
    source: formatIpv4(numbers4.source),
    destination: formatIpv4(numbers4.destination),
    segment: parseTcp(bytes, from, to),
    ecn: numbers4.ecn,
    intact:
      checksumAdd(bytes, from, to, pseudoHeaderSum4(numbers4.source, numbers4.destination, PROTOCOL_TCP, to - from)) ===
      0xffff,
    identification: numbers4.identification,
  }
}

function decode6(bytes: Uint8Array, start: number, end: number): Decoded | undefined {
  if (readIpv6Header(bytes, start, end, numbers6) < 0) return undefined
  const to = start + IPV6_HEADER_BYTES + numbers6.payloadLength
  if (findIpv6Transport(bytes, start + IPV6_HEADER_BYTES, to, numbers6.nextHeader, start + 6, transport6) < 0)
    return undefined
  if (transport6.protocol !== PROTOCOL_TCP || transport6.fragmentStart >= 0) return undefined
  const from = transport6.start
  return {
    source: formatIpv6(bytes, start + IPV6_SOURCE_OFFSET),
    destination: formatIpv6(bytes, start + IPV6_DESTINATION_OFFSET),
    segment: parseTcp(bytes, from, to),
    ecn: numbers6.ecn,
    intact:
      checksumAdd(bytes, from, to, pseudoHeaderSum6(bytes, start + IPV6_SOURCE_OFFSET, PROTOCOL_TCP, to - from)) ===
      0xffff,
    identification: 0,
  }
}

/** The TCP segment in a captured packet; undefined when it holds none that can be read. */
function decode(packet: SeenPacket, medium: SeenInterface): Decoded | undefined {
  const range = ipRange(packet.bytes, medium)
  if (range === undefined || range.start >= range.end) return undefined
  try {
    const version = packet.bytes[range.start] >>> 4
    const decoded =
      version === 4
        ? decode4(packet.bytes, range.start, range.end)
        : version === 6
          ? decode6(packet.bytes, range.start, range.end)
          : undefined
    if (decoded !== undefined && medium.fcsBytes === 4 && !verifyFcs(packet.bytes, 0, packet.bytes.length))
      decoded.intact = false
    return decoded
  } catch (error) {
    if (error instanceof WireError) return undefined
    throw error
  }
}

/** The TCP segment in a frame as trace records name it; undefined when it holds none that can be read. */
export function traceSegmentOf(bytes: Uint8Array, linkType: number): TraceSegment | undefined {
  const decoded = decode({ timeMs: 0, interface: 0, bytes }, { linkType })
  if (decoded === undefined) return undefined
  const { sourcePort, destinationPort, sequenceNumber, acknowledgmentNumber, flags, payload } = decoded.segment
  return {
    sourcePort,
    destinationPort,
    sequence: sequenceNumber,
    acknowledgment: acknowledgmentNumber,
    flags,
    payloadBytes: payload.length,
  }
}

function identityOf({ segment, identification }: Decoded): string {
  const timestamps = segment.options.find((option) => option.name === 'timestamps')
  return [
    identification,
    segment.sourcePort,
    segment.sequenceNumber,
    segment.acknowledgmentNumber,
    segment.flags,
    segment.payload.length,
    timestamps?.value,
  ].join(' ')
}

/** Whether a SYN begins another connection between the same ports: its initial sequence number is not that of the first. */
function isNewIncarnation(conversation: Conversation, segment: TcpSegment): boolean {
  if ((segment.flags & (TCP_SYN | TCP_ACK)) !== TCP_SYN) return false
  const earlier = conversation.segments.find(
    (seen) => (seen.segment.flags & TCP_SYN) !== 0 && seen.segment.sourcePort === segment.sourcePort,
  )
  return earlier !== undefined && earlier.segment.sequenceNumber !== segment.sequenceNumber
}

/** Every TCP conversation of a capture, in the order in which they begin. Packets that are no TCP, or cannot be read, are passed over. */
export function conversationsOf(capture: SeenCapture): Conversation[] {
  const byEnds = new Map<string, Conversation>()
  const conversations: Conversation[] = []
  const inOrder = capture.packets
    .map((packet, index) => ({ packet, index }))
    .sort((a, b) => a.packet.timeMs - b.packet.timeMs || a.index - b.index)
  for (const { packet, index } of inOrder) {
    const decoded = decode(packet, capture.interfaces[packet.interface])
    if (decoded === undefined) continue
    const { segment } = decoded
    const source = { address: decoded.source, port: segment.sourcePort }
    const destination = { address: decoded.destination, port: segment.destinationPort }
    const key = [`${source.address} ${source.port}`, `${destination.address} ${destination.port}`].sort().join(' ')
    let conversation = byEnds.get(key)
    if (conversation === undefined || isNewIncarnation(conversation, segment)) {
      const answer = (segment.flags & (TCP_SYN | TCP_ACK)) === (TCP_SYN | TCP_ACK)
      conversation = { client: answer ? destination : source, server: answer ? source : destination, segments: [] }
      byEnds.set(key, conversation)
      conversations.push(conversation)
    }
    const fromClient = conversation.client.address === source.address && conversation.client.port === source.port
    conversation.segments.push({
      timeMs: packet.timeMs,
      interface: packet.interface,
      direction: packet.direction,
      index,
      from: fromClient ? 0 : 1,
      segment,
      ecn: decoded.ecn,
      intact: decoded.intact,
      identity: identityOf(decoded),
    })
  }
  return conversations
}
