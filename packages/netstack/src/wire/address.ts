import { WireError } from './error.ts'

/** An IPv4 address as text from its 32-bit number: 0xc0000201 is `192.0.2.1`. */
export function formatIpv4(address: number): string {
  return `${address >>> 24}.${(address >>> 16) & 255}.${(address >>> 8) & 255}.${address & 255}`
}

const DOTTED = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/

/** The 32-bit number of a dotted IPv4 address, or -1 when the text is none. A part with a leading zero is none (RFC 6943 section 3.1.1). */
export function readIpv4(text: string): number {
  const match = DOTTED.exec(text)
  if (match === null) return -1
  let address = 0
  for (let part = 1; part <= 4; part++) {
    const digits = match[part]
    const value = Number(digits)
    if (value > 255 || (digits.length > 1 && digits.startsWith('0'))) return -1
    address = address * 256 + value
  }
  return address
}

/** The 32-bit number of a dotted IPv4 address. Throws WireError when the text is none. */
export function parseIpv4(text: string): number {
  const address = readIpv4(text)
  if (address < 0)
    throw new WireError('NETSTACK_ERR_WIRE_ADDRESS', 'ipv4', `"${text}" is not an IPv4 address such as 192.0.2.1`)
  return address
}

/** An IPv6 address as text in the form of RFC 5952: lower case, longest run of zeros (the first one) as `::`, IPv4-mapped dotted. */
export function formatIpv6(bytes: Uint8Array, offset = 0): string {
  const groups: number[] = []
  for (let i = 0; i < 16; i += 2) groups.push((bytes[offset + i] << 8) | bytes[offset + i + 1])
  if (groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff) {
    return `::ffff:${formatIpv4(((groups[6] << 16) | groups[7]) >>> 0)}`
  }
  let bestStart = -1
  let bestLength = 1 // RFC 5952 section 4.2.2: a single zero group is not shortened
  for (let i = 0; i < 8; i++) {
    let length = 0
    while (i + length < 8 && groups[i + length] === 0) length++
    if (length > bestLength) {
      bestStart = i
      bestLength = length
    }
    if (length > 0) i += length
  }
  const hex = (from: number, to: number): string =>
    groups
      .slice(from, to)
      .map((group) => group.toString(16))
      .join(':')
  if (bestStart < 0) return hex(0, 8)
  return `${hex(0, bestStart)}::${hex(bestStart + bestLength, 8)}`
}

function readGroups(text: string): number[] | undefined {
  if (text === '') return []
  const groups: number[] = []
  const parts = text.split(':')
  for (let i = 0; i < parts.length; i++) {
    const part = parts[i]
    if (part.includes('.')) {
      const address = i === parts.length - 1 ? readIpv4(part) : -1
      if (address < 0) return undefined
      groups.push(address >>> 16, address & 0xffff)
    } else {
      if (!/^[0-9a-f]{1,4}$/i.test(part)) return undefined
      groups.push(Number.parseInt(part, 16))
    }
  }
  return groups
}

/** The 16 bytes of an IPv6 address (RFC 4291 section 2.2, without a zone), or undefined when the text is none. */
export function readIpv6(text: string): Uint8Array | undefined {
  const halves = text.split('::')
  if (halves.length > 2) return undefined
  const head = readGroups(halves[0])
  const tail = halves.length === 2 ? readGroups(halves[1]) : []
  if (head === undefined || tail === undefined) return undefined
  // A dotted part may stand at the very end only.
  if (halves.length === 2 && halves[0].includes('.')) return undefined
  const missing = 8 - head.length - tail.length
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined
  const groups = [...head, ...new Array<number>(missing).fill(0), ...tail]
  const bytes = new Uint8Array(16)
  for (let i = 0; i < 8; i++) {
    bytes[2 * i] = groups[i] >>> 8
    bytes[2 * i + 1] = groups[i] & 255
  }
  return bytes
}

/** The 16 bytes of an IPv6 address. Throws WireError when the text is none. */
export function parseIpv6(text: string): Uint8Array {
  const bytes = readIpv6(text)
  if (bytes === undefined)
    throw new WireError('NETSTACK_ERR_WIRE_ADDRESS', 'ipv6', `"${text}" is not an IPv6 address such as 2001:db8::1`)
  return bytes
}

/** A MAC address as text: `02:00:00:00:00:01`. */
export function formatMac(bytes: Uint8Array, offset = 0): string {
  let text = ''
  for (let i = 0; i < 6; i++) text += (i === 0 ? '' : ':') + bytes[offset + i].toString(16).padStart(2, '0')
  return text
}

/** The six bytes of a MAC address written with colons or hyphens. Throws WireError when the text is none. */
export function parseMac(text: string): Uint8Array {
  if (!/^[0-9a-f]{2}([:-][0-9a-f]{2}){5}$/i.test(text)) {
    throw new WireError(
      'NETSTACK_ERR_WIRE_ADDRESS',
      'ethernet',
      `"${text}" is not a MAC address such as 02:00:00:00:00:01`,
    )
  }
  return Uint8Array.from(text.split(/[:-]/), (part) => Number.parseInt(part, 16))
}
