import { FAULT_OPTION } from './error.ts'
import { Format } from './format.ts'
import type { OptionSpace, UnknownOption } from './options.ts'

const TCP_OPTION_END = 0
const TCP_OPTION_NO_OPERATION = 1
const TCP_OPTION_MAXIMUM_SEGMENT_SIZE = 2
const TCP_OPTION_WINDOW_SCALE = 3
const TCP_OPTION_SACK_PERMITTED = 4
const TCP_OPTION_SACK = 5
const TCP_OPTION_TIMESTAMPS = 8
const TCP_OPTION_USER_TIMEOUT = 28
const TCP_OPTION_FAST_OPEN = 34

/** A block of received data: first byte, and the byte behind the last (RFC 2018 section 3). Unsigned sequence numbers. */
export interface SackBlock {
  left: number
  right: number
}

/** A TCP option. `kind` and `length` are computed where they are left out. */
export type TcpOption =
  | { name: 'end'; kind?: number; padding?: Uint8Array }
  | { name: 'no-operation'; kind?: number }
  | { name: 'maximum-segment-size'; kind?: number; length?: number; size: number }
  | { name: 'window-scale'; kind?: number; length?: number; shift: number }
  | { name: 'sack-permitted'; kind?: number; length?: number }
  | { name: 'sack'; kind?: number; length?: number; blocks: SackBlock[] }
  | { name: 'timestamps'; kind?: number; length?: number; value: number; echoReply: number }
  | { name: 'user-timeout'; kind?: number; length?: number; minutes: number; timeout: number }
  | { name: 'fast-open'; kind?: number; length?: number; cookie: Uint8Array }
  | UnknownOption

const kindField = (initial: number): { name: 'kind'; label: string; bits: number; initial: number } => ({
  name: 'kind',
  label: 'Kind',
  bits: 8,
  initial,
})
const LENGTH = { name: 'length', label: 'Length', bits: 8, unit: { size: 1, of: 'bytes' } } as const

const SACK_BLOCK = new Format<SackBlock>({
  name: 'block',
  label: 'Block',
  source: 'RFC 2018 section 3',
  fields: [
    { name: 'left', label: 'Left Edge', bits: 32, filter: 'tcp.options.sack_le' },
    { name: 'right', label: 'Right Edge', bits: 32, filter: 'tcp.options.sack_re' },
  ],
})

/** RFC9293:MUST-68: all but the first two have a length. */
const FORMATS = [
  new Format<{ kind: number; padding: Uint8Array }>({
    name: 'end',
    label: 'End of Option List',
    source: 'RFC 9293 section 3.2',
    fields: [kindField(TCP_OPTION_END)],
    tail: { shape: 'bytes', name: 'padding', label: 'Padding' },
  }),
  new Format<{ kind: number }>({
    name: 'no-operation',
    label: 'No-Operation',
    source: 'RFC 9293 section 3.2',
    fields: [kindField(TCP_OPTION_NO_OPERATION)],
  }),
  new Format<{ kind: number; length: number; size: number }>({
    name: 'maximum-segment-size',
    label: 'Maximum Segment Size',
    source: 'RFC 9293 section 3.7.1',
    fields: [
      kindField(TCP_OPTION_MAXIMUM_SEGMENT_SIZE),
      LENGTH,
      { name: 'size', label: 'Maximum Segment Size', bits: 16, filter: 'tcp.options.mss_val' },
    ],
  }),
  new Format<{ kind: number; length: number; shift: number }>({
    name: 'window-scale',
    label: 'Window Scale',
    source: 'RFC 7323 section 2.2',
    fields: [
      kindField(TCP_OPTION_WINDOW_SCALE),
      LENGTH,
      { name: 'shift', label: 'Shift Count', bits: 8, filter: 'tcp.options.wscale.shift' },
    ],
  }),
  new Format<{ kind: number; length: number }>({
    name: 'sack-permitted',
    label: 'SACK Permitted',
    source: 'RFC 2018 section 2',
    fields: [kindField(TCP_OPTION_SACK_PERMITTED), LENGTH],
  }),
  new Format<{ kind: number; length: number; blocks: SackBlock[] }>({
    name: 'sack',
    label: 'SACK',
    source: 'RFC 2018 section 3',
    fields: [kindField(TCP_OPTION_SACK), LENGTH],
    tail: { shape: 'list', name: 'blocks', label: 'Blocks', item: SACK_BLOCK },
  }),
  new Format<{ kind: number; length: number; value: number; echoReply: number }>({
    name: 'timestamps',
    label: 'Timestamps',
    source: 'RFC 7323 section 3.2',
    fields: [
      kindField(TCP_OPTION_TIMESTAMPS),
      LENGTH,
      { name: 'value', label: 'Timestamp Value', bits: 32, filter: 'tcp.options.timestamp.tsval' },
      { name: 'echoReply', label: 'Timestamp Echo Reply', bits: 32, filter: 'tcp.options.timestamp.tsecr' },
    ],
  }),
  new Format<{ kind: number; length: number; minutes: number; timeout: number }>({
    name: 'user-timeout',
    label: 'User Timeout',
    source: 'RFC 5482 section 3.2',
    fields: [
      kindField(TCP_OPTION_USER_TIMEOUT),
      LENGTH,
      {
        name: 'minutes',
        label: 'Granularity',
        bits: 1,
        names: { 0: 'seconds', 1: 'minutes' },
        filter: 'tcp.options.user_to_granularity',
      },
      { name: 'timeout', label: 'User Timeout', bits: 15, filter: 'tcp.options.user_to_val' },
    ],
  }),
  new Format<{ kind: number; length: number; cookie: Uint8Array }>({
    name: 'fast-open',
    label: 'Fast Open Cookie',
    source: 'RFC 7413 section 4.1.1',
    fields: [kindField(TCP_OPTION_FAST_OPEN), LENGTH],
    tail: { shape: 'bytes', name: 'cookie', label: 'Cookie', filter: 'tcp.options.tfo.cookie' },
  }),
]

