import { DHCPV4_OPTIONS, type Dhcpv4Option } from './dhcpv4-options.ts'
import { WireError } from './error.ts'
import { Format } from './format.ts'
import { parseOptions, readOption, writeOptions } from './options.ts'

export const DHCP_SERVER_PORT = 67
export const DHCP_CLIENT_PORT = 68
/** Bit of {@link Dhcpv4Message.flags}: answer by broadcast, the client cannot yet take unicast (RFC 2131 section 4.1). */
export const DHCP_BROADCAST = 0x8000
const MAGIC_COOKIE = 0x63825363
/** Relays may drop what is shorter than a BOOTP message (RFC 1542 section 2.1). */
const MINIMUM_BYTES = 300

/** A DHCP message (RFC 2131 section 2). Addresses are 32-bit numbers. */
export interface Dhcpv4Message {
  /** 1 from a client, 2 from a server. */
  operation: number
  hardwareType: number
  hardwareLength: number
  hops: number
  transactionId: number
  seconds: number
  flags: number
  clientAddress: number
  yourAddress: number
  serverAddress: number
  relayAddress: number
  /** 16 bytes; the first six are the MAC address. */
  clientHardwareAddress: Uint8Array
  serverName: Uint8Array
  bootFile: Uint8Array
  magicCookie: number
  options: Dhcpv4Option[]
}

/** RFC 2131 section 2. */
export const DHCPV4: Format<Dhcpv4Message> = new Format<Dhcpv4Message>({
  name: 'dhcpv4',
  label: 'Dynamic Host Configuration Protocol',
  source: 'RFC 2131 section 2',
  fields: [
    {
      name: 'operation',
      label: 'Message op code',
      bits: 8,
      names: { 1: 'BOOTREQUEST', 2: 'BOOTREPLY' },
      filter: 'dhcp.type',
    },
    {
      name: 'hardwareType',
      label: 'Hardware type',
      bits: 8,
      initial: 1,
      names: { 1: 'Ethernet' },
      filter: 'dhcp.hw.type',
    },
    { name: 'hardwareLength', label: 'Hardware address length', bits: 8, initial: 6, filter: 'dhcp.hw.len' },
    { name: 'hops', label: 'Hops', bits: 8, initial: 0, filter: 'dhcp.hops' },
    { name: 'transactionId', label: 'Transaction ID', bits: 32, kind: 'hex', filter: 'dhcp.id' },
    { name: 'seconds', label: 'Seconds elapsed', bits: 16, initial: 0, filter: 'dhcp.secs' },
    {
      name: 'flags',
      label: 'Flags',
      bits: 16,
      initial: 0,
      filter: 'dhcp.flags',
      parts: [
        { name: 'broadcast', label: 'Broadcast', bits: 1, filter: 'dhcp.flags.bc' },
        { name: 'reserved', label: 'Reserved', bits: 15, filter: 'dhcp.flags.reserved' },
      ],
    },
    { name: 'clientAddress', label: 'Client IP address', bits: 32, initial: 0, kind: 'ipv4', filter: 'dhcp.ip.client' },
    {
      name: 'yourAddress',
      label: 'Your (client) IP address',
      bits: 32,
      initial: 0,
      kind: 'ipv4',
      filter: 'dhcp.ip.your',
    },
    {
      name: 'serverAddress',
      label: 'Next server IP address',
      bits: 32,
      initial: 0,
      kind: 'ipv4',
      filter: 'dhcp.ip.server',
    },
    {
      name: 'relayAddress',
      label: 'Relay agent IP address',
      bits: 32,
      initial: 0,
      kind: 'ipv4',
      filter: 'dhcp.ip.relay',
    },
    { name: 'clientHardwareAddress', label: 'Client hardware address', bits: 128, kind: 'bytes' },
    { name: 'serverName', label: 'Server host name', bits: 512, kind: 'bytes' },
    { name: 'bootFile', label: 'Boot file name', bits: 1024, kind: 'bytes' },
    { name: 'magicCookie', label: 'Magic cookie', bits: 32, kind: 'hex', initial: MAGIC_COOKIE },
  ],
  tail: { shape: 'options', name: 'options', label: 'Options', options: DHCPV4_OPTIONS },
})

