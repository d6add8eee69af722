import { checksum, pseudoHeaderSum4, pseudoHeaderSum6 } from '../wire/checksum.ts'
import { icmpv4Format, verifyIcmpv4Checksum } from '../wire/icmpv4.ts'
import { icmpv6Format } from '../wire/icmpv6.ts'
import { IPV4, IPV4_HEADER_BYTES, verifyIpv4Checksum } from '../wire/ipv4.ts'
import { IPV6, IPV6_HEADER_BYTES, IPV6_SOURCE_OFFSET } from '../wire/ipv6.ts'
import { ipv6ExtensionFormat, ipv6ExtensionLength } from '../wire/ipv6-extensions.ts'
import {
  PROTOCOL_FRAGMENT,
  PROTOCOL_ICMP,
  PROTOCOL_ICMPV6,
  PROTOCOL_NAMES,
  PROTOCOL_NONE,
  PROTOCOL_TCP,
  PROTOCOL_UDP,
} from '../wire/protocols.ts'
import { dissectData } from './application.ts'
import { dissectTcp, dissectUdp } from './transport.ts'
import { type DissectedField, describeFormat, findField, numberOf } from './tree.ts'
import { type PseudoSum, pushLayer, type Walk } from './walk.ts'

/** An IP packet of either version, told by its first half byte. */
export function dissectIp(walk: Walk, start: number, end: number): void {
  if (start >= end) return
  const version = walk.bytes[start] >>> 4
  if (version === 4) dissectIpv4(walk, start, end)
  else if (version === 6) dissectIpv6(walk, start, end)
  else dissectData(walk, start, end, `IP version ${version} is neither 4 nor 6`)
}

function noteChecksum(fields: DissectedField[], name: string, correct: boolean | undefined): string | undefined {
  const field = findField(fields, name)
  if (field === undefined || correct === undefined) return undefined
  field.note = correct ? 'correct' : 'wrong'
  return correct ? undefined : 'the checksum is wrong'
}

function dissectIpv4(walk: Walk, start: number, end: number): void {
  const { bytes } = walk
  const headerBytes = (bytes[start] & 15) * 4
  const headerEnd = Math.min(start + Math.max(headerBytes, IPV4_HEADER_BYTES), end)
  const { fields, error } = describeFormat(IPV4, bytes, start, headerEnd)
  const text = (name: string): string => findField(fields, name)?.text ?? '?'
  const total = numberOf(fields, 'totalLength')
  const packetEnd = Math.min(start + Math.max(total, headerBytes), end)
  const fragmented = numberOf(fields, 'fragmentOffset') > 0 || numberOf(fields, 'moreFragments') > 0
  const protocol = numberOf(fields, 'protocol')
  let problem = error
  if (headerBytes < IPV4_HEADER_BYTES) problem ??= `header length ${headerBytes} is less than 20 bytes`
  else if (start + headerBytes > end) problem ??= `the header takes ${headerBytes} bytes, ${end - start} are here`
  else problem ??= noteChecksum(fields, 'headerChecksum', verifyIpv4Checksum(bytes, start, headerBytes))
  if (total < headerBytes) problem ??= `total length ${total} is less than the header`
  const cut = start + total > end
  if (cut && !walk.quoted) problem ??= `total length ${total} is more than the ${end - start} bytes that are here`
  const name = PROTOCOL_NAMES[protocol] ?? `protocol ${protocol}`
  const part = fragmented ? `, fragment at byte ${numberOf(fields, 'fragmentOffset') * 8}` : ''
  pushLayer(walk, 'ipv4', {
    label: IPV4.label,
    source: IPV4.source,
    start,
    end: headerEnd,
    summary: `${text('source')} > ${text('destination')}, ${name}${part}`,
    fields,
    error: problem,
  })
  if (fields.length < IPV4.fields.length || headerBytes < IPV4_HEADER_BYTES || start + headerBytes > end) return
  if (numberOf(fields, 'fragmentOffset') > 0) {
    dissectData(walk, headerEnd, packetEnd, undefined, 'a later fragment')
    return
  }
  const sum: PseudoSum =
    fragmented || cut || walk.quoted
      ? undefined
      : (kind, length) => pseudoHeaderSum4(numberOf(fields, 'source'), numberOf(fields, 'destination'), kind, length)
  dissectTransport(walk, protocol, headerEnd, packetEnd, sum, true)
}