/** RFC 9293 section 3.1 and the RFCs named at each option. */
export const TCP_OPTIONS: OptionSpace = {
  name: 'tcp',
  bare: [TCP_OPTION_NO_OPERATION],
  last: TCP_OPTION_END,
  lengthUnit: 1,
  lengthExtra: 0,
  alignment: 4,
  formats: FORMATS,
  unknown: new Format<UnknownOption>({
    name: 'unknown',
    label: 'Unknown option',
    source: 'RFC 9293 section 3.1',
    fields: [{ name: 'kind', label: 'Kind', bits: 8 }, LENGTH],
    tail: { shape: 'bytes', name: 'data', label: 'Data' },
  }),
}

/** Options of one segment as plain fields, for a record that is filled again and again. Sequence numbers and timestamps are int32. */
export interface TcpOptionNumbers {
  /** 0 when absent. */
  mss: number
  /** -1 when absent. */
  windowScale: number
  sackPermitted: boolean
  hasTimestamps: boolean
  timestampValue: number
  timestampEcho: number
  /** 0 when absent. */
  userTimeoutMs: number
  /** -1: no option; 0: a request for a cookie; else the cookie's length. */
  fastOpenBytes: number
  /** Where the cookie stands in the bytes that were read. */
  fastOpenStart: number
  sackCount: number
  readonly sackLeft: Int32Array
  readonly sackRight: Int32Array
}

function clear(into: TcpOptionNumbers): void {
  into.mss = 0
  into.windowScale = -1
  into.sackPermitted = false
  into.hasTimestamps = false
  into.timestampValue = 0
  into.timestampEcho = 0
  into.userTimeoutMs = 0
  into.fastOpenBytes = -1
  into.fastOpenStart = 0
  into.sackCount = 0
}

function read32(bytes: Uint8Array, at: number): number {
  return (bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3]
}

/**
 * Reads the options bytes[start..end) into `into` without allocating. An option whose length is not that of its kind is passed over.
 * Returns the number of bytes, or FAULT_OPTION where a length cannot be (RFC9293:MUST-7); what stood before it has been read.
 */
export function readTcpOptions(bytes: Uint8Array, start: number, end: number, into: TcpOptionNumbers): number {
  clear(into)
  // The layout that nearly every segment has (RFC 7323 appendix A): NOP, NOP, timestamps.
  if (end - start === 12 && read32(bytes, start) === 0x0101080a) {
    into.hasTimestamps = true
    into.timestampValue = read32(bytes, start + 4)
    into.timestampEcho = read32(bytes, start + 8)
    return 12
  }
  let position = start
  while (position < end) {
    const kind = bytes[position]
    if (kind === TCP_OPTION_END) return end - start
    if (kind === TCP_OPTION_NO_OPERATION) {
      position++
      continue
    }
    if (position + 2 > end) return FAULT_OPTION
    const length = bytes[position + 1]
    if (length < 2 || position + length > end) return FAULT_OPTION
    readOption(bytes, position, kind, length, into)
    position += length
  }
  return end - start
}

