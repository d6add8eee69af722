import { WireError } from '../../wire/error.ts'
import {
  BLOCK_ENHANCED_PACKET,
  BLOCK_INTERFACE_DESCRIPTION,
  BLOCK_OBSOLETE_PACKET,
  BLOCK_SECTION_HEADER,
  BLOCK_SIMPLE_PACKET,
  BYTE_ORDER_MAGIC,
  type Capture,
  type CapturedPacket,
  type CaptureInterface,
  OPTION_COMMENT,
  OPTION_END,
  OPTION_FCS_LENGTH,
  OPTION_INTERFACE_DESCRIPTION,
  OPTION_INTERFACE_NAME,
  OPTION_PACKET_FLAGS,
  OPTION_TIMESTAMP_OFFSET,
  OPTION_TIMESTAMP_RESOLUTION,
  PCAP_MAGIC_MICROSECONDS,
  PCAP_MAGIC_NANOSECONDS,
} from './capture.ts'

const text = new TextDecoder()

function broken(message: string, offset: number): WireError {
  return new WireError('NETSTACK_ERR_WIRE_CAPTURE', 'capture', message, offset)
}

/**
 * The capture in a pcap or pcapng file of either byte order. Packets are views of `bytes`. A file that ends within a packet is read up
 * to there, and `truncated` says so. Throws WireError (CAPTURE) when it is neither format, or damaged.
 */
export function readCapture(bytes: Uint8Array): Capture {
  if (bytes.length < 4) throw broken(`${bytes.length} bytes are no capture`, 0)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (view.getUint32(0) === BLOCK_SECTION_HEADER) return readPcapng(bytes, view)
  for (const little of [true, false]) {
    const magic = view.getUint32(0, little)
    if (magic === PCAP_MAGIC_MICROSECONDS) return readPcap(bytes, view, little, 1_000_000)
    if (magic === PCAP_MAGIC_NANOSECONDS) return readPcap(bytes, view, little, 1_000_000_000)
  }
  throw broken(
    `this is neither pcap nor pcapng: it begins with 0x${view.getUint32(0).toString(16).padStart(8, '0')}`,
    0,
  )
}

function readPcap(bytes: Uint8Array, view: DataView, little: boolean, ticksPerSecond: number): Capture {
  if (bytes.length < 24) throw broken('the file header of 24 bytes is cut', bytes.length)
  const network = view.getUint32(20, little)
  const only: CaptureInterface = { linkType: network & 0xffff }
  // Bit 26 says that the upper four bits are the length of the FCS in 16-bit words.
  if ((network & 0x04000000) !== 0) only.fcsBytes = (network >>> 28) * 2
  const capture: Capture = { interfaces: [only], packets: [] }
  let position = 24
  while (position < bytes.length) {
    if (position + 16 > bytes.length) return cut(capture, position)
    const captured = view.getUint32(position + 8, little)
    const start = position + 16
    if (start + captured > bytes.length) return cut(capture, position)
    capture.packets.push({
      timeMs: milliseconds(view.getUint32(position, little), view.getUint32(position + 4, little), ticksPerSecond),
      interface: 0,
      bytes: bytes.subarray(start, start + captured),
      originalLength: view.getUint32(position + 12, little),
    })
    position = start + captured
  }
  return capture
}

/**
 * The double nearest to that time, so that what was written as a double is read as the same one. Adding whole milliseconds and a part
 * of one would round twice.
 */
function milliseconds(seconds: number, ticks: number, ticksPerSecond: number): number {
  const all = seconds * ticksPerSecond + ticks
  if (Number.isSafeInteger(all)) return all / (ticksPerSecond / 1000)
  const inDecimals = Math.log10(ticksPerSecond)
  if (!Number.isInteger(inDecimals) || seconds < 0) return seconds * 1000 + (ticks * 1000) / ticksPerSecond
  return Number(`${seconds}${String(ticks).padStart(inDecimals, '0')}e${3 - inDecimals}`)
}

function cut(capture: Capture, position: number): Capture {
  capture.truncated = `the file ends within the packet that begins at byte ${position}`
  return capture
}

/** What a section of a pcapng file knows of an interface beside what the capture tells. */
interface SectionInterface {
  index: number
  ticksPerSecond: number
  offsetSeconds: number
  snapLength: number
}

class PcapngReader {
  readonly capture: Capture = { interfaces: [], packets: [] }
  readonly #bytes: Uint8Array
  readonly #view: DataView
  #little = true
  #section: SectionInterface[] = []

  constructor(bytes: Uint8Array, view: DataView) {
    this.#bytes = bytes
    this.#view = view
  }

