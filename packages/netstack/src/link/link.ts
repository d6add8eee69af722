import { CHECKSUM_NONE, type Frame, type FramePool } from './frame.ts'

/** What happens to a frame that arrives: the callee takes it. */
export type FrameReceiver = (frame: Frame, now: number) => void

/** Frames with Ethernet headers, or bare IP packets as a TUN device and loopback carry them. */
export type Medium = 'ethernet' | 'ip'

/** What a device does in the place of the stack. */
export interface LinkOffload {
  /** It completes transport checksums (CHECKSUM_PARTIAL). */
  readonly checksum: boolean
  /** Largest TCP payload that it cuts into segments itself, 0 for none; at most 65,000. */
  readonly gsoBytes: number
  /** It takes a packet whose payload lies elsewhere ({@link Frame.tail}). */
  readonly gathers?: boolean
  /**
   * Instead of `gsoBytes` for IPv4 packets whose payload lies elsewhere, 0 or absent for none: more than their field for the total
   * length can tell, which is then 0 (BIG TCP, as Linux has it for IPv4 since 6.3).
   */
  readonly bigTcpBytes?: number
}

/** One end of a link. Everything that changes a link (impairment, FCS, tap) is again a `Link` around another. */
export interface Link {
  readonly medium: Medium
  /** Largest IP packet in bytes. */
  readonly mtu: number
  readonly offload?: LinkOffload
  /** Whom frames that arrive are handed to; set by the interface that the link is plugged into. */
  receiver: FrameReceiver | null
  /** Takes the frame. Never delivers before it returns: what answers is queued. */
  transmit(frame: Frame, now: number): void
}

/** A copy of a frame for a second receiver. */
export function copyFrame(frame: Frame, pool: FramePool): Frame {
  // The headroom is kept, so that the header stays as aligned as it was.
  const copy = pool.allocate(frame.length, frame.start)
  copy.bytes.set(frame.bytes.subarray(frame.start, frame.end), frame.start)
  copy.end = frame.end
  copy.checksum = frame.checksum
  copy.checksumStart = frame.checksumStart
  copy.checksumOffset = frame.checksumOffset
  copy.gsoSize = frame.gsoSize
  copy.gsoHeaderBytes = frame.gsoHeaderBytes
  copy.ecn = frame.ecn
  return copy
}

/** The frame leaves the sender's memory, in a manner of speaking: its receiver has to verify every checksum itself. */
export function distrust(frame: Frame): void {
  frame.checksum = CHECKSUM_NONE
  frame.ecn = 0
}