/** The message in bytes[start..end), a UDP payload. Throws WireError (TRUNCATED, OPTION; VALUE when the magic cookie is missing). */
export function parseDhcpv4(bytes: Uint8Array, start = 0, end: number = bytes.length): Dhcpv4Message {
  const message = DHCPV4.parse(bytes, start, end)
  if (message.magicCookie !== MAGIC_COOKIE)
    throw new WireError('NETSTACK_ERR_WIRE_VALUE', 'dhcpv4', 'the magic cookie 0x63825363 is missing', 236)
  return message
}

/**
 * The message as its receiver has to understand it: options also from `bootFile` and `serverName` where it says so (RFC 2131
 * 4.1), and those that come in several pieces joined (RFC 3396). Throws as {@link parseDhcpv4}.
 */
export function readDhcpv4(bytes: Uint8Array, start = 0, end: number = bytes.length): Dhcpv4Message {
  const message = parseDhcpv4(bytes, start, end)
  const overload = dhcpv4Option(message, 'option-overload')?.fields ?? 0
  const options = [...message.options]
  const parse = (field: Uint8Array): Dhcpv4Option[] =>
    parseOptions(DHCPV4_OPTIONS, field, 0, field.length) as Dhcpv4Option[]
  if ((overload & 1) !== 0) options.push(...parse(message.bootFile))
  if ((overload & 2) !== 0) options.push(...parse(message.serverName))
  return { ...message, options: joinOptions(options) }
}

function joinOptions(options: readonly Dhcpv4Option[]): Dhcpv4Option[] {
  const pieces = new Map<number, Dhcpv4Option[]>()
  for (const option of options) {
    if (option.name === 'pad' || option.name === 'end') continue
    const kind = option.kind ?? -1
    const others = pieces.get(kind)
    if (others === undefined) pieces.set(kind, [option])
    else others.push(option)
  }
  return Array.from(pieces, ([kind, list]) => {
    if (list.length === 1) return list[0]
    const data = list.flatMap((option) => [...writeOptions(DHCPV4_OPTIONS, [option]).subarray(2)])
    return readOption(DHCPV4_OPTIONS, kind, Uint8Array.from(data)) as Dhcpv4Option
  })
}

/**
 * The message as bytes: the End option is added where it is missing, and the whole padded to 300 bytes.
 * `clientHardwareAddress` may be the six bytes of a MAC address. Throws WireError (VALUE, OPTION).
 */
export function buildDhcpv4(
  message: Partial<Dhcpv4Message> &
    Pick<Dhcpv4Message, 'operation' | 'transactionId' | 'clientHardwareAddress' | 'options'>,
): Uint8Array {
  const options: Dhcpv4Option[] = [...message.options]
  if (options.at(-1)?.name !== 'end') options.push({ name: 'end' })
  const bytes = DHCPV4.build({
    ...message,
    clientHardwareAddress: padded(message.clientHardwareAddress, 16),
    serverName: padded(message.serverName ?? new Uint8Array(0), 64),
    bootFile: padded(message.bootFile ?? new Uint8Array(0), 128),
    options,
  })
  return bytes.length < MINIMUM_BYTES ? padded(bytes, MINIMUM_BYTES) : bytes
}

function padded(bytes: Uint8Array, length: number): Uint8Array {
  if (bytes.length >= length) return bytes
  const whole = new Uint8Array(length)
  whole.set(bytes)
  return whole
}

/** The member of the union whose name is, or may be, this one. */
type Dhcpv4OptionOf<Name, Option = Dhcpv4Option> = Option extends { name: infer Names }
  ? Name extends Names
    ? Option
    : never
  : never

/** The option of that name, or undefined. */
export function dhcpv4Option<Name extends Dhcpv4Option['name']>(
  message: Dhcpv4Message,
  name: Name,
): Dhcpv4OptionOf<Name> | undefined {
  return message.options.find((option) => option.name === name) as Dhcpv4OptionOf<Name> | undefined
}
