import { checksum } from './checksum.ts'
import type { Field } from './field.ts'
import { type AnyFormat, Format } from './format.ts'

export const ICMP_ECHO_REPLY = 0
export const ICMP_DESTINATION_UNREACHABLE = 3
export const ICMP_REDIRECT = 5
export const ICMP_ECHO_REQUEST = 8
export const ICMP_TIME_EXCEEDED = 11
export const ICMP_PARAMETER_PROBLEM = 12
const ICMP_TIMESTAMP_REQUEST = 13
const ICMP_TIMESTAMP_REPLY = 14
/** Codes of Destination Unreachable (RFC 792, RFC 1122 section 3.2.2.1, RFC 1812 section 5.2.7.1). */
export const ICMP_NETWORK_UNREACHABLE = 0
export const ICMP_HOST_UNREACHABLE = 1
export const ICMP_PROTOCOL_UNREACHABLE = 2
export const ICMP_PORT_UNREACHABLE = 3
export const ICMP_FRAGMENTATION_NEEDED = 4
export const ICMP_SOURCE_ROUTE_FAILED = 5

export const ICMP_HEADER_BYTES = 8

interface Common {
  type: number
  code: number
  checksum: number
}

/** Echo request and reply. */
export interface IcmpEcho extends Common {
  identifier: number
  sequenceNumber: number
  data: Uint8Array
}

/** Destination unreachable; `nextHopMtu` is meant with code 4 only (RFC 1191), `length` counts words of the quoted packet (RFC 4884). */
export interface IcmpUnreachable extends Common {
  unused: number
  length: number
  nextHopMtu: number
  data: Uint8Array
}

/** Redirect; `gateway` is a 32-bit address. */
export interface IcmpRedirect extends Common {
  gateway: number
  data: Uint8Array
}

/** Time exceeded. */
export interface IcmpTimeExceeded extends Common {
  unused: number
  length: number
  unused2: number
  data: Uint8Array
}

/** Parameter problem; `pointer` counts bytes of the quoted packet. */
export interface IcmpParameterProblem extends Common {
  pointer: number
  length: number
  unused: number
  data: Uint8Array
}

/** Timestamp request and reply; milliseconds since midnight UTC. */
export interface IcmpTimestamp extends Common {
  identifier: number
  sequenceNumber: number
  originate: number
  receive: number
  transmit: number
}

/** Any other type: the second word is kept as a number. */
export interface IcmpOther extends Common {
  rest: number
  data: Uint8Array
}

/** An ICMP message. Which of its shapes it has follows from `type`: {@link icmpv4Format} gives the table. */
export type Icmpv4Message =
  | ({ name: 'echo' } & IcmpEcho)
  | ({ name: 'destination-unreachable' } & IcmpUnreachable)
  | ({ name: 'redirect' } & IcmpRedirect)
  | ({ name: 'time-exceeded' } & IcmpTimeExceeded)
  | ({ name: 'parameter-problem' } & IcmpParameterProblem)
  | ({ name: 'timestamp' } & IcmpTimestamp)
  | ({ name: 'other' } & IcmpOther)

const TYPE: Field<'type'> = {
  name: 'type',
  label: 'Type',
  bits: 8,
  filter: 'icmp.type',
  names: {
    0: 'Echo Reply',
    3: 'Destination Unreachable',
    4: 'Source Quench',
    5: 'Redirect',
    8: 'Echo Request',
    9: 'Router Advertisement',
    10: 'Router Solicitation',
    11: 'Time Exceeded',
    12: 'Parameter Problem',
    13: 'Timestamp Request',
    14: 'Timestamp Reply',
  },
}
const UNREACHABLE_CODES = {
  0: 'network unreachable',
  1: 'host unreachable',
  2: 'protocol unreachable',
  3: 'port unreachable',
  4: 'fragmentation needed',
  5: 'source route failed',
  9: 'network prohibited',
  10: 'host prohibited',
  13: 'communication administratively prohibited',
}
const code = (names?: Readonly<Record<number, string>>): Field<'code'> => ({
  name: 'code',
  label: 'Code',
  bits: 8,
  initial: 0,
  names,
  filter: 'icmp.code',
})
const CHECKSUM: Field<'checksum'> = {
  name: 'checksum',
  label: 'Checksum',
  bits: 16,
  kind: 'hex',
  initial: 0,
  filter: 'icmp.checksum',
}
const DATA = { shape: 'bytes', name: 'data', label: 'Data' } as const
const unused = <Name extends string>(name: Name, bits: number): Field<Name> => ({
  name,
  label: 'Unused',
  bits,
  initial: 0,
})
const QUOTED: Field<'length'> = {
  name: 'length',
  label: 'Length',
  bits: 8,
  initial: 0,
  unit: { size: 4, of: 'bytes' },
  filter: 'icmp.length',
}
const IDENTIFIER: Field<'identifier'> = { name: 'identifier', label: 'Identifier', bits: 16, filter: 'icmp.ident' }
const SEQUENCE: Field<'sequenceNumber'> = {
  name: 'sequenceNumber',
  label: 'Sequence Number',
  bits: 16,
  filter: 'icmp.seq',
}
const LABEL = 'Internet Control Message Protocol'

