import {
  BLOCK_ENHANCED_PACKET,
  BLOCK_INTERFACE_DESCRIPTION,
  BLOCK_SECTION_HEADER,
  BYTE_ORDER_MAGIC,
  type Capture,
  type CaptureInterface,
  OPTION_COMMENT,
  OPTION_FCS_LENGTH,
  OPTION_INTERFACE_DESCRIPTION,
  OPTION_INTERFACE_NAME,
  OPTION_PACKET_FLAGS,
  OPTION_TIMESTAMP_RESOLUTION,
  OPTION_USER_APPLICATION,
  PCAP_MAGIC_NANOSECONDS,
} from './capture.ts'

const encoder = new TextEncoder()
const pad4 = (length: number): number => (length + 3) & ~3

interface BlockOption {
  code: number
  value: Uint8Array
}

/** One block: type, length, body, options, length again; little-endian throughout. */
function block(type: number, body: Uint8Array, options: readonly BlockOption[]): Uint8Array {
  let length = 12 + pad4(body.length)
  for (const option of options) length += 4 + pad4(option.value.length)
  if (options.length > 0) length += 4 // end of options
  const bytes = new Uint8Array(length)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, type, true)
  view.setUint32(4, length, true)
  bytes.set(body, 8)
  let position = 8 + pad4(body.length)
  for (const option of options) {
    view.setUint16(position, option.code, true)
    view.setUint16(position + 2, option.value.length, true)
    bytes.set(option.value, position + 4)
    position += 4 + pad4(option.value.length)
  }
  view.setUint32(length - 4, length, true)
  return bytes
}

/**
 * Writes a pcapng file piece by piece: each method returns the bytes to append. Times are stored in nanoseconds; the same calls
 * give the same bytes.
 */
export class PcapngWriter {
  #interfaces = 0

  /** The section header: first of all. */
  header(application = 'netstack'): Uint8Array {
    const body = new Uint8Array(16)
    const view = new DataView(body.buffer)
    view.setUint32(0, BYTE_ORDER_MAGIC, true)
    view.setUint16(4, 1, true)
    view.setBigInt64(8, -1n, true) // the length of the section is not told
    return block(BLOCK_SECTION_HEADER, body, [{ code: OPTION_USER_APPLICATION, value: encoder.encode(application) }])
  }

  /** Describes the next interface; the first has index 0. It may come at any time before the first packet that names it. */
  interface(entry: CaptureInterface): Uint8Array {
    this.#interfaces++
    const body = new Uint8Array(8)
    new DataView(body.buffer).setUint16(0, entry.linkType, true)
    const options: BlockOption[] = []
    if (entry.name !== undefined) options.push({ code: OPTION_INTERFACE_NAME, value: encoder.encode(entry.name) })
    if (entry.description !== undefined)
      options.push({ code: OPTION_INTERFACE_DESCRIPTION, value: encoder.encode(entry.description) })
    options.push({ code: OPTION_TIMESTAMP_RESOLUTION, value: Uint8Array.of(9) })
    if (entry.fcsBytes !== undefined) options.push({ code: OPTION_FCS_LENGTH, value: Uint8Array.of(entry.fcsBytes) })
    return block(BLOCK_INTERFACE_DESCRIPTION, body, options)
  }

  /**
   * The packet bytes[start..end), seen at `timeMs` at an interface that was described. The bytes are copied.
   * Throws RangeError for an interface that was not described.
   */
  packet(
    interfaceIndex: number,
    timeMs: number,
    bytes: Uint8Array,
    start = 0,
    end: number = bytes.length,
    about: { direction?: 'in' | 'out'; comment?: string; originalLength?: number } = {},
  ): Uint8Array {
    if (interfaceIndex >= this.#interfaces)
      throw new RangeError(`interface ${interfaceIndex} has not been described: call interface() first`)
    const length = end - start
    const body = new Uint8Array(20 + length)
    const view = new DataView(body.buffer)
    const whole = Math.floor(timeMs)
    const ticks = BigInt(whole) * 1_000_000n + BigInt(Math.round((timeMs - whole) * 1e6))
    view.setUint32(0, interfaceIndex, true)
    view.setUint32(4, Number(ticks >> 32n), true)
    view.setUint32(8, Number(ticks & 0xffffffffn), true)
    view.setUint32(12, length, true)
    view.setUint32(16, about.originalLength ?? length, true)
    body.set(bytes.subarray(start, end), 20)
    const options: BlockOption[] = []
    if (about.comment !== undefined) options.push({ code: OPTION_COMMENT, value: encoder.encode(about.comment) })
    if (about.direction !== undefined)
      options.push({ code: OPTION_PACKET_FLAGS, value: Uint8Array.of(about.direction === 'in' ? 1 : 2, 0, 0, 0) })
    return block(BLOCK_ENHANCED_PACKET, body, options)
  }
}

function concatenate(pieces: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(pieces.reduce((total, piece) => total + piece.length, 0))
  let position = 0
  for (const piece of pieces) {
    bytes.set(piece, position)
    position += piece.length
  }
  return bytes
}

/** A whole capture as a pcapng file. */
export function writePcapng(capture: Pick<Capture, 'interfaces' | 'packets'>): Uint8Array {
  const writer = new PcapngWriter()
  const pieces = [writer.header(), ...capture.interfaces.map((entry) => writer.interface(entry))]
  for (const packet of capture.packets)
    pieces.push(writer.packet(packet.interface, packet.timeMs, packet.bytes, 0, packet.bytes.length, packet))
  return concatenate(pieces)
}

/**
 * A whole capture as a classic pcap file with nanoseconds. It has room for one interface, so all packets must be of one link type;
 * names, comments and directions are lost. Throws RangeError when the link types differ.
 */
export function writePcap(capture: Pick<Capture, 'interfaces' | 'packets'>): Uint8Array {
  const first = capture.interfaces[0]
  if (capture.interfaces.some((entry) => entry.linkType !== first.linkType || entry.fcsBytes !== first.fcsBytes)) {
    throw new RangeError('a pcap file holds packets of one link type only: write pcapng')
  }
  const header = new Uint8Array(24)
  const view = new DataView(header.buffer)
  view.setUint32(0, PCAP_MAGIC_NANOSECONDS, true)
  view.setUint16(4, 2, true)
  view.setUint16(6, 4, true)
  view.setUint32(16, 262144, true)
  const fcs = first?.fcsBytes === undefined ? 0 : (((first.fcsBytes / 2) << 28) | 0x04000000) >>> 0
  view.setUint32(20, ((first?.linkType ?? 1) | fcs) >>> 0, true)
  const pieces: Uint8Array[] = [header]
  for (const packet of capture.packets) {
    const record = new Uint8Array(16)
    const fields = new DataView(record.buffer)
    const seconds = Math.floor(packet.timeMs / 1000)
    fields.setUint32(0, seconds, true)
    fields.setUint32(4, Math.min(999_999_999, Math.round((packet.timeMs - seconds * 1000) * 1e6)), true)
    fields.setUint32(8, packet.bytes.length, true)
    fields.setUint32(12, packet.originalLength, true)
    pieces.push(record, packet.bytes)
  }
  return concatenate(pieces)
}
