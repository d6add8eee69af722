import { checksumAdd } from '../wire/checksum.ts'
import { PROTOCOL_TCP, PROTOCOL_UDP } from '../wire/protocols.ts'
import { formatTcpFlags, TCP, TCP_HEADER_BYTES } from '../wire/tcp.ts'
import { UDP, UDP_HEADER_BYTES, verifyUdpChecksum } from '../wire/udp.ts'
import { dissectApplication } from './application.ts'
import { type DissectedField, describeFormat, findField, numberOf } from './tree.ts'
import { type PseudoSum, pushLayer, type Walk } from './walk.ts'

function judge(fields: DissectedField[], correct: boolean | undefined): string | undefined {
  const field = findField(fields, 'checksum')
  if (field === undefined || correct === undefined) return undefined
  field.note = correct ? 'correct' : 'wrong'
  return correct ? undefined : 'the checksum is wrong'
}

export function dissectTcp(walk: Walk, start: number, end: number, sum: PseudoSum): void {
  const { bytes } = walk
  const headerBytes = start + 13 > end ? 0 : (bytes[start + 12] >>> 4) * 4
  const headerEnd = Math.min(start + Math.max(headerBytes, TCP_HEADER_BYTES), end)
  const described = describeFormat(TCP, bytes, start, headerEnd)
  const { fields } = described
  let problem = described.error
  if (problem === undefined && headerBytes < TCP_HEADER_BYTES)
    problem = `data offset ${headerBytes / 4} is less than 5 words`
  if (problem === undefined && start + headerBytes > end)
    problem = `the header takes ${headerBytes} bytes, ${end - start} are here`
  if (sum !== undefined)
    problem ??= judge(fields, checksumAdd(bytes, start, end, sum(PROTOCOL_TCP, end - start)) === 0xffff)
  const ports = { source: numberOf(fields, 'sourcePort'), destination: numberOf(fields, 'destinationPort') }
  const flags = numberOf(fields, 'flags')
  const ack = (flags & 0x10) !== 0 ? ` ack=${numberOf(fields, 'acknowledgmentNumber')}` : ''
  const options =
    findField(fields, 'options')?.fields?.filter((option) => option.name !== 'no-operation' && option.name !== 'end') ??
    []
  pushLayer(walk, 'tcp', {
    label: TCP.label,
    source: TCP.source,
    start,
    end: headerEnd,
    summary:
      `${ports.source} > ${ports.destination} [${formatTcpFlags(flags)}] seq=${numberOf(fields, 'sequenceNumber')}${ack}` +
      ` win=${numberOf(fields, 'window')} len=${Math.max(0, end - headerEnd)}${options.map((option) => ` ${option.label} ${option.text}`.trimEnd()).join(',')}`,
    fields,
    error: problem,
  })
  if (described.error === undefined || headerEnd < end) dissectApplication(walk, 'tcp', ports, headerEnd, end)
}

export function dissectUdp(walk: Walk, start: number, end: number, sum: PseudoSum, checksumOptional: boolean): void {
  const { fields, error } = describeFormat(UDP, walk.bytes, start, end)
  const length = numberOf(fields, 'length')
  const datagramEnd = Math.min(start + Math.max(length, UDP_HEADER_BYTES), end)
  let problem = error
  if (error === undefined && length < UDP_HEADER_BYTES) problem = `length ${length} is less than the header's 8 bytes`
  else if (error === undefined && start + length > end && sum !== undefined)
    problem = `length ${length} is more than the ${end - start} bytes that are here`
  else if (sum !== undefined && error === undefined) {
    problem = judge(
      fields,
      verifyUdpChecksum(walk.bytes, start, datagramEnd, sum(PROTOCOL_UDP, length), checksumOptional),
    )
  }
  const ports = { source: numberOf(fields, 'sourcePort'), destination: numberOf(fields, 'destinationPort') }
  pushLayer(walk, 'udp', {
    label: UDP.label,
    source: UDP.source,
    start,
    end: Math.min(start + UDP_HEADER_BYTES, end),
    summary: `${ports.source} > ${ports.destination}, ${Math.max(0, datagramEnd - start - UDP_HEADER_BYTES)} bytes`,
    fields,
    error: problem,
  })
  if (error === undefined) dissectApplication(walk, 'udp', ports, start + UDP_HEADER_BYTES, datagramEnd)
}
