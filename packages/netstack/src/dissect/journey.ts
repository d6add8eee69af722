import { type OsiLayer, osiLayer } from '../layers/layers.ts'
import { parseIpv4, parseMac, readIpv6 } from '../wire/address.ts'
import { pseudoHeaderSum4, pseudoHeaderSum6 } from '../wire/checksum.ts'
import { buildEthernet, ETHERNET_FCS_BYTES, ETHERTYPE_IPV4, ETHERTYPE_IPV6 } from '../wire/ethernet.ts'
import { buildIpv4 } from '../wire/ipv4.ts'
import { buildIpv6 } from '../wire/ipv6.ts'
import { LINKTYPE_ETHERNET } from '../wire/link-types.ts'
import { PROTOCOL_TCP, PROTOCOL_UDP } from '../wire/protocols.ts'
import { buildTcp, lengthOfTcp, TCP_ACK, TCP_PSH, type TcpInit } from '../wire/tcp.ts'
import { buildUdp } from '../wire/udp.ts'
import { dissect } from './dissect.ts'
import { type DissectedLayer, type Dissection, findField } from './tree.ts'

/** One end of the journey. */
export interface JourneyEnd {
  mac: string
  /** IPv4 or IPv6; both ends of the same kind. */
  address: string
  port: number
}

/** What travels, from where to where. */
export interface JourneyOptions {
  message?: string
  from?: Partial<JourneyEnd>
  to?: Partial<JourneyEnd>
  transport?: 'tcp' | 'udp'
  sequence?: number
  acknowledgment?: number
}

/** The message at one layer: what the layer holds, and what it does. */
export interface JourneyStep {
  layer: OsiLayer['number']
  name: string
  /** What the unit is called here: data, segment, packet, frame, bits. */
  unit: string
  /** Bytes [start, end) of the frame, which this layer hands to the one below; the FCS counts to the frame. */
  start: number
  end: number
  /** What the layer adds on the way down, or verifies and takes off on the way up: one line each. */
  lines: string[]
}

/** A frame with the layer that owns each byte, and its way down one stack and up the other. */
export interface Journey {
  frame: Uint8Array
  /** OSI layer of each byte of the frame. */
  owners: Uint8Array
  dissection: Dissection
  message: Uint8Array
  down: JourneyStep[]
  up: JourneyStep[]
}

/** The largest message that fits one frame of 1,514 bytes over IPv6 with TCP. */
const MESSAGE_LIMIT_BYTES = 1440

const FROM: JourneyEnd = { mac: '02:4a:9c:3e:5d:71', address: '10.0.0.1', port: 49152 }
const TO: JourneyEnd = { mac: '02:7f:b1:68:25:c4', address: '10.0.0.2', port: 4224 }

/** The frame that carries a message. Throws RangeError when it does not fit one, WireError for an address that is none. */
function buildFrame(options: JourneyOptions): Uint8Array {
  const from = { ...FROM, ...options.from }
  const to = { ...TO, ...options.to }
  const payload = new TextEncoder().encode(options.message ?? 'Hello, wire!')
  if (payload.length > MESSAGE_LIMIT_BYTES)
    throw new RangeError(
      `the message takes ${payload.length} bytes; one segment carries at most ${MESSAGE_LIMIT_BYTES}`,
    )
  const six = [readIpv6(from.address), readIpv6(to.address)]
  const over6 = six[0] !== undefined && six[1] !== undefined
  const four = over6 ? [0, 0] : [parseIpv4(from.address), parseIpv4(to.address)]
  const sumOf = (protocol: number, length: number): number =>
    over6
      ? pseudoHeaderSum6(Uint8Array.from([...six[0]!, ...six[1]!]), 0, protocol, length)
      : pseudoHeaderSum4(four[0], four[1], protocol, length)
  let transport: Uint8Array
  if (options.transport === 'udp') {
    transport = buildUdp(
      { sourcePort: from.port, destinationPort: to.port, payload },
      sumOf(PROTOCOL_UDP, 8 + payload.length),
    )
  } else {
    const segment: TcpInit = {
      sourcePort: from.port,
      destinationPort: to.port,
      sequenceNumber: options.sequence ?? 1_000_001,
      acknowledgmentNumber: options.acknowledgment ?? 2_000_001,
      flags: TCP_ACK | TCP_PSH,
      window: 502,
      payload,
    }
    transport = buildTcp(segment, sumOf(PROTOCOL_TCP, lengthOfTcp(segment)))
  }
  const protocol = options.transport === 'udp' ? PROTOCOL_UDP : PROTOCOL_TCP
  const packet = over6
    ? buildIpv6({ protocol, source: six[0]!, destination: six[1]!, payload: transport })
    : buildIpv4({
        protocol,
        source: four[0],
        destination: four[1],
        identification: 0x1c46,
        flags: 2,
        payload: transport,
      })
  return buildEthernet({
    source: parseMac(from.mac),
    destination: parseMac(to.mac),
    type: over6 ? ETHERTYPE_IPV6 : ETHERTYPE_IPV4,
    payload: packet,
    fcs: true,
  })
}

