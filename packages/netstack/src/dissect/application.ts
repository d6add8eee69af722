import { DHCP_CLIENT_PORT, DHCP_SERVER_PORT, DHCPV4 } from '../wire/dhcpv4.ts'
import { DNS_PORT } from '../wire/dns.ts'
import { dissectDns } from './dns.ts'
import { type DissectedField, describeBytes, describeFormat, findField } from './tree.ts'
import { pushLayer, type Walk } from './walk.ts'

/** Bytes that nobody here knows the meaning of. `what` names them in the summary. */
export function dissectData(walk: Walk, start: number, end: number, error?: string, what = ''): void {
  if (start >= end) return
  const printable = isText(walk.bytes, start, end)
  pushLayer(walk, 'data', {
    label: 'Data',
    source: '',
    start,
    end,
    summary: `${end - start} bytes${what === '' ? '' : `, ${what}`}`,
    fields: [describeBytes('data', 'Data', walk.bytes, start, end, printable ? 'text' : 'bytes')],
    error,
  })
}

function isText(bytes: Uint8Array, start: number, end: number): boolean {
  for (let i = start; i < end && i < start + 64; i++) {
    const byte = bytes[i]
    if (byte < 9 || (byte > 13 && byte < 32) || byte > 126) return false
  }
  return true
}

/** What a transport carries, told by well-known ports and, for HTTP, by how it begins. */
export function dissectApplication(
  walk: Walk,
  transport: 'tcp' | 'udp',
  ports: { source: number; destination: number },
  start: number,
  end: number,
): void {
  if (start >= end) return
  const either = (port: number): boolean => ports.source === port || ports.destination === port
  // Over TCP a DNS message is preceded by its length (RFC 1035 section 4.2.2); one that goes on in the next segment is left as data.
  const framed = (): boolean => start + 2 + ((walk.bytes[start] << 8) | walk.bytes[start + 1]) === end
  if (transport === 'udp' && either(DNS_PORT)) dissectDns(walk, start, end)
  else if (transport === 'udp' && either(DHCP_SERVER_PORT) && either(DHCP_CLIENT_PORT)) dissectDhcp(walk, start, end)
  else if (transport === 'tcp' && either(DNS_PORT) && framed()) dissectDns(walk, start + 2, end)
  else if (transport === 'tcp' && startsLikeHttp(walk.bytes, start, end)) dissectHttp(walk, start, end)
  else dissectData(walk, start, end)
}

function dissectDhcp(walk: Walk, start: number, end: number): void {
  const { fields, error } = describeFormat(DHCPV4, walk.bytes, start, end)
  const type = findField(fields, 'message-type')?.text.replace(/^\d+ \((.*)\)$/, '$1') ?? 'BOOTP'
  const given = findField(fields, 'yourAddress')?.text ?? '0.0.0.0'
  const id = findField(fields, 'transactionId')?.text ?? '?'
  pushLayer(walk, 'dhcpv4', {
    label: DHCPV4.label,
    source: DHCPV4.source,
    start,
    end,
    summary: `${type}${given === '0.0.0.0' ? '' : ` ${given}`}, transaction ${id}`,
    fields,
    error,
  })
}

const HTTP_START = /^(?:(?:GET|HEAD|POST|PUT|DELETE|CONNECT|OPTIONS|TRACE|PATCH) \S+ HTTP\/1\.[01]|HTTP\/1\.[01] \d{3})/
const latin1 = new TextDecoder('latin1')

function startsLikeHttp(bytes: Uint8Array, start: number, end: number): boolean {
  const first = bytes[start]
  return (
    first >= 0x41 && first <= 0x5a && HTTP_START.test(latin1.decode(bytes.subarray(start, Math.min(end, start + 2048))))
  )
}

/** The head of an HTTP/1 message (RFC 9112 section 2.1), line by line. */
function dissectHttp(walk: Walk, start: number, end: number): void {
  const { bytes } = walk
  const fields: DissectedField[] = []
  let position = start
  while (position < end) {
    const feed = bytes.indexOf(10, position)
    const next = feed < 0 || feed >= end ? end : feed + 1
    const line = latin1.decode(bytes.subarray(position, next)).trimEnd()
    if (line === '') {
      if (next < end)
        fields.push(describeBytes('body', 'Body', bytes, next, end, isText(bytes, next, end) ? 'text' : 'bytes'))
      break
    }
    const colon = fields.length === 0 ? -1 : line.indexOf(':')
    const label = colon < 0 ? (fields.length === 0 ? 'Start line' : 'Line') : line.slice(0, colon)
    const text = colon < 0 ? line : line.slice(colon + 1).trim()
    fields.push({ name: label.toLowerCase().replace(' ', '-'), label, value: text, text, start: position, end: next })
    position = next
  }
  pushLayer(walk, 'http', {
    label: 'Hypertext Transfer Protocol',
    source: 'RFC 9112 section 2.1',
    start,
    end,
    summary: fields[0].text,
    fields,
  })
}
