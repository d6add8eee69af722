import { checksum, pseudoHeaderSum6 } from './checksum.ts'
import type { Field } from './field.ts'
import { type AnyFormat, Format } from './format.ts'
import { NDP_OPTIONS, type NdpOption } from './ndp.ts'
import { PROTOCOL_ICMPV6 } from './protocols.ts'

export const ICMPV6_DESTINATION_UNREACHABLE = 1
export const ICMPV6_PACKET_TOO_BIG = 2
export const ICMPV6_TIME_EXCEEDED = 3
export const ICMPV6_PARAMETER_PROBLEM = 4
export const ICMPV6_ECHO_REQUEST = 128
export const ICMPV6_ECHO_REPLY = 129
export const ICMPV6_ROUTER_SOLICITATION = 133
export const ICMPV6_ROUTER_ADVERTISEMENT = 134
export const ICMPV6_NEIGHBOR_SOLICITATION = 135
export const ICMPV6_NEIGHBOR_ADVERTISEMENT = 136
export const ICMPV6_REDIRECT = 137
/** Codes of Destination Unreachable (RFC 4443 section 3.1). */
export const ICMPV6_NO_ROUTE = 0
export const ICMPV6_BEYOND_SCOPE = 2
export const ICMPV6_ADDRESS_UNREACHABLE = 3
export const ICMPV6_PORT_UNREACHABLE = 4

interface Common {
  type: number
  code: number
  checksum: number
}

/** Destination unreachable and time exceeded: as much of the packet in question as fits. */
export interface Icmpv6Quote extends Common {
  length: number
  unused: number
  data: Uint8Array
}

/** Packet too big. */
export interface Icmpv6PacketTooBig extends Common {
  mtu: number
  data: Uint8Array
}

/** Parameter problem. */
export interface Icmpv6ParameterProblem extends Common {
  pointer: number
  data: Uint8Array
}

/** Echo request and reply. */
export interface Icmpv6Echo extends Common {
  identifier: number
  sequenceNumber: number
  data: Uint8Array
}

/** Router solicitation. */
export interface RouterSolicitation extends Common {
  reserved: number
  options: NdpOption[]
}

/** Router advertisement; lifetimes in seconds, timers in milliseconds. */
export interface RouterAdvertisement extends Common {
  currentHopLimit: number
  managed: number
  otherConfiguration: number
  reserved: number
  routerLifetime: number
  reachableTime: number
  retransTimer: number
  options: NdpOption[]
}

/** Neighbor solicitation. */
export interface NeighborSolicitation extends Common {
  reserved: number
  targetAddress: Uint8Array
  options: NdpOption[]
}

/** Neighbor advertisement. */
export interface NeighborAdvertisement extends Common {
  router: number
  solicited: number
  override: number
  reserved: number
  targetAddress: Uint8Array
  options: NdpOption[]
}

/** Redirect. */
export interface Icmpv6Redirect extends Common {
  reserved: number
  targetAddress: Uint8Array
  destinationAddress: Uint8Array
  options: NdpOption[]
}

/** Any other type: the second word is kept as a number. */
export interface Icmpv6Other extends Common {
  rest: number
  data: Uint8Array
}

/** An ICMPv6 message. Which of its shapes it has follows from `type`: {@link icmpv6Format} gives the table. */
export type Icmpv6Message =
  | ({ name: 'destination-unreachable' } & Icmpv6Quote)
  | ({ name: 'packet-too-big' } & Icmpv6PacketTooBig)
  | ({ name: 'time-exceeded' } & Icmpv6Quote)
  | ({ name: 'parameter-problem' } & Icmpv6ParameterProblem)
  | ({ name: 'echo' } & Icmpv6Echo)
  | ({ name: 'router-solicitation' } & RouterSolicitation)
  | ({ name: 'router-advertisement' } & RouterAdvertisement)
  | ({ name: 'neighbor-solicitation' } & NeighborSolicitation)
  | ({ name: 'neighbor-advertisement' } & NeighborAdvertisement)
  | ({ name: 'redirect' } & Icmpv6Redirect)
  | ({ name: 'other' } & Icmpv6Other)