const ECHO = new Format<IcmpEcho>({
  name: 'echo',
  label: LABEL,
  source: 'RFC 792, "Echo or Echo Reply Message"',
  fields: [TYPE, code(), CHECKSUM, IDENTIFIER, SEQUENCE],
  tail: DATA,
})
const UNREACHABLE = new Format<IcmpUnreachable>({
  name: 'destination-unreachable',
  label: LABEL,
  source: 'RFC 792, RFC 1191 section 4, RFC 4884 section 4.1',
  fields: [
    TYPE,
    code(UNREACHABLE_CODES),
    CHECKSUM,
    unused('unused', 8),
    QUOTED,
    { name: 'nextHopMtu', label: 'Next-Hop MTU', bits: 16, initial: 0, filter: 'icmp.mtu' },
  ],
  tail: DATA,
})
const REDIRECT = new Format<IcmpRedirect>({
  name: 'redirect',
  label: LABEL,
  source: 'RFC 792, "Redirect Message"',
  fields: [
    TYPE,
    code({ 0: 'for network', 1: 'for host' }),
    CHECKSUM,
    { name: 'gateway', label: 'Gateway Address', bits: 32, kind: 'ipv4', filter: 'icmp.redir_gw' },
  ],
  tail: DATA,
})
const TIME_EXCEEDED = new Format<IcmpTimeExceeded>({
  name: 'time-exceeded',
  label: LABEL,
  source: 'RFC 792, RFC 4884 section 4.2',
  fields: [
    TYPE,
    code({ 0: 'time to live exceeded in transit', 1: 'fragment reassembly time exceeded' }),
    CHECKSUM,
    unused('unused', 8),
    QUOTED,
    unused('unused2', 16),
  ],
  tail: DATA,
})
const PARAMETER_PROBLEM = new Format<IcmpParameterProblem>({
  name: 'parameter-problem',
  label: LABEL,
  source: 'RFC 792, RFC 4884 section 4.3',
  fields: [
    TYPE,
    code(),
    CHECKSUM,
    { name: 'pointer', label: 'Pointer', bits: 8, filter: 'icmp.pointer' },
    QUOTED,
    unused('unused', 16),
  ],
  tail: DATA,
})
const TIMESTAMP = new Format<IcmpTimestamp>({
  name: 'timestamp',
  label: LABEL,
  source: 'RFC 792, "Timestamp or Timestamp Reply Message"',
  fields: [
    TYPE,
    code(),
    CHECKSUM,
    IDENTIFIER,
    SEQUENCE,
    { name: 'originate', label: 'Originate Timestamp', bits: 32, filter: 'icmp.originate_timestamp' },
    { name: 'receive', label: 'Receive Timestamp', bits: 32, filter: 'icmp.receive_timestamp' },
    { name: 'transmit', label: 'Transmit Timestamp', bits: 32, filter: 'icmp.transmit_timestamp' },
  ],
})
const OTHER = new Format<IcmpOther>({
  name: 'other',
  label: LABEL,
  source: 'RFC 792',
  fields: [TYPE, code(), CHECKSUM, { name: 'rest', label: 'Rest of Header', bits: 32, kind: 'hex', initial: 0 }],
  tail: DATA,
})

/** The table of the message that a type number names. */
export function icmpv4Format(type: number): AnyFormat {
  switch (type) {
    case ICMP_ECHO_REPLY:
    case ICMP_ECHO_REQUEST:
      return ECHO
    case ICMP_DESTINATION_UNREACHABLE:
      return UNREACHABLE
    case ICMP_REDIRECT:
      return REDIRECT
    case ICMP_TIME_EXCEEDED:
      return TIME_EXCEEDED
    case ICMP_PARAMETER_PROBLEM:
      return PARAMETER_PROBLEM
    case ICMP_TIMESTAMP_REQUEST:
    case ICMP_TIMESTAMP_REPLY:
      return TIMESTAMP
    default:
      return OTHER
  }
}

/** The message in bytes[start..end). Throws WireError (TRUNCATED). The checksum is not judged: {@link verifyIcmpv4Checksum}. */
export function parseIcmpv4(bytes: Uint8Array, start = 0, end: number = bytes.length): Icmpv4Message {
  const format = icmpv4Format(end > start ? bytes[start] : ICMP_ECHO_REPLY)
  return { name: format.name, ...format.parse(bytes, start, end) } as Icmpv4Message
}

// Omit on a union would lose what tells its members apart.
type WithoutDefaults<T> = T extends { name: string; type: number } ? Pick<T, 'name' | 'type'> & Partial<T> : never

/** The message as bytes, the checksum computed unless it is given. Throws WireError (VALUE). */
export function buildIcmpv4(message: WithoutDefaults<Icmpv4Message>): Uint8Array {
  const bytes = icmpv4Format(message.type).build(message)
  if (message.checksum === undefined) writeIcmpv4Checksum(bytes, 0, bytes.length)
  return bytes
}

/** Computes the checksum of the message bytes[start..end) and writes it into its place. */
export function writeIcmpv4Checksum(bytes: Uint8Array, start: number, end: number): void {
  bytes[start + 2] = 0
  bytes[start + 3] = 0
  const check = checksum(bytes, start, end)
  bytes[start + 2] = check >>> 8
  bytes[start + 3] = check
}

/** Whether the checksum of the message bytes[start..end) is right. */
export function verifyIcmpv4Checksum(bytes: Uint8Array, start: number, end: number): boolean {
  return checksum(bytes, start, end) === 0
}
