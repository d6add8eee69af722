/**
 * Header blocks: `NATS/1.0 [status [description]] CRLF name: value CRLF ... CRLF`. The one place where they are built, so that no CR, LF or colon from
 * elsewhere becomes a header of its own. Source: NATS ADR-4.
 */
import { HubError } from '../errors.ts'

const VERSION_LINE = 'NATS/1.0'
// RFC 9110 section 5.1 token characters; NATS clients accept no more.
const NAME = /^[!-9;-~]+$/
// What `hasStampedHeader` passes over before a name.
const LEADING_SPACE = /^[\0- ]+/
const VALUE_FORBIDDEN = /[\r\n\0]/

/** Names that only the hub may write; removed from what comes in. */
export const STAMPED_PREFIX = 'wirehub-'

/** Parsed headers: names keep their case, a name may have several values. */
export interface ParsedHeaders {
  /** Status of a status block: 503 for no responders, 100 for flow control, ... */
  readonly status: number | undefined
  readonly description: string
  readonly entries: readonly (readonly [name: string, value: string])[]
}

/**
 * Encodes a header block.
 * @param status a status such as 503, with its description
 * @throws HubError WIREHUB_ERR_INVALID_HEADER for a name that is no token, or a value with CR, LF or NUL
 */
export function encodeHeaders(entries: Iterable<readonly [string, string]>, status?: string): Buffer {
  if (status !== undefined && VALUE_FORBIDDEN.test(status)) throw invalid('status', status)
  let text = status === undefined ? `${VERSION_LINE}\r\n` : `${VERSION_LINE} ${status}\r\n`
  for (const [name, value] of entries) {
    if (!NAME.test(name)) throw invalid('name', name)
    if (VALUE_FORBIDDEN.test(value)) throw invalid('value', name)
    text += `${name}: ${value}\r\n`
  }
  return Buffer.from(`${text}\r\n`)
}

function invalid(part: string, given: string): HubError {
  return new HubError('WIREHUB_ERR_INVALID_HEADER', `A header's ${part} has characters that are not allowed there.`, {
    place: JSON.stringify(given),
    cure: 'Names are visible ASCII without a colon; values have no line breaks.',
  })
}

/** Whether this may be the name of a header. */
export function isHeaderName(name: string): boolean {
  return NAME.test(name)
}

/** Parses a header block, generously: lines that are no header are passed over. */
export function parseHeaders(block: Buffer): ParsedHeaders {
  const lines = block.toString('utf8').split('\r\n')
  const first = /^NATS\/1\.0(?:\s+(\d{3})\s*(.*))?$/.exec(lines[0] ?? '')
  const entries: [string, string][] = []
  for (let i = 1; i < lines.length; i++) {
    const colon = lines[i].indexOf(':')
    if (colon > 0) entries.push([lines[i].slice(0, colon).trim(), lines[i].slice(colon + 1).trim()])
  }
  return {
    status: first?.[1] === undefined ? undefined : Number(first[1]),
    description: first?.[2] ?? '',
    entries,
  }
}

/**
 * Whether source[start, end) may hold a stamped header: a line that begins with `wirehub-`, in any case. Cheap, for the hot path. Some readers take a lone
 * CR or LF for the end of a line, and trim white space before a name: so does this.
 */
export function hasStampedHeader(source: Buffer, start: number, end: number): boolean {
  const last = end - STAMPED_PREFIX.length
  let lineStart = true
  for (let at = start; at < last; at++) {
    const code = source[at]
    if (code <= 32) {
      if (code === 10 || code === 13) lineStart = true
      continue
    }
    if (!lineStart) continue
    lineStart = false
    if ((code | 32) !== 119) continue
    if (source.toString('latin1', at, at + STAMPED_PREFIX.length).toLowerCase() === STAMPED_PREFIX) return true
  }
  return false
}

/** The same block without stamped headers. */
export function withoutStampedHeaders(block: Buffer): Buffer {
  const kept = block
    .toString('latin1')
    .split(/(?<=\n|\r(?!\n))/)
    .filter((line) => !line.replace(LEADING_SPACE, '').toLowerCase().startsWith(STAMPED_PREFIX))
  return Buffer.from(kept.join(''), 'latin1')
}