const TYPE: Field<'type'> = {
  name: 'type',
  label: 'Type',
  bits: 8,
  filter: 'icmpv6.type',
  names: {
    1: 'Destination Unreachable',
    2: 'Packet Too Big',
    3: 'Time Exceeded',
    4: 'Parameter Problem',
    128: 'Echo Request',
    129: 'Echo Reply',
    130: 'Multicast Listener Query',
    131: 'Multicast Listener Report',
    132: 'Multicast Listener Done',
    133: 'Router Solicitation',
    134: 'Router Advertisement',
    135: 'Neighbor Solicitation',
    136: 'Neighbor Advertisement',
    137: 'Redirect',
    143: 'Multicast Listener Report v2',
  },
}
const CODE: Field<'code'> = { name: 'code', label: 'Code', bits: 8, initial: 0, filter: 'icmpv6.code' }
const CHECKSUM: Field<'checksum'> = {
  name: 'checksum',
  label: 'Checksum',
  bits: 16,
  kind: 'hex',
  initial: 0,
  filter: 'icmpv6.checksum',
}
const HEAD: readonly Field<'type' | 'code' | 'checksum'>[] = [TYPE, CODE, CHECKSUM]
const LABEL = 'Internet Control Message Protocol v6'
const DATA = { shape: 'bytes', name: 'data', label: 'Data' } as const
const OPTIONS = { shape: 'options', name: 'options', label: 'Options', options: NDP_OPTIONS } as const
const target: Field<'targetAddress'> = { name: 'targetAddress', label: 'Target Address', bits: 128, kind: 'ipv6' }
const coded = (names: Readonly<Record<number, string>>): readonly Field<'type' | 'code' | 'checksum'>[] => [
  TYPE,
  { ...CODE, names },
  CHECKSUM,
]
const quote = (name: string, section: string, names: Readonly<Record<number, string>>): Format<Icmpv6Quote> =>
  new Format<Icmpv6Quote>({
    name,
    label: LABEL,
    source: `RFC 4443 section ${section}, RFC 4884 section 4`,
    fields: [
      ...coded(names),
      { name: 'length', label: 'Length', bits: 8, initial: 0, unit: { size: 8, of: 'bytes' }, filter: 'icmpv6.length' },
      { name: 'unused', label: 'Unused', bits: 24, initial: 0 },
    ],
    tail: DATA,
  })

const OTHER = new Format<Icmpv6Other>({
  name: 'other',
  label: LABEL,
  source: 'RFC 4443 section 2.1',
  fields: [...HEAD, { name: 'rest', label: 'Rest of Header', bits: 32, kind: 'hex', initial: 0 }],
  tail: DATA,
})

const ECHO = new Format<Icmpv6Echo>({
  name: 'echo',
  label: LABEL,
  source: 'RFC 4443 section 4.1',
  fields: [
    ...HEAD,
    { name: 'identifier', label: 'Identifier', bits: 16, filter: 'icmpv6.echo.identifier' },
    { name: 'sequenceNumber', label: 'Sequence Number', bits: 16, filter: 'icmpv6.echo.sequence_number' },
  ],
  tail: DATA,
})

const FORMATS: Readonly<Record<number, AnyFormat>> = {
  [ICMPV6_DESTINATION_UNREACHABLE]: quote('destination-unreachable', '3.1', {
    0: 'no route to destination',
    1: 'administratively prohibited',
    2: 'beyond scope of source address',
    3: 'address unreachable',
    4: 'port unreachable',
    5: 'source address failed ingress/egress policy',
    6: 'reject route to destination',
  }),
  [ICMPV6_PACKET_TOO_BIG]: new Format<Icmpv6PacketTooBig>({
    name: 'packet-too-big',
    label: LABEL,
    source: 'RFC 4443 section 3.2',
    fields: [...HEAD, { name: 'mtu', label: 'MTU', bits: 32, filter: 'icmpv6.mtu' }],
    tail: DATA,
  }),
  [ICMPV6_TIME_EXCEEDED]: quote('time-exceeded', '3.3', {
    0: 'hop limit exceeded in transit',
    1: 'fragment reassembly time exceeded',
  }),
  [ICMPV6_PARAMETER_PROBLEM]: new Format<Icmpv6ParameterProblem>({
    name: 'parameter-problem',
    label: LABEL,
    source: 'RFC 4443 section 3.4',
    fields: [
      ...coded({
        0: 'erroneous header field',
        1: 'unrecognized next header',
        2: 'unrecognized IPv6 option',
        3: 'incomplete header chain in first fragment',
      }),
      { name: 'pointer', label: 'Pointer', bits: 32, filter: 'icmpv6.pointer' },
    ],
    tail: DATA,
  }),
  [ICMPV6_ECHO_REQUEST]: ECHO,
  [ICMPV6_ECHO_REPLY]: ECHO,
  [ICMPV6_ROUTER_SOLICITATION]: new Format<RouterSolicitation>({
    name: 'router-solicitation',
    label: LABEL,
    source: 'RFC 4861 section 4.1',
    fields: [...HEAD, { name: 'reserved', label: 'Reserved', bits: 32, initial: 0 }],
    tail: OPTIONS,
  }),
  [ICMPV6_ROUTER_ADVERTISEMENT]: new Format<RouterAdvertisement>({
    name: 'router-advertisement',
    label: LABEL,
    source: 'RFC 4861 section 4.2',
    fields: [
      ...HEAD,
      { name: 'currentHopLimit', label: 'Cur Hop Limit', bits: 8, initial: 64, filter: 'icmpv6.nd.ra.cur_hop_limit' },
      {
        name: 'managed',
        label: 'Managed address configuration (M)',
        bits: 1,
        kind: 'flag',
        initial: 0,
        filter: 'icmpv6.nd.ra.flag.m',
      },
      {
        name: 'otherConfiguration',
        label: 'Other configuration (O)',
        bits: 1,
        kind: 'flag',
        initial: 0,
        filter: 'icmpv6.nd.ra.flag.o',
      },
      { name: 'reserved', label: 'Reserved', bits: 6, initial: 0 },
      {
        name: 'routerLifetime',
        label: 'Router Lifetime',
        bits: 16,
        unit: { size: 1, of: 'seconds' },
        filter: 'icmpv6.nd.ra.router_lifetime',
      },
      {
        name: 'reachableTime',
        label: 'Reachable Time',
        bits: 32,
        initial: 0,
        unit: { size: 1, of: 'ms' },
        filter: 'icmpv6.nd.ra.reachable_time',
      },
      {
        name: 'retransTimer',
        label: 'Retrans Timer',
        bits: 32,
        initial: 0,
        unit: { size: 1, of: 'ms' },
        filter: 'icmpv6.nd.ra.retrans_timer',
      },
    ],
    tail: OPTIONS,
  }),
  [ICMPV6_NEIGHBOR_SOLICITATION]: new Format<NeighborSolicitation>({
    name: 'neighbor-solicitation',
    label: LABEL,
    source: 'RFC 4861 section 4.3',
    fields: [
      ...HEAD,
      { name: 'reserved', label: 'Reserved', bits: 32, initial: 0 },
      { ...target, filter: 'icmpv6.nd.ns.target_address' },
    ],
    tail: OPTIONS,
  }),
  [ICMPV6_NEIGHBOR_ADVERTISEMENT]: new Format<NeighborAdvertisement>({
    name: 'neighbor-advertisement',
    label: LABEL,
    source: 'RFC 4861 section 4.4',
    fields: [
      ...HEAD,
      { name: 'router', label: 'Router (R)', bits: 1, kind: 'flag', initial: 0, filter: 'icmpv6.nd.na.flag.r' },
      { name: 'solicited', label: 'Solicited (S)', bits: 1, kind: 'flag', initial: 0, filter: 'icmpv6.nd.na.flag.s' },
      { name: 'override', label: 'Override (O)', bits: 1, kind: 'flag', initial: 0, filter: 'icmpv6.nd.na.flag.o' },
      { name: 'reserved', label: 'Reserved', bits: 29, initial: 0 },
      { ...target, filter: 'icmpv6.nd.na.target_address' },
    ],
    tail: OPTIONS,
  }),
  [ICMPV6_REDIRECT]: new Format<Icmpv6Redirect>({
    name: 'redirect',
    label: LABEL,
    source: 'RFC 4861 section 4.5',
    fields: [
      ...HEAD,
      { name: 'reserved', label: 'Reserved', bits: 32, initial: 0 },
      { ...target, filter: 'icmpv6.nd.rd.target_address' },
      {
        name: 'destinationAddress',
        label: 'Destination Address',
        bits: 128,
        kind: 'ipv6',
        filter: 'icmpv6.rd.na.destination_address',
      },
    ],
    tail: OPTIONS,
  }),
}

