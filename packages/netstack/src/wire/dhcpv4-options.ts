import { type AnyFormat, Format } from './format.ts'
import type { OptionSpace, UnknownOption } from './options.ts'

export const DHCP_DISCOVER = 1
export const DHCP_OFFER = 2
export const DHCP_REQUEST = 3
export const DHCP_DECLINE = 4
export const DHCP_ACK = 5
export const DHCP_NAK = 6
export const DHCP_RELEASE = 7
export const DHCP_INFORM = 8

interface Head {
  kind?: number
  length?: number
}

/** A DHCP option (RFC 2132). Addresses are 32-bit numbers, times seconds, texts bytes. */
export type Dhcpv4Option =
  | { name: 'pad'; kind?: number }
  | { name: 'end'; kind?: number; padding?: Uint8Array }
  | (Head & { name: 'subnet-mask' | 'broadcast-address' | 'requested-address' | 'server-identifier'; address: number })
  | (Head & { name: 'routers' | 'domain-name-servers'; addresses: { address: number }[] })
  | (Head & { name: 'host-name' | 'domain-name' | 'message'; text: Uint8Array })
  | (Head & { name: 'interface-mtu' | 'maximum-message-size'; bytes: number })
  | (Head & { name: 'lease-time' | 'renewal-time' | 'rebinding-time'; seconds: number })
  | (Head & { name: 'message-type'; type: number })
  | (Head & { name: 'option-overload'; fields: number })
  | (Head & { name: 'parameter-request-list'; codes: Uint8Array })
  | (Head & { name: 'client-identifier'; type: number; identifier: Uint8Array })
  | UnknownOption

const kind = (initial?: number): { name: 'kind'; label: string; bits: number; initial?: number; filter?: string } => ({
  name: 'kind',
  label: 'Code',
  bits: 8,
  initial,
  // Wireshark prints the two that have no length otherwise.
  filter: initial === 0 || initial === 255 ? undefined : 'dhcp.option.type',
})
const LENGTH = { name: 'length', label: 'Length', bits: 8, filter: 'dhcp.option.length' } as const
const source = (section: string): string => `RFC 2132 section ${section}`

const address = (code: number, name: string, label: string, section: string, filter: string): AnyFormat =>
  new Format<{ kind: number; length: number; address: number }>({
    name,
    label,
    source: source(section),
    fields: [kind(code), LENGTH, { name: 'address', label, bits: 32, kind: 'ipv4', filter }],
  })

const ADDRESS = new Format<{ address: number }>({
  name: 'address',
  label: 'Address',
  source: source('2'),
  fields: [{ name: 'address', label: 'Address', bits: 32, kind: 'ipv4' }],
})

const addresses = (code: number, name: string, label: string, section: string): AnyFormat =>
  new Format<{ kind: number; length: number; addresses: { address: number }[] }>({
    name,
    label,
    source: source(section),
    fields: [kind(code), LENGTH],
    tail: { shape: 'list', name: 'addresses', label, item: ADDRESS },
  })

const text = (code: number, name: string, label: string, section: string, filter?: string): AnyFormat =>
  new Format<{ kind: number; length: number; text: Uint8Array }>({
    name,
    label,
    source: source(section),
    fields: [kind(code), LENGTH],
    tail: { shape: 'bytes', name: 'text', label, kind: 'text', filter },
  })

const bytes = (code: number, name: string, label: string, section: string): AnyFormat =>
  new Format<{ kind: number; length: number; bytes: number }>({
    name,
    label,
    source: source(section),
    fields: [kind(code), LENGTH, { name: 'bytes', label, bits: 16, unit: { size: 1, of: 'bytes' } }],
  })

const seconds = (code: number, name: string, label: string, section: string, filter: string): AnyFormat =>
  new Format<{ kind: number; length: number; seconds: number }>({
    name,
    label,
    source: source(section),
    fields: [kind(code), LENGTH, { name: 'seconds', label, bits: 32, unit: { size: 1, of: 'seconds' }, filter }],
  })