  read(): Capture {
    let position = 0
    while (position < this.#bytes.length) {
      if (position + 12 > this.#bytes.length) return cut(this.capture, position)
      if (this.#view.getUint32(position) === BLOCK_SECTION_HEADER) this.#beginSection(position)
      const length = this.#view.getUint32(position + 4, this.#little)
      if (length < 12 || length % 4 !== 0) throw broken(`a block says that it is ${length} bytes long`, position)
      if (position + length > this.#bytes.length) return cut(this.capture, position)
      this.#readBlock(this.#view.getUint32(position, this.#little), position + 8, position + length - 4)
      position += length
    }
    return this.capture
  }

  #beginSection(position: number): void {
    this.#little = this.#view.getUint32(position + 8, true) === BYTE_ORDER_MAGIC
    if (!this.#little && this.#view.getUint32(position + 8) !== BYTE_ORDER_MAGIC)
      throw broken('the byte-order magic is wrong', position + 8)
    this.#section = []
  }

  #readBlock(type: number, start: number, end: number): void {
    const minimum = {
      [BLOCK_INTERFACE_DESCRIPTION]: 8,
      [BLOCK_SIMPLE_PACKET]: 4,
      [BLOCK_ENHANCED_PACKET]: 20,
      [BLOCK_OBSOLETE_PACKET]: 20,
    }[type]
    if (minimum === undefined) return // section header, names, statistics, or a type that is not known: skipped
    if (end - start < minimum) throw broken(`a block of type ${type} is too short`, start)
    if (type === BLOCK_INTERFACE_DESCRIPTION) this.#readInterface(start, end)
    else if (type === BLOCK_SIMPLE_PACKET) this.#readSimplePacket(start, end)
    else this.#readPacket(type, start, end)
  }

  /** Calls `visit` with code and place of each option. */
  #options(start: number, end: number, visit: (code: number, from: number, length: number) => void): void {
    let position = start
    while (position + 4 <= end) {
      const code = this.#view.getUint16(position, this.#little)
      const length = this.#view.getUint16(position + 2, this.#little)
      if (code === OPTION_END) return
      if (position + 4 + length > end) throw broken(`option ${code} runs past its block`, position)
      visit(code, position + 4, length)
      position += 4 + Math.ceil(length / 4) * 4
    }
  }

  #text(from: number, length: number): string {
    return text.decode(this.#bytes.subarray(from, from + length))
  }

  #readInterface(start: number, end: number): void {
    const entry: CaptureInterface = { linkType: this.#view.getUint16(start, this.#little) }
    const own: SectionInterface = {
      index: this.capture.interfaces.length,
      ticksPerSecond: 1e6,
      offsetSeconds: 0,
      snapLength: 0,
    }
    own.snapLength = this.#view.getUint32(start + 4, this.#little)
    this.#options(start + 8, end, (code, from, length) => {
      if (code === OPTION_INTERFACE_NAME) entry.name = this.#text(from, length)
      if (code === OPTION_INTERFACE_DESCRIPTION) entry.description = this.#text(from, length)
      if (code === OPTION_FCS_LENGTH && length === 1) entry.fcsBytes = this.#bytes[from]
      if (code === OPTION_TIMESTAMP_RESOLUTION && length === 1) {
        const exponent = this.#bytes[from] & 127
        own.ticksPerSecond = this.#bytes[from] & 128 ? 2 ** exponent : 10 ** exponent
      }
      if (code === OPTION_TIMESTAMP_OFFSET && length === 8)
        own.offsetSeconds = Number(this.#view.getBigInt64(from, this.#little))
    })
    this.capture.interfaces.push(entry)
    this.#section.push(own)
  }

  #interfaceOf(id: number, at: number): SectionInterface {
    const own = this.#section[id]
    if (own === undefined) throw broken(`a packet names interface ${id}, of which there is no description`, at)
    return own
  }

  #readSimplePacket(start: number, end: number): void {
    const own = this.#interfaceOf(0, start)
    const originalLength = this.#view.getUint32(start, this.#little)
    const limit = own.snapLength === 0 ? originalLength : Math.min(originalLength, own.snapLength)
    const captured = Math.min(limit, end - start - 4)
    this.capture.packets.push({
      timeMs: 0,
      interface: own.index,
      bytes: this.#bytes.subarray(start + 4, start + 4 + captured),
      originalLength,
    })
  }

  #readPacket(type: number, start: number, end: number): void {
    const id =
      type === BLOCK_ENHANCED_PACKET
        ? this.#view.getUint32(start, this.#little)
        : this.#view.getUint16(start, this.#little)
    const own = this.#interfaceOf(id, start)
    const ticks =
      (BigInt(this.#view.getUint32(start + 4, this.#little)) << 32n) |
      BigInt(this.#view.getUint32(start + 8, this.#little))
    const captured = this.#view.getUint32(start + 12, this.#little)
    const from = start + 20
    if (from + captured > end) throw broken(`a packet of ${captured} bytes runs past its block`, start)
    const perSecond = BigInt(Math.round(own.ticksPerSecond))
    const seconds = Number(ticks / perSecond) + own.offsetSeconds
    const packet: CapturedPacket = {
      timeMs: milliseconds(seconds, Number(ticks % perSecond), own.ticksPerSecond),
      interface: own.index,
      bytes: this.#bytes.subarray(from, from + captured),
      originalLength: this.#view.getUint32(start + 16, this.#little),
    }
    this.#options(from + Math.ceil(captured / 4) * 4, end, (code, at, length) => {
      if (code === OPTION_COMMENT)
        packet.comment =
          packet.comment === undefined ? this.#text(at, length) : `${packet.comment}\n${this.#text(at, length)}`
      if (code === OPTION_PACKET_FLAGS && length === 4) {
        const direction = this.#view.getUint32(at, this.#little) & 3
        if (direction === 1) packet.direction = 'in'
        if (direction === 2) packet.direction = 'out'
      }
    })
    this.capture.packets.push(packet)
  }
}

function readPcapng(bytes: Uint8Array, view: DataView): Capture {
  return new PcapngReader(bytes, view).read()
}
