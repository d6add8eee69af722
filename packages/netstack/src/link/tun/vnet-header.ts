/**
 * The header that Linux puts before each packet of a TUN device with IFF_VNET_HDR: `struct virtio_net_hdr_mrg_rxbuf` of
 * include/uapi/linux/virtio_net.h, 12 bytes, little-endian. It says what is still to be done to the packet: complete the
 * checksum, cut it into segments.
 */
import { CHECKSUM_PARTIAL, CHECKSUM_VALID, type Frame } from '../frame.ts'

export const VNET_HEADER_BYTES = 12

const NEEDS_CHECKSUM = 1
const DATA_VALID = 2
const GSO_NONE = 0
const GSO_TCPV4 = 1
const GSO_TCPV6 = 4
/** CWR stands on the first of the segments only (RFC 3168 6.1.2). */
const GSO_ECN = 0x80
const CWR = 0x80
const TCP_FLAGS_OFFSET = 13

/** Writes the header before `frame.start`, which stays where it is. @param linkBytes bytes of the link header before IP */
export function writeVnetHeader(frame: Frame, linkBytes: number): void {
  const { bytes, start } = frame
  const at = start - VNET_HEADER_BYTES
  bytes.fill(0, at, start)
  if (frame.checksum !== CHECKSUM_PARTIAL) return
  const checksumStart = frame.checksumStart - start
  bytes[at] = NEEDS_CHECKSUM
  bytes[at + 6] = checksumStart
  bytes[at + 7] = checksumStart >> 8
  bytes[at + 8] = frame.checksumOffset
  if (frame.gsoSize === 0) return
  const headerBytes = checksumStart + frame.gsoHeaderBytes
  const ecn = (bytes[frame.checksumStart + TCP_FLAGS_OFFSET] & CWR) !== 0 ? GSO_ECN : 0
  bytes[at + 1] = (bytes[start + linkBytes] >> 4 === 4 ? GSO_TCPV4 : GSO_TCPV6) | ecn
  bytes[at + 2] = headerBytes
  bytes[at + 3] = headerBytes >> 8
  bytes[at + 4] = frame.gsoSize
  bytes[at + 5] = frame.gsoSize >> 8
}

/** Reads the header at `at` into a frame whose packet begins at `start` and whose end is set. */
export function readVnetHeader(bytes: Uint8Array, at: number, frame: Frame): void {
  const { start } = frame
  if ((bytes[at] & NEEDS_CHECKSUM) !== 0) {
    const checksumStart = start + (bytes[at + 6] | (bytes[at + 7] << 8))
    const checksumOffset = bytes[at + 8] | (bytes[at + 9] << 8)
    // Who cannot name a place inside the packet is not believed: the checksum is then verified like any other.
    if (checksumStart + checksumOffset + 2 <= frame.end) {
      frame.checksum = CHECKSUM_PARTIAL
      frame.checksumStart = checksumStart
      frame.checksumOffset = checksumOffset
    }
  } else if ((bytes[at] & DATA_VALID) !== 0) {
    frame.checksum = CHECKSUM_VALID
  }
  if (bytes[at + 1] === GSO_NONE || frame.checksum !== CHECKSUM_PARTIAL) return
  frame.gsoSize = bytes[at + 4] | (bytes[at + 5] << 8)
  frame.gsoHeaderBytes = Math.max(0, (bytes[at + 2] | (bytes[at + 3] << 8)) - (frame.checksumStart - start))
}