/** The journey of a message. Throws RangeError when it does not fit one frame, WireError for an address that is none. */
export function journeyOf(options: JourneyOptions = {}): Journey {
  return journeyOfFrame(buildFrame(options), true)
}

/** The journey of a frame that was captured; an FCS that the capture left off is computed. */
export function journeyOfFrame(captured: Uint8Array, hasFcs: boolean): Journey {
  const frame = hasFcs ? captured : withFcs(captured)
  const dissection = dissect(frame, { linkType: LINKTYPE_ETHERNET, fcsBytes: ETHERNET_FCS_BYTES })
  const layers = dissection.layers.filter((layer) => layer.quoted !== true)
  const owners = new Uint8Array(frame.length).fill(2) // what nobody else claims is Ethernet's: header, padding, FCS
  for (const layer of layers) owners.fill(layer.layer, layer.start, layer.end)
  const data = layers.find((layer) => layer.layer === 7)
  const message = data === undefined ? new Uint8Array(0) : frame.subarray(data.start, data.end)
  const journey: Journey = { frame, owners, dissection, message, down: [], up: [] }
  const steps = [7, 4, 3, 2, 1] as const
  journey.down = steps.map((number) => stepOf(journey, layers, number, true)).filter((step) => step !== undefined)
  journey.up = [...steps]
    .reverse()
    .map((number) => stepOf(journey, layers, number, false))
    .filter((step) => step !== undefined)
  return journey
}

function withFcs(bytes: Uint8Array): Uint8Array {
  const type = (bytes[12] << 8) | bytes[13]
  return buildEthernet({
    destination: bytes.subarray(0, 6),
    source: bytes.subarray(6, 12),
    type,
    payload: bytes.subarray(14),
    fcs: true,
  })
}

const UNITS: Readonly<Record<number, string>> = { 7: 'data', 4: 'segment', 3: 'packet', 2: 'frame', 1: 'bits' }

function stepOf(
  journey: Journey,
  layers: readonly DissectedLayer[],
  number: OsiLayer['number'],
  down: boolean,
): JourneyStep | undefined {
  const own = layers.find((layer) => layer.layer === number)
  const whole = { start: 0, end: journey.frame.length }
  const name = osiLayer(number).name
  if (number === 1) return { layer: 1, name, unit: 'bits', ...whole, lines: bitLines(journey, down) }
  if (own === undefined) return undefined
  const unit = own.protocol === 'udp' ? 'datagram' : UNITS[number]
  const carriedEnd = Math.max(...layers.filter((layer) => layer.layer >= 3).map((layer) => layer.end), own.end)
  const range = number === 2 ? whole : { start: own.start, end: carriedEnd }
  return { layer: number, name, unit, ...range, lines: down ? downLines(own, journey) : upLines(own) }
}

function bitLines(journey: Journey, down: boolean): string[] {
  const bits = journey.frame.length * 8
  if (down) return [`${bits} bits leave, after 64 of preamble`, 'each byte least significant bit first (IEEE 802.3)']
  return [`${bits} bits arrive`, 'the preamble has set the clock']
}