function dissectIpv6(walk: Walk, start: number, end: number): void {
  const { bytes } = walk
  const { fields, error } = describeFormat(IPV6, bytes, start, Math.min(start + IPV6_HEADER_BYTES, end))
  const text = (name: string): string => findField(fields, name)?.text ?? '?'
  const packetEnd = Math.min(start + IPV6_HEADER_BYTES + numberOf(fields, 'payloadLength'), end)
  const cut = error === undefined && start + IPV6_HEADER_BYTES + numberOf(fields, 'payloadLength') > end
  const layer = pushLayer(walk, 'ipv6', {
    label: IPV6.label,
    source: IPV6.source,
    start,
    end: Math.min(start + IPV6_HEADER_BYTES, end),
    summary: `${text('source')} > ${text('destination')}`,
    fields,
    error:
      error ??
      (cut && !walk.quoted
        ? `payload length ${numberOf(fields, 'payloadLength')} is more than the bytes that are here`
        : undefined),
  })
  if (error !== undefined) return
  let protocol = numberOf(fields, 'nextHeader')
  let position = start + IPV6_HEADER_BYTES
  let fragment: DissectedField | undefined
  for (
    let format = ipv6ExtensionFormat(protocol);
    format !== undefined && fragment === undefined;
    format = ipv6ExtensionFormat(protocol)
  ) {
    const to =
      position + 8 > packetEnd
        ? packetEnd
        : Math.min(position + ipv6ExtensionLength(protocol, bytes, position), packetEnd)
    const described = describeFormat(format, bytes, position, to)
    const group: DissectedField = {
      name: format.name,
      label: format.label,
      text: `${to - position} bytes`,
      start: position,
      end: to,
      fields: described.fields,
    }
    fields.push(group)
    layer.end = to
    if (described.error !== undefined) {
      layer.error ??= `${format.label}: ${described.error}`
      return
    }
    if (protocol === PROTOCOL_FRAGMENT) fragment = group
    protocol = bytes[position]
    position = to
  }
  const offset = fragment === undefined ? 0 : numberOf(fragment.fields!, 'fragmentOffset') * 8
  const fragmented = fragment !== undefined && (offset > 0 || numberOf(fragment.fields!, 'moreFragments') > 0)
  layer.summary += `, ${PROTOCOL_NAMES[protocol] ?? `next header ${protocol}`}${fragmented ? `, fragment at byte ${offset}` : ''}`
  if (offset > 0) {
    dissectData(walk, position, packetEnd, undefined, 'a later fragment')
    return
  }
  const sum: PseudoSum =
    fragmented || cut || walk.quoted
      ? undefined
      : (kind, length) => pseudoHeaderSum6(bytes, start + IPV6_SOURCE_OFFSET, kind, length)
  dissectTransport(walk, protocol, position, packetEnd, sum, false)
}

function dissectTransport(
  walk: Walk,
  protocol: number,
  start: number,
  end: number,
  sum: PseudoSum,
  four: boolean,
): void {
  if (protocol === PROTOCOL_TCP) dissectTcp(walk, start, end, sum)
  else if (protocol === PROTOCOL_UDP) dissectUdp(walk, start, end, sum, four)
  else if (protocol === PROTOCOL_ICMP && four) dissectIcmp(walk, 'icmpv4', start, end, sum)
  else if (protocol === PROTOCOL_ICMPV6) dissectIcmp(walk, 'icmpv6', start, end, sum)
  else if (protocol !== PROTOCOL_NONE) dissectData(walk, start, end)
}

/** The messages that quote the packet they are about (RFC 792, RFC 4443 section 2.4 (c)). */
const QUOTING = new Set(['destination-unreachable', 'time-exceeded', 'parameter-problem', 'packet-too-big'])

function dissectIcmp(walk: Walk, version: 'icmpv4' | 'icmpv6', start: number, end: number, sum: PseudoSum): void {
  const { bytes } = walk
  const format = version === 'icmpv4' ? icmpv4Format(bytes[start]) : icmpv6Format(bytes[start])
  const described = describeFormat(format, bytes, start, end)
  const { fields } = described
  let correct: boolean | undefined
  if (version === 'icmpv4')
    correct = walk.quoted || sum === undefined ? undefined : verifyIcmpv4Checksum(bytes, start, end)
  else if (sum !== undefined) correct = checksum(bytes, start, end, sum(PROTOCOL_ICMPV6, end - start)) === 0
  const problem = noteChecksum(fields, 'checksum', correct)
  const quotes = QUOTING.has(format.name) || (version === 'icmpv4' && format.name === 'redirect')
  const from = start + format.byteLength
  if (quotes && !walk.quoted) fields.splice(format.fields.length) // the quoted packet is shown as layers of its own
  const names = findField(fields, 'type')?.text.replace(/^\d+ \((.*)\)$/, '$1') ?? 'cut'
  const code = findField(fields, 'code')?.text ?? ''
  const about = ['identifier', 'sequenceNumber', 'targetAddress', 'mtu', 'nextHopMtu']
    .map((name) => fields.find((field) => field.name === name))
    .filter((field) => field !== undefined && field.value !== 0)
    .map((field) => `${field!.label.toLowerCase()} ${field!.text}`)
  pushLayer(walk, version, {
    label: format.label,
    source: format.source,
    start,
    end: quotes && !walk.quoted ? Math.min(from, end) : end,
    summary: [names, ...(code.includes('(') ? [code.replace(/^\d+ \((.*)\)$/, '$1')] : []), ...about].join(', '),
    fields,
    error: described.error ?? problem,
  })
  if (!quotes || walk.quoted || from >= end) return
  walk.quoted = true
  dissectIp(walk, from, end)
  walk.quoted = false
}