const MESSAGE_TYPES = {
  1: 'DISCOVER',
  2: 'OFFER',
  3: 'REQUEST',
  4: 'DECLINE',
  5: 'ACK',
  6: 'NAK',
  7: 'RELEASE',
  8: 'INFORM',
}

const FORMATS: readonly AnyFormat[] = [
  new Format<{ kind: number }>({ name: 'pad', label: 'Pad', source: source('3.1'), fields: [kind(0)] }),
  new Format<{ kind: number; padding: Uint8Array }>({
    name: 'end',
    label: 'End',
    source: source('3.2'),
    fields: [kind(255)],
    tail: { shape: 'bytes', name: 'padding', label: 'Padding' },
  }),
  address(1, 'subnet-mask', 'Subnet Mask', '3.3', 'dhcp.option.subnet_mask'),
  addresses(3, 'routers', 'Routers', '3.5'),
  addresses(6, 'domain-name-servers', 'Domain Name Servers', '3.8'),
  text(12, 'host-name', 'Host Name', '3.14', 'dhcp.option.hostname'),
  text(15, 'domain-name', 'Domain Name', '3.17', 'dhcp.option.domain_name'),
  bytes(26, 'interface-mtu', 'Interface MTU', '5.1'),
  address(28, 'broadcast-address', 'Broadcast Address', '5.3', 'dhcp.option.broadcast_address'),
  address(50, 'requested-address', 'Requested IP Address', '9.1', 'dhcp.option.requested_ip_address'),
  seconds(51, 'lease-time', 'IP Address Lease Time', '9.2', 'dhcp.option.ip_address_lease_time'),
  new Format<{ kind: number; length: number; fields: number }>({
    name: 'option-overload',
    label: 'Option Overload',
    source: source('9.3'),
    fields: [
      kind(52),
      LENGTH,
      { name: 'fields', label: 'Fields', bits: 8, names: { 1: 'file', 2: 'sname', 3: 'file and sname' } },
    ],
  }),
  new Format<{ kind: number; length: number; type: number }>({
    name: 'message-type',
    label: 'DHCP Message Type',
    source: source('9.6'),
    fields: [
      kind(53),
      LENGTH,
      { name: 'type', label: 'Type', bits: 8, names: MESSAGE_TYPES, filter: 'dhcp.option.dhcp' },
    ],
  }),
  address(54, 'server-identifier', 'Server Identifier', '9.7', 'dhcp.option.dhcp_server_id'),
  new Format<{ kind: number; length: number; codes: Uint8Array }>({
    name: 'parameter-request-list',
    label: 'Parameter Request List',
    source: source('9.8'),
    fields: [kind(55), LENGTH],
    tail: { shape: 'bytes', name: 'codes', label: 'Codes' },
  }),
  text(56, 'message', 'Message', '9.9'),
  bytes(57, 'maximum-message-size', 'Maximum DHCP Message Size', '9.10'),
  seconds(58, 'renewal-time', 'Renewal (T1) Time', '9.11', 'dhcp.option.renewal_time_value'),
  seconds(59, 'rebinding-time', 'Rebinding (T2) Time', '9.12', 'dhcp.option.rebinding_time_value'),
  new Format<{ kind: number; length: number; type: number; identifier: Uint8Array }>({
    name: 'client-identifier',
    label: 'Client Identifier',
    source: source('9.14'),
    fields: [kind(61), LENGTH, { name: 'type', label: 'Type', bits: 8, names: { 1: 'Ethernet' } }],
    tail: { shape: 'bytes', name: 'identifier', label: 'Identifier' },
  }),
]

/** RFC 2132 section 2. */
export const DHCPV4_OPTIONS: OptionSpace = {
  name: 'dhcpv4',
  bare: [0],
  last: 255,
  lengthUnit: 1,
  lengthExtra: 2,
  alignment: 1,
  formats: FORMATS,
  unknown: new Format<UnknownOption>({
    name: 'unknown',
    label: 'Unknown option',
    source: source('2'),
    fields: [kind(), LENGTH],
    tail: { shape: 'bytes', name: 'data', label: 'Data' },
  }),
}