function readOption(bytes: Uint8Array, at: number, kind: number, length: number, into: TcpOptionNumbers): void {
  switch (kind) {
    case TCP_OPTION_MAXIMUM_SEGMENT_SIZE:
      if (length === 4) into.mss = (bytes[at + 2] << 8) | bytes[at + 3]
      return
    case TCP_OPTION_WINDOW_SCALE:
      if (length === 3) into.windowScale = bytes[at + 2]
      return
    case TCP_OPTION_SACK_PERMITTED:
      if (length === 2) into.sackPermitted = true
      return
    case TCP_OPTION_SACK: {
      if ((length - 2) % 8 !== 0) return
      const count = Math.min((length - 2) >>> 3, into.sackLeft.length)
      for (let i = 0; i < count; i++) {
        into.sackLeft[i] = read32(bytes, at + 2 + 8 * i)
        into.sackRight[i] = read32(bytes, at + 6 + 8 * i)
      }
      into.sackCount = count
      return
    }
    case TCP_OPTION_TIMESTAMPS:
      if (length !== 10) return
      into.hasTimestamps = true
      into.timestampValue = read32(bytes, at + 2)
      into.timestampEcho = read32(bytes, at + 6)
      return
    case TCP_OPTION_USER_TIMEOUT:
      if (length === 4)
        into.userTimeoutMs =
          (((bytes[at + 2] & 127) << 8) | bytes[at + 3]) * ((bytes[at + 2] & 128) !== 0 ? 60_000 : 1000)
      return
    case TCP_OPTION_FAST_OPEN:
      into.fastOpenBytes = length - 2
      into.fastOpenStart = at + 2
      return
    default:
      return
  }
}

function write32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24
  bytes[at + 1] = value >>> 16
  bytes[at + 2] = value >>> 8
  bytes[at + 3] = value
}

/** Bytes that {@link writeTcpTimestamps} takes. */
export const TCP_TIMESTAMPS_BYTES = 12

/** Writes NOP, NOP, timestamps (RFC 7323 appendix A) and returns where they end. */
export function writeTcpTimestamps(bytes: Uint8Array, at: number, value: number, echoReply: number): number {
  write32(bytes, at, 0x0101080a)
  write32(bytes, at + 4, value)
  write32(bytes, at + 8, echoReply)
  return at + TCP_TIMESTAMPS_BYTES
}

/** Writes NOP, NOP, SACK with the first `count` blocks, 4 + 8 * count bytes, and returns where they end. */
export function writeTcpSack(
  bytes: Uint8Array,
  at: number,
  left: Int32Array,
  right: Int32Array,
  count: number,
): number {
  write32(bytes, at, 0x01010500 | (2 + 8 * count))
  for (let i = 0; i < count; i++) {
    write32(bytes, at + 4 + 8 * i, left[i])
    write32(bytes, at + 8 + 8 * i, right[i])
  }
  return at + 4 + 8 * count
}

/** Writes the MSS option, 4 bytes, and returns where it ends. */
export function writeTcpMaximumSegmentSize(bytes: Uint8Array, at: number, size: number): number {
  write32(bytes, at, 0x02040000 | size)
  return at + 4
}

/** Bytes that {@link writeTcpFastOpen} takes: a multiple of 4. */
export function tcpFastOpenBytes(cookie: Uint8Array): number {
  return (2 + cookie.length + 3) & ~3
}

/** Writes a fast-open cookie (RFC 7413 2), empty for a request, with NOPs in front, and returns where it ends. */
export function writeTcpFastOpen(bytes: Uint8Array, at: number, cookie: Uint8Array): number {
  const end = at + tcpFastOpenBytes(cookie)
  const start = end - 2 - cookie.length
  bytes.fill(1, at, start)
  bytes[start] = 34
  bytes[start + 1] = 2 + cookie.length
  bytes.set(cookie, start + 2)
  return end
}

/** Writes NOP, window scale, 4 bytes, and returns where they end. */
export function writeTcpWindowScale(bytes: Uint8Array, at: number, shift: number): number {
  write32(bytes, at, 0x01030300 | shift)
  return at + 4
}

/** Writes NOP, NOP, SACK permitted, 4 bytes, and returns where they end. */
export function writeTcpSackPermitted(bytes: Uint8Array, at: number): number {
  write32(bytes, at, 0x01010402)
  return at + 4
}