const text = (layer: DissectedLayer, name: string): string => findField(layer.fields, name)?.text ?? '?'
const plainFlags = (layer: DissectedLayer): string => text(layer, 'flags').replace(/^0x\w+ \((.*)\)$/, '$1')

function downLines(layer: DissectedLayer, journey: Journey): string[] {
  const size = layer.end - layer.start
  switch (layer.protocol) {
    case 'tcp':
      return [
        `adds ${size} bytes of TCP: port ${text(layer, 'sourcePort')} to ${text(layer, 'destinationPort')}`,
        `seq ${text(layer, 'sequenceNumber')}, ack ${text(layer, 'acknowledgmentNumber')}, ${plainFlags(layer)}`,
        `window ${text(layer, 'window')}, checksum ${text(layer, 'checksum')} over pseudo-header, header, data`,
      ]
    case 'udp':
      return [
        `adds ${size} bytes of UDP: port ${text(layer, 'sourcePort')} to ${text(layer, 'destinationPort')}`,
        `length ${text(layer, 'length')}, checksum ${text(layer, 'checksum')}`,
        'no order, no repetition, no connection',
      ]
    case 'ipv4':
      return [
        `adds ${size} bytes of IPv4: ${text(layer, 'source')} to ${text(layer, 'destination')}`,
        `time to live ${text(layer, 'timeToLive')}, protocol ${text(layer, 'protocol')}, total length ${text(layer, 'totalLength')}`,
        `header checksum ${text(layer, 'headerChecksum')}; the route names the next hop`,
      ]
    case 'ipv6':
      return [
        `adds ${size} bytes of IPv6: ${text(layer, 'source')} to ${text(layer, 'destination')}`,
        `hop limit ${text(layer, 'hopLimit')}, next header ${text(layer, 'nextHeader')}`,
        'no header checksum; the route names the next hop',
      ]
    case 'ethernet':
      return [
        `adds 14 bytes before: ${text(layer, 'source')} to ${text(layer, 'destination')}`,
        `type ${text(layer, 'type')}; the address came from ${journey.dissection.layers.some((one) => one.protocol === 'ipv6') ? 'NDP' : 'ARP'}`,
        `adds 4 bytes behind: FCS ${text(layer, 'fcs')}${findField(layer.fields, 'padding') === undefined ? '' : ', and padding to 64 bytes'}`,
      ]
    default:
      return [
        layer.protocol === 'data' ? 'the program writes to its socket' : `${layer.label}: ${layer.summary}`,
        `${size} bytes; the layers below do not look into them`,
      ]
  }
}

function upLines(layer: DissectedLayer): string[] {
  const verdict = (name: string): string => findField(layer.fields, name)?.note ?? 'not judged'
  switch (layer.protocol) {
    case 'tcp':
      return [
        `checksum: ${verdict('checksum')}; ports name the connection`,
        `seq ${text(layer, 'sequenceNumber')} is the next one awaited: in order`,
        'an ACK goes back; takes off its header',
      ]
    case 'udp':
      return [
        `checksum: ${verdict('checksum')}`,
        `port ${text(layer, 'destinationPort')} names the socket`,
        'takes off its header',
      ]
    case 'ipv4':
      return [
        `header checksum: ${verdict('headerChecksum')}`,
        `${text(layer, 'destination')} is my address, else forward or drop`,
        `protocol ${text(layer, 'protocol')} takes it; takes off its header`,
      ]
    case 'ipv6':
      return [
        `${text(layer, 'destination')} is my address, else forward or drop`,
        `next header ${text(layer, 'nextHeader')} takes it`,
        'takes off its header',
      ]
    case 'ethernet':
      return [
        `FCS: ${verdict('fcs')}; a wrong one dies here`,
        `${text(layer, 'destination')} is my address`,
        `type ${text(layer, 'type')} takes it; takes off header and FCS`,
      ]
    default:
      return ['the program reads from its socket', `${layer.end - layer.start} bytes, as they were written`]
  }
}
