// A capture as data, and the numbers of the two file formats that hold one.
// pcap: draft-ietf-opsawg-pcap; pcapng: draft-ietf-opsawg-pcapng.

/** One interface that packets of a capture were seen at. */
export interface CaptureInterface {
  /** A number of wire/link-types.ts. */
  linkType: number
  name?: string
  description?: string
  /** Length of the frame check sequence at the end of each frame, 0 or 4; undefined when the file does not say. */
  fcsBytes?: number
}

/** One packet of a capture. */
export interface CapturedPacket {
  /** Milliseconds since 1970-01-01, or since the start of a simulation. */
  timeMs: number
  /** Index into the interfaces of the capture. */
  interface: number
  bytes: Uint8Array
  /** Length on the wire; more than `bytes.length` when the packet was cut. */
  originalLength: number
  direction?: 'in' | 'out'
  /** Free text that Wireshark shows with the packet. */
  comment?: string
}

/** A whole capture. */
export interface Capture {
  interfaces: CaptureInterface[]
  packets: CapturedPacket[]
  /** Why reading ended before the end of the bytes, when the file was cut in the middle of a block; what came before is whole. */
  truncated?: string
}

export const PCAP_MAGIC_MICROSECONDS = 0xa1b2c3d4
export const PCAP_MAGIC_NANOSECONDS = 0xa1b23c4d

export const BLOCK_SECTION_HEADER = 0x0a0d0d0a
export const BLOCK_INTERFACE_DESCRIPTION = 1
export const BLOCK_OBSOLETE_PACKET = 2
export const BLOCK_SIMPLE_PACKET = 3
export const BLOCK_ENHANCED_PACKET = 6
export const BYTE_ORDER_MAGIC = 0x1a2b3c4d

export const OPTION_END = 0
export const OPTION_COMMENT = 1
export const OPTION_INTERFACE_NAME = 2
export const OPTION_INTERFACE_DESCRIPTION = 3
export const OPTION_TIMESTAMP_RESOLUTION = 9
export const OPTION_FCS_LENGTH = 13
export const OPTION_TIMESTAMP_OFFSET = 14
export const OPTION_PACKET_FLAGS = 2
export const OPTION_USER_APPLICATION = 4