/** The table of the message that a type number names. */
export function icmpv6Format(type: number): AnyFormat {
  return FORMATS[type] ?? OTHER
}

/** The message in bytes[start..end). Throws WireError (TRUNCATED, OPTION). The checksum is not judged: {@link verifyIcmpv6Checksum}. */
export function parseIcmpv6(bytes: Uint8Array, start = 0, end: number = bytes.length): Icmpv6Message {
  const format = icmpv6Format(end > start ? bytes[start] : ICMPV6_ECHO_REPLY)
  return { name: format.name, ...format.parse(bytes, start, end) } as Icmpv6Message
}

// Omit on a union would lose what tells its members apart.
type WithoutDefaults<T> = T extends { name: string; type: number } ? Pick<T, 'name' | 'type'> & Partial<T> : never

/**
 * The message as bytes. The checksum, which covers the addresses of the packet, is computed when they are given (source and
 * destination, 32 bytes side by side), unless the record has one. Throws WireError (VALUE, OPTION).
 */
export function buildIcmpv6(message: WithoutDefaults<Icmpv6Message>, addresses?: Uint8Array): Uint8Array {
  const bytes = icmpv6Format(message.type).build(message)
  if (addresses !== undefined && message.checksum === undefined)
    writeIcmpv6Checksum(bytes, 0, bytes.length, addresses, 0)
  return bytes
}

/** Computes the checksum of the message bytes[start..end) and writes it; `addresses` has source and destination at `offset`. */
export function writeIcmpv6Checksum(
  bytes: Uint8Array,
  start: number,
  end: number,
  addresses: Uint8Array,
  offset: number,
): void {
  bytes[start + 2] = 0
  bytes[start + 3] = 0
  const check = checksum(bytes, start, end, pseudoHeaderSum6(addresses, offset, PROTOCOL_ICMPV6, end - start))
  bytes[start + 2] = check >>> 8
  bytes[start + 3] = check
}

/** Whether the checksum of the message bytes[start..end) is right; `addresses` has source and destination at `offset`. */
export function verifyIcmpv6Checksum(
  bytes: Uint8Array,
  start: number,
  end: number,
  addresses: Uint8Array,
  offset: number,
): boolean {
  return checksum(bytes, start, end, pseudoHeaderSum6(addresses, offset, PROTOCOL_ICMPV6, end - start)) === 0
}
